//! What cannot be seen from outside: needles, groups.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use serde_json::{Value, json};

use super::{compile, item::Placeholders};
use crate::{
    Event, RawJson, Timestamp,
    alert::{
        detect::{CountIs, Detection, Matcher, View, WindowKind},
        files::{RuleText, read_rules},
    },
};

fn event(record: &Value) -> Event {
    let mut event = Event::new("test", "1", Timestamp::parse("2026-01-05T09:00:00Z").unwrap());
    event.raw = RawJson::of(record).unwrap();
    event
}

fn matcher(detection: Value) -> Arc<dyn Matcher> {
    let rule = json!({"logsource": {"product": "m365"}, "detection": detection});
    compile(rule.as_object().unwrap(), &Placeholders::new()).unwrap()
}

fn needles(detection: Value) -> Option<Vec<String>> {
    matcher(detection).needles()
}

#[test]
fn needles_are_necessary() {
    let one = |line: Value| needles(json!({"s": line, "condition": "s"}));
    let some = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    assert_eq!(one(json!({"X": "Add member"})), some(&["member"]));
    assert_eq!(one(json!({"X": ["Add member", 50053]})), some(&["50053", "member"]));
    assert_eq!(one(json!({"X|contains|all": ["ab", "abcd"]})), some(&["abcd"]));
    assert_eq!(one(json!({"X": "a", "Y": "bcd"})), some(&["bcd"]));
    assert_eq!(one(json!(["word", "other"])), some(&["other", "word"]));
    for line in [
        json!({"X": null}),
        json!({"X": ["a", null]}),
        json!({"X": ""}),
        json!({"X": "*"}),
        json!({"X|re": "abc"}),
        json!({"X|neq": "abc"}),
        json!({"X|exists": true}),
        json!({"X|gt": 5}),
        json!({"status": "success"}),
    ] {
        assert_eq!(one(line.clone()), None, "{line}");
    }
    let both =
        |condition: &str| needles(json!({"a": {"X": "abc"}, "b": {"Y": "de"}, "condition": condition}));
    assert_eq!(both("a and b"), some(&["abc"]));
    assert_eq!(both("a or b"), some(&["abc", "de"]));
    assert_eq!(both("a and not b"), some(&["abc"]));
    assert_eq!(both("a or not b"), None);
    assert_eq!(both("not (a or b)"), None);
}

#[test]
fn values_go_through_aliases() {
    let matcher = matcher(json!({"s": {"X": "a"}, "condition": "s"}));
    let event =
        event(&json!({"Operation": "Op", "Workload": "W", "P": [{"v": 2}, {"v": "1"}, {"v": 2}], "N": null}));
    let values = |field: &str| matcher.values(&View::plain(&event), field);
    assert_eq!(values("eventSource"), ["W"]);
    assert_eq!(values("p.V"), ["1", "2"]);
    assert!(values("N").is_empty() && values("missing").is_empty());
}

#[test]
fn correlations_become_windows() {
    let base = "title: B\nname: b\nlogsource: {product: m365}\ndetection: {s: {X: a}, condition: s}\n---\n";
    let read = |lines: &str| {
        let text = format!("{base}title: C\ncorrelation: {{rules: [b], timespan: 15m, {lines}}}");
        let mut read = read_rules(&[RuleText { name: "c".into(), text }], &BTreeMap::new());
        Detection::clone(&read.detections.remove(1).detection)
    };
    let kind = |lines: &str| read(lines).window.unwrap().kind;
    assert_eq!(kind("type: event_count, condition: {gt: 4}"), WindowKind::Count(CountIs::AtLeast(5)));
    assert_eq!(kind("type: event_count, condition: {eq: 4}"), WindowKind::Count(CountIs::Exactly(4)));
    let distinct = WindowKind::Distinct("who".into(), CountIs::AtLeast(4));
    assert_eq!(kind("type: value_count, condition: {field: who, gte: 4}"), distinct);
    assert_eq!(kind("type: temporal_ordered"), WindowKind::InOrder);
    let aliased = read("type: temporal, group-by: [who], aliases: {who: {b: UserId}}");
    assert_eq!(aliased.window.unwrap().within.as_secs(), 900);
    let event = event(&json!({"Operation": "Op", "Workload": "W", "X": "a", "UserId": "adele"}));
    let part = &aliased.parts[0];
    assert_eq!(part.matcher.values(&View::plain(&event), &part.group_by[0]), ["adele"]);
}

