//! An event as a document of the Open Cybersecurity Schema Framework, version 1.8.
//!
//! What a class requires and the event does not say is `unknown`: a name, never null.

use aoc_core::{Event, Outcome, alert::ALERT_SOURCE};
use serde_json::{Value, json};

use super::{
    facts::Facts,
    meaning::{FINDING, OTHER},
    ocsf_classes, ocsf_objects,
    required::{activity_name, category_name, class_name},
    tree::{Tree, list},
};

/// The version whose classes these are.
const VERSION: &str = "1.8.0";

/// The document.
pub(super) fn document(event: &Event) -> Value {
    let facts = Facts::of(event);
    let mut tree = Tree::default();
    put_class(&mut tree, &facts);
    put_metadata(&mut tree, &facts);
    put_status(&mut tree, &facts);
    tree.put("time", event.timestamp.instant().timestamp_millis());
    tree.put("message", event.display_summary.as_str());
    tree.put("cloud.provider", "Azure");
    tree.put("cloud.account.uid", event.tenant.as_str());
    tree.put("raw_data", event.raw.text());
    tree.put("observables", ocsf_objects::observables(&facts));
    ocsf_classes::put(&mut tree, &facts);
    put_unmapped(&mut tree, &facts);
    tree.into_value()
}

fn put_class(tree: &mut Tree, facts: &Facts<'_>) {
    let meaning = facts.meaning;
    let (severity, severity_id) = facts.severity();
    let class = class_name(meaning.class_uid);
    let named = activity_name(meaning.class_uid, meaning.activity_id);
    // Only the activity 99 has a name of its own.
    let own = if facts.event.operation.trim().is_empty() { "Other" } else { facts.event.operation.as_str() };
    tree.put("category_uid", meaning.class_uid / 1_000);
    tree.put("category_name", category_name(meaning.class_uid));
    tree.put("class_uid", meaning.class_uid);
    tree.put("class_name", class);
    tree.put("activity_id", meaning.activity_id);
    tree.put("activity_name", named.unwrap_or(own));
    tree.put("type_uid", meaning.type_uid());
    tree.put("type_name", format!("{class}: {}", named.unwrap_or("Other")));
    tree.put("severity_id", severity_id);
    tree.put("severity", severity);
}

fn put_metadata(tree: &mut Tree, facts: &Facts<'_>) {
    let event = facts.event;
    let product = if event.source == ALERT_SOURCE {
        json!({"name": "Admin Operations Center", "vendor_name": "AOC", "version": env!("CARGO_PKG_VERSION")})
    } else {
        json!({"name": product(event), "vendor_name": "Microsoft"})
    };
    tree.put("metadata.version", VERSION);
    tree.put("metadata.product", product);
    tree.put("metadata.uid", event.dedupe_key.as_str());
    tree.put("metadata.profiles", vec!["cloud"]);
    tree.put("metadata.log_name", event.source.as_str());
    tree.put("metadata.log_provider", event.service.as_str());
    tree.put("metadata.event_code", event.operation.as_str());
    tree.maybe("metadata.original_time", facts.original_time());
    tree.put("metadata.tenant_uid", event.tenant.as_str());
    tree.maybe("metadata.correlation_uid", event.correlation_id.as_deref());
    let at = event.ingested_at.map(|time| time.instant().timestamp_millis());
    tree.maybe("metadata.logged_time", at);
    let labels = facts.alert.iter().flat_map(|alert| &alert.labels);
    tree.put("metadata.labels", list(event.tags.iter().chain(labels).map(String::as_str)));
}

fn product(event: &Event) -> &'static str {
    match event.source.as_str() {
        "entra_audit" | "entra_sign_ins" => "Microsoft Entra ID",
        "intune_audit" => "Microsoft Intune",
        _ => "Microsoft 365",
    }
}

fn put_status(tree: &mut Tree, facts: &Facts<'_>) {
    // A finding's status is how far its handling has come.
    let (status_id, status) = match (facts.meaning.class_uid, facts.event.result) {
        (FINDING, _) if facts.alert.is_some() => (1, "New"),
        (FINDING, _) => (0, "Unknown"),
        (_, Outcome::Success) => (1, "Success"),
        (_, Outcome::Failure) => (2, "Failure"),
        (_, Outcome::Partial) => (OTHER, "Partial"),
        (_, Outcome::Unknown) => (0, "Unknown"),
    };
    tree.put("status_id", status_id);
    tree.put("status", status);
    tree.maybe("status_code", facts.error_code());
}

/// What has no place in the schema, as text under fixed names.
fn put_unmapped(tree: &mut Tree, facts: &Facts<'_>) {
    let event = facts.event;
    let joined = |texts: &[String]| texts.join("\n");
    tree.put("unmapped.operation", event.operation.as_str());
    tree.put("unmapped.result", event.result.as_str());
    tree.put("unmapped.normalizer", event.normalizer.as_str());
    tree.put("unmapped.flags", joined(&event.flags));
    tree.put("unmapped.targets", joined(&event.target_displays));
    tree.put("unmapped.changes", joined(&facts.changes()));
    tree.maybe("unmapped.revision_of", event.revision_of.as_deref());
    tree.maybe("unmapped.address", event.actor_ip.as_deref().filter(|_| facts.address.is_none()));
}
