//! Answers without a model.

use aoc_core::{Filter, Outcome, Timestamp};
use aoc_llm::analyst::{Answer, Intent, Plan, Status};
use serde_json::json;

use crate::world::{all_of_yesterday, analyst, event, events, question};

async fn ask(text: &str) -> Answer {
    analyst(&events()).await.ask(&question(text)).await.unwrap()
}

/// Every sentence of an answer that is not a note names events that are stored.
fn check(answer: &Answer) {
    for claim in &answer.claims {
        assert_eq!(claim.status, Status::Stored);
        assert!(claim.text.starts_with("Note:") || !claim.events.is_empty(), "{claim:?}");
        assert!(answer.answer.contains(&claim.text), "{claim:?}");
    }
    assert!(!answer.llm_used && answer.llm_error.is_none());
}

#[tokio::test]
async fn every_intent_is_answered_by_sentences_that_name_their_events() {
    for (text, intent, expected) in [
        ("Who reset passwords yesterday?", Intent::Who, "Kim Lee: 1 event."),
        ("How many files were accessed yesterday?", Intent::Count, "40 events match on 2026-11-19 (UTC)."),
        ("When were files accessed yesterday?", Intent::When, "The busiest"),
        ("What happened yesterday?", Intent::List, "(failed)."),
    ] {
        let answer = ask(text).await;
        assert_eq!(answer.plan.intent, intent, "{text}");
        assert!(answer.answer.contains(expected), "{text}\n{}", answer.answer);
        check(&answer);
    }
}

#[tokio::test]
async fn first_and_last_are_found_among_many_without_a_model() {
    let mut many = Vec::new();
    for n in 0..2_000 {
        let time = Timestamp::from_ticks(
            Timestamp::parse("2026-11-01T00:00:00Z").unwrap().ticks() + n * 7_000_000_000,
        );
        let mut one = event(&n.to_string(), "2026-11-01T00:00:00Z", "Exchange", "MailItemsAccessed");
        one.timestamp = time;
        many.push(one);
    }
    let analyst = analyst(&many).await;
    for (intent, expected) in [("first", "test:0"), ("last", "test:1999")] {
        let plan = json!({"intent": intent, "limit": 1, "range": {"end": "2026-12-01T00:00:00Z"}});
        let mut asked = question(intent);
        asked.plan = Some(serde_json::from_value(plan).unwrap());
        let answer = analyst.ask(&asked).await.unwrap();
        assert_eq!(answer.events[0].key.as_str(), expected);
        assert_eq!((answer.counts.total, answer.left_out), (2_000, 1_999));
        assert!(answer.answer.contains(expected), "{}", answer.answer);
    }
}

#[tokio::test]
async fn the_counts_are_those_of_the_store_and_failures_come_first() {
    let answer = analyst(&events()).await.ask(&all_of_yesterday()).await.unwrap();
    assert_eq!((answer.counts.total, answer.counts.of(Outcome::Failure)), (43, 1));
    let first = answer.claims.iter().find(|claim| claim.text.contains(" — ")).unwrap();
    assert_eq!(first.events[0].as_str(), "test:reset");
    check(&answer);
}

#[tokio::test]
async fn a_sample_has_the_failures_and_the_rare_deeds_of_administrators() {
    let mut many = events();
    for n in 0..1_000 {
        many.push(event(&format!("mail{n}"), "2026-11-19T20:00:00Z", "Exchange", "MailItemsAccessed"));
    }
    let answer = analyst(&many).await.ask(&all_of_yesterday()).await.unwrap();
    assert_eq!((answer.counts.total, answer.events.len(), answer.left_out), (1_043, 60, 983));
    for key in ["test:role", "test:reset", "test:update"] {
        assert!(answer.events.iter().any(|told| told.key.as_str() == key), "{key}");
    }
    assert!(answer.answer.contains("Note: All events were counted; 60 of them"), "{}", answer.answer);
}

#[tokio::test]
async fn nothing_found_is_said_and_the_filters_of_the_page_go_first() {
    let mut asked = question("Who reset passwords yesterday?");
    asked.ui = Filter { service: vec!["Teams".into()], ..Filter::default() };
    let answer = analyst(&events()).await.ask(&asked).await.unwrap();
    assert!(answer.answer.starts_with("No stored event matches"), "{}", answer.answer);
    assert!(answer.answer.contains("Set by filters"), "{}", answer.answer);
    assert_eq!(answer.plan.filter.service, ["Teams"]);
}

