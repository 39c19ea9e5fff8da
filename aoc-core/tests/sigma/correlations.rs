//! Correlations: what is read, what is refused.

use crate::{read, refusal};

const BASE: &str = "title: Base\nid: 1111\nname: base\nlogsource: {product: m365}\n\
                    detection: {s: {Operation: UserLoginFailed}, condition: s}\n---\n";

/// The rule above and a correlation with these lines.
fn correlated(lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    format!("{BASE}title: Together\nlevel: high\ncorrelation:\n{lines}")
}

/// Why a correlation with these lines is refused.
fn refused(lines: &str) -> String {
    let mut read = read(&correlated(lines));
    assert_eq!((read.detections.len(), read.refused.len()), (1, 1), "{lines}");
    assert!(!read.detections[0].detection.enabled, "the rule was written to be counted");
    let error = read.refused.remove(0).error.to_string();
    assert!(error.starts_with("line 6: correlation"), "{error}");
    error
}

#[test]
fn every_type_is_read_and_its_rules_keep_quiet() {
    for lines in [
        "type: event_count\nrules: [base]\ngroup-by: [UserId]\ntimespan: 10m\ncondition: {gte: 20}",
        "type: event_count\nrules: base\ntimespan: 2h\ncondition: {gt: 20}",
        "type: event_count\nrules: ['1111']\ntimespan: 30s\ncondition: {eq: 2}",
        "type: value_count\nrules: [base]\ntimespan: 1w\ncondition: {field: UserId, gte: 3}",
        "type: value_count\nrules: [base]\ntimespan: 1w\ncondition: {field: [UserId], gte: 3}",
        "type: temporal\nrules: [base]\ntimespan: 1d\naliases: {who: {base: UserId}}\ngroup-by: [who]",
        "type: temporal_ordered\nrules: [base]\ntimespan: 1d\ngenerate: false",
    ] {
        let read = read(&correlated(lines));
        assert!(read.refused.is_empty(), "{lines}: {:?}", read.refused);
        let [base, together] = read.detections.as_slice() else { panic!("{lines}") };
        assert!(!base.detection.enabled && together.detection.enabled && together.detection.counts());
        assert_eq!(together.detection.id, "together");
    }
}

#[test]
fn rules_make_alerts_of_their_own_where_a_correlation_says_so() {
    let read = read(&correlated("type: temporal\nrules: [base]\ntimespan: 1d\ngenerate: true"));
    assert!(read.detections.iter().all(|rule| rule.detection.enabled));
}

#[test]
fn what_cannot_be_told_is_refused() {
    let count =
        |condition: &str| format!("type: event_count\nrules: [base]\ntimespan: 1h\ncondition: {condition}");
    for key in ["lt", "lte", "neq"] {
        let error = refused(&count(&format!("{{{key}: 5}}")));
        assert!(
            error.contains("a count that must stay low cannot be told while events still come"),
            "{error}"
        );
    }
    for (condition, said) in [
        ("{gte: 0}", "a count of 0"),
        ("{gte: 5, eq: 6}", "one of `gte`, `gt` and `eq`"),
        ("{gte: many}", "takes a whole number"),
        ("{least: 5}", "unknown key `least`"),
        ("5", "a map such as `gte: 10`"),
    ] {
        let error = refused(&count(condition));
        assert!(error.contains(said), "{condition}: {error}");
    }
    for (lines, said) in [
        ("rules: [base]\ntimespan: 1h", "missing `type`"),
        ("type: value_sum\nrules: [base]\ntimespan: 1h", "the type `value_sum` is not supported"),
        ("type: temporal\nrules: [base]", "missing `timespan`"),
        ("type: temporal\nrules: [base]\ntimespan: 1M", "`1M` has no fixed length"),
        ("type: temporal\nrules: [base]\ntimespan: 1y", "`1y` has no fixed length"),
        ("type: temporal\nrules: [base]\ntimespan: 0m", "a number and one of"),
        ("type: temporal\nrules: [base]\ntimespan: 5000d", "a year at most"),
        ("type: temporal\nrules: [base]\ntimespan: 15", "a number and one of"),
        ("type: temporal\nrules: [base]\ntimespan: 1h\ncondition: a and b", "not supported here"),
        ("type: temporal\nrules: [base]\ntimespan: 1h\nwindow: 1", "unknown key `window`"),
        ("type: temporal\nrules: [base]\ntimespan: 1h\naliases: {a: {b: c}}", "`b` is none of its `rules`"),
        ("type: temporal\nrules: [base, other]\ntimespan: 1h", "no rule has the name or id `other`"),
        ("type: value_count\nrules: [base]\ntimespan: 1h\ncondition: {gte: 1}", "`field` says"),
        ("type: value_count\nrules: [base]\ntimespan: 1h\ncondition: {field: [a, b], gte: 1}", "one field"),
    ] {
        let error = refused(lines);
        assert!(error.contains(said), "{lines}: {error}");
    }
    let none = refusal("title: T\ncorrelation: {type: temporal, rules: [], timespan: 1h}");
    assert!(none.contains("one rule is the least"), "{none}");
}

#[test]
fn references_must_be_clear() {
    let temporal = |rules: &str| format!("correlation: {{type: temporal, rules: [{rules}], timespan: 1h}}\n");
    let twice = format!(
        "{BASE}{}---\ntitle: Sum\n{}",
        BASE.replace("1111", "2222").replace("---\n", ""),
        temporal("base")
    );
    let error = read(&twice).refused.remove(0).error.to_string();
    assert!(error.contains("`base` is ambiguous: rule.yml line 1 and rule.yml line 6 have it"), "{error}");
    let nested =
        format!("{BASE}title: In\nname: in\n{}---\ntitle: Out\n{}", temporal("base"), temporal("in"));
    let error = read(&nested).refused.remove(0).error.to_string();
    assert!(error.contains("correlations of correlations are not supported"), "{error}");
    let broken = format!("{}title: Sum\n{}", BASE.replace("m365", "aws"), temporal("base"));
    let errors = read(&broken).refused;
    assert!(errors[1].error.to_string().contains("the rule `base` was refused"), "{errors:?}");
}
