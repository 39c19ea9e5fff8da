//! What the tests of the API share: a server on a free port, invented events, a client.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "not every test needs all of it")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use aoc_core::{Event, MemoryStore, Outcome, RawJson, Timestamp, store::EventLog};
use aoc_server::{Caller, Operations, ServerConfig, server};
use serde_json::Value;
use tokio::{runtime::Runtime, sync::oneshot};

/// A server that runs until it is dropped.
pub struct Server {
    pub address: SocketAddr,
    pub store: MemoryStore,
    runtime: Runtime,
    _stop: oneshot::Sender<()>,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Server {
    /// With these events, for this caller.
    pub fn start(events: &[Event], config: &ServerConfig, caller: Caller) -> Self {
        let store = MemoryStore::new();
        let operations = Operations::new(Arc::new(store.clone()), Arc::new(store.clone()));
        let server = Self { store, ..Self::over(operations, config, caller) };
        server.run(server.store.append(events)).unwrap();
        server
    }

    /// Over these operations, for this caller.
    pub fn over(operations: Operations, config: &ServerConfig, caller: Caller) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let router = server::router_for(Arc::new(operations), config, caller);
        let (stop, stopped) = oneshot::channel::<()>();
        runtime.spawn(server::serve(listener, router, async { drop(stopped.await) }));
        Self { address, store: MemoryStore::new(), runtime, _stop: stop }
    }

    /// With this many invented events.
    pub fn with_events(count: usize) -> Self {
        Self::start(&events(count), &ServerConfig::default(), Caller::open())
    }

    /// Runs something on the server's runtime.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[])
    }

    /// Sends JSON.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.exchange(method, path, &[("content-type", "application/json")], &body.to_string())
    }

    /// Sends a request as it is, one per connection.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.exchange(method, path, headers, "")
    }

    /// The same with a body.
    pub fn exchange(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let host = self.address.to_string();
        let own_host = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
        let mut text = format!("{method} {path} HTTP/1.0\r\n");
        if !own_host {
            text += &format!("host: {host}\r\n");
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            text += &format!("content-length: {}\r\n", body.len());
        }
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(format!("{text}\r\n{body}").as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        parse(&answer)
    }

    /// All items of a search, page by page.
    pub fn all(&self, query: &str, page_size: usize) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let answer = self.get(&format!("/api/events?{query}&page_size={page_size}&cursor={cursor}"));
            assert_eq!(answer.status, 200, "{}", answer.body);
            let page = answer.json();
            items.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return items,
            }
        }
    }
}

fn parse(answer: &[u8]) -> Answer {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap_or((line, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Answer { status, headers, body: String::from_utf8_lossy(&answer[end + 4..]).into_owned() }
}

/// The first moment of the invented events.
pub const FIRST: &str = "2026-03-02T08:00:00Z";

/// Invented events: one every ten minutes, three services, five actors, every seventh a failure.
pub fn events(count: usize) -> Vec<Event> {
    (0..count).map(event).collect()
}

/// One of them.
pub fn event(number: usize) -> Event {
    let first = Timestamp::parse(FIRST).unwrap().instant();
    let time = first + chrono::TimeDelta::minutes(10 * i64::try_from(number).unwrap());
    let source = ["entra_audit", "office365_activity"][number % 2];
    let mut event = Event::new(source, format!("event-{number}"), time.into());
    event.service = ["Exchange", "SharePoint", "UserManagement"][number % 3].into();
    event.operation = ["Add member to role", "FileAccessed", "Set-Mailbox, all"][number % 3].into();
    event.result = if number.is_multiple_of(7) { Outcome::Failure } else { Outcome::Success };
    event.tenant = ["tenant-a", "tenant-b"][number % 2].into();
    event.actor_display = Some(["Ada", "Berta", "Chen", "=cmd()", "Zoë"][number % 5].into());
    event.actor_upn = Some(format!("user{}@contoso.example", number % 5));
    event.target_displays = vec![format!("target {}", number % 11)];
    event.display_summary = format!("somebody did something, number {number}");
    event.normalizer = "test/1".into();
    event.raw = RawJson::parse(format!(r#"{{"n":{number},"weight":1.50,"note":"needle-{}"}}"#, number % 100))
        .unwrap();
    event
}
