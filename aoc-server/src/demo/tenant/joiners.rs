//! People who come on a Monday and leave on a Friday four weeks later.

use super::activities::{
    ADD_DEVICE, ADD_DEVICE_OWNER, ADD_TO_GROUP, ADD_USER, CHANGE_LICENSE, DELETE_USER, DISABLE_ACCOUNT,
    REMOVE_FROM_GROUP, REVOKE_TOKENS, SECURITY_INFO, SET_MANAGER,
};
use super::actor::Actor;
use super::changes::{Activity, Change, Target};
use super::clock::{Day, later, plain_time};
use super::entra::{at_work, membership, user_property};
use super::intune::DeviceAction;
use super::people::{Job, People, Person};
use super::places::{LISBON, VIENNA};
use super::recorder::Recorder;
use super::teams;
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use serde_json::{Value, json};

const FIRST: [&str; 12] =
    ["Alma", "Bruno", "Clara", "David", "Eva", "Florian", "Greta", "Hugo", "Iris", "Julian", "Karla", "Leo"];
const LAST: [&str; 12] = [
    "Abreu", "Bauer", "Carvalho", "Dorfer", "Egger", "Fonseca", "Gasser", "Huber", "Ivkovic", "Jansen",
    "Kofler", "Lima",
];
const GROUPS: [&str; 3] = ["SG-VPN-Users", "SG-Apollo-Members", "DL-Vienna-Office"];

/// Those who start in the week of a date: two in every week.
fn cohort(date: NaiveDate) -> [Person; 2] {
    let week = (date.num_days_from_ce() - 1).div_euclid(7) as usize;
    [0, 1].map(|second| {
        let number = week * 2 + second;
        let name = format!("{} {}", FIRST[number % 12], LAST[(number * 5 + number / 12) % 12]);
        let site = if number.is_multiple_of(3) { &LISBON } else { &VIENNA };
        Person::new(&name, Job::Intern, site, (8, 17))
    })
}

/// Those who work on a date: from the Tuesday of their first week to the Thursday of their fourth.
pub(super) fn interns(date: NaiveDate) -> Vec<Person> {
    let weeks = match date.weekday() {
        Weekday::Mon => 1..4,
        Weekday::Fri | Weekday::Sat | Weekday::Sun => 0..3,
        _ => 0..4,
    };
    weeks.flat_map(|week| cohort(date - Days::new(7 * week))).collect()
}

/// Writes down who starts and who leaves.
pub(super) fn record(day: Day, people: &People, book: &mut Recorder) {
    match day.date.weekday() {
        Weekday::Mon => {
            for (index, person) in cohort(day.date).iter().enumerate() {
                starts(day, 7 + index as i64, person, people, book);
            }
        }
        Weekday::Fri => {
            for person in &cohort(day.date - Days::new(21)) {
                leaves(day, person, people, book);
            }
        }
        _ => {}
    }
}

fn license(person: &Person, old: Value, new: Value) -> Target {
    user_property(Target::user(person), "AssignedLicense", old, new)
}

fn licensed() -> Value {
    json!(["[SkuName=SPE_E5, AccountId=c0470500-7e57-4de0-9a0c-00000c047050, DisabledPlans=[]]"])
}

fn account(person: &Person) -> Target {
    Target::user(person)
        .set("AccountEnabled", json!([]), json!([true]))
        .set("DisplayName", json!([]), json!([person.name]))
        .set("UserPrincipalName", json!([]), json!([person.upn]))
        .set("UserType", json!([]), json!(["Member"]))
        .now("Included Updated Properties", "AccountEnabled, DisplayName, UserPrincipalName, UserType")
}

