//! The file of events keeps the promises of every sink.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod output;
mod rotation;

use std::sync::Arc;

use aoc_core::{ErrorKind, Event, Sink, testkit::events::Generator, testkit::sink::Receiver};
use aoc_sinks::JsonLinesSink;
use async_trait::async_trait;
use tempfile::TempDir;

struct Lines {
    place: TempDir,
    sink: JsonLinesSink,
}

async fn lines() -> Lines {
    let place = tempfile::tempdir().unwrap();
    let sink = JsonLinesSink::new(place.path().join("folder/events.ndjson"));
    std::fs::create_dir(place.path().join("folder")).unwrap();
    Lines { place, sink }
}

#[async_trait]
impl Receiver for Lines {
    fn sink(&self) -> Arc<dyn Sink> {
        Arc::new(self.sink.clone())
    }

    async fn arrived(&self) -> Vec<String> {
        read(self).into_iter().map(|event| event.id).collect()
    }

    async fn refuse(&self, _: Option<ErrorKind>) -> bool {
        false
    }
}

fn read(lines: &Lines) -> Vec<Event> {
    let text = std::fs::read_to_string(lines.place.path().join("folder/events.ndjson")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

aoc_core::suite!(sink, lines);

#[tokio::test]
async fn what_a_crash_left_of_a_line_is_cut_off() {
    let lines = lines().await;
    let events = Generator::new(5).events(4);
    lines.sink.deliver(&events[..2]).await.unwrap();
    let path = lines.place.path().join("folder/events.ndjson");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str(&"{\"id\":\"half".repeat(3_000));
    std::fs::write(&path, text).unwrap();
    JsonLinesSink::new(&path).deliver(&events[2..]).await.unwrap();
    assert_eq!(read(&lines), events);
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    for theirs in ["a note without an end", "{\"name\":\"a file of settings\"}", "{\"id\":1}", "a\nb"] {
        let lines = lines().await;
        let path = lines.place.path().join("folder/events.ndjson");
        std::fs::write(&path, theirs).unwrap();
        lines.sink.deliver(&Generator::new(5).events(1)).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&format!("{theirs}\n{{\"id\"")), "{text}");
    }
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_followed_by_a_new_one_and_two_sinks_may_share_one() {
    let lines = lines().await;
    let path = lines.place.path().join("folder/events.ndjson");
    let events = Generator::new(6).events(30);
    lines.sink.deliver(&events[..10]).await.unwrap();
    std::fs::rename(&path, lines.place.path().join("folder/old.ndjson")).unwrap();
    let other = JsonLinesSink::new(&path);
    for pair in events[10..].chunks(2) {
        lines.sink.deliver(&pair[..1]).await.unwrap();
        other.deliver(&pair[1..]).await.unwrap();
    }
    assert_eq!(read(&lines), events[10..]);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_named() {
    let error = JsonLinesSink::new("/nowhere/events.ndjson").deliver(&[]).await.unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/events.ndjson: cannot write the file");
}
