//! Answers, streamed and not.

use std::sync::Arc;

use aoc_core::{Completion, ErrorKind, Prompt};
use aoc_llm::{Usage, fake::Reply};
use serde_json::json;
use tokio::sync::Notify;

use crate::world::{World, question};

#[tokio::test]
async fn an_answer_arrives_in_pieces_and_as_a_whole() {
    let world = World::openai(json!({"organization": "org-1", "project": "proj-1"})).await;
    world.fake.script(Reply::say(["Kim ", "did ", "it."]));
    let (answer, pieces) = world.ask().await;
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), answer.complete), ("Kim did it.", true));
    assert!(answer.prompt_tokens.unwrap() > 0 && answer.answer_tokens == Some(3));
    assert_eq!(pieces, ["Kim ", "did ", "it."]);
    let seen = &world.fake.seen()[0];
    assert_eq!((seen.path.as_str(), seen.query.as_str()), ("/v1/chat/completions", ""));
    assert_eq!(seen.header("openai-organization"), Some("org-1"));
    assert_eq!(seen.header("openai-project"), Some("proj-1"));
    assert_eq!(seen.body["model"], "gpt-4o-mini");
    assert_eq!(seen.body.get("temperature"), None);
}

#[tokio::test]
async fn the_first_piece_is_handed_on_while_the_model_is_still_writing() {
    let world = World::openai(json!({"timeout": "5s"})).await;
    world.fake.script(Reply::say(["first", "second"]).held());
    let (heard, model) = (Arc::new(Notify::new()), world.model.clone());
    let note = heard.clone();
    let mut answer = tokio::spawn(async move { model.complete(&question(), &|_| note.notify_one()).await });
    // The rest is not sent before the first piece was heard: were it kept back, nothing would go on.
    tokio::select! {
        () = heard.notified() => {}
        answer = &mut answer => panic!("the first piece was kept back: {answer:?}"),
    }
    world.fake.release();
    assert_eq!(answer.await.unwrap().unwrap().text, "firstsecond");
}

#[tokio::test]
async fn bytes_may_be_split_anywhere_even_within_a_character() {
    let world = World::openai(json!({})).await;
    for bytes in [1, 2, 3, 7, 50] {
        world.fake.script(Reply::say(["zwölf €", " 🦀\n\n", "data: x"]).split(bytes).with_preamble());
        let (answer, pieces) = world.ask().await;
        assert_eq!(answer.unwrap().text, "zwölf € 🦀\n\ndata: x");
        assert_eq!(pieces.len(), 3, "{bytes}");
    }
}

#[tokio::test]
async fn without_a_stream_the_answer_comes_at_once() {
    let world = World::openai(json!({"stream": false})).await;
    let (answer, pieces) = world.ask().await;
    assert_eq!(answer.unwrap().text, "This is an answer.");
    assert_eq!(pieces, ["This is an answer."]);
    assert_eq!(world.fake.seen()[0].body["stream"], false);
}

#[tokio::test]
async fn a_server_that_does_not_stream_although_asked_is_understood() {
    let world = World::openai(json!({})).await;
    world.fake.script(Reply::say(["all ", "at once"]).not_streamed());
    let (answer, pieces) = world.ask().await;
    assert_eq!((answer.unwrap().text.as_str(), pieces.len()), ("all at once", 1));
}

#[tokio::test]
async fn an_answer_that_was_cut_by_its_length_is_not_complete() {
    for stream in [true, false] {
        let world = World::openai(json!({"stream": stream})).await;
        for (reply, complete) in [
            (Reply::say(["{\"a\":"]).finish(Some("length")), false),
            (Reply::say(["{}"]), true),
            (Reply::say(["{}"]).finish(None), false),
        ] {
            world.fake.script(reply);
            assert_eq!(world.ask().await.0.unwrap().complete, complete);
        }
    }
}

#[tokio::test]
async fn an_answer_without_content_is_empty() {
    for stream in [true, false] {
        let world = World::openai(json!({"stream": stream})).await;
        world.fake.script(Reply::say::<String>([]));
        let (answer, pieces) = world.ask().await;
        assert_eq!((answer.unwrap().text.as_str(), pieces.len()), ("", 0));
    }
}

