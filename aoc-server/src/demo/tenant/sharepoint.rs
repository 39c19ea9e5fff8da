//! Files and sites: SharePoint and OneDrive.

use super::clock::Day;
use super::office365::{Envelope, envelope, with};
use super::people::{Job, People, Person};
use super::random::{Random, guid_of};
use super::recorder::Recorder;
use super::sign_ins::EDGE;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// A file, and the site it is in.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) site: &'a str,
    pub(super) folder: &'a str,
    pub(super) name: &'a str,
}

const SITES: [(&str, &[Job]); 5] = [
    ("Intranet", &[]),
    ("Apollo", &[Job::Engineering, Job::Sales, Job::Guest, Job::Intern]),
    ("Finance", &[Job::Finance, Job::Executive]),
    ("Payroll", &[Job::People]),
    (
        "ITOperations",
        &[Job::Identity, Job::Messaging, Job::Endpoint, Job::Helpdesk, Job::Security, Job::Partner],
    ),
];
const FILES: [&str; 14] = [
    "Budget 2027.xlsx",
    "Offer Fabrikam v3.docx",
    "Roadmap.pptx",
    "Release notes 4.8.docx",
    "Onboarding checklist.docx",
    "Supplier list.xlsx",
    "Floor plan Vienna.pdf",
    "Test report.pdf",
    "Meeting notes.docx",
    "Price list.xlsx",
    "Org chart.pptx",
    "Runbook mail flow.docx",
    "Holiday calendar.xlsx",
    "Architecture.vsdx",
];

/// The address of a site, or of a person's own files when the name is a sign-in name.
pub(super) fn site_url(site: &str) -> String {
    if site.contains('@') {
        let owner = site.replace(['@', '.'], "_");
        format!("https://contoso-my.sharepoint.com/personal/{owner}/")
    } else {
        format!("https://contoso.sharepoint.com/sites/{site}/")
    }
}

fn workload(site: &str) -> &'static str {
    if site.contains('@') { "OneDrive" } else { "SharePoint" }
}

fn member(person: &Person) -> String {
    format!("i:0h.f|membership|{}@live.com", person.puid.to_lowercase())
}

/// A file that was touched.
pub(super) fn on_file(
    at: DateTime<Utc>,
    (person, address): (&Person, &str),
    operation: &str,
    file: &File<'_>,
    random: &mut Random,
) -> Value {
    let File { site, folder, name } = *file;
    let head = Envelope::new(6, operation, workload(site)).user(&person.upn, &member(person), 0);
    let url = site_url(site);
    with(
        envelope(at, &head, random),
        json!({
            "ClientIP": address, "ObjectId": format!("{url}{folder}/{name}"), "CorrelationId": random.guid(),
            "EventSource": "SharePoint", "ItemType": "File", "UserAgent": EDGE, "Site": guid_of("site", site),
            "WebId": guid_of("web", site), "ListId": guid_of("list", site),
            "ListItemUniqueId": guid_of(site, name),
            "HighPriorityMediaProcessing": false, "SiteUrl": url, "SourceFileName": name,
            "SourceFileExtension": name.rsplit('.').next(), "SourceRelativeUrl": folder,
        }),
    )
}

/// A file or a site that was shared; `event` is the XML text with the details, `with_whom` a person or a
/// group.
pub(super) fn on_sharing(
    at: DateTime<Utc>,
    (person, address): (&Person, &str),
    operation: &str,
    file: &File<'_>,
    (event, kind, with_whom): (&str, &str, &str),
    random: &mut Random,
) -> Value {
    let File { site, folder, name } = *file;
    let head = Envelope::new(14, operation, workload(site)).user(&person.upn, &member(person), 0);
    let (url, whole_site) = (site_url(site), name.is_empty());
    let object = if whole_site { url.clone() } else { format!("{url}{folder}/{name}") };
    with(
        envelope(at, &head, random),
        json!({
            "ClientIP": address, "ObjectId": object, "CorrelationId": random.guid(),
            "EventSource": "SharePoint", "ItemType": if whole_site { "Web" } else { "File" },
            "UserAgent": EDGE, "Site": guid_of("site", site), "WebId": guid_of("web", site),
            "SiteUrl": url, "SourceFileName": name, "SourceRelativeUrl": folder,
            "EventData": event, "TargetUserOrGroupType": kind, "TargetUserOrGroupName": with_whom,
            "UniqueSharingId": random.guid(),
        }),
    )
}

/// Writes down a day of work with files.
pub(super) fn record(day: Day, people: &People, book: &mut Recorder) {
    for _ in 0..day.busy(46, &mut book.random) {
        touch(day, people, book);
    }
    for _ in 0..day.busy(5, &mut book.random) {
        share(day, people, book);
    }
}

fn touch(day: Day, people: &People, book: &mut Recorder) {
    const OPERATIONS: [&str; 12] = [
        "FileAccessed",
        "FileAccessed",
        "FileAccessed",
        "FileAccessed",
        "FilePreviewed",
        "FileModified",
        "FileModifiedExtended",
        "FileDownloaded",
        "FileUploaded",
        "FileSyncDownloadedFull",
        "FileRenamed",
        "FileRecycled",
    ];
    let (person, site) = somewhere(people, book);
    let at = day.at_work(person, &mut book.random);
    let place = person.place(&mut book.random);
    let (operation, name) = (*book.random.pick(&OPERATIONS), *book.random.pick(&FILES));
    let folder = if site.contains('@') { "Documents" } else { "Shared Documents" };
    let file = File { site: &site, folder, name };
    let record = on_file(at, (person, &place.address), operation, &file, &mut book.random);
    book.office(at, record);
}

fn somewhere<'a>(people: &'a People, book: &mut Recorder) -> (&'a Person, String) {
    let (site, jobs) = *book.random.pick(&SITES);
    if jobs.is_empty() {
        let person = people.colleague(&mut book.random);
        let own = book.random.chance(60);
        return (person, if own { person.upn.clone() } else { site.to_owned() });
    }
    (people.one_of(jobs, &mut book.random), site.to_owned())
}

fn share(day: Day, people: &People, book: &mut Recorder) {
    let person = people.colleague(&mut book.random);
    let other = people.colleague(&mut book.random);
    let at = day.at_work(person, &mut book.random);
    let place = person.place(&mut book.random);
    let (name, own) = (*book.random.pick(&FILES), person.upn.clone());
    let file = File { site: &own, folder: "Documents", name };
    let (operation, detail) = match book.random.below(10) {
        0 => (
            "AnonymousLinkCreated",
            ("<Type>View</Type><MembersCanShareApplied>False</MembersCanShareApplied>", "", ""),
        ),
        1..=3 => ("CompanyLinkCreated", ("<Type>Edit</Type>", "", "")),
        4 => (
            "SharingRevoked",
            ("<Permissions removed>Contribute</Permissions removed>", "Member", other.upn.as_str()),
        ),
        _ => {
            ("SharingSet", ("<Permissions granted>Read</Permissions granted>", "Member", other.upn.as_str()))
        }
    };
    let record = on_sharing(at, (person, &place.address), operation, &file, detail, &mut book.random);
    book.office(at, record);
}
