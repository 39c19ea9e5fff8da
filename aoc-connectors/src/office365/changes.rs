//! What was changed.

use aoc_core::Change;
use serde_json::Value;

use super::members::{Activity, Member, Property, PropertyName};
use crate::common::values::decode;

/// Reads the modified properties and, of Exchange cmdlets that set something, the parameters.
pub(super) fn changes(activity: &Activity<'_>, operation: &str, target: Option<&String>) -> Vec<Change> {
    let mut changes = modified(activity, target);
    if sets(operation) {
        changes.extend(parameters(activity, target));
    }
    if operation == "UpdateInboxRules" {
        let rule = activity.get(Member::OperationProperties).list();
        changes.extend(rule.iter().filter_map(|property| set(property, target)));
    }
    changes
}

fn modified(activity: &Activity<'_>, target: Option<&String>) -> Vec<Change> {
    let list: Vec<Property<'_>> = activity.get(Member::ModifiedProperties).list();
    let change = |property: &Property<'_>| {
        // Mailbox records only list the names.
        let name = property.get(PropertyName::Name).text();
        Some(Change {
            target: target.cloned(),
            property: name.as_deref().or(property.plain())?.to_owned(),
            old: decode(property.get(PropertyName::OldValue)),
            new: decode(property.get(PropertyName::NewValue)),
        })
    };
    list.iter().filter_map(change).collect()
}

/// Whether the operation is a cmdlet that sets its parameters on its object.
fn sets(operation: &str) -> bool {
    let Some((verb, _)) = operation.split_once('-') else { return false };
    ["Set", "New", "Add", "Enable", "Update", "Install", "Import", "Start", "Grant", "Undo", "Release"]
        .iter()
        .any(|setting| setting.eq_ignore_ascii_case(verb))
}

fn parameters(activity: &Activity<'_>, target: Option<&String>) -> Vec<Change> {
    let parameters = activity.get(Member::Parameters);
    if let Some(line) = parameters.text() {
        // Security & Compliance cmdlets give one string: `-Identity "x" -Enabled $true`.
        let new = Value::String(line.into_owned());
        return vec![Change {
            target: target.cloned(),
            property: "Parameters".into(),
            old: Value::Null,
            new,
        }];
    }
    let list: Vec<Property<'_>> = parameters.list();
    list.iter()
        .filter_map(|property| set(property, target))
        .filter(|change| !steers(&change.property))
        .collect()
}

fn set(property: &Property<'_>, target: Option<&String>) -> Option<Change> {
    let name = property.get(PropertyName::Name).text()?;
    let new = decode(property.get(PropertyName::Value));
    Some(Change { target: target.cloned(), property: name.into_owned(), old: Value::Null, new })
}

/// Parameters that name the object or steer the cmdlet, and set nothing.
fn steers(parameter: &str) -> bool {
    matches!(
        parameter,
        "Identity"
            | "Force"
            | "Confirm"
            | "WhatIf"
            | "Verbose"
            | "Debug"
            | "ErrorAction"
            | "WarningAction"
            | "ErrorVariable"
            | "WarningVariable"
            | "DomainController"
            | "Organization"
    )
}
