//! The prefilter gives the same alerts as asking every rule.

use aoc_core::testkit::{events::Generator, random::Random};

use super::*;

/// A rule of words that stand in a record, mostly.
fn random_rule(random: &mut Random, number: usize, events: &[Event]) -> Value {
    let mut leaves = Vec::new();
    random.pick(events).raw.each_leaf(&mut |leaf| leaves.push(leaf.to_owned()));
    let leaf = random.maybe(&leaves).cloned().unwrap_or_default();
    let mut value: String = leaf.chars().skip(random.below(4)).take(4 + random.below(12)).collect();
    if random.per_mille(300) {
        value = value.to_uppercase();
    }
    if value.is_empty() {
        value = "nothing".into();
    }
    let field = *random.pick(&[
        "raw.operationName",
        "raw.activityDisplayName",
        "raw.Operation",
        "raw.initiatedBy.user",
        "raw.Workload",
        "raw.UserId",
        "operation",
        "service",
    ]);
    let op = *random.pick(&["equals", "contains", "starts_with", "ends_with", "not_contains"]);
    json!({"id": format!("r{number}"), "name": "x", "conditions": [{"field": field, "op": op, "value": value}]})
}

fn alerts(book: &RuleBook, events: &[Event]) -> Vec<String> {
    let mut watch = book.begin();
    let alerts = events.iter().flat_map(|event| watch.evaluate(event));
    alerts.map(|alert| format!("{} {}", alert.rule, alert.subject)).collect()
}

#[test]
fn a_prefilter_misses_nothing() {
    let mut found = 0;
    for seed in 0..8 {
        let events = Generator::new(seed).events(200);
        let mut random = Random::new(seed);
        let book = book((0..60).map(|number| random_rule(&mut random, number, &events)));
        let expected = alerts(&book.clone().without_prefilter(), &events);
        assert_eq!(alerts(&book, &events), expected, "seed {seed}");
        found += expected.len();
    }
    assert!(found > 500, "{found}");
}

#[test]
fn words_are_found_however_the_record_spells_them() {
    let condition = json!({"field": "raw.Operation", "op": "contains", "value": "inboxToken"});
    let book = book([json!({"id": "r", "name": "x", "conditions": [condition]})]);
    for record in [
        r#"{"Operation":"New-InboxToken"}"#,
        r#"{"operation":"new-\u0049nboxtoken"}"#,
        "{\"Operation\":\"inboxTo\u{212a}en\"}",
    ] {
        let mut event = event("1", 0, "ana", "");
        event.raw = RawJson::parse(record).unwrap();
        assert_eq!(alerts(&book, &[event]).len(), 1, "{record}");
    }
}

#[test]
fn a_record_in_another_shape_is_looked_at_by_all_rules() {
    let condition = json!({"field": "raw.Operation", "op": "equals", "value": "New-InboxRule"});
    let rules = book([json!({"id": "r", "name": "x", "conditions": [condition]})]);
    let rules = rules.reading(Arc::new(|_: &Event| json!({"Operation": "New-InboxRule"})));
    let mut event = event("1", 0, "ana", "");
    event.normalizer = "exchange.summary/1".into();
    assert_eq!(alerts(&rules, &[event]).len(), 1);
}
