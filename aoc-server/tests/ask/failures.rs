//! A store that fails while a question is answered.

use std::sync::Arc;

use aoc_core::{
    prelude::*,
    query::{BucketSize, Counted, Facet, Timeline},
    testkit::shared::Shared,
};
use aoc_server::{Caller, Operations, ServerConfig};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    common::Server,
    world::{asked, events},
};

/// An index that answers nothing but this error.
struct Broken(fn() -> Error);

#[async_trait]
impl EventIndex for Broken {
    async fn search(&self, _: &Query) -> Result<Hits> {
        Err((self.0)())
    }
    async fn count(&self, _: &Filter) -> Result<u64> {
        Err((self.0)())
    }
    async fn facets(&self, _: &Filter, _: &[Facet], _: usize) -> Result<Vec<Vec<Counted>>> {
        Err((self.0)())
    }
    async fn timeline(&self, _: &Filter, _: Option<BucketSize>) -> Result<Timeline> {
        Err((self.0)())
    }
    async fn position(&self) -> Result<Position> {
        Err((self.0)())
    }
    async fn catch_up(&self) -> Result<Position> {
        Err((self.0)())
    }
}

#[test]
fn a_store_that_fails_is_told_without_its_inside() {
    for (error, status) in [
        ((|| Error::unavailable("/secret/path is full")) as fn() -> Error, 503),
        (|| Error::internal("/secret/path").because(std::io::Error::other("secret cause")), 500),
    ] {
        let store = Arc::new(MemoryStore::new());
        Runtime::new().unwrap().block_on(store.append(&events())).unwrap();
        let operations = Operations::new(store, Arc::new(Broken(error)));
        let server = Server::over(operations, &ServerConfig::default(), Caller::open());
        for path in ["/api/ask", "/api/events/role/explain"] {
            let body = if path == "/api/ask" { asked(json!({})) } else { json!({}) };
            let answer = server.send("POST", path, &body);
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
            assert!(!answer.body.contains("secret"), "{path}: {}", answer.body);
        }
        let headers = [("accept", "text/event-stream")];
        let told = server.exchange("POST", "/api/ask", &headers, &asked(json!({})).to_string());
        assert!(told.status == 200 && told.body.starts_with("event: problem\ndata: {"), "{}", told.body);
        assert!(told.body.contains(&format!("\"status\":{status}")), "{}", told.body);
        assert_eq!(told.body.matches("event:").count(), 1);
        assert!(!told.body.contains("secret"), "{}", told.body);
    }
}

#[test]
fn a_process_that_stands_by_answers_and_records_nothing() {
    let (runtime, shared) = (Runtime::new().unwrap(), Shared::default());
    let operations = runtime.block_on(async {
        let (leader, store) = (shared.process("web1:4711").await, Arc::new(shared.process("b:2").await));
        leader.append(&events()).await.unwrap();
        Operations::new(store, Arc::new(shared.memory.clone())).audited()
    });
    let server = Server::over(operations, &ServerConfig::default(), Caller::open());
    let answer = server.send("POST", "/api/ask", &asked(json!({})));
    assert_eq!(
        (answer.status, &answer.json()["query_info"]["total_matched"]),
        (200, &json!(43)),
        "{}",
        answer.body
    );
    assert_eq!(server.get("/api/events").json()["total"], 43);
}