#[test]
fn correlations_with_aliases_keep_their_memory_when_they_are_read_again() {
    let read = |alias: &str, looked_for: &str| {
        let text = format!(
            "title: B\nname: b\nlogsource: {{product: m365}}\ndetection: {{s: {{X: {looked_for}}}, condition: s}}\n---\n\
             title: C\ncorrelation: {{rules: [b], timespan: 15m, type: temporal, group-by: [who], \
             aliases: {{who: {{b: {alias}}}}}}}"
        );
        let mut read = read_rules(&[RuleText { name: "c".into(), text }], &BTreeMap::new());
        read.detections.remove(1).detection
    };
    let first = read("UserId", "a");
    assert!(first.remembers_like(&read("UserId", "a")));
    assert!(!first.remembers_like(&read("ClientIP", "a")) && !first.remembers_like(&read("UserId", "b")));
}

/// The shared data, or nothing where it is not there.
fn data(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    let text = fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: {} is not there", path.display());
    }
    text
}

#[test]
fn needles_are_in_every_real_record_that_matches() {
    let Some(cases) = data("sigma/cases_dev.ndjson") else { return };
    let (mut known, mut unknown) = (0, 0);
    for case in cases.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let name = case["rule"].as_str().unwrap();
        let text = data(&format!("sigma/rules/SigmaHQ/{name}")).unwrap();
        let read = read_rules(&[RuleText { name: name.into(), text }], &BTreeMap::new());
        let matcher = &read.detections[0].detection.parts[0].matcher;
        let event = event(&case["event"]);
        let Some(needles) = matcher.needles() else {
            unknown += 1;
            continue;
        };
        known += 1;
        let text = event.raw.text().to_ascii_lowercase();
        let found = needles.iter().any(|needle| text.contains(needle.as_str()));
        assert!(found || !matcher.matches(&View::plain(&event)), "{name} {needles:?}");
    }
    println!("{known} cases of rules with needles, {unknown} without");
}

#[test]
fn groups_of_the_correlations_have_as_many_events_as_expected() {
    let Some(expected) = data("sigma/correlation_expected_dev.json") else { return };
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let records = data("o365_management_activity.ndjson").unwrap();
    let records: Vec<Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_timed =
        |record: &&Value| record["CreationTime"].as_str().is_some_and(|time| !time.contains(":65"));
    let events: Vec<Event> = records.iter().filter(is_timed).map(event).collect();
    for (name, correlation) in expected.as_object().unwrap() {
        let text = data(&format!("sigma/rules/correlation/{name}.yml")).unwrap();
        let read = read_rules(&[RuleText { name: name.clone(), text }], &BTreeMap::new());
        let detection = &read.detections.last().unwrap().detection;
        let mut groups: BTreeMap<Vec<String>, u64> = BTreeMap::new();
        for view in events.iter().map(View::plain) {
            for part in detection.parts.iter().filter(|part| part.matcher.matches(&view)) {
                let key: Vec<String> =
                    part.group_by.iter().flat_map(|field| part.matcher.values(&view, field)).collect();
                *groups.entry(key).or_default() += 1;
            }
        }
        for fires in correlation["expected"]["fires_for"].as_array().unwrap() {
            let key: Vec<String> = detection.parts[0]
                .group_by
                .iter()
                .map(|field| fires["group"][field].as_str().unwrap().to_owned())
                .collect();
            let (found, expected) = (groups.get(&key).copied(), fires["events_in_group"].as_u64());
            assert!(found.is_some() && (expected.is_none() || found == expected), "{name} {key:?} {found:?}");
        }
    }
}
