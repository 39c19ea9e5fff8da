//! Errors: kinds, and sentences of ours.

use std::time::Duration;

use aoc_core::ErrorKind::{self, Config, Denied, RateLimited, Rejected, Unavailable};
use aoc_llm::fake::{FakeModel, KEY, Reply};
use serde_json::json;

use crate::world::{World, ask, build, question};

/// What nobody may be shown.
fn assert_ours(error: &aoc_core::Error) {
    for foreign in ["UPSTREAM", "PROMPT-WORDS", KEY, "****"] {
        assert!(!error.chain().contains(foreign), "{error:?}");
    }
}

#[tokio::test]
async fn each_error_has_its_kind() {
    let world = World::openai(json!({})).await;
    let cases: [(Reply, ErrorKind, &str); 10] = [
        (Reply::invalid_key(), Denied, "invalid_api_key); check `api_key`"),
        (Reply::forbidden(), Denied, "unsupported_country_region_territory"),
        (Reply::insufficient_quota(), Denied, "quota"),
        (Reply::model_not_found(), Config, "check `model`"),
        (Reply::deployment_not_found(), Config, "DeploymentNotFound"),
        (Reply::context_length_exceeded(), Rejected, "fewer events"),
        (Reply::content_filter(), Rejected, "other words"),
        (Reply::unsupported_parameter("temperature"), Config, "leave out `temperature`"),
        (Reply::rate_limited("retry-after", "30"), RateLimited, "rate_limit_exceeded"),
        (Reply::raw(418, "text/html", "UPSTREAM"), Rejected, "status 418"),
    ];
    let count = cases.len();
    for (reply, kind, says) in cases {
        world.fake.script(reply);
        let error = world.fail().await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(says), "{error}");
        assert_ours(&error);
        let wait = (kind == RateLimited).then_some(Duration::from_secs(30));
        assert_eq!(error.retry_after(), wait, "{error}");
    }
    assert_eq!(world.fake.questions(), count, "none of these is asked again");
}

#[tokio::test]
async fn a_wrong_key_is_denied() {
    let fake = FakeModel::start().await.unwrap();
    let options = json!({"base_url": fake.openai_url(), "model": "m", "api_key": "sk-wrong"});
    let error = ask(&*build("openai", options).await.unwrap(), &question()).await.0.unwrap_err();
    assert_eq!(error.kind(), Denied);
    assert_ours(&error);
}

#[tokio::test]
async fn an_address_where_nothing_is_says_which_key_to_check() {
    let fake = FakeModel::start().await.unwrap();
    let options = json!({"base_url": format!("{}/v2", fake.url()), "model": "m"});
    let error = ask(&*build("openai", options).await.unwrap(), &question()).await.0.unwrap_err();
    assert_eq!(error.kind(), Config);
    assert!(error.to_string().contains("check `base_url` and `model`"), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_or_is_silent_is_unavailable() {
    let world = World::openai(json!({"timeout": "1s"})).await;
    world.fake.script(Reply::silent());
    let error = world.fail().await;
    assert_eq!(error.kind(), Unavailable);
    assert!(error.to_string().ends_with("did not answer in time"), "{error}");
    assert_eq!(world.fake.questions(), 1, "no time is left");
    world.fake.script(Reply::say(["a", "b"]).held());
    let (answer, pieces) = world.ask().await;
    assert_eq!((answer.unwrap_err().kind(), pieces.len()), (Unavailable, 1), "silent in the middle");

    let options = json!({"base_url": "http://127.0.0.1:1", "model": "m", "timeout": "1s"});
    let error = ask(&*build("openai", options).await.unwrap(), &question()).await.0.unwrap_err();
    assert_eq!(error.kind(), Unavailable);
    assert!(error.to_string().contains("127.0.0.1:1 cannot be reached"), "{error}");
}
