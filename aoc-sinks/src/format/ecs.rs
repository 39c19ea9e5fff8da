//! An event as a document of the Elastic Common Schema.

use aoc_core::{Event, Outcome, UNREADABLE, alert::ALERT_SOURCE};
use serde_json::Value;

use super::{
    ecs_frame, ecs_vendor,
    facts::Facts,
    meaning::FINDING,
    parties::Party,
    tree::{Tree, list},
};

/// The version whose fields these are.
const VERSION: &str = "8.17.0";

/// The document.
pub(super) fn document(event: &Event) -> Value {
    let facts = Facts::of(event);
    let mut tree = Tree::default();
    tree.put("@timestamp", event.timestamp.to_string());
    tree.put("ecs.version", VERSION);
    tree.put("message", event.display_summary.as_str());
    put_event(&mut tree, &facts);
    put_user(&mut tree, "user", &facts.actor);
    ecs_frame::put(&mut tree, &facts);
    ecs_vendor::put(&mut tree, &facts);
    tree.into_value()
}

fn put_event(tree: &mut Tree, facts: &Facts<'_>) {
    let event = facts.event;
    let (module, dataset, provider) = origin(facts);
    tree.put("event.id", event.id.as_str());
    tree.put("event.kind", kind(facts));
    tree.put("event.category", facts.meaning.category.to_vec());
    tree.put("event.type", facts.meaning.types.to_vec());
    tree.put("event.action", event.operation.as_str());
    tree.put("event.outcome", outcome(facts.outcome()));
    tree.put("event.provider", provider);
    tree.put("event.module", module);
    tree.put("event.dataset", dataset);
    tree.maybe("event.created", event.available_at.map(|time| time.to_string()));
    tree.maybe("event.ingested", event.ingested_at.map(|time| time.to_string()));
    tree.put("event.original", event.raw.text());
    tree.maybe("event.code", facts.record.text("RecordType"));
    if facts.meaning.class_uid == FINDING {
        tree.put("event.severity", severity(facts.severity().1));
    }
    tree.maybe("error.code", facts.error_code());
}

/// What kind of document it is.
fn kind(facts: &Facts<'_>) -> &'static str {
    match facts.meaning.class_uid {
        _ if facts.event.service == UNREADABLE => "pipeline_error",
        FINDING => "alert",
        _ => "event",
    }
}

/// From OCSF's 1 to 5 to the numbers that Elastic's own rules have.
fn severity(id: u32) -> u32 {
    match id {
        2 => 21,
        3 => 47,
        4 => 73,
        5 => 99,
        _ => 10,
    }
}

/// `partial` is none of ECS' words.
fn outcome(result: Outcome) -> &'static str {
    match result {
        Outcome::Success => "success",
        Outcome::Failure => "failure",
        Outcome::Partial | Outcome::Unknown => "unknown",
    }
}

/// Module, dataset and provider.
fn origin<'a>(facts: &Facts<'a>) -> (&'static str, &'static str, &'a str) {
    let event = facts.event;
    let (module, dataset) = match event.source.as_str() {
        "entra_audit" => ("azure", "azure.auditlogs"),
        "entra_sign_ins" => ("azure", "azure.signinlogs"),
        "intune_audit" => ("intune", "intune.auditlogs"),
        "office365_activity" => ("o365", "o365.audit"),
        ALERT_SOURCE if facts.alert.is_some() => ("aoc", "aoc.alert"),
        ALERT_SOURCE => ("aoc", "aoc.audit"),
        _ => ("aoc", "aoc.event"),
    };
    (module, dataset, &event.service)
}

/// A person under `user` or `user.target`.
pub(super) fn put_user(tree: &mut Tree, path: &str, party: &Party) {
    tree.maybe(&format!("{path}.id"), party.id.as_deref());
    tree.maybe(&format!("{path}.name"), party.name.as_deref());
    tree.maybe(&format!("{path}.full_name"), party.full_name.as_deref());
    tree.maybe(&format!("{path}.email"), party.email());
    tree.maybe(&format!("{path}.domain"), party.domain());
}

/// `related.user`: everybody who is named; the application that got a right is nobody.
pub(super) fn related_users(facts: &Facts<'_>) -> Value {
    let target = facts.targets.user.iter();
    let parties = std::iter::once(&facts.actor).chain(target);
    list(parties.flat_map(|party| [&party.name, &party.full_name, &party.id]).flatten().map(String::as_str))
}
