//! Notifications of Microsoft Graph: the handshake, and what rings which source.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod common;

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aoc_core::{Doorbell, prelude::*, testkit::fakes::Numbers};
use aoc_server::{Caller, Operations, ServerConfig};
use common::Server;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Counts how often it was asked; rings for notifications that know the word.
#[derive(Clone, Default)]
struct House {
    asked: Arc<AtomicUsize>,
    looked_at: Arc<AtomicUsize>,
}

#[async_trait]
impl Source for House {
    async fn fetch(&self, _: &Bookmark) -> Result<Page> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(Page::new(Vec::new(), Cursor::default()))
    }
}

impl Doorbell for House {
    fn rings(&self, notification: &Value) -> bool {
        self.looked_at.fetch_add(1, Ordering::SeqCst);
        notification["clientState"] == "the word"
    }
}

const PATH: &str = "/api/webhooks/graph";

fn serving(house: &House) -> (Server, Runtime) {
    let runtime = Runtime::new().unwrap();
    let operations = runtime.block_on(async {
        let store = Arc::new(MemoryStore::new());
        let feed = Feed::new(house.clone(), Numbers).with_doorbell(Arc::new(house.clone()));
        let running = Pipeline::over(store.clone()).index(store.clone()).source("entra", feed).start();
        while running.status().sources["entra"].last_success.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Operations::new(store.clone(), store).with(running)
    });
    // Nobody signs in here: Microsoft has no account with us.
    (Server::over(operations, &ServerConfig::default(), Caller::open()), runtime)
}

/// Status, head and body of the answer to a notification.
fn post(server: &Server, path: &str, body: &[u8]) -> (u16, String, String) {
    let mut stream = TcpStream::connect(server.address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.0\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A body that is too large is answered before it is read.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_lowercase(), body.to_owned())
}

fn notify(server: &Server, body: &Value) -> u16 {
    post(server, PATH, body.to_string().as_bytes()).0
}

fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < Duration::from_secs(30), "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The figure of an outcome in `/metrics`.
fn counted(server: &Server, outcome: &str) -> usize {
    let page = server.get("/metrics").body;
    let name = format!("aoc_webhook_notifications_total{{outcome=\"{outcome}\"}} ");
    page.lines().find_map(|line| line.strip_prefix(&name)).unwrap().parse().unwrap()
}

#[test]
fn the_handshake_repeats_the_token_as_plain_text() {
    let (server, _runtime) = serving(&House::default());
    let token = "Validation%3A+Testing+client+%3Cscript%3Ealert(1)%3C%2Fscript%3E+%C3%BC";
    let (status, head, body) = post(&server, &format!("{PATH}?validationToken={token}"), b"");
    assert_eq!((status, body.as_str()), (200, "Validation: Testing client <script>alert(1)</script> ü"));
    assert!(head.contains("content-type: text/plain; charset=utf-8"), "{head}");
    assert!(head.contains("x-content-type-options: nosniff"), "{head}");
    assert!(head.contains("content-security-policy: default-src 'none'"), "{head}");
}

#[test]
fn a_token_that_is_too_long_or_empty_is_refused() {
    let (server, _runtime) = serving(&House::default());
    let with = |length: usize| post(&server, &format!("{PATH}?validationToken={}", "x".repeat(length)), b"");
    assert_eq!(with(8_192).0, 200);
    for length in [0, 8_193] {
        let (status, head, body) = with(length);
        assert_eq!(status, 400, "{length}");
        assert!(head.contains("application/problem+json") && !body.contains("xxx"), "{head}");
    }
    assert_eq!(server.get(&format!("{PATH}?validationToken=x")).status, 405);
}

#[test]
fn a_genuine_notification_makes_the_source_fetch() {
    let house = House::default();
    let (server, _runtime) = serving(&house);
    let before = house.asked.load(Ordering::SeqCst);
    let genuine = json!({"value": [{"clientState": "the word", "resource": "users/1"}]});
    assert_eq!(notify(&server, &genuine), 202);
    eventually("it is fetched", || house.asked.load(Ordering::SeqCst) == before + 1);
    eventually("it is counted", || counted(&server, "rung") == 1);
}

#[test]
fn what_is_not_genuine_gets_the_same_answer_and_does_nothing() {
    let house = House::default();
    let (server, _runtime) = serving(&house);
    let before = house.asked.load(Ordering::SeqCst);
    assert_eq!(notify(&server, &json!({"value": [{"clientState": "a guess"}, {}, 7]})), 202);
    eventually("they are counted", || counted(&server, "ignored") == 2 && counted(&server, "malformed") == 1);
    let bodies = [&b""[..], b"{", b"[]", b"{\"value\":{}}", b"\xff\xfe", br#"{"value":[{"a":}]}"#];
    for (malformed, body) in (2..).zip(bodies) {
        let (status, _, answer) = post(&server, PATH, body);
        assert_eq!((status, answer.as_str()), (202, ""), "{body:?}");
        eventually("it is counted", || counted(&server, "malformed") == malformed);
    }
    assert_eq!(counted(&server, "rung"), 0);
    assert_eq!(house.asked.load(Ordering::SeqCst), before);
}

#[test]
fn a_flood_costs_little() {
    let house = House::default();
    let (server, _runtime) = serving(&house);
    let many = json!({"value": vec![json!({"clientState": "the word"}); 20_000]}).to_string();
    assert!(many.len() < 1 << 20);
    let begin = Instant::now();
    for _ in 0..100 {
        assert_eq!(post(&server, PATH, many.as_bytes()).0, 202);
    }
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert!(house.looked_at.load(Ordering::SeqCst) <= 100 * 1_000, "the head of each is enough");
    assert_eq!(server.get("/health").status, 200);
    let larger = vec![b' '; (1 << 20) + 1];
    assert_eq!(post(&server, PATH, &larger).0, 413);
}
