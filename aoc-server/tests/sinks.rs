//! Sinks: how far they have come, what was refused, and delivering again; over HTTP and on the command line.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod common;

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{Error, MemoryStore, Pipeline, prelude::*, query::Filter, store::EventLog};
use aoc_server::{Caller, Operations, ServerConfig, operations::sinks::ConfiguredSink};
use common::{Server, events};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Refuses every fifth event for good as long as it is told to.
#[derive(Clone, Default)]
struct Picky {
    refuses: Arc<std::sync::atomic::AtomicBool>,
    got: Arc<std::sync::Mutex<Vec<String>>>,
}

#[async_trait]
impl Sink for Picky {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        let refuses = self.refuses.load(std::sync::atomic::Ordering::SeqCst);
        let mut delivered = Delivered::default();
        for (index, event) in events.iter().enumerate() {
            if refuses && event.id.ends_with('5') {
                delivered.refused.push((index, Error::rejected("no fives here")));
            } else {
                self.got.lock().unwrap().push(event.id.clone());
            }
        }
        Ok(delivered)
    }
}

fn serving(picky: &Picky) -> (Server, MemoryStore, Runtime) {
    let (runtime, store) = (Runtime::new().unwrap(), MemoryStore::new());
    let operations = runtime.block_on(async {
        let shared = Arc::new(store.clone());
        let running = Pipeline::over(shared.clone())
            .index(shared.clone())
            .sink_from(
                "picky",
                Arc::new(picky.clone()),
                Filter::default(),
                aoc_core::pipeline::Start::Beginning,
            )
            .start();
        let sink = ConfiguredSink { name: "picky".into(), r#type: "test".into(), filter: Filter::default() };
        Operations::new(shared.clone(), shared).with(running).forwarding(vec![sink])
    });
    (Server::over(operations, &ServerConfig::default(), Caller::open()), store, runtime)
}

fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < Duration::from_secs(30), "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_was_refused_is_told_and_delivered_again() {
    let picky = Picky::default();
    picky.refuses.store(true, std::sync::atomic::Ordering::SeqCst);
    let (server, store, _runtime) = serving(&picky);
    server.run(store.append(&events(20))).unwrap();
    let sink = |server: &Server| server.get("/api/sinks").json()["items"][0].clone();
    eventually("all is handed on", || sink(&server)["position"] == 20);
    let told = sink(&server);
    assert_eq!(
        (&told["name"], &told["type"], &told["state"]),
        (&json!("picky"), &json!("test"), &json!("ok"))
    );
    assert_eq!(
        (&told["behind"], &told["lag_seconds"], &told["set_aside"]),
        (&json!(0), &json!(0), &json!(2))
    );
    let refused = server.get("/api/sinks/picky/rejected").json();
    assert_eq!(refused["total"], 2);
    assert_eq!(
        (&refused["items"][0]["id"], &refused["items"][0]["position"]),
        (&json!("event-5"), &json!(6))
    );
    assert_eq!(refused["items"][0]["reason"], "no fives here");
    let behind = server.get("/api/sinks/picky/rejected?after=6").json();
    assert_eq!((&behind["total"], behind["items"].as_array().unwrap().len()), (&json!(2), 1));
    assert!(server.get("/metrics").body.contains("aoc_follower_set_aside{follower=\"picky\"} 2"));
    let health = server.get("/api/source-health").json();
    let followers = health["followers"].as_array().unwrap();
    assert!(followers.iter().any(|one| one["name"] == "picky" && one["set_aside"] == 2), "{health}");
    picky.refuses.store(false, std::sync::atomic::Ordering::SeqCst);
    let asked = server.send("POST", "/api/sinks/picky/replay", &json!({"only_rejected": true}));
    assert_eq!((asked.status, &asked.json()["events"]), (202, &json!(2)), "{}", asked.body);
    eventually("nothing is set aside any more", || sink(&server)["set_aside"] == 0);
    assert_eq!(picky.got.lock().unwrap().len(), 20);
}

#[test]
fn all_that_was_stored_since_is_delivered_again() {
    let picky = Picky::default();
    let (server, store, _runtime) = serving(&picky);
    let mut stored = events(10);
    stored.iter_mut().for_each(|event| event.ingested_at = Some(Timestamp::now()));
    server.run(store.append(&stored)).unwrap();
    let got = || picky.got.lock().unwrap().len();
    eventually("all is handed on", || got() == 10);
    let replay = |from: Value| server.send("POST", "/api/sinks/picky/replay", &json!({ "from": from }));
    assert_eq!(replay(json!(7)).json()["events"], 3);
    eventually("three come again", || got() == 13);
    assert_eq!(replay(json!("2999-01-01")).json()["events"], 0);
    assert_eq!(replay(json!("0")).json()["from"], 0);
    eventually("all come again", || got() == 23);
    for (body, expected) in [
        (json!({}), "from: expected a position or a time"),
        (json!({"from": "yesterday"}), "from: not a time"),
        (json!({"form": 1}), "form: unknown field `form`"),
    ] {
        let answer = server.send("POST", "/api/sinks/picky/replay", &body);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && detail.starts_with(expected), "{body}: {detail}");
    }
    let missing = server.send("POST", "/api/sinks/none/replay", &json!({"from": 0}));
    assert_eq!(
        (missing.status, &missing.json()["detail"]),
        (404, &json!("no sink `none`; there are: picky"))
    );
}

fn aoc(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
    command.args(arguments).current_dir(place).env_clear().stdin(Stdio::null()).output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_command_line_lists_sinks_and_asks_for_delivering_again() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path();
    let config =
        "[sinks.copy]\ntype = \"jsonl\"\npath = \"copy.jsonl\"\nfilter = { service = \"Exchange\" }\n";
    fs::write(path.join("aoc.toml"), config).unwrap();
    let record = json!({"id": "Directory_1", "activityDateTime": "2026-03-02T08:00:00Z",
        "activityDisplayName": "Add user", "category": "UserManagement", "result": "success",
        "initiatedBy": {"user": {"userPrincipalName": "kim@contoso.example"}}, "targetResources": []});
    fs::write(path.join("records.jsonl"), record.to_string()).unwrap();
    assert!(aoc(path, &["import", "records.jsonl"]).status.success());
    let listed = aoc(path, &["sinks", "list", "--format", "json"]);
    let sink: Value = serde_json::from_str(&said(&listed.stdout)).unwrap();
    assert_eq!(
        (&sink["name"], &sink["type"], &sink["position"]),
        (&json!("copy"), &json!("jsonl"), &Value::Null)
    );
    assert_eq!(sink["filter"], json!({"service": ["Exchange"]}));
    assert!(said(&aoc(path, &["sinks", "list"]).stdout).contains("never ran"));
    let asked = aoc(path, &["sinks", "replay", "copy", "--from", "0"]);
    assert!(said(&asked.stdout).contains("copy: what is behind position 0"), "{}", said(&asked.stderr));
    assert!(aoc(path, &["sinks", "list", "--rejected", "copy"]).status.success());
    assert!(!aoc(path, &["sinks", "replay", "copy"]).status.success());
    let missing = aoc(path, &["sinks", "replay", "none", "--from", "0"]);
    assert!(said(&missing.stderr).contains("no sink `none`; there are: copy"), "{}", said(&missing.stderr));
}

#[test]
fn a_sink_cannot_take_the_name_of_another_follower() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("aoc.toml"), "[sinks.alerts]\ntype = \"jsonl\"\npath = \"x\"\n").unwrap();
    let output = aoc(place.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output.stdout).contains("sinks.alerts: a sink cannot have this name"));
}
