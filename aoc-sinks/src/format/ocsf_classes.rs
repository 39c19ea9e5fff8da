//! What each OCSF class has beside the base.

use serde_json::{Value, json};

use super::{
    facts::Facts,
    meaning::{ACCESS, ACCOUNT, AUTHENTICATION, ENTITY, FILE, FINDING, GROUP, WEB},
    ocsf_objects::{UNKNOWN, actor, api, or_unknown, required_source, source, user},
    parties::Party,
    record::{member, text},
    tree::{Tree, list},
};

/// Adds it.
pub(super) fn put(tree: &mut Tree, facts: &Facts<'_>) {
    if facts.meaning.class_uid == FINDING {
        return put_finding(tree, facts);
    }
    tree.put("actor", actor(facts));
    tree.put("api", api(facts));
    tree.maybe("http_request.user_agent", facts.agent.as_deref());
    tree.maybe("src_endpoint", source(facts));
    let target = || user(facts.targets.user.as_ref(), None);
    match facts.meaning.class_uid {
        ACCOUNT => tree.put("user", target()),
        AUTHENTICATION => put_sign_in(tree, facts),
        ENTITY => tree.put("entity", entity(facts)),
        ACCESS => {
            let (receiver, kind) = facts.receiver();
            tree.put("user", user(receiver, kind));
            tree.put("privileges", privileges(facts));
            tree.maybe("resources", facts.targets.resource.as_ref().map(granted));
        }
        GROUP => {
            tree.put("group", group(facts));
            tree.maybe("user", facts.targets.user.as_ref().map(|party| user(Some(party), None)));
        }
        WEB => tree.put("web_resources", vec![web_resource(facts)]),
        FILE => {
            tree.put("src_endpoint", required_source(facts));
            tree.put("file", file(facts));
        }
        _ => {
            tree.put("src_endpoint", required_source(facts));
            tree.put("resources", resources(facts));
        }
    }
}

fn privileges(facts: &Facts<'_>) -> Value {
    let rights = &facts.targets.rights;
    if rights.is_empty() { json!([UNKNOWN]) } else { list(rights.iter().map(String::as_str)) }
}

/// What a right is over.
fn granted(resource: &Party) -> Value {
    let mut tree = Tree::default();
    tree.maybe("name", resource.name.as_deref());
    tree.maybe("uid", resource.id.as_deref());
    Value::from(vec![tree.into_value()])
}

/// The user of a sign-in is who signed in.
fn put_sign_in(tree: &mut Tree, facts: &Facts<'_>) {
    tree.put("user", user(Some(&facts.actor), facts.event.actor_type));
    tree.put("service.name", or_unknown(facts.targets.first.as_deref().unwrap_or_default()));
    let record = &facts.record;
    let mfa = record.text("authenticationRequirement").map(|said| said == "multiFactorAuthentication");
    tree.maybe("is_mfa", mfa);
    let status = record.object("status");
    let reason = status.and_then(|status| text(member(&status, "failureReason")));
    tree.maybe("status_detail", reason.or_else(|| record.text("LogonError")));
}

fn entity(facts: &Facts<'_>) -> Value {
    let mut tree = Tree::default();
    tree.put("name", or_unknown(facts.targets.first.as_deref().unwrap_or_default()));
    tree.maybe("uid", facts.targets.first_id.as_deref());
    tree.maybe("type", facts.targets.kind.as_deref());
    tree.into_value()
}

fn group(facts: &Facts<'_>) -> Value {
    let group = facts.targets.group.as_ref();
    let mut tree = Tree::default();
    tree.put("name", or_unknown(group.and_then(|group| group.name.as_deref()).unwrap_or_default()));
    tree.maybe("uid", group.and_then(|group| group.id.as_deref()));
    tree.into_value()
}

fn web_resource(facts: &Facts<'_>) -> Value {
    let mut tree = Tree::default();
    tree.put("name", or_unknown(facts.targets.first.as_deref().unwrap_or_default()));
    tree.maybe("url_string", facts.file.url.as_deref());
    tree.maybe("type", facts.record.text("ItemType"));
    tree.into_value()
}

fn file(facts: &Facts<'_>) -> Value {
    let mut tree = Tree::default();
    let name = facts.file.name.as_deref().or(facts.targets.first.as_deref());
    let (type_id, kind) = match facts.file.kind.as_deref() {
        Some("File") => (1, "Regular File"),
        Some("Folder") => (2, "Folder"),
        _ => (0, "Unknown"),
    };
    tree.put("name", or_unknown(name.unwrap_or_default()));
    tree.put("type_id", type_id);
    tree.put("type", kind);
    tree.maybe("path", facts.file.path.as_deref());
    tree.maybe("ext", facts.file.extension.as_deref());
    tree.into_value()
}

/// What it was done to.
fn resources(facts: &Facts<'_>) -> Value {
    let names = facts.event.target_displays.iter().filter(|name| !name.trim().is_empty());
    Value::from(names.map(|name| json!({"name": name})).collect::<Vec<_>>())
}

fn put_finding(tree: &mut Tree, facts: &Facts<'_>) {
    let event = facts.event;
    let mut evidence = Tree::default();
    evidence.put("actor", actor(facts));
    evidence.put("api", api(facts));
    evidence.maybe("src_endpoint", source(facts));
    tree.put("evidences", vec![evidence.into_value()]);
    tree.put("resources", resources(facts));
    tree.put("is_alert", true);
    tree.put("finding_info.uid", event.dedupe_key.as_str());
    tree.put("finding_info.created_time", event.timestamp.instant().timestamp_millis());
    let Some(alert) = &facts.alert else {
        let title = facts.record.first(&["Name", "InvestigationName"]);
        tree.put("finding_info.title", title.unwrap_or_else(|| or_unknown(&event.operation).to_owned()));
        return;
    };
    tree.put("finding_info.title", or_unknown(&alert.title));
    tree.put("finding_info.desc", alert.description.as_str());
    tree.put("finding_info.types", list(alert.labels.iter().map(String::as_str)));
    tree.put(
        "finding_info.analytic",
        json!({"uid": alert.rule, "name": alert.title, "type_id": 1, "type": "Rule"}),
    );
    tree.put("finding_info.related_events_count", alert.matched);
    let related = alert.events.iter().map(|key| json!({"uid": key.as_str()}));
    tree.put("finding_info.related_events", related.collect::<Vec<_>>());
    let attacks = facts.techniques().into_iter().map(|id| technique(&id));
    tree.put("finding_info.attacks", attacks.collect::<Vec<_>>());
    tree.put("status_detail", alert.reasons.join("; "));
}

/// A technique, and which part of it.
fn technique(id: &str) -> Value {
    match id.split_once('.') {
        Some((whole, _)) => json!({"technique": {"uid": whole}, "sub_technique": {"uid": id}}),
        None => json!({"technique": {"uid": id}}),
    }
}
