//! Sentinel: tokens and sizes.

use aoc_core::{ErrorKind, RawJson, testkit::events::Generator};
use serde_json::json;

use crate::{
    receivers::sentinel,
    server::{Fault, Reply, lock},
    sink,
};

mod plainly {
    aoc_core::suite!(sink, async || crate::receivers::sentinel(serde_json::json!({})).await);
}

#[tokio::test]
async fn a_token_is_kept_and_forgotten_when_it_is_refused() {
    let side = sentinel(json!({})).await;
    let events = Generator::new(16).events(2);
    for _ in 0..3 {
        side.sink.deliver(&events).await.unwrap();
    }
    assert_eq!(*lock(&side.state.tokens), 1);
    let refused = || Fault::Answer(Reply::of(401, "c4n4ry.token.1 has expired"));
    side.server.fail_next("/dataCollectionRules", refused());
    let error = side.sink.deliver(&events).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.retry_after().is_some_and(|wait| wait.as_secs() == 1), "a new one is tried soon");
    assert!(error.to_string().ends_with(": … has expired"), "{error}");
    side.server.fail_next("/dataCollectionRules", refused());
    let error = side.sink.deliver(&events).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::Denied, None),
        "a fresh one is refused for a reason"
    );
    side.sink.deliver(&events).await.unwrap();
    assert_eq!(*lock(&side.state.tokens), 3);
}

#[tokio::test]
async fn a_login_that_is_refused_keeps_everything() {
    let side = sentinel(json!({})).await;
    for (status, kind) in [
        (400, ErrorKind::Denied),
        (401, ErrorKind::Denied),
        (200, ErrorKind::Unavailable),
        (429, ErrorKind::RateLimited),
        (503, ErrorKind::Unavailable),
    ] {
        let answer =
            Reply::of(status, json!({"error": "invalid_client", "error_description": "AADSTS7000222"}));
        side.server.fail_next("/token", Fault::Answer(answer));
        let error = side.sink.deliver(&Generator::new(17).events(2)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    assert_eq!(side.server.heard("/dataCollectionRules").len(), 0);
}

#[tokio::test]
async fn requests_stay_below_a_megabyte_before_they_are_compressed() {
    for gzip in [true, false] {
        let side = sentinel(json!({"gzip": gzip})).await;
        let mut events = Generator::new(18).events(60);
        for event in &mut events {
            event.raw = RawJson::of(&json!({"long": "x".repeat(100_000)})).unwrap();
        }
        side.sink.deliver(&events).await.unwrap();
        let heard = side.server.heard("/dataCollectionRules");
        assert!(heard.len() >= 3 && heard.iter().all(|request| request.body.len() <= 1_000_000));
        assert_eq!(side.state.ids().len(), 60);
        assert_eq!(heard[0].values()[0][0]["raw_truncated"], true);
    }
}

#[tokio::test]
async fn mistakes_of_configuration_are_told() {
    let good = json!({
        "endpoint": "https://x.ingest.monitor.azure.com", "rule_id": "dcr-1", "stream": "Custom-A_CL",
        "tenant_id": "t", "client_id": "c", "client_secret": "s",
    });
    assert!(sink("sentinel", good.clone()).await.is_ok());
    for (name, value, word) in [
        ("rule_id", json!("dcr/1"), "rule_id"),
        ("stream", json!(""), "stream"),
        ("managed_identity", json!(true), "either"),
        ("login_url", json!("http://login.example"), "login_url"),
        ("endpoint", json!("https://x/?a=b"), "endpoint"),
        ("format", json!("cef"), "format"),
    ] {
        let mut options = good.clone();
        options[name] = value;
        let error = sink("sentinel", options).await.err().unwrap();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(word), "{error}");
    }
}
