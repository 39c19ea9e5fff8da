//! Sigma rules: the language, and what SigmaHQ's rules find in real records.
#![allow(clippy::unwrap_used, reason = "tests panic to fail")]

mod correlations;
mod files;
mod groups;
mod language;
mod real;

use std::collections::BTreeMap;

use aoc_core::{
    Event, RawJson, Timestamp,
    alert::{
        detect::{Step, View},
        files::{Loaded, RuleText, RulesRead, read_rules},
    },
};
use serde_json::Value;

/// An event of this record.
fn event(record: &Value) -> Event {
    let mut event = Event::new("test", "1", Timestamp::parse("2026-01-05T09:00:00Z").unwrap());
    event.raw = RawJson::of(record).unwrap();
    event
}

/// What a text holds, without placeholders.
fn read(text: &str) -> RulesRead {
    read_rules(&[RuleText { name: "rule.yml".into(), text: text.into() }], &BTreeMap::new())
}

/// The only rule of a text.
fn only(text: &str) -> Loaded {
    let mut read = read(text);
    assert!(read.refused.is_empty(), "{:?}", read.refused);
    assert_eq!(read.detections.len(), 1);
    read.detections.remove(0)
}

/// Why the only rule of a text is refused.
fn refusal(text: &str) -> String {
    let mut read = read(text);
    assert_eq!((read.detections.len(), read.refused.len()), (0, 1), "{text}");
    read.refused.remove(0).error.to_string()
}

/// A rule for records of the Management Activity API, whose detection this is, in lines.
fn rule_of(detection: &str) -> String {
    let lines: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    format!("title: T\nlogsource: {{product: m365, service: audit}}\ndetection:\n{lines}")
}

/// A record of the Management Activity API with these members.
fn activity(members: &Value) -> Event {
    let mut record = serde_json::json!({"Operation": "Op", "Workload": "Exchange"});
    for (name, value) in members.as_object().unwrap() {
        record[name] = value.clone();
    }
    event(&record)
}

/// Whether a detection finds a record with these members.
fn finds(detection: &str, members: &Value) -> bool {
    only(&rule_of(detection)).detection.matches(&View::plain(&activity(members)))
}

/// What a detection says about a record with these members.
fn explained(detection: &str, members: &Value) -> Step {
    only(&rule_of(detection)).detection.explain(&View::plain(&activity(members)))
}
