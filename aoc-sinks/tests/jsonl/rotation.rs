//! Rotated files hold every line, once and whole, whatever happens between.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

use aoc_core::{ErrorKind, Event, Sink, prelude::*, testkit::events::Generator};
use aoc_sinks::{JsonLines, JsonLinesSink, format::Format};

/// The files of a folder by name, and the events in each.
fn files(folder: &Path) -> BTreeMap<String, Vec<Event>> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "a line without an end: {}", path.display());
        let events = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), events)
    };
    fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap().path())).collect()
}

fn sink(path: &Path, change: impl FnOnce(&mut JsonLines)) -> JsonLinesSink {
    let mut config = JsonLines::to(path);
    change(&mut config);
    JsonLinesSink::of(config).unwrap()
}

/// As if the last line had been written then.
fn written_at(path: &Path, rfc3339: &str) {
    let time: SystemTime = Timestamp::parse(rfc3339).unwrap().instant().into();
    File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

fn ids(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.id.as_str()).collect()
}

#[tokio::test]
async fn a_file_has_no_more_bytes_than_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    let events = Generator::new(31).events(120);
    for batch in events.chunks(4) {
        // Each as after a restart.
        sink(&path, |config| config.rotate_bytes = Some(40_000)).deliver(batch).await.unwrap();
    }
    let files = files(folder.path());
    assert!(files.len() > 2, "{:?}", files.keys());
    let alone = |events: &Vec<Event>| events.len() <= 4;
    for (name, events) in &files {
        let bytes = fs::metadata(folder.path().join(name)).unwrap().len();
        assert!(bytes <= 40_000 || alone(events), "{name} has {bytes} bytes");
    }
    let mut found: Vec<&str> = files.values().flat_map(|events| ids(events)).collect();
    let mut all = ids(&events);
    assert_eq!(found.len(), all.len());
    found.sort_unstable();
    all.sort_unstable();
    assert_eq!(found, all);
}

#[tokio::test]
async fn a_batch_larger_than_a_file_may_be_is_not_split() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    let events = Generator::new(32).events(9);
    let sink = sink(&path, |config| config.rotate_bytes = Some(1));
    for batch in events.chunks(3) {
        sink.deliver(batch).await.unwrap();
        sink.deliver(&[]).await.unwrap();
    }
    let files = files(folder.path());
    assert_eq!(files.len(), 3, "{:?}", files.keys());
    assert_eq!(files["events.ndjson"], events[6..]);
    assert!(files.values().all(|events| events.len() == 3));
}

#[tokio::test]
async fn the_first_event_of_a_day_begins_a_new_file_named_by_the_last_of_the_old() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    let events = Generator::new(33).events(4);
    let sink = sink(&path, |config| config.rotate_every = Some("1d".parse().unwrap()));
    for (event, time) in events.iter().zip(["2026-01-05T23:59:59Z", "2026-01-06T11:00:00Z"]) {
        sink.deliver(std::slice::from_ref(event)).await.unwrap();
        written_at(&path, time);
    }
    sink.deliver(&events[2..3]).await.unwrap();
    sink.deliver(&events[3..]).await.unwrap();
    let files = files(folder.path());
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["events.ndjson", "events.ndjson.20260105T235959Z", "events.ndjson.20260106T110000Z"]);
    assert_eq!(files["events.ndjson"], events[2..]);
    assert_eq!(files["events.ndjson.20260105T235959Z"], events[..1]);
}

#[tokio::test]
async fn no_file_is_overwritten_and_the_oldest_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    for theirs in ["events.ndjson.gz", "events.ndjson.20200101T000000Z.gz", "events.ndjson.2020", "other"] {
        fs::write(folder.path().join(theirs), "").unwrap();
    }
    let events = Generator::new(34).events(14);
    let sink = sink(&path, |config| (config.rotate_bytes, config.keep) = (Some(1), 11));
    for event in &events {
        sink.deliver(std::slice::from_ref(event)).await.unwrap();
        written_at(&path, "2026-01-05T09:00:00Z");
    }
    let files = files(folder.path());
    assert_eq!(files.len(), 4 + 1 + 11, "{:?}", files.keys());
    assert_eq!(files["events.ndjson"], events[13..]);
    for number in 2..=12 {
        let name = format!("events.ndjson.20260105T090000Z.{number}");
        assert_eq!(files[&name], events[number..=number], "the counter orders as a number does");
    }
}

