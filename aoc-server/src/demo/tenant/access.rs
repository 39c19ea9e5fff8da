//! Who may do what: elevated roles, Conditional Access, applications and consents.

use super::activities::{
    ADD_APPLICATION, ADD_PRINCIPAL, ADD_TO_ROLE, APP_SECRETS, CONSENT, DELEGATED_GRANT, ELEVATION_COMPLETED,
    ELEVATION_EXPIRED, ELEVATION_REQUESTED, INVITE, REDEEM, REMOVE_FROM_ROLE, UPDATE_POLICY,
};
use super::actor::Actor;
use super::changes::{Activity, Change, Target};
use super::clock::{Day, later, plain_time};
use super::entra::at_work;
use super::people::{Job, People, Person};
use super::random::guid_of;
use super::recorder::Recorder;
use super::sign_ins::POLICIES;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

const ROLES: [(Job, &str); 6] = [
    (Job::Identity, "User Administrator"),
    (Job::Identity, "Privileged Role Administrator"),
    (Job::Messaging, "Exchange Administrator"),
    (Job::Endpoint, "Intune Administrator"),
    (Job::Security, "Security Administrator"),
    (Job::Helpdesk, "Helpdesk Administrator"),
];
const REASONS: [&str; 8] = [
    "Patch window tonight",
    "New hires starting on Monday",
    "Investigating a phishing report",
    "Mail flow ticket from Lisbon",
    "Quarterly access review",
    "Rollout of the new baseline",
    "Password reset for management",
    "Vendor call, needs a policy change",
];
const APPS: [(&str, &str); 6] = [
    ("Contoso Expenses", "User.Read"),
    ("Contoso Travel", "User.Read Calendars.Read"),
    ("Whiteboard Export", "User.Read Files.Read"),
    ("Apollo Build Server", "User.Read Sites.Read.All"),
    ("Room Finder", "User.Read Calendars.Read.Shared"),
    ("Survey Tool", "User.Read email profile"),
];

/// Writes down a day of granting and taking.
pub(super) fn record(day: Day, people: &People, book: &mut Recorder) {
    for _ in 0..day.busy(5, &mut book.random) {
        elevation(day, people, book);
    }
    if book.random.chance(25) {
        on_call(day, people, book);
    }
    if day.seldom(25, &mut book.random) {
        policy_edit(day, people, book);
    }
    if day.seldom(35, &mut book.random) {
        application(day, people, book);
    }
    if day.seldom(30, &mut book.random) {
        guest(day, people, book);
    }
    if day.seldom(20, &mut book.random) {
        secret(day, people, book);
    }
}

fn elevation(day: Day, people: &People, book: &mut Recorder) {
    let (job, role) = *book.random.pick(&ROLES);
    let (person, at, actor) = at_work(day, people, &[job], book);
    let reason = format!("{}, INC-{}", book.random.pick(&REASONS), book.random.between(10_400, 10_999));
    activate(at, (person, &actor), role, &reason, book);
}

/// Whoever is on call takes a role at night.
fn on_call(day: Day, people: &People, book: &mut Recorder) {
    let person = people.one_of(&[Job::Identity, Job::Messaging], &mut book.random);
    let at = day.at_night(&mut book.random);
    let actor = Actor::person(person, &person.home.address);
    activate(at, (person, &actor), "Exchange Administrator", "On call: mail queue alarm", book);
}

/// A role that is granted for some hours and then taken back.
fn activate(
    at: DateTime<Utc>,
    (person, actor): (&Person, &Actor),
    role: &str,
    reason: &str,
    book: &mut Recorder,
) {
    let hours = book.random.between(2, 8);
    let correlation = book.random.guid();
    let end = at + Duration::hours(hours);
    let pim = Actor::app("MS-PIM");
    let step = |at, activity, by: &Actor| role_change(at, by, activity, (person, role)).within(&correlation);
    let asked = step(at, ELEVATION_REQUESTED, actor).because(reason);
    let granted = step(later(at, 4, &mut book.random), ELEVATION_COMPLETED, actor)
        .because(reason)
        .detail("StartTime", &plain_time(at))
        .detail("ExpirationTime", &plain_time(end))
        .detail("Justification", reason);
    let assigned = step(later(at, 3, &mut book.random), ADD_TO_ROLE, &pim);
    let removed = step(later(end, 1, &mut book.random), REMOVE_FROM_ROLE, &pim);
    let expired = step(later(end, 2, &mut book.random), ELEVATION_EXPIRED, &pim);
    for change in [asked, granted, assigned, removed, expired] {
        book.change(&change);
    }
}

/// Somebody gets or loses a role.
pub(super) fn role_change(
    at: DateTime<Utc>,
    actor: &Actor,
    activity: Activity,
    (person, role): (&Person, &str),
) -> Change {
    let template = Value::from(guid_of("Role", role));
    let name = Value::from(role);
    let user = Target::user(person);
    let user = if activity.name.starts_with("Add") {
        user.set("Role.TemplateId", Value::Null, template).set("Role.DisplayName", Value::Null, name)
    } else {
        user.set("Role.TemplateId", template, Value::Null).set("Role.DisplayName", name, Value::Null)
    };
    Change::new(at, activity, actor).on(user).on(Target::new("Role", role))
}

