//! No secret comes to light, whatever a receiver does with it.

use std::sync::Arc;

use aoc_core::{Registry, Sink, testkit::events::Generator};
use serde_json::{Value, json};

use crate::{
    server::{Fault, Heard, Reply, Server},
    sink,
};

const CANARY: &str = "c4n4ry";

/// A receiver that sends back all it was sent, with this status.
async fn parrot(status: u16) -> Server {
    let told = |heard: &Heard| {
        let headers: Vec<String> =
            heard.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let body = json!({"path": heard.path, "query": heard.query, "headers": headers});
        Reply::of(200, body)
    };
    Server::start(move |heard| {
        if heard.path.ends_with("/token") {
            return Reply::of(200, json!({"access_token": "c4n4ry.a.token", "expires_in": 3_600}));
        }
        Reply { status, ..told(heard) }
    })
    .await
}

async fn sinks(url: &str) -> Vec<Arc<dyn Sink>> {
    let hook = |url: &str| format!("{url}/services/c4n4ryT000000/B00?sig=c4n4ry-abcdefghijkl");
    let mut sinks = Vec::new();
    for (kind, options) in [
        (
            "webhook",
            json!({"url": hook(url), "token": "c4n4ry-bearer", "secret": "c4n4ry-key", "headers": {"X-Key": "c4n4ry-key2"}}),
        ),
        ("splunk_hec", json!({"url": url, "token": "c4n4ry-hec"})),
        ("elasticsearch", json!({"url": url, "api_key": "c4n4ry-api", "format": "aoc"})),
        ("elasticsearch", json!({"url": url, "username": "u", "password": "c4n4ry/pass", "format": "aoc"})),
        (
            "sentinel",
            json!({
                "endpoint": url, "rule_id": "dcr-1", "stream": "Custom-A_CL", "login_url": url,
                "tenant_id": "t", "client_id": "c", "client_secret": "c4n4ry-client",
            }),
        ),
    ] {
        sinks.push(sink(kind, options).await.unwrap());
    }
    sinks
}

#[tokio::test]
async fn what_a_receiver_sends_back_is_told_without_secrets() {
    let events = Generator::new(19).events(1);
    let basic = "dTpjNG40cnkvcGFzcw";
    for status in [200, 302, 400, 401, 403, 404, 429, 500] {
        let server = parrot(status).await;
        for sink in sinks(&server.url).await {
            for batch in [&events[..], &[]] {
                let told = match sink.deliver(batch).await {
                    Ok(delivered) => serde_json::to_string(&delivered).unwrap(),
                    Err(error) => {
                        format!("{} {error:?} {}", error.chain(), serde_json::to_string(&error).unwrap())
                    }
                };
                assert!(!told.contains(CANARY) && !told.contains(basic), "{status}: {told}");
            }
        }
    }
}

#[tokio::test]
async fn the_secret_of_an_address_is_not_told_decoded() {
    let server = Server::start(|_| Reply::of(403, "no hook c4n4ry/äbcdef gh= here")).await;
    let url = format!("{}/hook?sig=c4n4ry%2F%C3%A4bcdef+gh%3D", server.url);
    let sink = sink("webhook", json!({"url": url})).await.unwrap();
    let error = sink.deliver(&Generator::new(19).events(1)).await.unwrap_err().to_string();
    assert!(error.ends_with("no hook … here"), "{error}");
}

#[tokio::test]
async fn tokens_are_not_taken_to_where_a_receiver_points() {
    let elsewhere = Server::start(|_| Reply::of(200, "{}")).await;
    let server = Server::start(|_| Reply::of(200, "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let reply = Reply::of(status, "").header("location", &elsewhere.url);
        server.fail_always("/", Some(Fault::Answer(reply)));
        for sink in sinks(&server.url).await {
            let error = sink.deliver(&Generator::new(20).events(1)).await.unwrap_err();
            assert_eq!(error.kind(), aoc_core::ErrorKind::Denied, "{error}");
        }
    }
    assert_eq!(elsewhere.heard("").len(), 0);
}

#[tokio::test]
async fn examples_build_and_unknown_options_are_refused() {
    let mut registry = Registry::new();
    aoc_sinks::register(&mut registry);
    for kind in ["webhook", "splunk_hec", "elasticsearch", "sentinel"] {
        let entry = registry.find(aoc_core::Kind::Sink, kind).unwrap();
        let Value::Object(mut options) = read(&entry.example) else { panic!("{kind}") };
        assert!(entry.build(options.clone().into()).await.is_ok(), "{kind}");
        options.insert("urll".into(), "x".into());
        assert!(entry.build(options.into()).await.is_err(), "{kind}");
    }
}

/// Reads lines of `name = value`.
fn read(example: &str) -> Value {
    let pairs = example.lines().map(|line| line.split_once(" = ").unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), serde_json::from_str(value).unwrap()))
        .collect::<serde_json::Map<_, Value>>()
        .into()
}
