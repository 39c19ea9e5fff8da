//! What a rule would have found.

use aoc_core::alert::{backtest::Backtest, detect::as_it_is};

use super::*;

#[test]
fn a_backtest_finds_what_would_have_been_found() {
    let rule = json!({
        "id": "r", "name": "Many", "enabled": false,
        "conditions": [{"field": "actor", "op": "not_equals", "value": "robot"}],
        "threshold": {"count": 3, "within": "10m", "group_by": ["actor_ip"]}
    });
    let day = 86_400;
    let seconds = [0, 1, 2, 3, 4, day, day + 1, day + 2, day + 700];
    let mut events: Vec<Event> = seconds
        .iter()
        .enumerate()
        .map(|(n, second)| event(&n.to_string(), *second, if n < 6 { "ana" } else { "ben" }, "192.0.2.1"))
        .collect();
    events.push(event("robot", day + 701, "robot", "192.0.2.1"));
    let mut backtest = Backtest::new(detection(rule), Arc::new(as_it_is), RuleBook::LATENESS);
    events.iter().for_each(|event| backtest.look(event));
    let report = serde_json::to_value(backtest.report()).unwrap();
    let expected = json!({
        "events": 10, "hits": 9, "alerts": 2, "suppressed": 2,
        "first": "2026-01-05T00:00:00Z", "last": "2026-01-06T00:11:41Z",
        "per_day": [
            {"day": "2026-01-05", "hits": 5, "alerts": 1},
            {"day": "2026-01-06", "hits": 4, "alerts": 1}
        ],
        "top_actors": [{"value": "ana", "count": 6}, {"value": "ben", "count": 3}],
        "sample": report["sample"]
    });
    assert_eq!(report, expected);
    assert_eq!(report["sample"][0]["subject"], "exchange:2");
}

#[test]
fn a_backtest_agrees_with_the_rule_at_work() {
    let value = json!({"id": "r", "name": "x", "suppress": {"for": "30s", "by": ["actor"]}});
    let events: Vec<Event> = (0..300)
        .map(|n| event(&n.to_string(), n * 7 % 400, if n % 3 == 0 { "ana" } else { "ben" }, ""))
        .collect();
    let mut backtest = Backtest::new(detection(value.clone()), Arc::new(as_it_is), RuleBook::LATENESS);
    events.iter().for_each(|event| backtest.look(event));
    let mut watch = book([value]).begin();
    let found: Vec<Alert> = events.iter().flat_map(|event| watch.evaluate(event)).collect();
    let report = backtest.report();
    assert_eq!((report.alerts, report.suppressed), (found.len() as u64, 300 - found.len() as u64));
    assert_eq!(report.sample[..], found[..Backtest::SAMPLE.min(found.len())]);
}
