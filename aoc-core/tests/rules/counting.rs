//! What rules count, and whom they keep quiet about.

use aoc_core::alert::book::RuleSet;

use super::*;

/// The subjects of what is found in these events.
fn found(book: &RuleBook, events: &[Event]) -> Vec<String> {
    let mut watch = book.begin();
    events.iter().flat_map(|event| watch.evaluate(event)).map(|alert| alert.subject).collect()
}

fn key(id: &str) -> String {
    format!("exchange:{id}")
}

fn threshold(threshold: Value) -> RuleBook {
    book([json!({"id": "r", "name": "Many", "threshold": threshold})])
}

#[test]
fn a_window_is_as_long_as_from_its_first_to_its_last_event() {
    let book = threshold(json!({"count": 3, "within": "10m"}));
    let events = |last: i64| [event("1", 0, "a", ""), event("2", 300, "b", ""), event("3", last, "c", "")];
    assert_eq!(found(&book, &events(600)), [key("3")]);
    assert!(found(&book, &events(601)).is_empty());
}

#[test]
fn a_late_event_completes_a_window_it_stands_in() {
    let book = threshold(json!({"count": 3, "within": "10m"}));
    for late in [-200, 0, 100, 250] {
        let mut last = event("late", late, "c", "");
        last.available_at = Some(time("2026-01-05T20:00:00Z"));
        last.ingested_at = Some(time("2026-01-05T20:01:00Z"));
        let alerts: Vec<Alert> = {
            let mut watch = book.begin();
            [event("1", 0, "a", ""), event("2", 300, "b", ""), last]
                .iter()
                .flat_map(|e| watch.evaluate(e))
                .collect()
        };
        assert_eq!((alerts.len(), alerts[0].matched), (1, 3));
        assert_eq!(alerts[0].delay_seconds, Some(20 * 3_600 - late));
        let mut ids = alerts[0].events.iter().map(|key| key.as_str().to_owned()).collect::<Vec<_>>();
        ids.sort();
        assert_eq!(ids, [key("1"), key("2"), key("late")]);
    }
}

#[test]
fn an_event_that_was_stored_too_long_ago_does_not_count() {
    let book =
        threshold(json!({"count": 2, "within": "10m"})).lateness(std::time::Duration::from_secs(3_600));
    for (stored, expected) in [("2026-01-05T01:10:00Z", 1), ("2026-01-05T01:10:01Z", 0)] {
        let mut late = event("2", 60, "a", "");
        late.ingested_at = Some(time(stored));
        assert_eq!(found(&book, &[event("1", 0, "a", ""), late]).len(), expected);
    }
}

#[test]
fn groups_are_counted_apart_and_what_lacks_a_field_not_at_all() {
    let book = threshold(json!({"count": 2, "within": "10m", "group_by": ["actor_ip", "actor"]}));
    let events = [
        event("1", 0, "ana", "203.0.113.7"),
        event("2", 1, "ben", "203.0.113.7"),
        event("3", 2, "", "203.0.113.7"),
        event("4", 3, "", "203.0.113.7"),
        event("5", 4, "Ana", "203.0.113.7"),
        event("6", 5, "ben", "203.0.113.7"),
    ];
    let mut watch = book.begin();
    let alerts: Vec<Alert> = events.iter().flat_map(|event| watch.evaluate(event)).collect();
    assert_eq!(alerts.len(), 1, "groups compare as they are");
    assert_eq!(alerts[0].entity.as_deref(), Some("203.0.113.7, ben"));
    assert_eq!(alerts[0].reasons.last().unwrap(), "2 events of actor_ip 203.0.113.7, actor ben within 10m");
}

#[test]
fn different_values_are_counted() {
    let book = threshold(json!({"count": 3, "within": "10m", "group_by": ["actor_ip"], "distinct": "actor"}));
    let events: Vec<Event> = ["a", "b", "a", "b", "", "c"]
        .into_iter()
        .enumerate()
        .map(|(n, actor)| event(&n.to_string(), i64::try_from(n).unwrap(), actor, "203.0.113.7"))
        .collect();
    let mut watch = book.begin();
    let alerts: Vec<Alert> = events.iter().flat_map(|event| watch.evaluate(event)).collect();
    assert_eq!((alerts.len(), alerts[0].subject.clone(), alerts[0].matched), (1, key("5"), 5));
    let sentence = "3 different values of actor in 5 events of actor_ip 203.0.113.7 within 10m";
    assert_eq!(alerts[0].reasons.last().unwrap(), sentence);
}

