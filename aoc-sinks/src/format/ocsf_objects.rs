//! Objects that several OCSF classes have.

use aoc_core::ActorType;
use serde_json::{Value, json};

use super::{
    facts::Facts,
    meaning::{ACCESS, ACCOUNT, FINDING, GROUP, OTHER},
    parties::Party,
    tree::Tree,
};

/// What stands in for a name that is required and not known.
pub(super) const UNKNOWN: &str = "unknown";

/// A `user`; without any name it is `unknown`.
pub(super) fn user(party: Option<&Party>, kind: Option<ActorType>) -> Value {
    let mut tree = Tree::default();
    let (type_id, type_name) = match kind {
        Some(ActorType::User) => (1, "User"),
        Some(ActorType::Admin) => (2, "Admin"),
        Some(ActorType::System) => (3, "System"),
        Some(ActorType::Guest) => (OTHER, "Guest"),
        Some(ActorType::App) => (OTHER, "Application"),
        Some(ActorType::Partner) => (OTHER, "Partner"),
        Some(ActorType::Unknown) | None => (0, "Unknown"),
    };
    tree.put("type_id", type_id);
    tree.put("type", type_name);
    tree.put("name", party.and_then(|party| party.name.as_deref()).unwrap_or(UNKNOWN));
    if let Some(party) = party {
        tree.maybe("uid", party.id.as_deref());
        tree.maybe("full_name", party.full_name.as_deref());
        tree.maybe("email_addr", party.email());
        tree.maybe("domain", party.domain());
    }
    tree.into_value()
}

/// The `actor`.
pub(super) fn actor(facts: &Facts<'_>) -> Value {
    let mut tree = Tree::default();
    tree.put("user", user(Some(&facts.actor), facts.event.actor_type));
    if facts.event.actor_type == Some(ActorType::App) {
        tree.maybe("app_name", facts.actor.name.as_deref());
        tree.maybe("app_uid", facts.actor.id.as_deref());
    }
    tree.into_value()
}

/// The `src_endpoint`; `None` where no address is known.
pub(super) fn source(facts: &Facts<'_>) -> Option<Value> {
    let mut tree = Tree::default();
    tree.put("ip", facts.address?.to_string());
    tree.maybe("port", facts.port);
    tree.put("location", facts.place.location());
    Some(tree.into_value())
}

/// The `src_endpoint` of a class that requires one.
pub(super) fn required_source(facts: &Facts<'_>) -> Value {
    source(facts).unwrap_or_else(|| json!({"name": UNKNOWN}))
}

/// The `api` that was called.
pub(super) fn api(facts: &Facts<'_>) -> Value {
    let mut tree = Tree::default();
    tree.put("operation", or_unknown(&facts.event.operation));
    tree.put("service.name", or_unknown(&facts.event.service));
    tree.into_value()
}

/// The text, or what stands in for it.
pub(super) fn or_unknown(text: &str) -> &str {
    if text.trim().is_empty() { UNKNOWN } else { text }
}

/// What an analyst would search for, by the path at which it stands.
pub(super) fn observables(facts: &Facts<'_>) -> Value {
    let class = facts.meaning.class_uid;
    let inside = if class == FINDING { "evidences." } else { "" };
    let one = |path: String, type_id: u32, kind: &str, value: String| json!({"name": path, "type_id": type_id, "type": kind, "value": value});
    let address =
        facts.address.map(|ip| one(format!("{inside}src_endpoint.ip"), 2, "IP Address", ip.to_string()));
    let user = |path: String, name: &String| one(path, 4, "User Name", name.clone());
    let actor = facts.actor.name.as_ref().map(|name| user(format!("{inside}actor.user.name"), name));
    let target = facts.targets.user.as_ref().filter(|_| matches!(class, ACCOUNT | ACCESS | GROUP));
    let target =
        target.and_then(|target| target.name.as_ref()).map(|name| user("user.name".to_owned(), name));
    Value::from([address, actor, target].into_iter().flatten().collect::<Vec<_>>())
}