#[tokio::test]
async fn what_a_crash_left_is_mended_before_the_file_is_rotated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    let events = Generator::new(35).events(3);
    sink(&path, |_| {}).deliver(&events[..2]).await.unwrap();
    let length = fs::metadata(&path).unwrap().len();
    File::options().write(true).open(&path).unwrap().set_len(length - 20).unwrap();
    written_at(&path, "2026-01-05T09:00:00Z");
    let sink = sink(&path, |config| config.rotate_every = Some("1h".parse().unwrap()));
    sink.deliver(&events[1..]).await.unwrap();
    let files = files(folder.path());
    assert_eq!(files["events.ndjson.20260105T090000Z"], events[..1]);
    assert_eq!(files["events.ndjson"], events[1..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sinks_that_share_a_file_rotate_it_once_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    let events = Generator::new(36).events(240);
    let writers: Vec<_> = events
        .chunks(80)
        .map(|mine| {
            let (mine, sink) = (mine.to_vec(), sink(&path, |config| config.rotate_bytes = Some(30_000)));
            tokio::spawn(async move {
                for batch in mine.chunks(2) {
                    sink.deliver(batch).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let files = files(folder.path());
    let mut found: Vec<&str> = files.values().flat_map(|events| ids(events)).collect();
    let mut all = ids(&events);
    found.sort_unstable();
    all.sort_unstable();
    assert_eq!(found, all);
    for (name, _) in files.iter().filter(|(name, _)| name.as_str() != "events.ndjson") {
        let bytes = fs::metadata(folder.path().join(name)).unwrap().len();
        assert!(bytes > 15_000, "{name} was rotated with {bytes} bytes");
    }
}

#[tokio::test]
async fn a_batch_torn_anywhere_is_whole_after_it_came_again_in_every_format() {
    let events = Generator::new(37).events(3);
    for format in [Format::Aoc, Format::Ecs, Format::Ocsf, Format::Cef] {
        let Ok(lines) = events.iter().map(|event| format.line(event)).collect::<Result<Vec<_>>>() else {
            eprintln!("skipped: {format:?} is not written yet");
            continue;
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.ndjson");
        let sink = sink(&path, |config| config.format = format);
        sink.deliver(&events[..1]).await.unwrap();
        let before = fs::read_to_string(&path).unwrap();
        sink.deliver(&events[1..]).await.unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        for length in (before.len()..whole.len()).step_by(97).chain([whole.len() - 1]) {
            fs::write(&path, &whole.as_bytes()[..length]).unwrap();
            sink.deliver(&events[1..]).await.unwrap();
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.ends_with(&whole[before.len()..]), "{format:?} torn at {length}");
            assert!(text.lines().all(|line| lines.iter().any(|known| known == line)), "{format:?}: {text}");
        }
    }
}

#[tokio::test]
async fn options_that_make_no_sense_are_said_so() {
    for (options, sentence) in [
        (
            r#"{"path":"-","rotate_every":"1d"}"#,
            "standard output cannot be rotated, expected a file as `path`",
        ),
        (r#"{"path":"a","keep":3}"#, "`keep` without rotation, expected `rotate_bytes` or `rotate_every`"),
        (r#"{"path":"a","rotate_bytes":0}"#, "`rotate_bytes` is 0, expected at least 1"),
        (r#"{"path":"a","rotate_every":"0s"}"#, "`rotate_every` is no time, expected such as `1d`"),
    ] {
        let config: JsonLines = serde_json::from_str(options).unwrap();
        let error = JsonLinesSink::of(config).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Config, sentence));
    }
}
