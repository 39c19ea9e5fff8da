//! Which groups correlations fire for, over real records, where they are at hand.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use aoc_core::{
    AlertEvaluator, Event, RawJson, Timestamp,
    alert::{
        book::{RuleBook, RuleSet},
        files::{RuleText, read_rules},
    },
};
use serde_json::Value;

use crate::real::data;

/// The records of the Management Activity API as events, by their times; those without a possible time are left out.
fn events(data: &Path) -> Vec<Event> {
    let text = fs::read_to_string(data.join("o365_management_activity.ndjson")).unwrap();
    let event = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        let time = record["CreationTime"].as_str()?.trim_end_matches('Z');
        let mut event = Event::new(
            "office365_activity",
            record["Id"].as_str()?,
            Timestamp::parse(&format!("{time}Z")).ok()?,
        );
        event.raw = RawJson::parse(line).unwrap();
        Some(event)
    };
    let mut events: Vec<Event> = text.lines().filter_map(event).collect();
    events.sort_by_key(|event| event.timestamp.ticks());
    events
}

/// For whom the rules of a text make alerts when they see these events, all of which are stored at once.
fn fired(text: String, events: &[Event]) -> BTreeSet<String> {
    let read = read_rules(&[RuleText { name: "rule.yml".into(), text }], &Default::default());
    assert!(read.refused.is_empty(), "{:?}", read.refused);
    let book = Arc::new(RuleBook::new());
    book.replace(RuleSet::new(read.detections.into_iter().map(|loaded| loaded.detection)));
    let (mut evaluation, mut entities) = (book.begin(), BTreeSet::new());
    for event in events {
        let mut event = event.clone();
        event.ingested_at = Some(Timestamp::parse("2026-01-05T09:00:00Z").unwrap());
        entities.extend(evaluation.evaluate(&event).into_iter().filter_map(|alert| alert.entity));
    }
    entities
}

/// The events in an order that has nothing to do with time, but is always the same.
fn mixed(events: &[Event]) -> Vec<Event> {
    let mut mixed = events.to_vec();
    mixed.sort_by_key(|event| event.dedupe_key.digest());
    mixed
}

fn group(expected: &Value) -> String {
    let values = expected["group"].as_object().unwrap().values().rev();
    // Their names are sorted; the rules group by user first.
    values.map(|value| value.as_str().unwrap()).collect::<Vec<_>>().join(", ")
}

#[test]
fn correlations_fire_for_exactly_the_groups_that_are_expected_in_whatever_order_events_come() {
    let Some(data) = data() else { return };
    let expected = fs::read_to_string(data.join("sigma/correlation_expected_dev.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let events = events(&data);
    for (name, expected) in expected.as_object().unwrap() {
        let rule = fs::read_to_string(data.join(format!("sigma/rules/correlation/{name}.yml"))).unwrap();
        let groups: BTreeSet<String> =
            expected["expected"]["fires_for"].as_array().unwrap().iter().map(group).collect();
        assert_eq!(fired(rule.clone(), &events), groups, "{name}");
        assert_eq!(fired(rule, &mixed(&events)), groups, "{name}, in another order");
    }
}

#[test]
fn windows_are_as_large_as_expected_and_no_larger() {
    let Some(data) = data() else { return };
    let expected = fs::read_to_string(data.join("sigma/correlation_expected_dev.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let events = events(&data);
    for name in ["spray_distinct_users", "many_failures_one_address"] {
        let rule = fs::read_to_string(data.join(format!("sigma/rules/correlation/{name}.yml"))).unwrap();
        let least = expected[name]["condition"]["gte"].as_u64().unwrap();
        for one in expected[name]["expected"]["fires_for"].as_array().unwrap() {
            let most = one["max_in_window"].as_u64().unwrap();
            let asks = |count: u64| rule.replace(&format!("gte: {least}"), &format!("gte: {count}"));
            assert!(fired(asks(most), &events).contains(&group(one)), "{name} {one}");
            assert!(!fired(asks(most + 1), &events).contains(&group(one)), "{name} {one}");
        }
    }
}
