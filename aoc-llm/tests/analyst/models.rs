//! How models fail, and how answers are streamed.

use std::sync::{Arc, Mutex};

use aoc_core::{ErrorKind, LlmProvider, Registry};
use aoc_llm::{
    Budget, FakeModel,
    analyst::{Intent, Options, Planning, Status},
    fake::{KEY, Reply},
    usage::Limits,
};
use serde_json::json;

use crate::world::{Parrot, all_of_yesterday, analyst, answer_of, events, question};

const TRUE: (&str, &[&str]) = ("Max Roth accessed plan.docx.", &["e4"]);

#[tokio::test]
async fn what_a_model_does_wrong_is_told_in_our_words_and_the_store_answers() {
    let said = |says: &str| Parrot { says: says.to_owned(), ..Parrot::default() };
    let cut = Parrot { is_cut: true, ..said(r#"{"claims":[{"text":"Kim"#) };
    let failing = |kind| Parrot { fails: Some(kind), ..Parrot::default() };
    for (model, expected) in [
        (cut, "the language model's answer was cut"),
        (
            said("I cannot help with that."),
            "the language model did not answer in the form that was asked for",
        ),
        (said(r#"{"claims":[{"text":1}]}"#), "nothing that the language model said is proven by the events"),
        (
            failing(ErrorKind::Denied),
            "the language model refuses our credentials, or has no quota left for them",
        ),
        (failing(ErrorKind::Unavailable), "the language model cannot be reached now"),
        (failing(ErrorKind::RateLimited), "the language model may not be asked more for now"),
        (failing(ErrorKind::Rejected), "the language model refuses this question"),
    ] {
        let (answer, _) = answer_of(&events(), model).await;
        assert_eq!(answer.llm_error.as_deref(), Some(expected));
        assert!(!answer.llm_used && answer.answer.contains("Most frequent operations"), "{}", answer.answer);
        assert!(!serde_json::to_string(&answer).unwrap().contains("sk-secret"));
    }
}

#[tokio::test]
async fn what_was_proven_before_the_stream_broke_stays() {
    let whole = Parrot::of(&[TRUE, ("Kim Lee is evil.", &["e1"])]);
    let model = Parrot { piece: 3, fails: Some(ErrorKind::Unavailable), ..whole };
    let (answer, _) = answer_of(&events(), model).await;
    assert!(answer.llm_used && answer.answer.contains(TRUE.0), "{}", answer.answer);
    assert_eq!(answer.llm_error.as_deref(), Some("the language model cannot be reached now"));
}

#[tokio::test]
async fn the_pieces_are_the_answer_and_hold_whole_claims() {
    for piece in [0, 1, 7, 1_000] {
        let model = Parrot {
            piece,
            ..Parrot::of(&[TRUE, ("Kim Lee is evil.", &["e1"]), ("There were 9 events.", &[])])
        };
        let pieces = Mutex::new(Vec::new());
        let analyst = analyst(&events()).await.model(Arc::new(model));
        let keep = |piece: &str| pieces.lock().unwrap().push(piece.to_owned());
        let answer = analyst.ask_streaming(&all_of_yesterday(), &keep).await.unwrap();
        let pieces = pieces.into_inner().unwrap();
        assert_eq!(pieces.concat(), answer.answer);
        assert!(pieces[0].starts_with("43 events match"), "{pieces:?}");
        assert!(pieces[1].contains(TRUE.0) && pieces[2].contains("There were 43 events."), "{pieces:?}");
        assert!(!answer.answer.contains("evil"));
        assert_eq!(answer.claims.iter().filter(|claim| claim.status == Status::Removed).count(), 1);
    }
}

#[tokio::test]
async fn the_first_piece_comes_before_the_model_has_said_anything() {
    let fake = FakeModel::start().await.unwrap();
    let claims = json!({"claims": [{"text": TRUE.0, "events": TRUE.1}]}).to_string();
    let middle = claims.len() - 4;
    fake.script(Reply::say([&claims[..5], &claims[5..middle], &claims[middle..]]).held());
    let mut registry = Registry::new();
    aoc_llm::register(&mut registry);
    let options = json!({"base_url": fake.openai_url(), "model": "gpt-4o-mini", "api_key": KEY});
    let model: Arc<dyn LlmProvider> = registry.build("openai", options).await.unwrap();
    let budget = Arc::new(Budget::new(Limits { tokens_per_day: Some(5), ..Limits::default() }));
    let analyst = analyst(&events()).await.model(model).budget(budget.clone());
    let pieces = Arc::new(Mutex::new(Vec::new()));
    let on_text = |piece: &str| {
        // The model goes on only after the first sentence is here.
        if pieces.lock().unwrap().is_empty() {
            fake.release();
        }
        pieces.lock().unwrap().push(piece.to_owned());
    };
    let answer = analyst.ask_streaming(&all_of_yesterday(), &on_text).await.unwrap();
    assert!(answer.llm_used, "{answer:?}");
    assert!(answer.answer.contains(TRUE.0));
    assert!(budget.snapshot().total > 0 && answer.usage.is_some());

    let answer = analyst.ask(&all_of_yesterday()).await.unwrap();
    assert_eq!(answer.llm_error.as_deref(), Some("the tokens of the language model are used for today"));
    assert_eq!(fake.questions(), 1);
}

#[tokio::test]
async fn a_proposed_plan_is_used_only_where_it_says_what_the_question_says() {
    let range = json!({"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z", "words": null});
    let good =
        json!({"intent": "who", "range": range, "filter": {"operation": ["Reset*"]}, "notes": ["<b>x</b>"]});
    let mut hidden = good.clone();
    hidden["filter"]["exclude_tags"] = json!(["x"]);
    let mut other = good.clone();
    other["filter"]["actor"] = json!("mallory");
    let mut wide = good.clone();
    wide["limit"] = json!(100_000);
    let texts = [good.to_string(), hidden.to_string(), other.to_string(), wide.to_string(), "{".to_owned()];
    for (says, is_used) in texts.into_iter().zip([true, false, false, false, false]) {
        let options = Options { planning: Planning::Model, ..Options::default() };
        let model = Arc::new(Parrot { says, ..Parrot::default() });
        let analyst = analyst(&events()).await.model(model.clone()).options(options);
        let answer = analyst.ask(&question("Who reset passwords yesterday?")).await.unwrap();
        let note = if is_used {
            "A language model read the question"
        } else {
            "The language model's plan was no good"
        };
        assert!(answer.plan.notes[0].starts_with(note), "{:?}", answer.plan.notes);
        assert_eq!(answer.plan.intent, Intent::Who);
        assert!(
            answer.answer.contains("Kim Lee: 1 event.") && !answer.answer.contains("<b>"),
            "{}",
            answer.answer
        );
        assert!(model.asked.lock().unwrap()[0].schema.is_some());
    }
}

/// Says a piece again and again, and never comes to an end.
struct Endless(String);

#[async_trait::async_trait]
impl LlmProvider for Endless {
    async fn complete(
        &self,
        _: &aoc_core::Prompt,
        on_text: &(dyn for<'t> Fn(&'t str) + Send + Sync),
    ) -> aoc_core::Result<aoc_core::Completion> {
        loop {
            on_text(&self.0);
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_model_that_never_ends_is_stopped_and_charged() {
    let claim = r#"{"text":"Kim Lee is evil.","events":["e1"]},"#;
    for piece in ["x", claim, "{\"claims\":[{\"text\":\"", "[[[[{{{{"] {
        let budget = Arc::new(Budget::new(Limits::default()));
        let planning = Planning::Model;
        let options = Options { planning, ..Options::default() };
        let piece = piece.repeat(500);
        let analyst = analyst(&events()).await.model(Arc::new(Endless(piece))).options(options);
        let analyst = analyst.budget(budget.clone());
        let answer = analyst.ask(&question("What happened yesterday?")).await.unwrap();
        assert!(!answer.llm_used && answer.answer.contains("Most frequent operations"), "{}", answer.answer);
        assert!(budget.snapshot().total > 0);
        assert_eq!(budget.snapshot().total, answer.usage.unwrap().total());
    }
}

#[tokio::test]
async fn whoever_goes_away_in_the_middle_is_charged() {
    /// Says something and waits for ever.
    struct Hangs;
    #[async_trait::async_trait]
    impl LlmProvider for Hangs {
        async fn complete(
            &self,
            _: &aoc_core::Prompt,
            on_text: &(dyn for<'t> Fn(&'t str) + Send + Sync),
        ) -> aoc_core::Result<aoc_core::Completion> {
            on_text(&"x".repeat(40_000));
            std::future::pending().await
        }
    }
    let budget = Arc::new(Budget::new(Limits::default()));
    let analyst = analyst(&events()).await.model(Arc::new(Hangs)).budget(budget.clone());
    let asked = all_of_yesterday();
    let answer = analyst.ask(&asked);
    let left = tokio::time::timeout(std::time::Duration::from_millis(200), answer).await;
    assert!(left.is_err());
    assert!(budget.snapshot().total > 10_000, "{:?}", budget.snapshot());
}

#[tokio::test]
async fn plans_that_look_for_what_the_question_does_not_say_are_not_used() {
    let range = json!({"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z"});
    let far = json!({"start": "2031-01-01T00:00:00Z", "end": "2032-01-01T00:00:00Z"});
    let long = format!("{{\"intent\":\"who\",\"notes\":[\"{}\"]}}", "x".repeat(30_000));
    for plan in [
        json!({"range": range, "filter": {"actor": "im"}}).to_string(),
        json!({"range": range, "filter": {"actor": "kim lee"}}).to_string(),
        json!({"range": range, "filter": {"actor": "."}}).to_string(),
        json!({"range": range, "filter": {"search": "lee"}}).to_string(),
        json!({"range": range, "filter": {"search": "-kim"}, "limit": 0}).to_string(),
        json!({"range": range, "filter": {"service": ["Secrets"]}}).to_string(),
        json!({"range": range, "filter": {"operation": ["Delete tenant"]}}).to_string(),
        json!({"range": range, "filter": {"operation": ["*"]}}).to_string(),
        json!({"range": range, "filter": {"tenant": ["11111111-2222-4333-8444-555555555555"]}}).to_string(),
        json!({"range": range, "filter": {"include_tags": ["x"]}}).to_string(),
        json!({"range": far}).to_string(),
        json!({"range": {"start": "2026-11-20T00:00:00Z", "end": "2026-11-19T00:00:00Z"}}).to_string(),
        json!({"range": range, "limit": 501}).to_string(),
        json!({"range": range, "limit": -1}).to_string(),
        json!({"range": range, "drop": "events"}).to_string(),
        json!([{"range": range}]).to_string(),
        "DROP TABLE events".to_owned(),
        long,
    ] {
        let options = Options { planning: Planning::Model, ..Options::default() };
        let model = Arc::new(Parrot { says: plan.clone(), ..Parrot::default() });
        let analyst = analyst(&events()).await.model(model).options(options);
        let answer = analyst.ask(&question("What did kim reset yesterday?")).await.unwrap();
        assert!(
            answer.plan.notes[0].starts_with("The language model's plan was no good"),
            "{plan}: {:?}",
            answer.plan.notes
        );
    }
    let other_day =
        json!({"range": {"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}}).to_string();
    let options = Options { planning: Planning::Model, ..Options::default() };
    let model = Arc::new(Parrot { says: other_day, ..Parrot::default() });
    let analyst = analyst(&events()).await.model(model).options(options);
    let answer = analyst.ask(&question("What happened yesterday?")).await.unwrap();
    assert_eq!(answer.plan.range.words, "yesterday");
}
