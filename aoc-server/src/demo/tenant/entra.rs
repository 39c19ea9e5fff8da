//! A day in the directory: passwords, groups, devices, provisioning.

use super::activities::{
    ADD_GROUP_OWNER, ADD_TO_GROUP, IMPORT, REMOVE_FROM_GROUP, RESET_PASSWORD, REVOKE_TOKENS, SECURITY_INFO,
    SELF_RESET, UPDATE_DEVICE, UPDATE_GROUP, UPDATE_USER,
};
use super::actor::Actor;
use super::changes::{Change, Target};
use super::clock::{Day, later, plain_time};
use super::people::{Job, People, Person};
use super::recorder::Recorder;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

/// Groups whose members change from time to time.
pub(super) const GROUPS: [&str; 9] = [
    "SG-VPN-Users",
    "SG-Finance-Read",
    "SG-Apollo-Members",
    "SG-Sales-CRM",
    "SG-PowerBI-Pro",
    "SG-Intune-Pilot",
    "SG-Copilot-Licences",
    "SG-Travel-Approvers",
    "DL-Vienna-Office",
];

/// Writes down a day in the directory.
pub(super) fn record(day: Day, people: &People, book: &mut Recorder) {
    for _ in 0..day.busy(5, &mut book.random) {
        password_reset(day, people, book);
    }
    for _ in 0..day.busy(8, &mut book.random) {
        group_change(day, people, book);
    }
    for _ in 0..day.busy(3, &mut book.random) {
        profile_update(day, people, book);
    }
    for _ in 0..day.busy(9, &mut book.random) {
        device_update(day, people, book);
    }
    for _ in 0..day.busy(2, &mut book.random) {
        security_info(day, people, book);
    }
    provisioning(day, people, book);
}

/// A person of these jobs at work: who, when, and as an actor.
pub(super) fn at_work<'a>(
    day: Day,
    people: &'a People,
    jobs: &[Job],
    book: &mut Recorder,
) -> (&'a Person, DateTime<Utc>, Actor) {
    let person = people.one_of(jobs, &mut book.random);
    let at = day.at_work(person, &mut book.random);
    let place = person.place(&mut book.random);
    (person, at, Actor::person(person, &place.address))
}

/// A change of one property of a user, with the list of changed properties the directory adds.
pub(super) fn user_property(target: Target, name: &str, old: Value, new: Value) -> Target {
    target.set(name, old, new).now("Included Updated Properties", name)
}

fn password_reset(day: Day, people: &People, book: &mut Recorder) {
    let owner = people.colleague(&mut book.random);
    if book.random.chance(35) {
        let at = day.at_work(owner, &mut book.random);
        let actor = Actor::person(owner, &owner.home.address);
        let change = Change::new(at, SELF_RESET, &actor).on(Target::user(owner));
        let failed = book.random.chance(20);
        book.change(&if failed { change.failed("The password does not meet the policy.") } else { change });
        return;
    }
    let (_, at, actor) = at_work(day, people, &[Job::Helpdesk], book);
    let then = later(at, 1, &mut book.random);
    let stamp = |at| json!([plain_time(at)]);
    let earlier = at - Duration::days(book.random.between(3, 80));
    let tokens = user_property(Target::user(owner), "StsRefreshTokensValidFrom", stamp(earlier), stamp(at));
    let reset = Change::new(at, RESET_PASSWORD, &actor).on(Target::user(owner));
    let correlation = book.random.guid();
    book.change(&reset.within(&correlation));
    book.change(&Change::new(then, REVOKE_TOKENS, &actor).on(tokens).within(&correlation));
}

/// Somebody joins or leaves a group.
pub(super) fn membership(
    at: DateTime<Utc>,
    actor: &Actor,
    activity: super::changes::Activity,
    (person, group): (&Person, &str),
) -> Change {
    let id = Value::from(super::random::guid_of("Group", group));
    let name = Value::from(group);
    let user = Target::user(person);
    let user = if activity.operation == "Assign" {
        user.set("Group.ObjectID", Value::Null, id).set("Group.DisplayName", Value::Null, name)
    } else {
        user.set("Group.ObjectID", id, Value::Null).set("Group.DisplayName", name, Value::Null)
    };
    Change::new(at, activity, actor).on(user).on(Target::new("Group", group))
}

