//! What another parser (Sekoia's) makes of the same records, as a second opinion.
//!
//! Every difference belongs to a class with a reason; `ecs_differences.md` lists the classes, how many records each has,
//! and a digest of which. A new difference, or one that is gone, fails; `UPDATE=1` writes the list anew.
//! The values themselves stay out of the repository: the records are not ours to publish.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::{collections::BTreeMap, fmt::Write, path::Path};

use aoc_core::{Event, Key, Timestamp};
use serde_json::Value;
use support::{data, events};

/// Class → why the difference is right.
const REASONS: [(&str, &str); 12] = [
    (
        "alert_user",
        "they take the user an alert is about for its actor; ours is who raised the alert, and the user is a target",
    ),
    ("app_is_actor", "they name no actor when an application did it; ours is the application"),
    ("clicker_address", "the address of who clicked a link is the actor's; they leave it out"),
    (
        "delivery_action",
        "they take what happened to a mail for the operation; ours is the record's `Operation`",
    ),
    ("device_is_no_target", "a sign-in is to a resource; the device it is from is no target"),
    ("export_time", "they take the time of the export; ours is when it happened (`createdDateTime`)"),
    (
        "final_dot",
        "they cut the dot with which directory operations end; the contract keeps the operation as written",
    ),
    ("own_correlation", "the record's own `CorrelationId` goes before the one of the app's access context"),
    ("sender_address", "the sender of a detected mail is not who made the record"),
    ("sign_in", "Graph's sign-ins have no operation; ours is `Sign-in` in all shapes"),
    ("system_actor", "they name no actor where a service acts under its own name; ours is that name"),
    ("target_is_no_actor", "they take the user it was done to for the actor; ours is a target"),
];

/// One member on which the two differ.
struct Difference {
    what: &'static str,
    theirs: String,
    ours: String,
}

#[test]
fn differences_from_the_second_opinion_are_known_and_explained() {
    let Some(data) = data() else { return };
    let mut classes: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
    let mut compared = 0;
    for file in
        ["entra_directory_audits", "entra_sign_ins", "intune_audit_events", "o365_management_activity"]
    {
        let ours = own_events(&data, file);
        for (id, expected) in second_opinions(&data, file) {
            let event = &ours[&id];
            compared += 1;
            for difference in differences(&expected, event) {
                let class = class(&difference, &expected, event).unwrap_or_else(|| {
                    panic!(
                        "new difference in {file}, {id}: {}: theirs {}, ours {}",
                        difference.what, difference.theirs, difference.ours
                    )
                });
                let entry = format!("{id}|{}|{}", difference.theirs, difference.ours);
                classes.entry((file, difference.what, class)).or_default().push(entry);
            }
        }
    }
    assert_eq!(compared, 105);
    let list = render(classes);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ecs_differences.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &list).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        list,
        "the list is stale; UPDATE=1 writes it anew"
    );
}

/// The events by id: those of the shape that the other parser read, where we have it.
fn own_events(data: &Path, file: &str) -> BTreeMap<String, Event> {
    let mut all = BTreeMap::new();
    for shape in ["", ".azure_monitor"] {
        let path = data.join(format!("{file}{shape}.ndjson"));
        if path.is_file() {
            all.extend(events(&path).into_iter().map(|event| (event.id.clone(), event)));
        }
    }
    all
}

fn second_opinions(data: &Path, file: &str) -> Vec<(String, Value)> {
    let text = std::fs::read_to_string(data.join(format!("{file}.ecs_expected.ndjson"))).unwrap();
    let line = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        (value["id"].as_str().unwrap().to_owned(), value["expected"].take())
    };
    text.lines().map(line).collect()
}

fn get<'a>(expected: &'a Value, path: &str) -> Option<&'a str> {
    path.split('.').try_fold(expected, |value, name| value.get(name))?.as_str()
}

