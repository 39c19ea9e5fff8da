//! The rest of ECS' own fields.

use aoc_core::Alert;

use super::{
    ecs::{put_user, related_users},
    facts::Facts,
    record::{member, text},
    tree::{Tree, list},
};

/// Adds them.
pub(super) fn put(tree: &mut Tree, facts: &Facts<'_>) {
    let event = facts.event;
    tree.put("organization.id", event.tenant.as_str());
    tree.put("cloud.provider", "azure");
    tree.put("cloud.service.name", event.service.as_str());
    tree.put("cloud.account.id", event.tenant.as_str());
    if let Some(user) = facts.targets.user.as_ref().or(facts.targets.app.as_ref()) {
        put_user(tree, "user.target", user);
    }
    if let Some(group) = &facts.targets.group {
        tree.maybe("group.id", group.id.as_deref());
        tree.maybe("group.name", group.name.as_deref());
    }
    tree.put("related.user", related_users(facts));
    put_source(tree, facts);
    put_things(tree, facts);
    put_own(tree, facts);
    if let Some(alert) = &facts.alert {
        put_alert(tree, alert, facts);
    }
}

fn put_source(tree: &mut Tree, facts: &Facts<'_>) {
    tree.maybe("source.address", facts.event.actor_ip.as_deref());
    tree.maybe("user_agent.original", facts.agent.as_deref());
    let geo = facts.place.geo();
    let Some(address) = facts.address else { return };
    let address = address.to_string();
    tree.put("related.ip", vec![address.as_str()]);
    tree.put("client.ip", address.as_str());
    tree.put("client.address", address.as_str());
    tree.put("source.ip", address);
    tree.maybe("source.port", facts.port);
    tree.put("source.geo", geo);
}

/// Files, pages and devices.
fn put_things(tree: &mut Tree, facts: &Facts<'_>) {
    let file = &facts.file;
    tree.maybe("file.name", file.name.as_deref());
    tree.maybe("file.path", file.path.as_deref());
    tree.maybe("file.extension", file.extension.as_deref());
    tree.maybe("file.type", file.kind.as_deref().map(|kind| if kind == "Folder" { "dir" } else { "file" }));
    tree.maybe("url.original", file.url.as_deref());
    let Some(device) = facts.record.object("deviceDetail") else { return };
    let said = |name: &str| text(member(&device, name));
    tree.maybe("host.id", said("deviceId"));
    if let Some(name) = said("displayName") {
        tree.put("related.hosts", vec![name.as_str()]);
        tree.put("host.name", name);
    }
    tree.maybe("host.os.full", said("operatingSystem"));
}

/// What only AOC knows.
fn put_own(tree: &mut Tree, facts: &Facts<'_>) {
    let event = facts.event;
    let labels = facts.alert.iter().flat_map(|alert| &alert.labels);
    tree.put("tags", list(event.tags.iter().chain(labels).map(String::as_str)));
    tree.put("labels.aoc_source", event.source.as_str());
    tree.put("labels.aoc_service", event.service.as_str());
    tree.put("aoc.key", event.dedupe_key.as_str());
    tree.put("aoc.result", event.result.as_str());
    tree.put("aoc.normalizer", event.normalizer.as_str());
    tree.put("aoc.flags", list(event.flags.iter().map(String::as_str)));
    tree.put("aoc.targets", list(event.target_displays.iter().map(String::as_str)));
    tree.put("aoc.changes", list(facts.changes().iter().map(String::as_str)));
    tree.put("aoc.right", list(facts.targets.rights.iter().map(String::as_str)));
    tree.put("aoc.comments", list(event.comments.iter().map(|comment| comment.text.as_str())));
    tree.maybe("aoc.correlation_id", event.correlation_id.as_deref());
    tree.maybe("aoc.revision_of", event.revision_of.as_deref());
    let kind = event.actor_type.and_then(|kind| serde_json::to_value(kind).ok());
    tree.maybe("aoc.actor_type", kind);
}

fn put_alert(tree: &mut Tree, alert: &Alert, facts: &Facts<'_>) {
    let (severity, _) = facts.severity();
    tree.put("event.reason", alert.reasons.join("; "));
    tree.put("rule.id", alert.rule.as_str());
    tree.put("rule.name", alert.title.as_str());
    tree.put("rule.description", alert.description.as_str());
    tree.put("aoc.alert.severity", severity.to_lowercase());
    tree.put("aoc.alert.subject", alert.subject.as_str());
    tree.maybe("aoc.alert.entity", alert.entity.as_deref());
    tree.put("aoc.alert.matched", alert.matched);
    tree.put("aoc.alert.events", list(alert.events.iter().map(aoc_core::Key::as_str)));
    tree.maybe("aoc.alert.delay_seconds", alert.delay_seconds);
    let techniques = facts.techniques();
    if techniques.is_empty() {
        return;
    }
    let whole = techniques.iter().map(|id| id.split('.').next().unwrap_or(id));
    tree.put("threat.framework", "MITRE ATT&CK");
    tree.put("threat.technique.id", list(whole));
    let parts = techniques.iter().filter(|id| id.contains('.'));
    tree.put("threat.technique.subtechnique.id", list(parts.map(String::as_str)));
}