/// A Conditional Access policy that is switched from one state to another.
pub(super) fn policy_state(
    at: DateTime<Utc>,
    actor: &Actor,
    (policy, control): (&str, &str),
    (old, new): (&str, &str),
) -> Change {
    let detail = |state: &str| {
        json!({"id": guid_of("Policy", policy), "displayName": policy, "state": state,
            "conditions": {"users": {"includeUsers": ["All"]},
            "applications": {"includeApplications": ["All"]}},
            "grantControls": {"operator": "OR", "builtInControls": [control]}})
    };
    let target = Target::new("Policy", policy).set("ConditionalAccessPolicy", detail(old), detail(new));
    Change::new(at, UPDATE_POLICY, actor).on(target)
}

fn policy_edit(day: Day, people: &People, book: &mut Recorder) {
    let (_, at, actor) = at_work(day, people, &[Job::Security, Job::Identity], book);
    let policy = *book.random.pick(&POLICIES);
    let reporting = "enabledForReportingButNotEnforced";
    book.change(&policy_state(at, &actor, policy, ("enabled", reporting)));
    let then = later(at, book.random.between(900, 4200), &mut book.random);
    book.change(&policy_state(then, &actor, policy, (reporting, "enabled")));
}

/// The records of somebody agreeing to what an application asks for.
pub(super) fn consent(
    at: DateTime<Utc>,
    (person, actor): (&Person, &Actor),
    (app, scope): (&str, &str),
    book: &mut Recorder,
) -> Vec<Change> {
    let correlation = book.random.guid();
    let grant = book.random.tag(32);
    let step = |at, activity, target| Change::new(at, activity, actor).on(target).within(&correlation);
    let target = Target::new("ServicePrincipal", app);
    let consented = consented(person, (app, scope), &grant);
    vec![
        step(at, ADD_PRINCIPAL, target.clone()),
        step(later(at, 1, &mut book.random), DELEGATED_GRANT, granted(app, scope)).on(target),
        step(later(at, 2, &mut book.random), CONSENT, consented).detail("User-Agent", "EvoSTS"),
    ]
}

fn consented(person: &Person, (app, scope): (&str, &str), grant: &str) -> Target {
    let (client, resource) = (guid_of("principal", app), guid_of("principal", "Microsoft Graph"));
    let permissions = format!(
        "[] => [[Id: {grant}, ClientId: {client}, PrincipalId: {}, ResourceId: {resource}, ConsentType: \
         Principal, Scope:  {scope}]]; ",
        person.id,
    );
    Target::new("ServicePrincipal", app)
        .now("ConsentContext.IsAdminConsent", "False")
        .now("ConsentContext.OnBehalfOfAll", "False")
        .now("ConsentAction.Permissions", &permissions)
}

fn granted(app: &str, scope: &str) -> Target {
    Target::new("ServicePrincipal", "Microsoft Graph")
        .now("DelegatedPermissionGrant.Scope", scope)
        .now("DelegatedPermissionGrant.ConsentType", "Principal")
        .now("ServicePrincipal.ObjectID", &guid_of("principal", app))
        .now("ServicePrincipal.DisplayName", app)
}

fn application(day: Day, people: &People, book: &mut Recorder) {
    let person = people.colleague(&mut book.random);
    let at = day.at_work(person, &mut book.random);
    let actor = Actor::person(person, &person.place(&mut book.random).address);
    let app = *book.random.pick(&APPS);
    for change in consent(at, (person, &actor), app, book) {
        book.change(&change);
    }
}

/// A guest who is invited by somebody and comes in an hour later.
fn guest(day: Day, people: &People, book: &mut Recorder) {
    let (_, at, actor) = at_work(day, people, &[Job::Sales, Job::Engineering, Job::People], book);
    let person = people.one_of(&[Job::Guest], &mut book.random);
    let mail = person.upn.split("#EXT#").next().unwrap_or_default().replace('_', "@");
    let invited = Change::new(at, INVITE, &actor)
        .on(Target::user(person))
        .detail("invitedUserEmailAddress", &mail)
        .detail("InvitationId", &book.random.guid());
    book.change(&invited);
    let then = later(at, book.random.between(1200, 5000), &mut book.random);
    let address = person.home.address.clone();
    book.change(&Change::new(then, REDEEM, &Actor::person(person, &address)).on(Target::user(person)));
}

/// The key of one of our own applications is renewed.
fn secret(day: Day, people: &People, book: &mut Recorder) {
    let (_, at, actor) = at_work(day, people, &[Job::Identity], book);
    let (app, _) = *book.random.pick(&APPS);
    let correlation = book.random.guid();
    let key = |id: &str| {
        json!([format!("[KeyIdentifier={id},KeyType=Password,KeyUsage=Verify,DisplayName=Renewed]")])
    };
    let (old, new) = (book.random.guid(), book.random.guid());
    let target = Target::new("Application", app)
        .set("KeyDescription", key(&old), key(&new))
        .now("Included Updated Properties", "KeyDescription");
    if book.random.chance(15) {
        book.change(
            &Change::new(at, ADD_APPLICATION, &actor)
                .on(Target::new("Application", app))
                .within(&correlation),
        );
    }
    let then = later(at, 6, &mut book.random);
    book.change(&Change::new(then, APP_SECRETS, &actor).on(target).within(&correlation));
}
