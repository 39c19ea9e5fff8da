//! `aoc serve` over a database of the Python original, with nothing set but `MONGO_URI`.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use aoc_sinks::{mongodb::originals, testkit::Mongod};
use serde_json::{Value, json};

const DOCUMENTS: usize = 2_000;
/// The database that the original uses, and we do where nothing else is said.
const DATABASE: &str = "micro_soc";

/// A server that is killed when the test ends.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(uri: &str, folder: &std::path::Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .env_clear()
            .env("MONGO_URI", uri);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("http://")).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        let address = line[line.find("http://").unwrap()..].split(' ').next().unwrap().to_owned();
        Self { child, address }
    }

    fn get(&self, path: &str) -> Value {
        let mut text = String::new();
        let mut answer = ureq::get(format!("{}{path}", self.address)).call().unwrap();
        answer.body_mut().as_reader().read_to_string(&mut text).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn total(&self, query: &str) -> Value {
        self.get(&format!("/api/events?{query}"))["total"].clone()
    }

    /// Waits until so many events are found.
    fn has(&self, events: usize) {
        let begun = Instant::now();
        while self.total("") != json!(events) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{} of {events}", self.total(""));
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_the_original_are_served_from_its_own_database() {
    let mongod = Mongod::start().await;
    originals::fill(&mongod.uri(), DATABASE, &originals::documents(DOCUMENTS)).await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&mongod.uri(), folder.path());
    // Every twentieth repeats another.
    server.has(DOCUMENTS - DOCUMENTS / 20);
    assert_eq!(server.total("search=file-1001"), json!(1), "a record that is there as text only");
    assert_eq!(
        server.total("search=needle-1005"),
        json!(1),
        "what no source sends is there as the original told it"
    );
    assert_eq!(
        server
            .total("source=intune_audit&service=Intune&operation=Create policy".replace(' ', "%20").as_str()),
        json!(300)
    );
    assert!(server.total("actor=user3@contoso.example").as_u64().unwrap() > 200);
    let event = &server.get("/api/events?search=file-1011")["items"][0];
    let event = server.get(&format!("/api/events/{}", event["id"].as_str().unwrap()));
    assert_eq!(
        (&event["source"], &event["normalizer"]),
        (&json!("office365_activity"), &json!("office365_activity/1"))
    );
    assert_eq!(event["raw"]["ObjectId"], "https://contoso.example/file-1011");
    drop(server);
    let again = Server::start(&mongod.uri(), folder.path());
    again.has(DOCUMENTS - DOCUMENTS / 20);
}
