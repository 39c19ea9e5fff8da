//! What is asked again, and what is learnt from it.

use std::time::{Duration, Instant};

use aoc_core::ErrorKind;
use aoc_llm::fake::Reply;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn what_passes_is_asked_again_until_it_has_passed() {
    for stream in [true, false] {
        let world = World::openai(json!({"stream": stream})).await;
        for reply in [Reply::unavailable(500), Reply::unavailable(529), Reply::say(["a"])] {
            world.fake.script(reply);
        }
        assert_eq!(world.ask().await.0.unwrap().text, "a");
        world.fake.script(Reply::dropped());
        world.fake.script(Reply::rate_limited("retry-after-ms", "10"));
        world.fake.script(Reply::say(["b"]));
        let (answer, pieces) = world.ask().await;
        assert_eq!((answer.unwrap().text.as_str(), pieces), ("b", vec!["b".to_owned()]));
        assert_eq!(world.fake.questions(), 6);
    }
}

#[tokio::test]
async fn it_is_asked_three_times_and_no_more() {
    let world = World::openai(json!({})).await;
    (0..4).for_each(|_| world.fake.script(Reply::unavailable(503)));
    let error = world.fail().await;
    assert_eq!((error.kind(), world.fake.questions()), (ErrorKind::Unavailable, 3));
}

#[tokio::test]
async fn a_stream_that_fails_before_its_first_piece_is_asked_again() {
    let world = World::openai(json!({})).await;
    world.fake.script(Reply::say::<String>([]).without_done());
    world.fake.script(Reply::say::<String>([]).then_error(json!({"type": "server_error"})));
    let (answer, pieces) = world.ask().await;
    assert_eq!((answer.unwrap().text.as_str(), pieces.len()), ("This is an answer.", 2));
}

#[tokio::test]
async fn the_server_is_given_the_time_it_asks_for() {
    let world = World::openai(json!({})).await;
    world.fake.script(Reply::rate_limited("retry-after", "1"));
    let begun = Instant::now();
    world.ask().await.0.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn who_asks_for_more_time_than_there_is_gets_an_error_at_once() {
    for (timeout, header, value, seconds) in [
        ("60s", "retry-after", "21", 21),
        ("5s", "retry-after", "10", 10),
        ("5s", "retry-after-ms", "8000", 8),
    ] {
        let world = World::openai(json!({"timeout": timeout})).await;
        world.fake.script(Reply::rate_limited(header, value));
        let error = world.fail().await;
        assert_eq!(
            (error.kind(), error.retry_after()),
            (ErrorKind::RateLimited, Some(Duration::from_secs(seconds)))
        );
        assert_eq!(world.fake.questions(), 1);
    }
}

#[tokio::test]
async fn a_server_that_is_down_may_say_for_how_long() {
    let world = World::openai(json!({})).await;
    world.fake.script(Reply::unavailable(503).header("retry-after", "30"));
    let error = world.fail().await;
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Unavailable, Some(Duration::from_secs(30))));
    assert_eq!(world.fake.questions(), 1);
}

#[tokio::test]
async fn a_server_that_knows_only_the_older_words_is_asked_in_them_from_then_on() {
    let world = World::openai(json!({"max_answer_tokens": 50})).await;
    world.fake.answer_with(|seen| {
        let unknown = ["max_completion_tokens", "stream_options"]
            .into_iter()
            .find(|name| seen.body.get(name).is_some());
        unknown.map_or_else(|| Reply::say(["a"]), Reply::unsupported_parameter)
    });
    assert_eq!(world.ask().await.0.unwrap().text, "a");
    assert_eq!(world.fake.questions(), 3);
    world.ask().await.0.unwrap();
    let seen = world.fake.seen();
    assert_eq!((seen.len(), &seen[3].body["max_tokens"]), (4, &json!(50)), "it is remembered");
}

#[tokio::test]
async fn a_server_that_knows_neither_word_is_not_asked_for_ever() {
    let world = World::openai(json!({})).await;
    world.fake.answer_with(|seen| {
        let name = if seen.body.get("max_tokens").is_some() { "max_tokens" } else { "max_completion_tokens" };
        Reply::unsupported_parameter(name)
    });
    let error = world.fail().await;
    assert_eq!((error.kind(), world.fake.questions()), (ErrorKind::Config, 2));
    world.fake.answer_with(|_| Reply::say(["a"]));
    world.ask().await.0.unwrap();
    assert!(
        world.fake.seen()[2].body.get("max_completion_tokens").is_some(),
        "what did not help is not remembered"
    );
}