fn differences(expected: &Value, event: &Event) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |what, theirs: Option<&str>, same: bool, ours: String| {
        if let Some(theirs) = theirs.filter(|_| !same) {
            found.push(Difference { what, theirs: theirs.to_owned(), ours });
        }
    };
    let operation = get(expected, "event.action").or(get(expected, "action.name"));
    compare("operation", operation, operation == Some(&event.operation), event.operation.clone());
    let result = get(expected, "event.outcome");
    compare("result", result, result == Some(event.result.as_str()), event.result.as_str().into());
    let time = get(expected, "@timestamp");
    compare("time", time, time.is_some_and(|time| is_same_time(time, event)), event.timestamp.to_string());
    let address = get(expected, "source.ip").or(event.actor_ip.as_ref().map(|_| "none"));
    compare(
        "address",
        address,
        address == event.actor_ip.as_deref(),
        event.actor_ip.clone().unwrap_or("none".into()),
    );
    let tenant = get(expected, "organization.id").or(get(expected, "azuread.tenantId"));
    compare("tenant", tenant, tenant == Some(&event.tenant), event.tenant.clone());
    actor(expected, event, &mut compare);
    for target in TARGETS {
        let name = get(expected, target);
        let same = name.is_some_and(|name| event.target_displays.iter().any(|ours| ours == name));
        compare("target", name, same, event.target_displays.join(", "));
    }
    let correlation = [
        "trace.id",
        "office365.context.correlation.id",
        "azuread.correlationId",
        "microsoft.intune.correlation_id",
    ]
    .iter()
    .find_map(|path| get(expected, path));
    let ours = event.correlation_id.as_deref();
    compare("correlation", correlation, correlation == ours, ours.unwrap_or("none").into());
    found
}

const TARGETS: [&str; 6] = [
    "user.target.name",
    "user.target.group.name",
    "file.name",
    "host.name",
    "azuread.properties.targetUserPrincipalName",
    "azuread.properties.targetServicePrincipalDisplayName",
];

fn actor(
    expected: &Value,
    event: &Event,
    compare: &mut impl FnMut(&'static str, Option<&str>, bool, String),
) {
    let ours = event.actor_name().unwrap_or("none");
    let is_ours = |name: &str| {
        let names = [event.actor_display.as_deref(), event.actor_upn.as_deref()];
        names.contains(&Some(name)) || event.actor.text().contains(name)
    };
    let paths = ["user.email", "user.name", "user.id"];
    for path in paths {
        let name = get(expected, path);
        compare("actor", name, name.is_some_and(is_ours), ours.to_owned());
    }
    if paths.iter().all(|path| get(expected, path).is_none()) && ours != "none" {
        compare("actor", Some("none"), false, ours.to_owned());
    }
}

/// The other parser has microseconds at most.
fn is_same_time(theirs: &str, event: &Event) -> bool {
    event.has_unreadable_time()
        || Timestamp::parse(theirs).is_ok_and(|time| time.ticks() / 10 == event.timestamp.ticks() / 10)
}

/// The class of a difference; `None` for one that nobody has thought about yet.
fn class(difference: &Difference, expected: &Value, event: &Event) -> Option<&'static str> {
    let Difference { what, theirs, ours } = difference;
    let is_target = event.target_displays.iter().any(|target| target.contains(theirs.as_str()));
    let is_app = event.actor_type == Some(aoc_core::ActorType::App);
    match *what {
        "operation" if ours.strip_suffix('.') == Some(theirs) => Some("final_dot"),
        "operation" if event.operation == "Sign-in" => Some("sign_in"),
        "operation" if event.operation == "TIMailData" => Some("delivery_action"),
        "time" if event.service == "SignIn" => Some("export_time"),
        "address" if event.operation == "TIUrlClickData" => Some("clicker_address"),
        "address" if event.operation == "TIMailData" => Some("sender_address"),
        "correlation" if event.service == "OneDrive" || event.service == "SharePoint" => {
            Some("own_correlation")
        }
        "target" if get(expected, "host.name") == Some(theirs) && ours.len() == 36 => {
            Some("device_is_no_target")
        }
        "actor" if theirs == "none" && is_app => Some("app_is_actor"),
        "actor" if event.operation.starts_with("Alert") && theirs == "none" => Some("system_actor"),
        "actor" if event.operation.starts_with("Alert") && is_target => Some("alert_user"),
        "actor" if is_target => Some("target_is_no_actor"),
        _ => None,
    }
}

fn render(classes: BTreeMap<(&str, &str, &str), Vec<String>>) -> String {
    let mut text = "# Where we differ from the second opinion\n\nWritten by `tests/ecs_differences.rs`; of 105 records.\n\n\
                    | file | member | class | records | which |\n|---|---|---|---|---|\n"
        .to_owned();
    let mut used = Vec::new();
    for ((file, what, class), mut entries) in classes {
        used.push(class);
        entries.sort();
        let parts: Vec<&str> = entries.iter().map(String::as_str).collect();
        writeln!(text, "| {file} | {what} | {class} | {} | `{}` |", entries.len(), Key::derived_id(&parts))
            .unwrap();
    }
    text.push_str("\n| class | reason |\n|---|---|\n");
    for (class, reason) in REASONS.iter().filter(|(class, _)| used.contains(class)) {
        writeln!(text, "| {class} | {reason} |").unwrap();
    }
    let unused: Vec<_> = REASONS.iter().filter(|(class, _)| !used.contains(class)).collect();
    assert!(unused.is_empty(), "classes without a difference: {unused:?}");
    text
}