#[tokio::test]
async fn a_stream_that_ends_before_its_end_is_unavailable_and_what_arrived_is_no_answer() {
    let world = World::openai(json!({})).await;
    let two_events_and_a_half = 350;
    for reply in [
        Reply::say(["Kim ", "did it."]).without_done(),
        Reply::say(["Kim ", "did it."]).cut_after(two_events_and_a_half),
        Reply::say(["Kim "]).finish(None).without_done(),
        Reply::say(["Kim "]).then_error(json!({"message": "UPSTREAM-WORDS", "type": "server_error"})),
    ] {
        world.fake.script(reply);
        let (answer, pieces) = world.ask().await;
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(!error.chain().contains("UPSTREAM"), "{error:?}");
        assert_eq!(pieces[0], "Kim ");
    }
    assert_eq!(world.fake.questions(), 4, "nothing is asked again once a piece was handed on");
}

#[tokio::test]
async fn an_error_after_the_head_has_its_own_kind() {
    let world = World::openai(json!({})).await;
    for (code, kind) in [
        ("rate_limit_exceeded", ErrorKind::RateLimited),
        ("insufficient_quota", ErrorKind::Denied),
        ("content_filter", ErrorKind::Rejected),
        ("context_length_exceeded", ErrorKind::Rejected),
    ] {
        world.fake.script(Reply::say(["a"]).then_error(json!({"message": "UPSTREAM", "code": code})));
        let error = world.fail().await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(code), "{error}");
    }
}

#[tokio::test]
async fn what_the_model_or_its_filter_does_not_want_is_rejected_in_our_words() {
    for stream in [true, false] {
        let world = World::openai(json!({"stream": stream})).await;
        for reply in [Reply::refuse("UPSTREAM-WORDS"), Reply::say(["a"]).finish(Some("content_filter"))] {
            world.fake.script(reply);
            let error = world.fail().await;
            assert_eq!(error.kind(), ErrorKind::Rejected);
            assert!(error.to_string().ends_with("ask in other words, or about other events"), "{error}");
            assert!(!error.chain().contains("UPSTREAM"), "{error:?}");
        }
        assert_eq!(world.fake.questions(), 2, "it is not asked again");
    }
}

#[tokio::test]
async fn tokens_that_are_not_told_are_estimated() {
    let world = World::openai(json!({})).await;
    world.fake.script(Reply::say(["abcdefgh"]).without_usage());
    let answer = world.ask().await.0.unwrap();
    assert_eq!((answer.prompt_tokens, answer.answer_tokens), (None, None));
    let usage = Usage::of(&question(), &answer);
    assert!(usage.estimated && usage.answer_tokens == 2 && usage.prompt_tokens > 5, "{usage:?}");
    let exact = Usage::of(
        &Prompt::default(),
        &Completion { prompt_tokens: Some(1), answer_tokens: Some(2), ..answer },
    );
    assert_eq!((exact.total(), exact.estimated), (3, false));
}

/// Asks a model that answers so each time, and only so.
async fn fail(make: fn() -> Reply, says: &str) {
    let world = World::openai(json!({"timeout": "10s"})).await;
    world.fake.answer_with(move |_| make());
    let (answer, pieces) = world.ask().await;
    let error = answer.unwrap_err();
    assert_eq!((error.kind(), pieces.len()), (ErrorKind::Unavailable, 0), "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert_eq!(world.fake.questions(), 3);
}

#[tokio::test]
async fn a_body_that_does_not_end_is_unavailable() {
    tokio::join!(
        fail(|| Reply::huge(9_000_000), "sent an answer of more than"),
        fail(|| Reply::huge_stream(3_000_000), "event of more than"),
    );
}

#[tokio::test]
async fn what_is_no_answer_is_unavailable() {
    let none = "no answer of a model";
    tokio::join!(
        fail(Reply::garbage, none),
        fail(|| Reply::json(200, &json!({"choices": []})), none),
        fail(|| Reply::json(200, &json!([1])), none),
        fail(|| Reply::raw(200, "text/event-stream", "data: {\"choices\": 5}\n\n"), none),
        fail(|| Reply::raw(200, "text/event-stream", ""), "broke off"),
        fail(|| Reply::raw(200, "text/event-stream", ": ping\n\ndata: [DO"), none),
    );
}