fn group_change(day: Day, people: &People, book: &mut Recorder) {
    let (_, at, actor) = at_work(day, people, &[Job::Helpdesk, Job::Identity, Job::Messaging], book);
    let person = people.colleague(&mut book.random);
    let group = *book.random.pick(&GROUPS);
    let change = match book.random.below(12) {
        0 => Change::new(at, UPDATE_GROUP, &actor).on(Target::new("Group", group)
            .set("Description", json!(["Old entry"]), json!([format!("{group}, reviewed")]))
            .now("Included Updated Properties", "Description")),
        1 => membership(at, &actor, ADD_GROUP_OWNER, (person, group)),
        2..=4 => membership(at, &actor, REMOVE_FROM_GROUP, (person, group)),
        5 => membership(at, &actor, ADD_TO_GROUP, (person, group))
            .failed("The person is a member of the group already."),
        _ => membership(at, &actor, ADD_TO_GROUP, (person, group)),
    };
    book.change(&change);
}

fn profile_update(day: Day, people: &People, book: &mut Recorder) {
    let (_, at, actor) = at_work(day, people, &[Job::Helpdesk, Job::People], book);
    let person = people.colleague(&mut book.random);
    let (property, old, new) = *book.random.pick(&[
        ("JobTitle", "Specialist", "Senior Specialist"),
        ("PhysicalDeliveryOfficeName", "Wien 3.12", "Wien 4.02"),
        ("Mobile", "+43 1 555 0117", "+43 1 555 0148"),
        ("Department", "Sales", "Sales Europe"),
    ]);
    let target = user_property(Target::user(person), property, json!([old]), json!([new]));
    book.change(&Change::new(at, UPDATE_USER, &actor).on(target).detail("UserType", "Member"));
}

fn device_update(day: Day, people: &People, book: &mut Recorder) {
    let owner = people.colleague(&mut book.random);
    let at = day.at_work(owner, &mut book.random);
    let actor = Actor::app("Microsoft Intune");
    let target = user_property(Target::device(owner), "IsCompliant", json!([false]), json!([true]))
        .now("TargetId.DeviceOSType", "Windows");
    let change = Change::new(at, UPDATE_DEVICE, &actor)
        .on(target)
        .detail("DeviceId", &owner.device_id)
        .detail("DeviceOSType", "Windows")
        .detail("DeviceTrustType", "AzureAd");
    book.change(&change);
}

fn security_info(day: Day, people: &People, book: &mut Recorder) {
    let person = people.colleague(&mut book.random);
    let at = day.at_work(person, &mut book.random);
    let place = person.place(&mut book.random);
    let method = *book.random.pick(&["Authenticator App", "Passkey", "Phone"]);
    let change = Change::new(at, SECURITY_INFO, &Actor::person(person, &place.address))
        .on(Target::user(person))
        .because(&format!("User registered {method}"));
    book.change(&change);
}

/// The HR system is read four times a day; each run imports some entries.
fn provisioning(day: Day, people: &People, book: &mut Recorder) {
    let actor = Actor::app("Contoso HR Provisioning");
    for hour in [2, 8, 14, 20] {
        let at = day.at(hour, 30, &mut book.random);
        let person = people.colleague(&mut book.random);
        let reason = format!("Retrieved User '{}' from Contoso HR", person.name);
        let change = Change::new(at, IMPORT, &actor)
            .on(Target::new("ServicePrincipal", "Contoso HR Provisioning"))
            .on(Target::user(person).now("department", person.job.department()))
            .detail("EventName", "EntryImport")
            .detail("JoiningProperty", person.alias());
        let failed = book.random.chance(8);
        let change = change.because(&reason);
        book.change(&if failed { change.failed("The HR system did not answer in time.") } else { change });
    }
}
