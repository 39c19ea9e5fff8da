//! Selections, modifiers and values.

use serde_json::{Value, json};

use crate::{explained, finds, only, read, refusal, rule_of};

/// Whether one line, as the only one, finds a record.
fn line(line: &str, members: Value) -> bool {
    finds(&format!("s:\n  {line}\ncondition: s"), &members)
}

/// Why one line is refused.
fn refused(line: &str) -> String {
    refusal(&rule_of(&format!("s:\n  {line}\ncondition: s")))
}

#[test]
fn texts_ignore_case_and_know_wildcards() {
    assert!(line("UserId: ADELE@*", json!({"UserId": "Adele@contoso.com"})));
    assert!(line("userid: '*@contoso.com'", json!({"UserId": "Adele@contoso.com"})));
    assert!(!line("UserId: adele", json!({"UserId": "Adele@contoso.com"})));
    assert!(line("UserId: 'ÄRGER?'", json!({"UserId": "ärger1"})));
    assert!(line("X|contains: 'ber'", json!({"X": "memBERship"})));
    assert!(line("X|startswith: mem", json!({"X": "MEMBER"})));
    assert!(line("X|endswith: ship", json!({"X": "memBERship"})));
    assert!(!line("X|endswith: mem", json!({"X": "memBERship"})));
    assert!(line(r"X: 'a\*b'", json!({"X": "a*b"})) && !line(r"X: 'a\*b'", json!({"X": "axb"})));
    assert!(line(r"X|contains: '\Temp\'", json!({"X": r"C:\temp\x"})));
}

#[test]
fn lists_are_alternatives_and_all_makes_them_demands() {
    assert!(line("X: [a, b]", json!({"X": "B"})));
    assert!(line("X|contains|all: [a, b]", json!({"X": "xbxax"})));
    assert!(!line("X|contains|all: [a, b]", json!({"X": "xbx"})));
    assert!(line("X|all: [a, b]", json!({"X": ["b", "a", "c"]})), "each in another value");
    assert!(finds("s:\n  - {X: a, Y: b}\n  - Z: c\ncondition: s", &json!({"Z": "c", "X": "a"})));
    assert!(!finds("s:\n  - {X: a, Y: b}\n  - Z: c\ncondition: s", &json!({"X": "a"})));
    assert!(finds("s: {X: a, Y: b}\ncondition: s", &json!({"X": "a", "Y": "B"})));
}

#[test]
fn scalars_compare_by_their_text() {
    assert!(line("X: 50053", json!({"X": "50053"})) && line("X: '50053'", json!({"X": 50053})));
    assert!(line("X: false", json!({"X": "False"})) && line("X: 'false'", json!({"X": false})));
    assert!(line("X: 1.5", json!({"X": 1.5})) && line("X: 500*", json!({"X": 50053})));
    assert!(line("X|contains: 5", json!({"X": 1.5})));
    assert!(line("X: 2022-07-28", json!({"X": "2022-07-28"})));
}

#[test]
fn null_is_nothing_and_the_empty_text_is_a_text() {
    for (members, null, empty, any) in [
        (json!({}), true, false, false),
        (json!({"X": null}), true, false, false),
        (json!({"X": ""}), false, true, true),
        (json!({"X": "a"}), false, false, true),
        (json!({"X": []}), false, false, true),
    ] {
        assert_eq!(line("X: null", members.clone()), null, "{members}");
        assert_eq!(line("X:", members.clone()), null, "{members}");
        assert_eq!(line("X: ''", members.clone()), empty, "{members}");
        assert_eq!(line("X: '*'", members.clone()), any, "{members}");
        assert_eq!(line("X|exists: true", members.clone()), any, "{members}");
        assert_eq!(line("X|exists: false", members.clone()), !any, "{members}");
    }
    assert!(line("X: [null, a]", json!({"X": "a"})) && line("X: [null, a]", json!({})));
}

