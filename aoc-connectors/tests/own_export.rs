//! What AOC exported is read back as the records it was made of.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use aoc_connectors::{AnyRecord, read_records};
use aoc_core::{Event, Timestamp, json_line, normalize};
use support::{Kept, record};

const LINES: &str = concat!(
    r#"{"Id":"1","CreationTime":"2026-01-05T09:00:00","Operation":"FileAccessed","Workload":"SharePoint","UserId":"kim@contoso.com","ObjectId":"a \u00e9"}"#,
    "\n",
    r#"{"id":"2","activityDateTime":"2026-01-05T09:00:00Z","activityDisplayName":"Update user","category":"UserManagement","result":"success","targetResources":[]}"#,
    "\n",
    r#"{"CreationTime":"soon","Operation":"New-X","Workload":"Exchange","UserId":"kim@contoso.com"}"#,
    "\n{\"broken\":\nno JSON, this\n{\"odd\":1}\n12\nnull\n",
);

fn events(bytes: &[u8], received_at: &str) -> Vec<Event> {
    let stamp = Timestamp::parse(received_at).unwrap();
    let read = |mut record: aoc_core::Record| {
        record.received_at = stamp;
        normalize(&AnyRecord::new(), record)
    };
    read_records(bytes).map(|record| read(record.unwrap())).collect()
}

/// As AOC exports: newest first.
fn exported(events: &[Event]) -> Vec<u8> {
    events.iter().rev().flat_map(|event| json_line(event).unwrap()).collect()
}

fn first_and_again() -> (Vec<Event>, Vec<Event>) {
    let mut first = events(LINES.as_bytes(), "2026-02-01T00:00:00Z");
    first[1].tenant = "contoso".into();
    first[1].available_at = Some(Timestamp::parse("2026-01-05T09:05:00.123Z").unwrap());
    let mut again = events(&exported(&first), "2026-03-01T00:00:00Z");
    again.reverse();
    (first, again)
}

#[test]
fn importing_an_export_into_its_own_store_adds_nothing() {
    let (first, again) = first_and_again();
    let mut kept = Kept::default();
    kept.add_all(first.clone());
    kept.add_all(again);
    assert_eq!((kept.events.len(), kept.revisions, kept.repeats), (first.len(), 0, first.len()));
}

#[test]
fn importing_an_exported_revision_into_its_own_store_adds_nothing() {
    let mut kept = Kept::default();
    let line = LINES.lines().next().unwrap();
    let lines = [line.to_owned(), line.replace("FileAccessed", "FileDeleted")].join("\n");
    kept.add_all(events(lines.as_bytes(), "2026-02-01T00:00:00Z"));
    let stored: Vec<Event> = kept.events.values().cloned().collect();
    kept.add_all(events(&exported(&stored), "2026-03-01T00:00:00Z"));
    assert_eq!((kept.events.len(), kept.revisions, kept.repeats), (2, 1, 2));
}

#[test]
fn importing_the_export_of_every_real_file_gives_the_same_ids_and_records() {
    let Some(data) = support::data() else { return };
    let paths = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.is_file()) {
        let first = support::events(&path);
        let again = events(&exported(&first), "2026-03-01T00:00:00Z");
        assert_eq!(again.len(), first.len(), "{}", path.display());
        for (again, first) in again.iter().zip(first.iter().rev()) {
            assert_eq!((&again.dedupe_key, &again.tenant), (&first.dedupe_key, &first.tenant));
            assert!(again.is_repeat_of(first) && again.says_the_same_as(first), "{}", first.raw.text());
        }
    }
}

#[test]
fn importing_an_export_into_an_empty_store_gives_the_same_events() {
    let (first, mut again) = first_and_again();
    assert_eq!(first.len(), 8);
    for (event, first) in again.iter_mut().zip(&first) {
        // When it was stored is the new store's; a time that was unreadable is known by when it was available.
        event.ingested_at = first.ingested_at;
        if first.has_unreadable_time() {
            assert_eq!(event.available_at, Some(first.timestamp));
            event.available_at = first.available_at;
        }
    }
    assert_eq!(again, first);
}

#[test]
fn an_exported_line_that_was_unreadable_stays_unreadable_under_its_id() {
    let first = support::event(&AnyRecord::new(), r#""{\"Id\":\"1\",\"Operation\":""#);
    let again = events(&json_line(&first).unwrap(), "2026-03-01T00:00:00Z");
    assert_eq!(first.service, "Unreadable");
    assert_eq!((&again[0].service, &again[0].id, &again[0].raw), (&first.service, &first.id, &first.raw));
    assert_eq!(first.raw, record(r#""{\"Id\":\"1\",\"Operation\":""#).raw);
}

#[test]
fn an_exported_alert_is_kept_whole() {
    let mut alert = Event::new("aoc", "rule/subject", Timestamp::parse("2026-01-05T09:00:00Z").unwrap());
    alert.normalizer = "aoc/1".into();
    let again = events(&json_line(&alert).unwrap(), "2026-03-01T00:00:00Z");
    assert!(again[0].raw.text().contains("\"dedupe_key\""), "{:?}", again[0].raw);
}
