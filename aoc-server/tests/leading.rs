//! A server that stands by while another process leads: what it says of itself.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod common;

use std::{sync::Arc, time::Duration};

use aoc_core::{
    pipeline::{Start, State},
    prelude::*,
    store::Note,
    testkit::{
        fakes::{Numbered, Recorder},
        shared::Shared,
    },
};
use aoc_server::{Caller, Operations, ServerConfig};
use common::Server;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A server by the name of `b:2`, with a source and a sink, over a store in which `web1:4711` has stored three events
/// and delivered one.
fn standing_by() -> (Server, Shared, Runtime) {
    let (runtime, shared) = (Runtime::new().unwrap(), Shared::default());
    let operations = runtime.block_on(async {
        let (leader, store) = (shared.process("web1:4711").await, Arc::new(shared.process("b:2").await));
        let events = ["x", "y", "z"].map(|id| Event::new("other", id, Timestamp::now()));
        leader.append(&events).await.unwrap();
        leader.write(&[Note::new("position/siem", 1).unwrap()]).await.unwrap();
        let index = Arc::new(shared.memory.clone());
        let sink = Arc::new(Recorder::new());
        let running = Pipeline::over(store.clone())
            .index(index.clone())
            .source("numbers", Numbered::new(10).feed())
            .sink_from("siem", sink, Filter::default(), Start::Beginning)
            .start();
        Operations::new(store, index).with(running)
    });
    (Server::over(operations, &ServerConfig::default(), Caller::open()), shared, runtime)
}

fn has(page: &str, line: &str) -> bool {
    page.lines().any(|other| other == line)
}

#[test]
fn a_server_that_stands_by_says_who_leads_and_raises_no_alarm() {
    let (server, shared, runtime) = standing_by();
    let health = server.get("/api/source-health").json();
    let leader = runtime.block_on(shared.leader());
    assert_eq!(health["leadership"], json!({"leads": false, "leader": leader}));
    assert_eq!(health["sources"][0]["state"], "standby");
    let siem = health["followers"].as_array().unwrap().iter().find(|follower| follower["name"] == "siem");
    let siem = siem.unwrap();
    assert_eq!(
        (&siem["state"], &siem["position"], &siem["behind"]),
        (&json!("standby"), &json!(1), &json!(2))
    );
    let page = server.get("/metrics").body;
    assert!(has(&page, "aoc_leads 0") && has(&page, "aoc_leader_token 1"), "{page}");
    for alarm in ["aoc_source_up{", "aoc_source_last_success_seconds{", "aoc_follower_up{follower=\"siem\"}"]
    {
        assert!(!page.contains(alarm), "{alarm}\n{page}");
    }
    assert!(page.contains("aoc_source_records_total{source=\"numbers\",outcome=\"new\"} 0"), "{page}");
    assert_eq!(server.get("/health").json(), json!({"status": "ok", "store": "ok"}));
}

#[test]
fn a_server_that_stands_by_says_whom_to_ask_to_fetch_and_fetches_when_it_leads() {
    let (server, shared, runtime) = standing_by();
    let answer = server.get("/api/fetch-audit-logs");
    let report = answer.json();
    assert_eq!(answer.status, 503);
    assert_eq!(
        report["sources"]["numbers"]["error"],
        "this process stands by; web1:4711 leads and collects: ask it, or wait until the lead changes"
    );
    assert_eq!(server.get("/api/fetch-audit-logs?source=nobody").status, 400);
    runtime.block_on(shared.give_to(Some("b:2")));
    let state = || -> Value { server.get("/api/source-health").json()["sources"][0]["state"].clone() };
    for _ in 0..1_000 {
        if state() == json!(State::Ok) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let report = server.get("/api/fetch-audit-logs").json();
    assert_eq!(report["sources"]["numbers"]["error"], Value::Null, "{report}");
    let page = server.get("/metrics").body;
    let leads = ["aoc_leads 1", "aoc_leader_token 2", "aoc_source_up{source=\"numbers\"} 1"];
    assert!(leads.iter().all(|line| has(&page, line)), "{page}");
}
