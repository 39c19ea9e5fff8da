//! What conditions mean.

use aoc_core::alert::why_not::why_not;

use super::*;

fn holds(event: &Event, field: &str, op: &str, value: Value) -> bool {
    matches(json!({"name": "x", "conditions": [{"field": field, "op": op, "value": value}]}), event)
}

fn example() -> Event {
    let mut event = event("1", 0, "Ana@Contoso.com", "203.0.113.7");
    event.actor_display = Some("Ana Ärzte".into());
    event.target_displays = vec!["Box 1".into(), "box 2".into()];
    event.changes.push(Change {
        target: None,
        property: "Role".into(),
        old: Value::Null,
        new: json!(["Admin", 7, {"a": true}]),
    });
    event.raw = RawJson::parse(
        r#"{"ClientIP":"[2001:db8::1]:443","Parameters":[{"Name":"ForwardTo","Value":"eve@fabrikam.example"},
            {"Name":"Keep","Value":false}],"Code":50126,"Empty":"","Quoted":"\"in\""}"#,
    )
    .unwrap();
    event
}

#[test]
fn conditions_compare_without_case_and_any_value_is_enough() {
    let event = example();
    for (field, op, value, expected) in [
        ("actor", "equals", json!("ana@contoso.COM"), true),
        ("actor", "equals", json!("ANA ÄRZTE"), true),
        ("actor", "equals", json!(["x", "ana ärzte"]), true),
        ("actor", "not_equals", json!(["x", "ana ärzte"]), false),
        ("actor_type", "not_equals", json!("user"), true),
        ("target", "starts_with", json!("BOX"), true),
        ("target", "ends_with", json!(" 2"), true),
        ("target", "not_contains", json!("2"), false),
        ("target", "like", json!("b?x*1"), true),
        ("changes.new", "equals", json!(7), true),
        ("changes.new", "contains", json!("{\"a\":true}"), true),
        ("raw.Parameters[Name=forwardto].Value", "ends_with", json!("@fabrikam.example"), true),
        ("raw.parameters[Name=Keep].value", "equals", json!(false), true),
        ("raw.code", "equals", json!("50126"), true),
        ("raw.code", "equals", json!(50126), true),
        ("raw.Quoted|unquote", "equals", json!("in"), true),
    ] {
        assert_eq!(holds(&event, field, op, value.clone()), expected, "{field} {op} {value}");
    }
}

#[test]
fn a_value_is_there_when_it_is_not_empty() {
    let event = example();
    for (field, is_there) in
        [("raw.Empty", false), ("raw.Nothing", false), ("raw.Code", true), ("tenant", false), ("actor", true)]
    {
        assert_eq!(holds(&event, field, "exists", Value::Null), is_there, "{field}");
        assert_eq!(holds(&event, field, "missing", Value::Null), !is_there, "{field}");
    }
}

#[test]
fn addresses_are_in_networks_however_they_are_written() {
    let mut event = example();
    for (address, network, expected) in [
        ("203.0.113.7", "203.0.113.0/24", true),
        ("203.0.113.7", "203.0.113.7", true),
        ("203.0.113.7:443", "203.0.113.0/24", true),
        ("::ffff:203.0.113.7", "203.0.113.0/24", true),
        ("203.0.113.7", "::ffff:203.0.113.0/120", true),
        ("203.0.114.7", "203.0.113.0/24", false),
        ("[2001:db8::1]:80", "2001:db8::/32", true),
        ("fe80::1%eth0", "fe80::/10", true),
        ("2001:db8::1", "0.0.0.0/0", false),
    ] {
        event.actor_ip = Some(address.into());
        assert_eq!(holds(&event, "actor_ip", "in_network", network.into()), expected, "{address} {network}");
        assert_eq!(
            holds(&event, "actor_ip", "not_in_network", network.into()),
            !expected,
            "{address} {network}"
        );
    }
    for no_address in [Some("unknown".to_owned()), None] {
        event.actor_ip = no_address;
        assert!(!holds(&event, "actor_ip", "in_network", "0.0.0.0/0".into()));
        assert!(!holds(&event, "actor_ip", "not_in_network", "0.0.0.0/0".into()));
    }
    assert!(holds(&event, "raw.ClientIP", "in_network", json!(["10.0.0.0/8", "2001:db8::/32"])));
}

#[test]
fn services_are_excluded() {
    let event = example();
    assert!(!matches(json!({"name": "x", "exclude_services": ["EXCHANGE"]}), &event));
    assert!(matches(json!({"name": "x", "exclude_services": ["Intune"]}), &event));
}

#[test]
fn why_not_says_what_each_condition_saw_and_what_else_decides() {
    let rule = detection(json!({
        "id": "r", "name": "Failures", "enabled": false, "filter": {"operation": "UserLogin*"},
        "conditions": [{"field": "actor", "op": "contains", "value": "eve"}],
        "schedule": {"from": "08:00", "until": "18:00"},
        "threshold": {"count": 20, "within": "10m", "group_by": ["actor_ip"]}
    }));
    let why = why_not(&rule, &View::plain(&example()));
    assert!(!why.matches && !why.enabled);
    let steps: Vec<(&str, bool)> =
        why.step.steps.iter().map(|step| (step.condition.as_str(), step.holds)).collect();
    assert_eq!(
        steps,
        [
            ("operation is \"UserLogin*\"", true),
            ("happened within 08:00 to 18:00 (UTC+00:00)", false),
            ("actor contains \"eve\"", false)
        ]
    );
    assert_eq!(why.step.steps[2].saw, ["Ana Ärzte", "Ana@Contoso.com"]);
    assert_eq!(
        why.remarks,
        [
            "the rule is disabled",
            "the event happened outside of the rule's schedule",
            "it takes 20 such events within 10m per actor_ip",
            "it keeps quiet about the same actor_ip for 10m before and after an alert"
        ]
    );
}

#[test]
fn why_not_says_where_an_event_counts() {
    let rule = detection(json!({
        "id": "r", "name": "x", "threshold": {"count": 2, "within": "10m", "group_by": ["actor_ip"]}
    }));
    let remarks = |event: &Event| why_not(&rule, &View::plain(event)).remarks;
    assert!(remarks(&example()).contains(&"this event counts for actor_ip 203.0.113.7".to_owned()));
    let lacks = event("1", 0, "ana", "");
    assert!(remarks(&lacks).contains(&"this event lacks actor_ip and is not counted".to_owned()));
}
