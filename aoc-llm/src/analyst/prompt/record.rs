//! An event as a model is told of it: typed members, short, clean.

use aoc_core::Event;
use chrono::{FixedOffset, SecondsFormat};
use serde::Serialize;
use serde_json::Value;

use super::{
    Aliases,
    clean::value,
    mask::{MASK, is_secret_name},
};

/// The most characters of a name, and of the value of a change.
const LONGEST: usize = 160;
/// The most targets and changes that are told.
const MOST: usize = 6;

/// What is told of an event.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Record {
    pub(crate) event: String,
    pub(crate) time: String,
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) result: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) actor: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) targets: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) changes: Vec<Altered>,
}

/// What is told of a change.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Altered {
    pub(crate) property: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) old: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) new: String,
}

impl Record {
    /// What is told of the event under a handle such as `e1`.
    pub(crate) fn of(handle: String, event: &Event, offset: FixedOffset) -> Self {
        let name = |text: &String| value(text, LONGEST);
        let mut actor: Vec<String> =
            [&event.actor_display, &event.actor_upn].into_iter().flatten().map(name).collect();
        actor.dedup();
        actor.retain(|name| !name.is_empty());
        Self {
            event: handle,
            time: local(event, offset),
            service: name(&event.service),
            operation: name(&event.operation),
            result: event.result.as_str(),
            actor,
            address: event.actor_ip.as_ref().map(name),
            targets: event
                .target_displays
                .iter()
                .take(MOST)
                .map(name)
                .filter(|name| !name.is_empty())
                .collect(),
            changes: event.changes.iter().take(MOST).map(Altered::of).collect(),
        }
    }

    /// The same with pseudonyms for names.
    pub(crate) fn hidden(&self, aliases: &Aliases) -> Self {
        let hide = |text: &String| aliases.hide(text);
        let change = |change: &Altered| Altered {
            property: hide(&change.property),
            old: hide(&change.old),
            new: hide(&change.new),
        };
        Self {
            service: hide(&self.service),
            operation: hide(&self.operation),
            actor: self.actor.iter().map(hide).collect(),
            address: self.address.as_ref().map(hide),
            targets: self.targets.iter().map(hide).collect(),
            changes: self.changes.iter().map(change).collect(),
            ..self.clone()
        }
    }
}

impl Altered {
    pub(crate) fn of(change: &aoc_core::Change) -> Self {
        let is_secret = is_secret_name(&change.property);
        let text = |value: &Value| if is_secret && !value.is_null() { MASK.to_owned() } else { said(value) };
        Self { property: value(&change.property, LONGEST), old: text(&change.old), new: text(&change.new) }
    }
}

/// The time on the clocks of whoever asked, to the second.
pub(crate) fn local(event: &Event, offset: FixedOffset) -> String {
    event.timestamp.instant().with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A value of a change in a few words; nothing for null. A list of one is that one.
fn said(changed: &Value) -> String {
    match changed {
        Value::Null => String::new(),
        Value::String(text) => value(text, LONGEST),
        Value::Array(list) if list.len() == 1 => said(&list[0]),
        other => value(&other.to_string(), LONGEST),
    }
}
