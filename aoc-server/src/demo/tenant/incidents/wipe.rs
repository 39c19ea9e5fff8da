//! The wrong filter, and two departments without computers.

use super::Story;
use crate::demo::tenant::clock::{Day, later};
use crate::demo::tenant::intune::DeviceAction;
use crate::demo::tenant::office365::{Envelope, envelope, with};
use crate::demo::tenant::people::{Job, People, Person};
use crate::demo::tenant::places::Place;
use crate::demo::tenant::sign_ins::{ADMIN_PORTALS, SignIn};
use chrono::{DateTime, Utc};
use serde_json::json;

pub(super) fn tell(day: Day, people: &People) -> Story {
    let mut story = Story::new(
        day,
        "Mass wipe by mistake",
        "Within six minutes one administrator wipes every computer of sales and engineering, then tries \
         to take it back.",
        "\"wipe ManagedDevice\"",
    );
    let admin = people.named("Carla Valadares");
    let at = day.at(15, 38, &mut story.book.random);
    let sign_in = SignIn::new(at, admin, Place::office(admin.home.site), ADMIN_PORTALS[0]);
    story.book.sign_in_seen_twice(&sign_in);
    let jobs = [Job::Sales, Job::Engineering];
    let owners: Vec<&Person> = people.all().iter().filter(|person| jobs.contains(&person.job)).collect();
    wipe(later(at, 210, &mut story.book.random), admin, &owners, &mut story);
    take_back(later(at, 960, &mut story.book.random), admin, &owners, &mut story);
    apologize(later(at, 2700, &mut story.book.random), admin, &mut story);
    story
}

fn wipe(start: DateTime<Utc>, admin: &Person, owners: &[&Person], story: &mut Story) {
    let correlation = story.book.random.guid();
    for (index, owner) in owners.iter().enumerate() {
        let at = later(start, 24 * index as i64, &mut story.book.random);
        let action = DeviceAction::new(at, admin, ("wipe ManagedDevice", "Action", "Device"), "")
            .device(owner)
            .set("KeepEnrollmentData", None, "False")
            .set("KeepUserData", None, "False")
            .within(&correlation);
        let id = story.book.device(&action);
        if index == 0 {
            story.key(id);
        }
    }
}

/// Most of the computers have begun already; for those the rollback is refused.
fn take_back(start: DateTime<Utc>, admin: &Person, owners: &[&Person], story: &mut Story) {
    let activity = ("cancelWipe ManagedDevice", "Action", "Device");
    for (index, owner) in owners.iter().enumerate() {
        let at = later(start, 17 * index as i64, &mut story.book.random);
        let action = DeviceAction::new(at, admin, activity, "").device(owner);
        let action = action.set("Reason", None, "Wrong filter, please stop - Carla");
        let action = if index % 3 == 0 { action } else { action.failed() };
        let id = story.book.device(&action);
        if index == 0 {
            story.key(id);
        }
    }
    let at = later(start, 1100, &mut story.book.random);
    let name = "WIN-Autopilot-Reprovision";
    let action =
        DeviceAction::new(at, admin, ("Create DeviceEnrollmentConfiguration", "Create", "Enrollment"), name)
            .set("Description", None, "Set up the wiped computers again");
    let id = story.book.device(&action);
    story.key(id);
}

fn apologize(at: DateTime<Utc>, admin: &Person, story: &mut Story) {
    let head = Envelope::new(25, "MessageSent", "MicrosoftTeams").user(&admin.upn, &admin.id, 0);
    let record = with(
        envelope(at, &head, &mut story.book.random),
        json!({
            "CommunicationType": "Channel", "TeamName": "Everybody at Contoso", "ChannelName": "General",
            "ItemName": "Sorry about your computers", "ClientIP": admin.home.site.office,
        }),
    );
    let id = story.book.office(at, record);
    story.key(id);
}
