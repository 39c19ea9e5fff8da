//! What is stored has arrived or is set aside with the receiver's answer, whatever the receiver does.

use std::{future::Future, time::Duration};

use aoc_core::{
    EventLog, Filter, Key, Pipeline, Position, RawJson,
    pipeline::{Start, rejected},
    testkit::events::Generator,
};
use serde_json::{Value, json};
use tokio::task::LocalSet;

use crate::{
    balances, eventually, filled,
    receivers::{Side, elasticsearch, sentinel, splunk, webhook},
    run,
    server::{Fault, Reply, lock},
};

/// All sinks and shapes, and the path under which each delivers.
async fn sides() -> Vec<(&'static str, Side)> {
    vec![
        ("webhook", webhook(json!({})).await),
        ("webhook array", webhook(json!({"body": "array"})).await),
        ("webhook ndjson", webhook(json!({"body": "ndjson"})).await),
        ("splunk", splunk(json!({"gzip": true})).await),
        ("splunk ack", splunk(json!({"ack": true, "ack_timeout": "20s"})).await),
        ("elasticsearch", elasticsearch(json!({"gzip": true})).await),
        ("sentinel", sentinel(json!({})).await),
    ]
}

/// Where events are delivered, whatever else a sink asks for.
fn delivering(side: &Side) -> &'static str {
    match side.path {
        "/services/collector" => "/services/collector/event",
        "/" => "/_bulk",
        path => path,
    }
}

/// Draws up an account of each side, all at once: most of them wait most of the time.
async fn each<F: Future + 'static>(account: impl Fn(&'static str, Side) -> F) {
    let (local, sides) = (LocalSet::new(), sides().await);
    let accounts: Vec<_> =
        sides.into_iter().map(|(name, side)| local.spawn_local(account(name, side))).collect();
    let all = async {
        for account in accounts {
            account.await.unwrap();
        }
    };
    local.run_until(all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_event_of_a_thousand_is_set_aside_with_the_answer() {
    each(|name, side| async move {
        let store = filled(1_000).await;
        let refused = store.read_after(Position(736), 1).await.unwrap().remove(0);
        lock(&side.state.refused).insert(refused.event.id.clone());
        let aside = run(&store, side.sink.clone()).await;
        balances(&store, &side.state.ids(), &aside).await;
        assert_eq!(aside.len(), 1, "{name}");
        assert_eq!(aside[0].position, refused.position, "{name}");
        let words = ["the field `mood` is missing", "Invalid data format", "[mood]", "the mood is missing"];
        let reason = aside[0].reason.to_string();
        assert!(words.iter().any(|word| reason.contains(word)), "{name}: {reason}");
        if !name.contains("ack") {
            assert_eq!(side.state.ids().len(), 999, "{name}: nothing arrives twice");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_refuses_everything_alike_sets_nothing_aside_but_the_first() {
    each(|name, side| async move {
        let store = filled(40).await;
        let reply = Reply::of(400, json!({"message": "no such stream"}));
        side.server.fail_always(delivering(&side), Some(Fault::Answer(reply)));
        let pipeline = Pipeline::new(store.clone());
        let pipeline = pipeline.sink_from("siem", side.sink.clone(), Filter::default(), Start::Beginning);
        let running = pipeline.start();
        let denied = async || {
            let status = &running.status().followers["siem"];
            serde_json::to_string(status).unwrap().contains("refuses every event")
        };
        eventually(name, denied).await;
        running.stop().await.unwrap();
        assert_eq!(rejected(&store, "siem").await.unwrap().len(), 1, "{name}");
        side.server.fail_always("", None);
        let aside = run(&store, side.sink.clone()).await;
        assert_eq!(aside.len(), 1, "{name}");
        balances(&store, &side.state.ids(), &aside).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_events_are_set_aside_where_others_are_accepted() {
    each(|name, side| async move {
        let store = filled(40).await;
        let refused = store.read_after(Position::default(), 5).await.unwrap();
        lock(&side.state.refused).extend(refused.iter().map(|stored| stored.event.id.clone()));
        let events: Vec<_> = store.read_after(Position::default(), 40).await.unwrap();
        let events: Vec<_> = events.into_iter().map(|stored| stored.event).collect();
        for event in &events[..2] {
            // What they are refused with is known only when there is something to compare.
            let _ = side.sink.deliver(std::slice::from_ref(event)).await;
        }
        let aside = run(&store, side.sink.clone()).await;
        assert_eq!(aside.len(), 5, "{name}");
        balances(&store, &side.state.ids(), &aside).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_denies_us_for_a_while_loses_nothing() {
    each(|name, side| async move {
        let store = filled(600).await;
        for status in [308, 401, 403, 404, 405] {
            let reply =
                Reply::of(status, "not you").header("retry-after", 1).header("location", "/elsewhere");
            side.server.fail_next(delivering(&side), Fault::Answer(reply));
        }
        let aside = run(&store, side.sink.clone()).await;
        assert_eq!(aside, [], "{name}");
        balances(&store, &side.state.ids(), &aside).await;
        assert_eq!(side.server.heard("elsewhere").len(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_dies_in_mid_batch_loses_nothing() {
    each(|name, side| async move {
        let store = filled(1_000).await;
        for fault in [Fault::CutBefore, Fault::CutAfter, Fault::CutBefore] {
            side.server.fail_next(delivering(&side), fault);
        }
        let aside = run(&store, side.sink.clone()).await;
        assert_eq!(aside, [], "{name}");
        balances(&store, &side.state.ids(), &aside).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_wants_fewer_requests_has_its_wish() {
    each(|name, side| async move {
        let store = filled(20).await;
        let path = delivering(&side);
        side.server.fail_next(path, Fault::Answer(Reply::of(429, "slow").header("retry-after", 2)));
        let aside = run(&store, side.sink.clone()).await;
        balances(&store, &side.state.ids(), &aside).await;
        let heard = side.server.heard(path);
        assert!(heard[1].at.duration_since(heard[0].at) >= Duration::from_millis(1_900), "{name}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_too_large_is_divided() {
    each(|name, side| async move {
        let store = filled(400).await;
        let events = store.read_after(Position::default(), 400).await.unwrap();
        let lengths = events.iter().map(|stored| serde_json::to_string(&stored.event).unwrap().len());
        // Whatever is written around an event.
        *lock(&side.state.most) = Some(lengths.max().unwrap() + 2_000);
        let aside = run(&store, side.sink.clone()).await;
        assert_eq!(aside, [], "{name}");
        balances(&store, &side.state.ids(), &aside).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_too_large_for_any_request_is_set_aside() {
    for side in [splunk(json!({"max_bytes": 4_000})).await, elasticsearch(json!({"max_bytes": 4_000})).await]
    {
        let store = filled(30).await;
        let mut large = Generator::new(1_234).event();
        large.id = "large".into();
        large.dedupe_key = Key::of(&large.source, "large");
        large.raw = RawJson::of(&Value::from("x".repeat(9_000))).unwrap();
        store.append(&[large]).await.unwrap();
        let aside = run(&store, side.sink.clone()).await;
        balances(&store, &side.state.ids(), &aside).await;
        let last = aside.last().unwrap().reason.to_string();
        assert!(last.contains("bytes, and a request at most 4000"), "{last}");
        assert!(side.server.heard("/").iter().all(|heard| heard.body.len() <= 4_001));
    }
}