#[test]
fn arrays_are_gone_through_and_have_a_text() {
    let members = json!({"P": [{"Name": "ForwardTo", "Value": "ü@x"}, {"Name": "B", "Value": 1}], "E": []});
    assert!(line("P.Name: forwardto", members.clone()) && line("P.Value: 1", members.clone()));
    assert!(line("P|contains: ForwardTo", members.clone()));
    assert!(line(r#"P|contains: '"Value":"ü@x"'"#, members.clone()));
    assert!(line("E: '[]'", members.clone()));
    assert!(line("X.y.z: 1", json!({"X.Y": {"z": 1}})));
    assert!(line("X: b", json!({"X": ["a", "B", {"c": "d"}]})) && !line("X: d", json!({"X": [{"c": "d"}]})));
}

#[test]
fn regular_expressions_heed_case_unless_told() {
    assert!(line("X|re: '^a.c$'", json!({"X": "abc"})) && !line("X|re: '^a.c$'", json!({"X": "ABC"})));
    assert!(line("X|re|i: '^a.c$'", json!({"X": "ABC"})));
    assert!(line("X|re|m: '^b$'", json!({"X": "a\nb"})) && !line("X|re: '^b$'", json!({"X": "a\nb"})));
    assert!(line("X|re|s: 'a.b'", json!({"X": "a\nb"})) && line("X|re|i|s: 'A.B'", json!({"X": "a\nb"})));
    assert!(line("X|re: '^50'", json!({"X": 50053})));
    assert!(refused("X|re: '(?=a)b'").contains("look-around"), "{}", refused("X|re: '(?=a)b'"));
    assert!(refused("X|re: '(a{1000}){1000}'").contains("cannot take the regular expression"));
    assert!(refused("X|i: a").contains("stands behind `re`"));
}

#[test]
fn numbers_and_networks_compare() {
    assert!(line("X|gt: 5", json!({"X": 6})) && !line("X|gt: 5", json!({"X": 5})));
    assert!(line("X|gte: 5", json!({"X": "5"})) && line("X|lt: 5.5", json!({"X": 5})));
    assert!(line("X|lte: 5", json!({"X": 5})) && !line("X|lte: 5", json!({"X": "x"})));
    assert!(line("X|cidr: 10.0.0.0/8", json!({"X": "10.1.2.3"})));
    assert!(line("X|cidr: [10.0.0.0/8, '2001:db8::/32']", json!({"X": "[2001:db8::7]:443"})));
    assert!(!line("X|cidr: 10.0.0.0/8", json!({"X": "11.1.2.3:80"})));
    assert!(refused("X|cidr: 10.0.0.0/33").contains("is no network such as"));
    assert!(refused("X|gt: a").contains("is no number"));
}

#[test]
fn other_modifiers_do_what_they_say() {
    assert!(line("X|cased: Ab", json!({"X": "Ab"})) && !line("X|cased: Ab", json!({"X": "ab"})));
    assert!(line("X|contains|cased: Ab", json!({"X": "xAb"})));
    assert!(line("X|neq: a", json!({"X": "b"})) && line("X|neq: a", json!({})));
    assert!(!line("X|neq: [a, b]", json!({"X": "B"})));
    assert!(line("X|fieldref: Y", json!({"X": "a", "Y": "A"})) && !line("X|fieldref: Y", json!({"X": "a"})));
    assert!(line("X|fieldref|startswith: Y", json!({"X": "abc", "Y": "AB"})));
    assert!(line("X|base64offset|contains: secret", json!({"X": "eHNlY3JldA=="})));
    assert!(line("X|wide|base64offset|contains: ab", json!({"X": "YQBiAA=="})));
    assert!(line("X|windash|contains: ' -f'", json!({"X": "cmd /F x"})));
    assert!(refused("X|wide: a").contains("need `base64`"));
    assert!(refused("X|base64: 'a*'").contains("cannot have wildcards"));
}

#[test]
fn keywords_stand_anywhere_in_the_values() {
    let members = json!({"P": [{"Name": "ForwardTo", "Value": 4711}]});
    let keywords = |list: &str| finds(&format!("keywords:\n{list}\ncondition: keywords"), &members);
    assert!(keywords("  - nothing\n  - forward") && keywords("  - 4711") && keywords("  - 'For*To'"));
    assert!(!keywords("  - Name"), "the names of members are no values");
    assert!(keywords("  '|all':\n    - forward\n    - 47") && !keywords("  '|all': [forward, nothing]"));
    assert!(keywords("  '|re': '^4\\d+1$'"));
    assert!(finds("keywords: forward\ncondition: keywords", &members));
    assert!(keywords("  '|startswith': forw") && !keywords("  '|startswith': to"));
    let error = refusal(&rule_of("k: {'|exists': true}\ncondition: k"));
    assert!(error.contains("needs a field before it"), "{error}");
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    for (line, said) in [
        ("X|containz: a", "unknown modifier `containz`; did you mean `contains`?"),
        ("X|sha: a", "unknown modifier `sha`"),
        ("X|hour: 5", "the modifier `hour` is not supported"),
        ("X|contains|startswith: a", "at a time"),
        ("X|re|contains: a", "`re` does not go together"),
        ("X|all|neq: [a]", "do not go together"),
        ("X|re|cidr: a", "at a time"),
        ("X|exists: maybe", "takes true or false"),
        ("X|contains: null", "null stands without modifiers"),
        ("X: []", "an empty list matches nothing"),
        ("X: {a: b}", "no list or map"),
        ("X: [[a]]", "no list or map"),
    ] {
        let error = refused(line);
        assert!(error.starts_with("line 1: detection: s: `X") && error.contains(said), "{line}: {error}");
    }
    for (detection, said) in [
        ("s: {}\ncondition: s", "an empty map selects everything"),
        ("s: []\ncondition: s", "an empty list selects nothing"),
        ("s: [[a]]\ncondition: s", "a list within a list"),
        ("s: null\ncondition: s", "null is no word"),
        ("s: {X: a}", "missing `condition`"),
        ("s: {X: a}\ntimeframe: 5m\ncondition: s", "a correlation has a `timespan`"),
        ("s: {X: a}\nt: {X: b}\ncondition: s", "does not use the selection `t`"),
        ("s: {X: a}\ncondition: s | count() > 5", "write a correlation of type `event_count`"),
    ] {
        let error = refusal(&rule_of(detection));
        assert!(error.contains(said), "{detection}: {error}");
    }
}

#[test]
fn an_explanation_is_the_tree_of_the_rule_with_what_was_seen() {
    let long = "x".repeat(200);
    let detection = "s:\n  Operation|contains: op\n  P: [a, b]\nf: {P: long*}\ncondition: s and not f";
    let step = explained(detection, &json!({"P": ["a", long, "c", "d", "e", "f"]}));
    assert!(step.holds);
    let [selection, not] = step.steps.as_slice() else { panic!("{step:?}") };
    assert_eq!((selection.condition.as_str(), not.condition.as_str()), ("s", "not"));
    let lines = &selection.steps[0].steps;
    assert_eq!(lines[0].condition, r#"Operation contains "op""#);
    assert_eq!((lines[0].holds, lines[0].saw.as_slice()), (true, &["Op".to_owned()][..]));
    assert_eq!((lines[1].condition.as_str(), lines[1].saw.len()), (r#"P is one of "a", "b""#, 5));
    assert!(lines[1].saw.iter().all(|saw| saw.chars().count() <= 121));
    assert_eq!(step.reasons().len(), 2);
    let elsewhere = only(&rule_of("s: {X: a}\ncondition: s"));
    let other = crate::event(&json!({"activityDisplayName": "x"}));
    let step = elsewhere.detection.explain(&aoc_core::alert::detect::View::plain(&other));
    assert_eq!((step.holds, step.condition.as_str()), (false, "the record is of the rule's log source"));
}

#[test]
fn the_head_of_a_rule_becomes_the_head_of_its_alerts() {
    let text = "title: Long title\nid: 11111111-2222-4333-8444-555555555555\nname: short\nstatus: test\nlevel: high\n\
                description: What it means.\nfalsepositives: [Unknown, Administrators at work]\nunknown_key: [1]\n\
                tags: [attack.t1098, attack.persistence]\ndate: 2022-07-28\n\
                tests: [{name: one, records: [{Operation: a}], alerts: 1}]\n\
                logsource: {product: m365}\ndetection: {s: {Operation: a}, condition: s}";
    let rule = only(text);
    let detection = &rule.detection;
    assert_eq!(
        (detection.id.as_str(), detection.title.as_str()),
        ("11111111-2222-4333-8444-555555555555", "Long title")
    );
    assert_eq!(detection.severity, aoc_core::Severity::High);
    assert_eq!(detection.description, "What it means.\n\nMay be harmless:\n- Administrators at work");
    assert_eq!(detection.labels, ["attack.t1098", "attack.persistence"]);
    assert!(detection.enabled && !detection.counts());
    let tests = read(text).tests;
    assert_eq!((tests[0].0.as_str(), tests[0].1.alerts), ("11111111-2222-4333-8444-555555555555", 1));
    assert_eq!(only(&rule_of("s: {X: a}\ncondition: s")).detection.id, "t");
    for (key, said) in [
        ("level: urgent", "unknown level `urgent`"),
        ("id: 'a b'", "id: letters"),
        ("tags: {a: b}", "tags: a list"),
    ] {
        let error = refusal(&format!("{key}\n{}", rule_of("s: {X: a}\ncondition: s")));
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn services_of_m365_and_azure_without_one_are_read() {
    let audit = crate::event(&json!({"activityDisplayName": "Add user", "result": "success"}));
    let sign_in =
        crate::event(&json!({"createdDateTime": "x", "appId": "a", "status": {"errorCode": 50053}}));
    let rule = |source: &str, line: &str| {
        only(&format!("title: T\nlogsource: {source}\ndetection: {{s: {{{line}}}, condition: s}}")).detection
    };
    let finds = |source: &str, line: &str, event| {
        rule(source, line).matches(&aoc_core::alert::detect::View::plain(event))
    };
    assert!(finds("{product: azure}", "OperationName: add user", &audit));
    assert!(finds("{product: Azure}", "ResultType: 50053", &sign_in));
    assert!(!finds("{product: azure, service: auditlogs}", "ResultType: 50053", &sign_in));
    let activity = crate::activity(&json!({"ResultStatus": "Succeeded"}));
    for service in ["audit", "exchange", "threat_detection", "threat_management"] {
        let source = format!("{{product: microsoft365, service: {service}}}");
        assert!(
            finds(&source, "eventName: op, eventSource: exchange, status: success", &activity),
            "{service}"
        );
    }
}
