//! The vendor's own members, under names that Elastic's integrations use where they have one.
//!
//! Every field has one type in all documents: what is free in a record becomes text. Nothing is copied as it came.

use serde_json::Value;

use super::{
    facts::{Facts, pairs},
    properties::{self, Kind},
    record::{Record, any_text, elements, joined, member, text},
    tree::Tree,
};

/// Adds them.
pub(super) fn put(tree: &mut Tree, facts: &Facts<'_>) {
    match facts.event.source.as_str() {
        "entra_audit" => put_audit(tree, facts),
        "entra_sign_ins" => put_sign_in(tree, facts),
        "intune_audit" => put_intune(tree, facts),
        "office365_activity" => put_office(tree, facts),
        _ => {}
    }
}

fn put_all(tree: &mut Tree, path: &str, record: &Record, properties: &[properties::Property]) {
    for (field, name, kind) in properties {
        if let Some(value) = typed(record.get(name), *kind) {
            tree.put(&format!("{path}.{field}"), value);
        }
    }
}

/// The value as the field's one type; `None` where it cannot be that.
fn typed(value: &Value, kind: Kind) -> Option<Value> {
    match kind {
        Kind::Text => any_text(value).map(Value::from),
        Kind::Texts => {
            let items = elements(value).iter().filter_map(any_text).collect::<Vec<_>>();
            (!items.is_empty()).then(|| Value::from(items))
        }
        Kind::Truth => match text(value)?.to_ascii_lowercase().as_str() {
            "true" => Some(true.into()),
            "false" => Some(false.into()),
            _ => None,
        },
        Kind::Number => text(value)?.parse::<i64>().ok().map(Value::from),
    }
}

fn put_inside(tree: &mut Tree, path: &str, inside: Option<&Value>, properties: &[properties::Property]) {
    for (field, name, kind) in properties {
        let value = inside.and_then(|inside| typed(member(inside, name), *kind));
        tree.maybe(&format!("{path}.{field}"), value);
    }
}

fn put_audit(tree: &mut Tree, facts: &Facts<'_>) {
    const PATH: &str = "azure.auditlogs";
    let event = facts.event;
    tree.put("azure.auditlogs.operation_name", event.operation.as_str());
    tree.put("azure.auditlogs.category", event.service.as_str());
    tree.put("azure.tenant_id", event.tenant.as_str());
    tree.maybe("azure.correlation_id", event.correlation_id.as_deref());
    put_all(tree, &format!("{PATH}.properties"), &facts.record, properties::AUDIT);
    let by = facts.record.object("initiatedBy");
    for who in ["user", "app"] {
        let party = by.as_ref().map(|by| member(by, who));
        put_inside(tree, &format!("{PATH}.properties.initiated_by.{who}"), party, properties::INITIATOR);
    }
    let details = pairs(facts.record.get("additionalDetails"));
    tree.put(&format!("{PATH}.properties.additional_details"), joined(details));
    put_targets(tree, &format!("{PATH}.properties.target_resources"), &facts.record.list("targetResources"));
}

/// The first targets and their first properties, under their numbers.
fn put_targets(tree: &mut Tree, path: &str, targets: &[Value]) {
    const TARGETS: usize = 3;
    const PROPERTIES: usize = 10;
    for (at, target) in targets.iter().take(TARGETS).enumerate() {
        let path = format!("{path}.{at}");
        put_inside(tree, &path, Some(target), properties::TARGET);
        let changed = elements(member(target, "modifiedProperties"));
        for (number, property) in changed.iter().take(PROPERTIES).enumerate() {
            put_inside(
                tree,
                &format!("{path}.modified_properties.{number}"),
                Some(property),
                properties::CHANGE,
            );
        }
    }
}

fn put_sign_in(tree: &mut Tree, facts: &Facts<'_>) {
    const PATH: &str = "azure.signinlogs.properties";
    let event = facts.event;
    tree.put("azure.signinlogs.operation_name", event.operation.as_str());
    tree.maybe("azure.signinlogs.identity", event.actor_name());
    tree.put("azure.tenant_id", event.tenant.as_str());
    tree.maybe("azure.correlation_id", event.correlation_id.as_deref());
    put_all(tree, PATH, &facts.record, properties::SIGN_IN);
    let inside = |name: &str| facts.record.object(name);
    put_inside(tree, &format!("{PATH}.status"), inside("status").as_ref(), properties::STATUS);
    put_inside(tree, &format!("{PATH}.device_detail"), inside("deviceDetail").as_ref(), properties::DEVICE);
    let policies = facts.record.list("appliedConditionalAccessPolicies");
    let policies = policies.iter().filter_map(|policy| {
        Some(format!("{}: {}", text(member(policy, "displayName"))?, text(member(policy, "result"))?))
    });
    tree.put(&format!("{PATH}.applied_policies"), policies.collect::<Vec<_>>());
}

fn put_intune(tree: &mut Tree, facts: &Facts<'_>) {
    const PATH: &str = "intune.auditlogs";
    tree.put("intune.auditlogs.operation_name", facts.event.operation.as_str());
    tree.maybe("azure.correlation_id", facts.event.correlation_id.as_deref());
    put_all(tree, PATH, &facts.record, properties::INTUNE);
    let actor = facts.record.object("actor");
    put_inside(tree, &format!("{PATH}.actor"), actor.as_ref(), properties::INTUNE_ACTOR);
    let resources = facts.record.list("resources");
    let all = |name: &str| resources.iter().filter_map(|item| text(member(item, name))).collect::<Vec<_>>();
    tree.put(&format!("{PATH}.resources.display_name"), all("displayName"));
    tree.put(&format!("{PATH}.resources.id"), all("resourceId"));
    tree.put(&format!("{PATH}.resources.type"), all("auditResourceType"));
}

fn put_office(tree: &mut Tree, facts: &Facts<'_>) {
    const PATH: &str = "o365.audit";
    for (name, kind) in properties::OFFICE {
        if let Some(value) = typed(facts.record.get(name), *kind) {
            tree.put(&format!("{PATH}.{name}"), value);
        }
    }
    for name in properties::OFFICE_PAIRS {
        let list = facts.record.get(name);
        let pairs = pairs(list);
        let free = if pairs.is_empty() { any_text(list) } else { None };
        let pairs = pairs.into_iter().chain(free.map(|text| ("text".to_owned(), text)));
        tree.put(&format!("{PATH}.{name}"), joined(pairs));
    }
    let changed = elements(facts.record.get("ModifiedProperties"));
    for which in ["NewValue", "OldValue"] {
        let values = changed.iter().filter_map(|property| {
            Some((text(member(property, "Name"))?, any_text(member(property, which))?))
        });
        for (name, value) in joined(values) {
            tree.put(&format!("{PATH}.ModifiedProperties.{name}.{which}"), value);
        }
    }
}