#[test]
fn an_event_that_comes_twice_counts_once() {
    let book = threshold(json!({"count": 2, "within": "10m"}));
    assert!(found(&book, &[event("1", 0, "a", ""), event("1", 0, "a", "")]).is_empty());
}

#[test]
fn a_rule_that_counts_keeps_quiet_about_its_group_for_as_long() {
    let book = threshold(json!({"count": 2, "within": "10m", "group_by": ["actor_ip"]}));
    let at = |id: &str, second: i64, address: &str| event(id, second, "a", address);
    let events = [
        at("1", 0, "203.0.113.7"),
        at("2", 60, "203.0.113.7"),
        at("3", 120, "203.0.113.7"),
        at("4", 120, "203.0.113.8"),
        at("5", 130, "203.0.113.8"),
        at("6", 659, "203.0.113.7"),
        at("7", 660, "203.0.113.7"),
    ];
    assert_eq!(found(&book, &events), [key("2"), key("5"), key("7")]);
}

#[test]
fn a_rule_keeps_quiet_about_one_entity_and_not_about_others() {
    let book =
        book([json!({"id": "r", "name": "x", "suppress": {"for": "1h", "by": ["actor", "actor_ip"]}})]);
    let events = [
        event("1", 0, "ana", "203.0.113.7"),
        event("2", 60, "ana", "203.0.113.7"),
        event("3", 60, "ana", "203.0.113.8"),
        event("4", 60, "ben", "203.0.113.7"),
        event("5", 3_599, "ana", "203.0.113.7"),
        event("6", 3_600, "ana", "203.0.113.7"),
    ];
    assert_eq!(found(&book, &events), [key("1"), key("3"), key("4"), key("6")]);
}

#[test]
fn an_alert_in_the_log_keeps_quiet_whoever_found_it() {
    let book = book([json!({"id": "r", "name": "x", "suppress": {"for": "1h", "by": ["actor"]}})]);
    let first = event("1", 0, "ana", "");
    let alert = book.begin().evaluate(&first).remove(0).into_event(&first).unwrap();
    let mut watch = book.begin();
    watch.recall(&alert);
    watch.recall(&alert);
    assert!(watch.evaluate(&event("2", 60, "ana", "")).is_empty());
    assert_eq!(watch.evaluate(&event("3", 60, "ben", "")).len(), 1);
    assert_eq!(watch.evaluate(&event("4", 3_700, "ana", "")).len(), 1);
}

#[test]
fn a_rule_may_keep_quiet_about_everybody() {
    let book = book([json!({"id": "r", "name": "x", "suppress": {"for": "1h"}})]);
    let events = [event("1", 0, "ana", ""), event("2", 60, "ben", ""), event("3", 3_600, "ana", "")];
    assert_eq!(found(&book, &events), [key("1"), key("3")]);
}

#[test]
fn an_alert_says_what_made_it() {
    let rule = json!({
        "id": "r", "name": "x", "message": "A failure", "severity": "critical", "labels": ["attack.t1110"],
        "description": "Look who it was", "conditions": [{"field": "actor", "op": "contains", "value": "ANA"}]
    });
    let mut watch = book([rule]).begin();
    let mut cause = event("1", 0, "ana@contoso.com", "");
    cause.available_at = Some(cause.timestamp);
    let alerts = watch.evaluate(&cause);
    let expected = json!([{
        "rule": "r", "subject": "exchange:1", "severity": "critical", "title": "A failure", "matched": 1,
        "events": ["exchange:1"], "reasons": ["actor contains \"ANA\": ana@contoso.com"],
        "labels": ["attack.t1110"], "description": "Look who it was", "delay_seconds": 0
    }]);
    assert_eq!(serde_json::to_value(&alerts).unwrap(), expected);
}