#[tokio::test]
async fn a_plan_that_makes_no_sense_is_refused() {
    let mut asked = all_of_yesterday();
    asked.plan = asked.plan.map(|plan| Plan { limit: 0, ..plan });
    let error = analyst(&events()).await.ask(&asked).await.unwrap_err();
    assert_eq!(error.kind(), aoc_core::ErrorKind::Invalid);
    assert_eq!(error.to_string(), "plan: limit: 0 is not between 1 and 500");
}

#[tokio::test]
async fn where_nothing_is_found_it_is_said_what_was_looked_for_and_what_there_is_before() {
    let answer = ask("Who reset passwords today?").await;
    assert!(answer.answer.contains("looked for operations Reset*password*"), "{}", answer.answer);
    let before = &answer.claims[1];
    assert_eq!(
        before.text,
        "The last one before that: 2026-11-19 10:00:00: Kim Lee — Reset user password — max@contoso.com, from 203.0.113.7 (failed)."
    );
    assert_eq!(before.events[0].as_str(), "test:reset");
    let never = ask("Who wiped devices today?").await;
    assert!(never.answer.contains("Note: No earlier event matches either."), "{}", never.answer);
}

#[tokio::test]
async fn an_answer_leads_with_what_was_asked_for() {
    for (text, start) in [
        ("Who accessed files yesterday?", "1 actor, in 40 events on 2026-11-19 (UTC)."),
        ("Which services were used yesterday?", "3 services, in 43 events on 2026-11-19 (UTC), 1 failed."),
        (
            "What was the last password reset?",
            "The only one from 2026-11-13 11:30 until 2026-11-20 11:30 (UTC): 2026-11-19 10:00:00: Kim Lee",
        ),
        (
            "What was the first file access yesterday?",
            "The first of 40 on 2026-11-19 (UTC): 2026-11-19 12:00:00: Max Roth",
        ),
    ] {
        let answer = ask(text).await;
        assert!(answer.answer.starts_with(start), "{text}\n{}", answer.answer);
        check(&answer);
    }
    let parts = ask("How many file events per service yesterday?").await;
    assert!(parts.answer.contains("SharePoint: 40 events."), "{}", parts.answer);
}

#[tokio::test]
async fn targets_are_told_by_their_names() {
    let mut one = event("1", "2026-11-19T09:00:00Z", "SharePoint", "FileAccessed.");
    let id = "8cafd2d5-6a51-41bb-ae86-a63c0d78d39b";
    one.target_displays = vec![
        "Plan.docx".into(),
        "https://contoso.sharepoint.com/sites/hr/Shared Documents/Plan.docx".into(),
        id.into(),
        ".".into(),
    ];
    let mut page = event("2", "2026-11-19T09:01:00Z", "SharePoint", "ListViewed");
    page.target_displays = vec![format!("https://contoso.sharepoint.com/sites/hr/{id}"), id.into()];
    let answer = analyst(&[one, page]).await.ask(&all_of_yesterday()).await.unwrap();
    assert!(answer.answer.contains("FileAccessed — Plan.docx, from 203.0.113.7."), "{}", answer.answer);
    assert!(answer.answer.contains("ListViewed — hr, from 203.0.113.7."), "{}", answer.answer);
}

#[tokio::test]
async fn what_was_asked_before_is_no_answer() {
    let mut all = events();
    for n in 0..3 {
        let mut asked = event(&format!("ask{n}"), "2026-11-19T13:00:00Z", "AOCAudit", "Ask question");
        asked.actor_upn = None;
        asked.actor_display = Some("anonymous".into());
        asked.target_displays = vec!["Who touched max@contoso.com yesterday?".into()];
        all.push(asked);
    }
    let analyst = analyst(&all).await;
    let answer = analyst.ask(&question("Who touched max@contoso.com yesterday?")).await.unwrap();
    assert!(!answer.answer.contains("anonymous"), "{}", answer.answer);
    assert!(
        answer.answer.contains("3 events of AOC itself left out; name the service AOCAudit"),
        "{}",
        answer.answer
    );
    assert!(answer.counts.service.iter().all(|one| one.value != "AOCAudit"), "{:?}", answer.counts);
    let answer = analyst.ask(&question("Who asked \"Ask question\" yesterday?")).await.unwrap();
    assert_eq!((answer.counts.total, answer.counts.actor[0].value.as_str()), (3, "anonymous"));
    let nobody = analyst.ask(&question("What happened to \"touched max\" yesterday?")).await.unwrap();
    assert_eq!((nobody.counts.total, nobody.events.len()), (0, 0));
    assert!(nobody.answer.starts_with("No "), "{}", nobody.answer);
}
