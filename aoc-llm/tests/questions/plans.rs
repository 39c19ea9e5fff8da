//! Plans as they are shown, edited and proposed.

use aoc_core::{ErrorKind, Filter, Outcome, Timestamp};
use aoc_llm::analyst::{Group, Intent, Plan, Vocabulary};
use serde_json::json;

use super::read;

/// What somebody does to a plan.
type Edit = fn(&mut Plan);

fn sound() -> Plan {
    read("who reset passwords yesterday", &Vocabulary::default())
}

#[test]
fn a_plan_crosses_json() {
    let plan = sound();
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan, "{text}");
}

#[test]
fn a_short_plan_is_a_plan() {
    let plan: Plan = serde_json::from_value(json!({"range": {"end": "2026-11-20T00:00:00Z"}})).unwrap();
    plan.check().unwrap();
    assert_eq!((plan.intent, plan.limit), (Intent::List, Plan::LIMIT));
}

#[test]
fn an_invalid_plan_is_refused_with_the_place() {
    let time = |text| Timestamp::parse(text).unwrap();
    let edits: [(&str, Edit); 7] = [
        ("limit", |plan| plan.limit = 0),
        ("limit", |plan| plan.limit = 501),
        ("group_by", |plan| plan.intent = Intent::Which),
        ("group_by", |plan| plan.group_by = Some(Group::Target)),
        ("range", |plan| plan.range.start = Some(plan.range.end)),
        ("filter", |plan| plan.filter.end = Some(plan.range.end)),
        ("filter", |plan| plan.filter.search = "a".repeat(9_000).into()),
    ];
    for (place, edit) in edits {
        let mut plan = Plan { group_by: None, ..sound() };
        edit(&mut plan);
        let error = plan.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.chain().contains(place), "{place}: {}", error.chain());
    }
    assert!(sound().range.end < time("2026-11-20T11:30:00Z"));
}

#[test]
fn an_unknown_member_is_refused() {
    let text = json!({"range": {"end": "2026-11-20T00:00:00Z"}, "intend": "who"});
    let error = serde_json::from_value::<Plan>(text).unwrap_err().to_string();
    assert!(error.contains("unknown field `intend`"), "{error}");
}

#[test]
fn the_whole_filter_has_the_time_in_it() {
    let plan = sound();
    let filter = plan.whole_filter();
    assert_eq!((filter.start, filter.end), (plan.range.start, Some(plan.range.end)));
    filter.check().unwrap();
}

#[test]
fn filters_of_the_page_win_and_the_plan_says_so() {
    let ui = Filter {
        service: vec!["Exchange".into()],
        result: vec![Outcome::Failure],
        start: Some(Timestamp::parse("2026-10-01T00:00:00Z").unwrap()),
        ..Filter::default()
    };
    let plan = sound().under(&ui);
    plan.check().unwrap();
    assert_eq!((&plan.filter.service, &plan.filter.result), (&ui.service, &ui.result));
    assert_eq!((plan.range.start, plan.range.end), (ui.start, sound().range.end));
    assert!(plan.notes.iter().any(|note| note.contains("service, result, range")), "{:?}", plan.notes);
    assert_eq!(sound().under(&Filter::default()), sound());
}

#[test]
fn a_page_that_starts_after_the_question_ends_keeps_a_valid_range() {
    let late = Timestamp::parse("2026-11-20T09:00:00Z").unwrap();
    let plan = sound().under(&Filter { start: Some(late), ..Filter::default() });
    plan.check().unwrap();
}

#[test]
fn slips_of_the_keyboard_are_mended_and_said_and_names_are_not() {
    let plan = read("who reset paswords yesterday", &Vocabulary::default());
    assert!(
        plan.notes.iter().any(|note| note == "\"paswords\" was read as \"passwords\"."),
        "{:?}",
        plan.notes
    );
    assert_eq!((plan.filter.operation[0].as_str(), plan.notes.len()), ("Reset*password*", 1), "{plan:?}");
    let plan = read("who delted users yesterday", &Vocabulary::default());
    assert_eq!(plan.filter.operation[0], "Delete user*", "{plan:?}");
    let actors = vec!["uwe.grop@contoso.com".to_owned()];
    let plan = read("what did grop change", &Vocabulary { actors, ..Vocabulary::default() });
    assert_eq!(plan.filter.actor.as_deref(), Some("uwe.grop@contoso.com"), "{plan:?}");
}

#[test]
fn questions_in_other_languages_are_said_to_be_not_understood() {
    for question in [
        "Welche Benutzer wurden gestern gelöscht?",
        "qui a supprimé des utilisateurs hier",
        "quién borró usuarios ayer por la noche",
    ] {
        let plan = read(question, &Vocabulary::default());
        assert!(
            plan.notes.iter().any(|note| note.contains("read in English")),
            "{question}: {:?}",
            plan.notes
        );
        assert!(!plan.notes.iter().any(|note| note.contains("was read as")), "{question}: {:?}", plan.notes);
    }
}
