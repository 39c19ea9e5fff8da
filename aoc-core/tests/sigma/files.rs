//! Files: several documents, several files, both languages.

use std::collections::BTreeMap;

use aoc_core::alert::{
    detect::View,
    files::{Language, RuleText, read_few_rules, read_rules},
};
use serde_json::json;

use crate::{activity, read, refusal, rule_of};

const SIGMA: &str =
    "title: A\nid: a\nlogsource: {product: m365}\ndetection: {s: {Operation: Op}, condition: s}\n";

#[test]
fn a_bad_document_does_no_harm_to_the_others() {
    let read = read(&format!(
        "{SIGMA}---\ntitle: [\n---\n- 1\n---\ntitle: Bad\nid: b\nlogsource: {{}}\n---\nid: c\nname: Ours\n"
    ));
    let ids: Vec<_> =
        read.detections.iter().map(|rule| (rule.detection.id.as_str(), rule.language)).collect();
    assert_eq!(ids, [("a", Language::Sigma), ("c", Language::Native)]);
    assert_eq!(read.detections[1].rule.as_ref().unwrap().name, "Ours");
    let refused: Vec<_> = read.refused.iter().map(|rule| (rule.id.as_str(), rule.title.as_str())).collect();
    assert_eq!(refused, [("", ""), ("", ""), ("b", "Bad")]);
    let errors: Vec<_> = read.refused.iter().map(|rule| rule.error.to_string()).collect();
    assert!(errors[0].starts_with("line 6: cannot be read as YAML"), "{errors:?}");
    assert!(errors[1].starts_with("line 7: a rule is expected"), "{errors:?}");
    assert!(errors[2].ends_with("missing `detection`"), "{errors:?}");
}

#[test]
fn correlations_find_their_rules_in_other_files() {
    let text = |name: &str, text: &str| RuleText { name: name.into(), text: text.into() };
    let both = "title: B\nname: b\ncorrelation: {type: temporal, rules: [a], timespan: 1h}\n";
    let read =
        read_rules(&[text("1.yml", both), text("2.yml", SIGMA), text("3.yml", SIGMA)], &BTreeMap::new());
    let loaded: Vec<_> =
        read.detections.iter().map(|rule| (rule.file.as_str(), rule.detection.enabled)).collect();
    assert_eq!(loaded, [("1.yml", true), ("2.yml", false)]);
    assert!(read.detections[0].detection.matches(&View::plain(&activity(&json!({})))));
    let [second] = read.refused.as_slice() else { panic!("{:?}", read.refused) };
    assert_eq!((second.file.as_str(), second.id.as_str()), ("3.yml", "a"));
    assert_eq!(second.error.to_string(), "line 1: the id `a` is taken: 2.yml line 1 has it");
}

#[test]
fn placeholders_are_values_of_the_installation() {
    let text = "title: P\nlogsource: {product: m365}\ndetection:\n  s:\n    UserId|expand: '%admins%'\n  condition: s";
    let file = [RuleText { name: "p.yml".into(), text: text.into() }];
    let known =
        BTreeMap::from([("admins".to_owned(), vec!["adele@contoso.com".to_owned(), "root@*".to_owned()])]);
    let read = read_rules(&file, &known);
    let finds =
        |who: &str| read.detections[0].detection.matches(&View::plain(&activity(&json!({"UserId": who}))));
    assert!(finds("Adele@contoso.com") && finds("root@fabrikam.com") && !finds("alex@contoso.com"));
    let error = refusal(text);
    assert!(error.contains("`%admins%`: give it values as `admins` in `[alerts.placeholders]`"), "{error}");
}

#[test]
fn rules_of_our_own_are_strict_and_json_is_fine() {
    let error = refusal("name: Ours\nsevrity: high");
    assert!(
        error.contains("unknown field `sevrity`") && error.contains("did you mean `severity`?"),
        "{error}"
    );
    let read = read(
        r#"{"name": "From JSON", "conditions": [{"field": "operation", "op": "equals", "value": "x"}]}"#,
    );
    assert_eq!(read.detections[0].detection.id, "from-json");
    assert!(refusal("action: global\ntitle: T\ndetection: {}").contains("build on each other"));
    assert!(refusal("title: T\nlogsource: {}\nfilter: {}").contains("filters of Sigma are not supported"));
    assert!(refusal("title: T\ndetection: {}\ncorrelation: {}").contains("are two documents"));
    assert!(refusal("\u{0}").contains("line 1: "));
}

#[test]
fn a_text_with_too_many_rules_is_refused_as_a_whole() {
    let text = (0..3).map(|number| format!("name: R{number}\n---\n")).collect();
    let files = [RuleText { name: "text".into(), text }];
    assert_eq!(read_few_rules(&files, &BTreeMap::new(), 3).detections.len(), 3);
    let read = read_few_rules(&files, &BTreeMap::new(), 2);
    assert!(read.detections.is_empty());
    assert_eq!(read.refused[0].error.to_string(), "3 rules; 2 are the most");
}

#[test]
fn texts_that_would_take_all_memory_are_refused() {
    let repeated = format!("s: {{a{}: abcdefgh}}\ncondition: s", "|base64offset".repeat(12));
    let error = refusal(&rule_of(&repeated));
    assert!(error.contains("the modifier `base64offset` stands there twice"), "{error}");
    let regexes: String = (0..200).map(|number| format!("  f{number}|re: '\\w{{25}}'\n")).collect();
    let error = refusal(&rule_of(&format!("s:\n{regexes}condition: s")));
    assert!(error.contains("size limit") || error.contains("regular expressions take more than"), "{error}");
    let selections: String = (0..500).map(|number| format!("s{number}: {{a: b}}\n")).collect();
    let condition = vec!["1 of them"; 300].join(" or ");
    let error = refusal(&rule_of(&format!("{selections}condition: {condition}")));
    assert!(error.contains("the rule makes more than 2000 conditions"), "{error}");
}
