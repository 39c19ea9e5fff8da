//! What the tests share: the real records, and a store in a few lines.
#![allow(dead_code, unreachable_pub, missing_docs)]

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
};

use aoc_connectors::{AnyRecord, read_records};
use aoc_core::{Event, Key, Normalizer, Record, normalize};

/// The folder of real records, which is no part of the repository.
pub fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there are no real records in {}", folder.display());
    None
}

/// All records of a file.
pub fn records(path: &Path) -> Vec<Record> {
    read_records(File::open(path).unwrap()).map(|record| record.unwrap()).collect()
}

/// All events of a file.
pub fn events(path: &Path) -> Vec<Event> {
    let normalizer = AnyRecord::new();
    records(path).into_iter().map(|record| normalize(&normalizer, record)).collect()
}

/// The event of one JSON text.
pub fn event(normalizer: &dyn Normalizer, json: &str) -> Event {
    normalize(normalizer, record(json))
}

/// A record of one JSON text that always arrives at the same time.
pub fn record(json: &str) -> Record {
    let mut record = Record::new(aoc_core::RawJson::parse(json).unwrap());
    record.received_at = aoc_core::Timestamp::parse("2026-02-01T00:00:00Z").unwrap();
    record
}

/// Keeps events as a store does: each once, a different one under a known key as a revision.
#[derive(Default)]
pub struct Kept {
    pub events: HashMap<Key, Event>,
    pub revisions: usize,
    pub repeats: usize,
}

impl Kept {
    pub fn add(&mut self, event: Event) {
        let Some(first) = self.events.get(&event.dedupe_key) else {
            self.events.insert(event.dedupe_key.clone(), event);
            return;
        };
        let known = self.events.values().filter(|kept| kept.revision_of.as_deref() == Some(&first.id));
        if event.is_repeat_of(first) || known.into_iter().any(|kept| event.is_repeat_of(kept)) {
            self.repeats += 1;
            return;
        }
        let revision = event.into_revision();
        self.events.insert(revision.dedupe_key.clone(), revision);
        self.revisions += 1;
    }

    pub fn add_all(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.add(event);
        }
    }
}
