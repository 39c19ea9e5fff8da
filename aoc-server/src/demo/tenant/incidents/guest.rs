//! The payroll site, and a guest who owns it for an evening.

use super::Story;
use crate::demo::tenant::activities::{ADD_GROUP_OWNER, INVITE};
use crate::demo::tenant::actor::Actor;
use crate::demo::tenant::changes::{Change, Target};
use crate::demo::tenant::clock::{Day, later};
use crate::demo::tenant::entra::membership;
use crate::demo::tenant::people::{People, Person};
use crate::demo::tenant::places::{DUBLIN, Place};
use crate::demo::tenant::sharepoint::{File, on_file, on_sharing};
use crate::demo::tenant::sign_ins::{PORTALS, SignIn};
use crate::demo::tenant::teams;
use chrono::{DateTime, Duration, Utc};

const FOLDER: &str = "Shared Documents";
const FILES: [&str; 12] = [
    "Salaries 2026.xlsx",
    "Salaries 2025.xlsx",
    "Bonus management.xlsx",
    "Bank accounts staff.xlsx",
    "Tax cards.pdf",
    "Sick leave 2026.xlsx",
    "Contracts A-K.zip",
    "Contracts L-Z.zip",
    "Pension plan.docx",
    "Payroll run October.xlsx",
    "Payroll run November.xlsx",
    "Severance drafts.docx",
];

pub(super) fn tell(day: Day, people: &People) -> Story {
    let mut story = Story::new(
        day,
        "A guest owns the payroll site",
        "Somebody in human resources makes a guest an owner of Payroll, and the guest downloads all of it \
         after hours.",
        "Payroll lena.hofer",
    );
    let (host, guest) = (people.named("Sofia Montenegro"), people.named("Lena Hofer"));
    open(day.at(14, 8, &mut story.book.random), host, guest, &mut story);
    take(day.at(20, 31, &mut story.book.random), guest, &mut story);
    story
}

/// Invited, made owner of the group and of the site, sharing widened.
fn open(at: DateTime<Utc>, host: &Person, guest: &Person, story: &mut Story) {
    let address = host.home.site.office;
    let actor = Actor::person(host, address);
    let invited = Change::new(at, INVITE, &actor)
        .on(Target::user(guest))
        .detail("invitedUserEmailAddress", "lena.hofer@fabrikam.com");
    let id = story.book.change_seen_once(&invited);
    story.key(id);
    let random = &mut story.book.random;
    let moments = [300, 320].map(|seconds| later(at, seconds, random));
    let owner = membership(moments[0], &actor, ADD_GROUP_OWNER, (guest, "Payroll"));
    let id = story.book.change_seen_twice(&owner);
    story.key(id);
    let role = ("Payroll", guest, 2);
    let record = teams::on_member(moments[1], host, "MemberRoleChanged", role, &mut story.book.random);
    story.book.office(moments[1], record);
    widen(later(at, 390, &mut story.book.random), host, guest, story);
}

/// The site's own doors: the guest among its owners, and everybody outside may be invited.
fn widen(at: DateTime<Utc>, host: &Person, guest: &Person, story: &mut Story) {
    let site = File { site: "Payroll", folder: "", name: "" };
    let steps = [
        (at, "AddedToGroup", "<Group>Payroll Owners</Group>"),
        (
            at + Duration::seconds(60),
            "SharingPolicyChanged",
            "<NewValue>ExternalUserAndGuestSharing</NewValue>",
        ),
    ];
    for (then, operation, event) in steps {
        let (by, detail) = ((host, host.home.site.office), (event, "Guest", guest.upn.as_str()));
        let record = on_sharing(then, by, operation, &site, detail, &mut story.book.random);
        let id = story.book.office(then, record);
        story.key(id);
    }
}

fn take(start: DateTime<Utc>, guest: &Person, story: &mut Story) {
    let address = "203.0.113.118";
    let sign_in = SignIn::new(start, guest, Place::new(address, &DUBLIN), PORTALS[4]);
    let id = story.book.sign_in_seen_twice(&sign_in.elsewhere("Browser", "Mozilla/5.0 (X11; Linux x86_64)"));
    story.key(id);
    for (index, name) in FILES.iter().enumerate() {
        let at = later(start, 60 + 11 * index as i64, &mut story.book.random);
        let file = File { site: "Payroll", folder: FOLDER, name };
        let record = on_file(at, (guest, address), "FileDownloaded", &file, &mut story.book.random);
        let id = story.book.office(at, record);
        if index == 0 {
            story.key(id);
        }
    }
    let at = later(start, 260, &mut story.book.random);
    let file = File { site: "Payroll", folder: FOLDER, name: FILES[0] };
    let detail = ("<Type>View</Type><MembersCanShareApplied>False</MembersCanShareApplied>", "", "");
    let record =
        on_sharing(at, (guest, address), "AnonymousLinkCreated", &file, detail, &mut story.book.random);
    let id = story.book.office(at, record);
    story.key(id);
}
