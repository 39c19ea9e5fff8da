//! What callers learn when the store or the index fails: that it did, and nothing else.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod common;

use std::{sync::Arc, time::Duration};

use aoc_core::{
    prelude::*,
    query::{BucketSize, Counted, Facet, Timeline},
    store::{Added, Annotation, Note, Stored},
};
use aoc_server::{Caller, Operations, ServerConfig};
use common::Server;
use serde_json::Value;
use tokio::sync::watch;

/// A store and index that answer nothing but this error.
#[derive(Clone)]
struct Broken(fn() -> Error);

impl Broken {
    fn fail<T>(&self) -> Result<T> {
        Err((self.0)())
    }
}

#[async_trait]
impl EventLog for Broken {
    async fn append(&self, _: &[Event]) -> Result<Vec<Added>> {
        self.fail()
    }
    async fn read_after(&self, _: Position, _: usize) -> Result<Vec<Stored>> {
        self.fail()
    }
    async fn read_at(&self, _: &[Position]) -> Result<Vec<Stored>> {
        self.fail()
    }
    async fn get(&self, _: &str) -> Result<Vec<Stored>> {
        self.fail()
    }
    async fn head(&self) -> Result<Position> {
        self.fail()
    }
    fn tail(&self) -> watch::Receiver<Position> {
        watch::channel(Position(0)).1
    }
    async fn annotate(&self, _: Position, _: Annotation) -> Result<()> {
        self.fail()
    }
    async fn tagged(&self, _: &str) -> Result<Vec<Position>> {
        self.fail()
    }
    async fn tags(&self) -> Result<Vec<Counted>> {
        self.fail()
    }
    async fn forget_before(&self, _: Timestamp) -> Result<u64> {
        self.fail()
    }
    async fn horizon(&self) -> Result<Option<Timestamp>> {
        self.fail()
    }

    async fn rewrite(&self, _: &[Stored]) -> Result<()> {
        self.fail()
    }

    async fn remove(&self, _: &[Position]) -> Result<u64> {
        self.fail()
    }
}

#[async_trait]
impl Notebook for Broken {
    async fn read(&self, _: &str) -> Result<Option<Value>> {
        self.fail()
    }
    async fn write(&self, _: &[Note]) -> Result<()> {
        self.fail()
    }
    async fn list(&self, _: &str) -> Result<Vec<Note>> {
        self.fail()
    }
}

#[async_trait]
impl EventIndex for Broken {
    async fn search(&self, _: &Query) -> Result<Hits> {
        self.fail()
    }
    async fn count(&self, _: &Filter) -> Result<u64> {
        self.fail()
    }
    async fn facets(&self, _: &Filter, _: &[Facet], _: usize) -> Result<Vec<Vec<Counted>>> {
        self.fail()
    }
    async fn timeline(&self, _: &Filter, _: Option<BucketSize>) -> Result<Timeline> {
        self.fail()
    }
    async fn position(&self) -> Result<Position> {
        self.fail()
    }
    async fn catch_up(&self) -> Result<Position> {
        self.fail()
    }
}

fn server(error: fn() -> Error) -> Server {
    let broken = Arc::new(Broken(error));
    Server::over(Operations::new(broken.clone(), broken), &ServerConfig::default(), Caller::open())
}

const ASKING: [&str; 7] = [
    "/api/events",
    "/api/events/x",
    "/api/filter-options",
    "/api/timeline",
    "/api/summary",
    "/api/export",
    "/api/source-health",
];

#[test]
fn a_bug_is_a_500_that_tells_nothing_of_the_inside() {
    let server = server(|| Error::internal("/secret/path").because(std::io::Error::other("secret cause")));
    for path in ASKING {
        let answer = server.get(path);
        assert_eq!(answer.status, 500, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let problem = answer.json();
        assert_eq!(problem["title"], "internal error");
        assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"));
        assert!(!answer.body.contains("secret"), "{path}: {}", answer.body);
    }
}

#[test]
fn what_is_not_there_now_is_a_503_that_says_when_to_try_again() {
    let server = server(|| Error::unavailable("/secret/path is full").wait(Duration::from_secs(7)));
    for path in ASKING {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")), "{path}");
        assert!(!answer.body.contains("secret"), "{path}: {}", answer.body);
    }
}

#[test]
fn a_server_whose_store_does_not_answer_is_not_healthy() {
    let server = server(|| Error::unavailable("/secret/path is gone"));
    let answer = server.get("/health");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json(), serde_json::json!({"status": "unavailable", "store": "unavailable"}));
    let figures = server.get("/metrics");
    assert_eq!(figures.status, 200);
    assert!(
        figures.body.contains("\naoc_store_up 0\n") && !figures.body.contains("aoc_events"),
        "{}",
        figures.body
    );
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get("/api/version").status, 200);
}
