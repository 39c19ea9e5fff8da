//! Teams: chats, meetings, members that come and go.

use super::clock::Day;
use super::office365::{Envelope, envelope, with};
use super::people::{People, Person, TENANT};
use super::random::{Random, guid_of};
use super::recorder::Recorder;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

const TEAMS: [&str; 5] = ["Apollo", "Finance", "IT Operations", "Sales Europe", "Everybody at Contoso"];

/// A record of Teams by a person.
fn by(at: DateTime<Utc>, person: &Person, operation: &str, random: &mut Random) -> Value {
    let head = Envelope::new(25, operation, "MicrosoftTeams").user(&person.upn, &person.id, 0);
    envelope(at, &head, random)
}

/// A member that was added, removed or given another role (1 member, 2 owner, 3 guest).
pub(super) fn on_member(
    at: DateTime<Utc>,
    person: &Person,
    operation: &str,
    (team, member, role): (&str, &Person, u8),
    random: &mut Random,
) -> Value {
    with(
        by(at, person, operation, random),
        json!({
            "CommunicationType": "Team", "TeamName": team, "ItemName": team,
            "TeamGuid": thread(team), "AADGroupId": guid_of("Group", team),
            "Members": [{"DisplayName": member.name, "Role": role, "UPN": member.upn}],
        }),
    )
}

fn thread(name: &str) -> String {
    format!("19:{}@thread.tacv2", guid_of("thread", name).replace('-', ""))
}

/// Writes down a day in Teams.
pub(super) fn record(day: Day, people: &People, book: &mut Recorder) {
    for _ in 0..day.busy(14, &mut book.random) {
        let person = people.colleague(&mut book.random);
        let at = day.at_work(person, &mut book.random);
        let record = match book.random.below(10) {
            0..=4 => session(at, person, book),
            5..=7 => chat(at, person, people, book),
            8 => meeting(at, person, book),
            _ => membership(at, person, people, book),
        };
        book.office(at, record);
    }
}

fn session(at: DateTime<Utc>, person: &Person, book: &mut Recorder) -> Value {
    let client = *book.random.pick(&["Windows (25306.804)", "iOS (8.21.1)", "Web (1415/25100)"]);
    let address = person.place(&mut book.random).address;
    with(
        by(at, person, "TeamsSessionStarted", &mut book.random),
        json!({"ObjectId": client, "ClientIP": address}),
    )
}

fn chat(at: DateTime<Utc>, person: &Person, people: &People, book: &mut Recorder) -> Value {
    let other = people.colleague(&mut book.random);
    let thread = format!("19:{}_{}@unq.gbl.spaces", person.id, other.id);
    let address = person.place(&mut book.random).address;
    with(
        by(at, person, "ChatCreated", &mut book.random),
        json!({
            "ClientIP": address, "ChatThreadId": thread, "ItemName": thread, "CommunicationType": "OneOnOne",
            "Members": [
                {"OrganizationId": TENANT, "DisplayName": person.name, "UPN": person.upn},
                {"OrganizationId": TENANT, "DisplayName": other.name, "UPN": other.upn},
            ],
            "ParticipantInfo": {"HasForeignTenantUsers": false, "HasGuestUsers": false,
                "HasUnauthenticatedUsers": false, "ParticipatingTenantIds": [TENANT]},
            "ResourceTenantId": TENANT,
        }),
    )
}

fn meeting(at: DateTime<Utc>, person: &Person, book: &mut Recorder) -> Value {
    let name = *book.random.pick(&["Daily Apollo", "Sales forecast", "Change board", "One-to-one"]);
    with(
        by(at, person, "MeetingParticipantDetail", &mut book.random),
        json!({"ItemName": name, "MeetingDetailId": book.random.guid(),
        "CommunicationType": "ScheduledMeeting"}),
    )
}

fn membership(at: DateTime<Utc>, person: &Person, people: &People, book: &mut Recorder) -> Value {
    let member = people.colleague(&mut book.random);
    let team = *book.random.pick(&TEAMS);
    match book.random.below(6) {
        0 => on_member(at, person, "MemberRoleChanged", (team, member, 2), &mut book.random),
        1 => on_member(at, person, "MemberRemoved", (team, member, 1), &mut book.random),
        2 => with(
            by(at, person, "ChannelAdded", &mut book.random),
            json!({"TeamName": team, "TeamGuid": thread(team), "ChannelName": "Retrospective",
                "ChannelGuid": thread("Retrospective"), "ChannelType": "Standard"}),
        ),
        _ => on_member(at, person, "MemberAdded", (team, member, 1), &mut book.random),
    }
}
