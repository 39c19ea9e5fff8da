//! What rules are read from, and what is refused.

use super::*;

fn refused(mut value: Value) -> String {
    value.as_object_mut().unwrap().entry("name").or_insert("x".into());
    let error = Rule::read(value).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    error.to_string()
}

fn check(rows: impl IntoIterator<Item = (Value, &'static str)>) {
    for (rule, expected) in rows {
        let sentence = refused(rule);
        assert!(sentence.starts_with(expected), "{sentence}\n{expected}");
    }
}

#[test]
fn conditions_that_make_no_sense_are_refused_with_their_path() {
    let condition = |condition: Value| json!({"conditions": [{"field": "service", "op": "equals", "value": "x"}, condition]});
    check([
        (
            condition(json!({"field": "actr", "op": "equals", "value": "x"})),
            "conditions[1].field: unknown field `actr`; did you mean `actor`?",
        ),
        (
            condition(json!({"field": "raw.", "op": "exists"})),
            "conditions[1].field: `raw.` has an empty step",
        ),
        (
            condition(json!({"field": "actor", "op": "equals", "value": []})),
            "conditions[1].value: an empty list",
        ),
        (
            condition(json!({"field": "actor", "op": "contains", "value": ""})),
            "conditions[1].value: an empty text",
        ),
        (condition(json!({"field": "actor", "op": "equals"})), "conditions[1].value: there is none"),
        (
            condition(json!({"field": "actor", "op": "equals", "value": {"a": 1}})),
            "conditions[1].value: `{\"a\":1}`",
        ),
        (condition(json!({"field": "actor", "op": "exists", "value": 1})), "conditions[1].value: `exists`"),
        (
            condition(json!({"field": "actor_ip", "op": "in_network", "value": "10.0.0.0/33"})),
            "conditions[1].value: not a network: `10.0.0.0/33`",
        ),
        (
            condition(json!({"field": "actor", "op": "equls", "value": "x"})),
            "conditions[1].op: unknown variant `equls`",
        ),
    ]);
}

#[test]
fn rules_that_make_no_sense_are_refused_with_their_path() {
    check([
        (
            json!({"filter": {"include_tags": ["x"]}}),
            "filter: include_tags: an event has no tags yet when rules look at it",
        ),
        (json!({"filter": {"exclude_tags": ["x"]}}), "filter: exclude_tags: an event has no tags yet"),
        (
            json!({"filter": {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}}),
            "filter: end: ",
        ),
        (json!({"filter": {"servce": "x"}}), "filter.servce: unknown field `servce`"),
        (json!({"schedule": {"from": "25:00"}}), "schedule.from: not a time: `25:00`"),
        (
            json!({"threshold": {"count": 0, "within": "5m"}}),
            "threshold.count: 0 is not between 1 and 1000000",
        ),
        (json!({"threshold": {"count": 1_000_001, "within": "5m"}}), "threshold.count: "),
        (
            json!({"threshold": {"count": 5, "within": "0s"}}),
            "threshold.within: 0s is not between 1s and 31d",
        ),
        (json!({"threshold": {"count": 5, "within": "32d"}}), "threshold.within: "),
        (
            json!({"threshold": {"count": 5, "within": "5m", "group_by": ["actor", "ip"]}}),
            "threshold.group_by[1]: unknown",
        ),
        (
            json!({"threshold": {"count": 5, "within": "5m", "distinct": "acter"}}),
            "threshold.distinct: unknown field `acter`",
        ),
        (json!({"suppress": {"for": "32d"}}), "suppress.for: "),
        (
            json!({"suppress": {"for": "1h", "by": ["acto"]}}),
            "suppress.by[0]: unknown field `acto`; did you mean `actor`?",
        ),
        (json!({"id": "a b"}), "id: `a b`: expected letters"),
        (json!({"id": "x".repeat(101)}), "id: "),
        (json!({"name": " "}), "name: it is empty"),
        (json!({"description": "x".repeat(10_001)}), "description: 10001 are too many"),
        (
            json!({"conditions": vec![json!({"field": "actor", "op": "exists"}); 101]}),
            "conditions: 101 are too many",
        ),
        (
            json!({"tests": [{"name": "big", "alerts": 0, "records": ["x".repeat(65_000)]}, {"name": "x", "alerts": 0, "records": ["x".repeat(2_000)]}]}),
            "the rule: ",
        ),
        (json!({"treshold": 1}), "treshold: unknown field `treshold`"),
    ]);
    assert!(refused(json!({"treshold": 1})).ends_with("; did you mean `threshold`?"));
}

#[test]
fn operators_have_their_short_names() {
    let pairs = [("eq", "equals"), ("neq", "not_equals"), ("in", "equals"), ("not_in", "not_equals")];
    for (short, long) in pairs {
        let with =
            |op: &str| rule(json!({"name": "x", "conditions": [{"field": "actor", "op": op, "value": "x"}]}));
        assert_eq!(with(short), with(long));
    }
}

#[test]
fn the_schema_is_as_strict_as_the_reading() {
    let schema = schemars::schema_for!(Rule).to_value();
    let definitions = schema["$defs"].as_object().unwrap();
    let objects = definitions.values().chain([&schema]).filter(|schema| schema["type"] == "object");
    let loose: Vec<&Value> =
        objects.filter(|schema| schema["additionalProperties"] != json!(false)).collect();
    assert!(loose.is_empty() && definitions.len() >= 8, "{loose:?}");
}

#[test]
fn a_rule_is_written_as_it_was_read() {
    let value = json!({
        "id": "many", "name": "Many failures", "enabled": false, "severity": "high",
        "filter": {"service": ["Exchange"]},
        "conditions": [{"field": "raw.Parameters[Name=ForwardTo].Value", "op": "exists"}],
        "schedule": {"when": "outside", "days": ["mon"], "from": "08:00", "until": "18:00", "utc_offset": "+02:00"},
        "threshold": {"count": 20, "within": "10m", "group_by": ["actor_ip"], "distinct": "actor"},
        "suppress": {"for": "1h", "by": ["actor"]}, "labels": ["attack.t1110"]
    });
    assert_eq!(serde_json::to_value(rule(value.clone())).unwrap(), value);
}

#[test]
fn rules_of_the_original_are_read() {
    let original = json!({
        "_id": {"$oid": "65f0c0ffee"}, "name": "Role changes at night", "enabled": true, "severity": "HIGH",
        "conditions": [
            {"field": "operation", "op": "contains", "value": "role"},
            {"field": "service", "op": "in", "value": ["Directory", "RoleManagement"]},
            {"field": "result", "op": "neq", "value": "failure"},
            {"field": "timestamp", "op": "after_hours", "value": null}
        ],
        "message": "A role was changed at night"
    });
    let read = Rule::from_original(&original).unwrap();
    assert_eq!((read.id.as_str(), read.severity), ("65f0c0ffee", aoc_core::Severity::High));
    let detection = Arc::new(read.detection().unwrap());
    assert_eq!(detection.title, "A role was changed at night");
    let mut night = event("1", 3 * 3_600, "ana@contoso.com", "");
    (night.service, night.operation) = ("directory".into(), "Add member to Role".into());
    let mut day = night.clone();
    day.timestamp = time("2026-01-05T12:00:00Z");
    assert!(detection.matches(&View::plain(&night)) && !detection.matches(&View::plain(&day)));
}

#[test]
fn hours_of_the_original_may_be_given() {
    for hours in [json!("07:30-19:00"), json!(["7:30", 19]), json!({"start": "7:30", "end": 19})] {
        let original = json!({"id": "x", "name": "x", "conditions": [{"op": "after_hours", "value": hours}]});
        let schedule = Rule::from_original(&original).unwrap().schedule.unwrap();
        assert_eq!((schedule.from.as_str(), schedule.until.as_str()), ("07:30", "19:00"));
    }
}

#[test]
fn what_the_original_has_not_is_refused() {
    for (original, expected) in [
        (
            json!({"name": "x", "conditions": [{"field": "actor", "op": "regex", "value": "x"}]}),
            "conditions[0].op: unknown operator `regex`, expected eq, neq, contains, in, after_hours",
        ),
        (
            json!({"name": "x", "conditions": [{"op": "after_hours", "value": "late"}]}),
            "conditions[0].value: no hours",
        ),
        (json!({"name": "x", "severity": "bad"}), "severity: `\"bad\"`, expected informational"),
        (json!({"name": "x", "condition": []}), "unknown field `condition`; did you mean `conditions`?"),
        (
            json!({"name": "x", "conditions": [{"field": "opration", "op": "eq", "value": 1}]}),
            "conditions[0].field: unknown field `opration`; did you mean `operation`?",
        ),
    ] {
        let error = Rule::from_original(&original).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