#[test]
fn only_rules_that_remember_need_to_be_shown_events_again() {
    let day = RuleBook::LATENESS;
    let plain = json!({"id": "a", "name": "x"});
    assert!(book([plain.clone()]).window().is_zero());
    let counts = json!({"id": "b", "name": "x", "threshold": {"count": 2, "within": "10m"}});
    let minute = std::time::Duration::from_secs(60);
    assert_eq!(book([plain.clone(), counts.clone()]).window(), day + 10 * minute);
    let quiet = json!({"id": "c", "name": "x", "suppress": {"for": "1h"}});
    assert_eq!(book([plain, counts, quiet]).window(), day + 60 * minute);
    let disabled =
        json!({"id": "b", "name": "x", "enabled": false, "threshold": {"count": 2, "within": "10m"}});
    assert!(book([disabled]).window().is_zero());
}

#[test]
fn alerts_are_never_looked_at() {
    let book = book([json!({"id": "r", "name": "x"})]);
    let first = event("1", 0, "ana", "");
    let mut watch = book.begin();
    let alert = watch.evaluate(&first).remove(0).into_event(&first).unwrap();
    assert!(watch.evaluate(&alert).is_empty());
}

#[test]
fn rules_are_replaced_while_they_work_and_those_that_stay_remember() {
    let counts = |id: &str, count: u64, name: &str| json!({"id": id, "name": name, "threshold": {"count": count, "within": "10m"}});
    let book = book([counts("stays", 3, "x"), counts("changes", 3, "x"), counts("goes", 3, "x")]);
    let mut watch = book.begin();
    for (id, second) in [("1", 0), ("2", 1)] {
        assert!(watch.evaluate(&event(id, second, "a", "")).is_empty());
    }
    let rules = [counts("stays", 3, "with another name"), counts("changes", 2, "x"), counts("comes", 1, "x")];
    book.replace(RuleSet::new(rules.map(detection)));
    let rules_of = |alerts: Vec<Alert>| alerts.into_iter().map(|alert| alert.rule).collect::<Vec<_>>();
    assert_eq!(rules_of(watch.evaluate(&event("3", 2, "a", ""))), ["stays", "comes"]);
    assert_eq!(rules_of(watch.evaluate(&event("4", 3, "a", ""))), ["changes"]);
}

#[test]
fn an_event_that_completes_the_windows_of_several_groups_makes_an_alert_for_each() {
    let book = threshold(json!({"count": 2, "within": "10m", "group_by": ["target"]}));
    let about = |id: &str, second: i64, targets: &[&str]| {
        let mut event = event(id, second, "ana", "");
        event.target_displays = targets.iter().map(|target| (*target).to_owned()).collect();
        event
    };
    let events = [about("1", 0, &["a"]), about("2", 1, &["b"]), about("3", 2, &["a", "b"])];
    let mut watch = book.begin();
    let alerts: Vec<Alert> = events.iter().flat_map(|event| watch.evaluate(event)).collect();
    let entities: Vec<&str> = alerts.iter().filter_map(|alert| alert.entity.as_deref()).collect();
    assert_eq!(entities, ["a", "b"]);
    assert_ne!(alerts[0].subject, alerts[1].subject, "each is an alert of its own");
    // One of them was stored before a crash: it is known, and the other is made, under the same key.
    let mut watch = book.begin();
    events[..2].iter().for_each(|event| watch.review(event));
    watch.recall(&alerts[0].clone().into_event(&events[2]).unwrap());
    let again = watch.evaluate(&events[2]);
    assert_eq!(again.iter().map(|alert| &alert.subject).collect::<Vec<_>>(), [&alerts[1].subject]);
}

#[test]
fn an_evaluation_whose_rules_have_changed_is_to_begin_anew() {
    let book = threshold(json!({"count": 2, "within": "10m"}));
    let mut watch = book.begin();
    assert!(!watch.is_stale());
    let same = |severity: &str| {
        let rule =
            json!({"id": "r", "name": "x", "severity": severity, "threshold": {"count": 2, "within": "10m"}});
        let single = json!({"id": "s", "name": "each"});
        RuleSet::new([rule, single].map(detection))
    };
    book.replace(same("low"));
    assert!(
        !watch.is_stale(),
        "what it counts is the same, and one that looks at single events remembers nothing"
    );
    let other = json!({"id": "r", "name": "x", "threshold": {"count": 2, "within": "20m"}});
    book.replace(RuleSet::new([detection(other)]));
    assert!(watch.is_stale());
    assert!(!book.begin().is_stale());
}