fn starts(day: Day, hour: i64, person: &Person, people: &People, book: &mut Recorder) {
    let at = day.at(hour, book.random.between(5, 40), &mut book.random);
    let hr = Actor::app("Contoso HR Provisioning");
    book.change_seen_twice(&Change::new(at, ADD_USER, &hr).on(account(person)));
    let manager = people.one_of(&[Job::Engineering], &mut book.random);
    let managed = user_property(Target::user(person), "Manager", json!([]), json!([manager.upn]));
    let step = later(at, 9, &mut book.random);
    book.change(&Change::new(step, SET_MANAGER, &hr).on(managed));
    let desk = people.named(if hour == 7 { "Felix Marbach" } else { "Ines Figueira" });
    let actor = Actor::person(desk, desk.home.site.office);
    let step = later(at, 300, &mut book.random);
    book.change(&Change::new(step, CHANGE_LICENSE, &actor).on(license(person, json!([]), licensed())));
    for (index, group) in GROUPS.iter().enumerate() {
        let step = later(at, 340 + 20 * index as i64, &mut book.random);
        book.change(&membership(step, &actor, ADD_TO_GROUP, (person, group)));
    }
    let joined = later(at, 700, &mut book.random);
    let record = teams::on_member(joined, desk, "MemberAdded", ("Apollo", person, 1), &mut book.random);
    book.office(joined, record);
    first_day(later(at, 5400, &mut book.random), person, book);
}

/// The new colleague unpacks the computer.
fn first_day(at: DateTime<Utc>, person: &Person, book: &mut Recorder) {
    let own = Actor::person(person, person.home.site.office);
    let registration = Actor::app("Device Registration Service");
    let details = Target::device(person).set("DeviceOSType", json!([]), json!(["Windows"])).set(
        "DeviceTrustType",
        json!([]),
        json!(["AzureAd"]),
    );
    book.change(&Change::new(at, ADD_DEVICE, &registration).on(details));
    let owner = Target::user(person).now("Device.DisplayName", &person.device);
    let step = later(at, 1, &mut book.random);
    book.change(&Change::new(step, ADD_DEVICE_OWNER, &registration).on(owner).on(Target::device(person)));
    let enrolled = DeviceAction::by_app(
        later(at, 80, &mut book.random),
        "Contoso Intune Connector",
        ("Create ManagedDevice", "Create", "Enrollment"),
        "",
    );
    book.device(&enrolled.device(person).set("EnrollmentType", None, "WindowsAutopilot"));
    let step = later(at, 900, &mut book.random);
    let change = Change::new(step, SECURITY_INFO, &own).on(Target::user(person));
    book.change(&change.because("User registered Authenticator App"));
}

fn leaves(day: Day, person: &Person, people: &People, book: &mut Recorder) {
    let (_, at, actor) = at_work(day, people, &[Job::Helpdesk], book);
    let correlation = book.random.guid();
    let stamp = json!([plain_time(at)]);
    let steps: [(i64, Activity, Target); 4] = [
        (
            0,
            DISABLE_ACCOUNT,
            user_property(Target::user(person), "AccountEnabled", json!([true]), json!([false])),
        ),
        (
            4,
            REVOKE_TOKENS,
            user_property(Target::user(person), "StsRefreshTokensValidFrom", json!([]), stamp),
        ),
        (90, CHANGE_LICENSE, license(person, licensed(), json!([]))),
        (600, DELETE_USER, user_property(Target::user(person), "Is Hard Deleted", json!([]), json!([false]))),
    ];
    for (seconds, activity, target) in steps {
        let step = later(at, seconds, &mut book.random);
        book.change(&Change::new(step, activity, &actor).on(target).within(&correlation));
    }
    hands_back(at, person, &actor, people, book);
}

fn hands_back(at: DateTime<Utc>, person: &Person, actor: &Actor, people: &People, book: &mut Recorder) {
    for (index, group) in GROUPS.iter().enumerate() {
        let step = later(at, 30 + 9 * index as i64, &mut book.random);
        book.change(&membership(step, actor, REMOVE_FROM_GROUP, (person, group)));
    }
    let wiped = later(at, 240, &mut book.random);
    let desk = people.named("Jonas Reiter");
    let action = DeviceAction::new(wiped, desk, ("retire ManagedDevice", "Action", "Device"), "");
    book.device(&action.device(person).set("Reason", None, "Internship ended"));
}
