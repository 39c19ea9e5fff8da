//! Our own rules: a filter, conditions, and how often and when.

mod check;
mod original;
mod test;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::test::RuleTest;
use super::Severity;
use crate::{Filter, config::Span};

/// A rule, as it is stored and as it stands in files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What names it, among rules of all origins: letters, digits, `-`, `_` and `.`, at most 100. One is given where
    /// there is none.
    #[serde(default)]
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The title of its alerts; the name where it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What it means and what to do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it makes alerts.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How bad its alerts are.
    #[serde(default)]
    pub severity: Severity,
    /// Which events; as in searches, but without tags, which an event does not have yet when it is looked at.
    #[serde(default)]
    pub filter: Filter,
    /// What must hold besides, all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Services whose events it never looks at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude_services: Vec<String>,
    /// When events must have happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// How many events make an alert; one where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// How long it keeps quiet about somebody after an alert. A rule with a threshold keeps quiet about its group for
    /// the threshold's `within` where this is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppress: Option<Suppress>,
    /// Labels of its alerts, such as `attack.t1098`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Records, and whether they make an alert; `aoc rules check` tries them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<RuleTest>,
}

fn yes() -> bool {
    true
}

/// One condition on a field of the event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// A member of the event such as `operation`, `actor`, `actor_ip`, `target`, `changes.new`; or `raw.` and a path
    /// into the record, such as `raw.Parameters[Name=ForwardTo].Value`.
    pub field: String,
    /// How it is compared.
    pub op: Op,
    /// With what: a text, a number or yes and no; a list means one of these. Not for `exists` and `missing`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

/// How a field is compared. Case is ignored. Where a field has several values, one that holds is enough; the negative ones
/// hold where none of the values is so, also where there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// It is the value.
    #[serde(alias = "eq", alias = "in")]
    Equals,
    /// It is not the value.
    #[serde(alias = "neq", alias = "not_in")]
    NotEquals,
    /// The value occurs in it.
    Contains,
    /// The value does not occur in it.
    NotContains,
    /// It starts with the value.
    StartsWith,
    /// It ends with the value.
    EndsWith,
    /// It is like the value, in which `*` stands for any characters and `?` for one.
    Like,
    /// It is an address in this network, such as `10.0.0.0/8`.
    InNetwork,
    /// It is an address, and in none of these networks.
    NotInNetwork,
    /// It has a value that is not empty.
    Exists,
    /// It has no value, or an empty one.
    Missing,
}

/// When events must have happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Within these times, or outside of them.
    #[serde(default)]
    pub when: When,
    /// Days of the week; all where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
    /// From this time of day, such as `08:00`.
    #[serde(default = "midnight")]
    pub from: String,
    /// Until before this time of day, such as `18:00`; `24:00` is the end of the day. Where it is not after `from`, the
    /// stretch goes on into the next day.
    #[serde(default = "day_end")]
    pub until: String,
    /// How far the clock of these times is before UTC, such as `+02:00`.
    #[serde(default = "utc")]
    pub utc_offset: String,
}

fn midnight() -> String {
    "00:00".to_owned()
}

fn day_end() -> String {
    "24:00".to_owned()
}

fn utc() -> String {
    "+00:00".to_owned()
}

/// On which side of the times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Within them.
    #[default]
    Within,
    /// Outside of them.
    Outside,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "they are days")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// How many events make an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// So many or more.
    pub count: u64,
    /// Within this time, from the first to the last of them.
    pub within: Span,
    /// Counted for each value of these fields; an event that lacks one is not counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// What is counted is how many different values this field has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<String>,
}

/// How long a rule keeps quiet after an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suppress {
    /// For this time, before and after what the alert is about.
    pub r#for: Span,
    /// About whom: fields such as `actor`; about everybody where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}
