//! Exchange cmdlets: the administrators' and Microsoft's own.

use super::clock::Day;
use super::office365::{Envelope, envelope, named_values, with};
use super::people::{Job, ORGANIZATION, People, Person};
use super::random::Random;
use super::recorder::Recorder;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

const SERVER: &str = "VI1PR09MB2871 (15.20.9320.021)";
const FOREST: &str = "EURPR09A004.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations";
const SYSTEM: [&str; 2] = [
    r"NT AUTHORITY\SYSTEM (Microsoft.Exchange.ServiceHost)",
    r"NT AUTHORITY\SYSTEM (Microsoft.Exchange.Servicehost)",
];

/// A cmdlet's name, object and parameters.
pub(super) type Step<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// A cmdlet that a person runs.
pub(super) fn cmdlet(
    at: DateTime<Utc>,
    person: &Person,
    address: &str,
    (name, object, parameters): Step<'_>,
    random: &mut Random,
) -> Value {
    let user_type = if person.job == Job::Partner { 9 } else { 2 };
    let head = Envelope::new(1, name, "Exchange").user(&as_exchange(person), &person.puid, user_type);
    let port = random.between(20_000, 60_000);
    let client =
        if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") };
    with(
        envelope(at, &head, random),
        json!({
            "ResultStatus": "True", "ClientIP": client, "ObjectId": object,
            "AppId": "fb78d390-0c51-40cd-8e17-fdbfab77341b", "ClientAppId": "", "ExternalAccess": false,
            "OrganizationName": ORGANIZATION, "OriginatingServer": SERVER,
            "Parameters": named_values(parameters), "SessionId": random.guid(),
        }),
    )
}

/// Exchange writes some people with capitals; the directory never does.
fn as_exchange(person: &Person) -> String {
    match person.job {
        Job::Messaging => format!("{}@contoso.com", person.name.replace(' ', ".")),
        _ => person.upn.clone(),
    }
}

/// Writes down a day of Exchange administration.
pub(super) fn record(day: Day, people: &People, book: &mut Recorder) {
    for _ in 0..day.busy(9, &mut book.random) {
        administer(day, people, book);
    }
    let runs = book.random.between(4, 6);
    for _ in 0..runs {
        housekeeping(day, people, book);
    }
}

fn administer(day: Day, people: &People, book: &mut Recorder) {
    let jobs = [Job::Messaging, Job::Messaging, Job::Helpdesk, Job::Partner];
    let person = people.one_of(&jobs, &mut book.random);
    let (owner, other) = (people.colleague(&mut book.random), people.colleague(&mut book.random));
    let at = day.at_work(person, &mut book.random);
    let address = person.place(&mut book.random).address;
    let choice = book.random.below(20);
    let record = if person.job == Job::Messaging && choice < 4 {
        cmdlet(at, person, &address, FOR_ALL[choice], &mut book.random)
    } else {
        on_mailbox(at, (person, owner, other), &address, book)
    };
    book.office(at, record);
}

/// What is done for the whole organization.
const FOR_ALL: [Step<'static>; 4] = [
    (
        "Set-TransportRule",
        "Disclaimer for external mail",
        &[("Identity", "Disclaimer for external mail"), ("ApplyHtmlDisclaimerLocation", "Append")],
    ),
    (
        "New-TransportRule",
        "Tag mail from partners",
        &[
            ("Name", "Tag mail from partners"),
            ("SenderDomainIs", "proseware.com;fabrikam.com"),
            ("PrependSubject", "[Partner] "),
        ],
    ),
    (
        "Set-HostedContentFilterPolicy",
        "Default",
        &[("Identity", "Default"), ("HighConfidencePhishAction", "Quarantine"), ("BulkThreshold", "5")],
    ),
    (
        "New-TenantAllowBlockListItems",
        "",
        &[("ListType", "Sender"), ("Block", "True"), ("Entries", "newsletter@adatum.example")],
    ),
];
/// What is done to one mailbox: `$mailbox` and `$trustee` stand for two people.
const FOR_ONE: [(&str, &[(&str, &str)]); 7] = [
    (
        "Add-MailboxPermission",
        &[
            ("Identity", "$mailbox"),
            ("User", "$trustee"),
            ("AccessRights", "FullAccess"),
            ("AutoMapping", "True"),
        ],
    ),
    (
        "Remove-MailboxPermission",
        &[("Identity", "$mailbox"), ("User", "$trustee"), ("AccessRights", "FullAccess")],
    ),
    (
        "Add-RecipientPermission",
        &[("Identity", "$mailbox"), ("Trustee", "$trustee"), ("AccessRights", "SendAs")],
    ),
    (
        "Set-Mailbox",
        &[("Identity", "$mailbox"), ("LitigationHoldEnabled", "False"), ("RetainDeletedItemsFor", "30")],
    ),
    ("Set-MailboxAutoReplyConfiguration", &[("Identity", "$mailbox"), ("AutoReplyState", "Scheduled")]),
    ("Set-CASMailbox", &[("Identity", "$mailbox"), ("ImapEnabled", "False"), ("PopEnabled", "False")]),
    ("Add-DistributionGroupMember", &[("Identity", "All Vienna"), ("Member", "$mailbox")]),
];

