//! The sinks that speak HTTP, each against a server that speaks its receiver's protocol: the suite, and accounts that
//! balance whatever the receiver does.
#![cfg(feature = "forwarders")]
#![allow(clippy::unwrap_used, reason = "tests panic to fail")]

mod accounts;
mod elasticsearch;
mod receivers;
mod secrets;
mod sentinel;
mod server;
mod splunk;
mod webhook;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{
    pipeline::{Rejected, Start, rejected},
    prelude::*,
    testkit::events::Generator,
};
use serde_json::Value;

/// Builds a sink as a configuration file would.
async fn sink(kind: &str, options: Value) -> Result<Arc<dyn Sink>> {
    let mut registry = Registry::new();
    aoc_sinks::register(&mut registry);
    registry.build(kind, options).await
}

/// Waits until it is so; sixty seconds at most.
async fn eventually(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !so().await {
        assert!(begin.elapsed() < Duration::from_secs(60), "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A store with so many events.
async fn filled(count: usize) -> MemoryStore {
    let store = MemoryStore::new();
    store.append(&Generator::new(77).events(count)).await.unwrap();
    store
}

/// Runs the loop until all events of the store are delivered or set aside; gives those that are set aside.
async fn run(store: &MemoryStore, sink: Arc<dyn Sink>) -> Vec<Rejected> {
    let running =
        Pipeline::new(store.clone()).sink_from("siem", sink, Filter::default(), Start::Beginning).start();
    let head = store.head().await.unwrap();
    eventually("the sink is through", async || running.status().followers["siem"].position == head).await;
    running.stop().await.unwrap();
    rejected(store, "siem").await.unwrap()
}

/// Stored = arrived + set aside; nothing is lost and nothing is both.
async fn balances(store: &MemoryStore, arrived: &[String], aside: &[Rejected]) {
    let positions: Vec<Position> = aside.iter().map(|rejected| rejected.position).collect();
    let aside = store.read_at(&positions).await.unwrap();
    let mut account: Vec<String> = aside.into_iter().map(|stored| stored.event.id).collect();
    let mut distinct = arrived.to_vec();
    distinct.sort();
    distinct.dedup();
    account.extend(distinct);
    account.sort();
    let stored = store.read_after(Position::default(), usize::MAX).await.unwrap();
    let mut stored: Vec<String> = stored.into_iter().map(|stored| stored.event.id).collect();
    stored.sort();
    assert_eq!(account, stored);
}