fn on_mailbox(
    at: DateTime<Utc>,
    (person, owner, other): (&Person, &Person, &Person),
    address: &str,
    book: &mut Recorder,
) -> Value {
    let (name, template) = *book.random.pick(&FOR_ONE);
    let filled = |value: &'static str| match value {
        "$mailbox" => owner.upn.as_str(),
        "$trustee" => other.upn.as_str(),
        plain => plain,
    };
    let parameters: Vec<(&str, &str)> = template.iter().map(|(name, value)| (*name, filled(value))).collect();
    cmdlet(at, person, address, (name, owner.alias(), &parameters), &mut book.random)
}

/// Microsoft keeps the tenant's objects in order, a dozen cmdlets at a time and mostly at night.
fn housekeeping(day: Day, people: &People, book: &mut Recorder) {
    let hour = *book.random.pick(&[0, 1, 2, 3, 4, 5, 11, 22, 23]);
    let minute = book.random.between(0, 50);
    let start = day.at(hour, minute, &mut book.random);
    let system = if book.random.chance(85) { SYSTEM[0] } else { SYSTEM[1] };
    for step in 0..book.random.between(6, 13) {
        let record =
            system_cmdlet(start + chrono::Duration::seconds(step * 3), system, people, &mut book.random);
        book.office(start + chrono::Duration::seconds(step * 3), record);
    }
}

fn system_cmdlet(at: DateTime<Utc>, system: &str, people: &People, random: &mut Random) -> Value {
    let tenant = format!("{FOREST}/{ORGANIZATION}");
    let mailbox = format!("{tenant}/{}", people.colleague(random).alias());
    let plan = format!("{tenant}/ExchangeOnlineEnterprise");
    let quota = [("ProhibitSendReceiveQuota", "100 GB (107,374,182,400 bytes)"), ("Force", "True")];
    let steps: [(&str, &str, (&str, &str)); 6] = [
        ("Set-Mailbox", &mailbox, quota[0]),
        ("Set-MailboxPlan", &plan, ("RecoverableItemsQuota", "30 GB (32,212,254,720 bytes)")),
        ("Set-User", &mailbox, quota[1]),
        (
            "Set-TransportConfig",
            r"contoso.onmicrosoft.com\Transport Settings",
            ("SupervisionTags", "Reject;Allow"),
        ),
        ("Set-OwaMailboxPolicy", r"contoso.onmicrosoft.com\OwaMailboxPolicy-Default", ("IsDefault", "True")),
        ("Set-TenantObjectVersion", &tenant, quota[1]),
    ];
    let (name, object, parameter) = steps[[0, 0, 0, 0, 1, 1, 2, 3, 4, 5][random.below(10)]];
    by_system(at, system, (name, object, &[("Identity", object), parameter]), random)
}

fn by_system(
    at: DateTime<Utc>,
    system: &str,
    (name, object, parameters): Step<'_>,
    random: &mut Random,
) -> Value {
    let head = Envelope::new(1, name, "Exchange").user(system, system, 3);
    with(
        envelope(at, &head, random),
        json!({
            "ResultStatus": "True", "ObjectId": object, "AppId": "", "ClientAppId": "",
            "ExternalAccess": true,
            "OrganizationName": ORGANIZATION, "OriginatingServer": SERVER,
            "Parameters": named_values(parameters),
        }),
    )
}
