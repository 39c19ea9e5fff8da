//! How much memory collecting takes, in a process of its own: the store keeps no event.
//!
//! `AOC_MEMORY_EVENTS` says how many events; 40,000 without.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use aoc_connectors::{
    FakeMicrosoft, Office365Activity,
    fake::{Generated, Tenant},
    microsoft::Hub,
};
use aoc_core::{
    Pipeline,
    prelude::*,
    query::Counted,
    store::{Added, Annotation, Note, Stored},
};
use serde_json::Value;
use tokio::sync::watch;

/// Knows which events it has had, and forgets what was in them.
struct Forgetful {
    known: Mutex<HashSet<u64>>,
    notes: Mutex<BTreeMap<String, Value>>,
    tail: watch::Sender<Position>,
}

impl Forgetful {
    fn known(&self) -> std::sync::MutexGuard<'_, HashSet<u64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventLog for Forgetful {
    async fn append(&self, events: &[Event]) -> Result<Vec<Added>> {
        let mut known = self.known();
        let add = |event: &Event| {
            let digest = BuildHasherDefault::<DefaultHasher>::default().hash_one(&event.id);
            let is_new = known.insert(digest);
            if is_new { Added::New(Position(known.len() as u64)) } else { Added::Duplicate }
        };
        Ok(events.iter().map(add).collect())
    }
    async fn read_after(&self, _: Position, _: usize) -> Result<Vec<Stored>> {
        Ok(Vec::new())
    }
    async fn read_at(&self, _: &[Position]) -> Result<Vec<Stored>> {
        Ok(Vec::new())
    }
    async fn get(&self, _: &str) -> Result<Vec<Stored>> {
        Ok(Vec::new())
    }
    async fn head(&self) -> Result<Position> {
        Ok(Position(self.known().len() as u64))
    }
    fn tail(&self) -> watch::Receiver<Position> {
        self.tail.subscribe()
    }
    async fn annotate(&self, _: Position, _: Annotation) -> Result<()> {
        Err(Error::not_found("no event is kept"))
    }
    async fn tagged(&self, _: &str) -> Result<Vec<Position>> {
        Ok(Vec::new())
    }
    async fn tags(&self) -> Result<Vec<Counted>> {
        Ok(Vec::new())
    }
    async fn forget_before(&self, _: Timestamp) -> Result<u64> {
        Ok(0)
    }
    async fn horizon(&self) -> Result<Option<Timestamp>> {
        Ok(None)
    }

    async fn rewrite(&self, _: &[Stored]) -> Result<()> {
        Ok(())
    }

    async fn remove(&self, _: &[Position]) -> Result<u64> {
        Ok(0)
    }
}

#[async_trait]
impl Notebook for Forgetful {
    async fn read(&self, key: &str) -> Result<Option<Value>> {
        Ok(self.notes.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }
    async fn write(&self, notes: &[Note]) -> Result<()> {
        let mut kept = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(notes.iter().map(|note| (note.key.clone(), note.value.clone())));
        Ok(())
    }
    async fn list(&self, _: &str) -> Result<Vec<Note>> {
        Ok(Vec::new())
    }
}

/// Collects these sets of blobs; says how many events came.
async fn collect(sets: &[Generated]) -> usize {
    let fake = FakeMicrosoft::start().await.unwrap();
    let tenant = fake.add_tenant(Tenant::new("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"));
    tenant.subscribe("Audit.SharePoint");
    for set in sets {
        tenant.generate(set.clone());
    }
    let store = std::sync::Arc::new(Forgetful {
        known: Mutex::default(),
        notes: Mutex::default(),
        tail: watch::channel(Position::default()).0,
    });
    let source = Office365Activity::new(fake.profile(&tenant)).only(&["Audit.SharePoint"]).unwrap();
    let feed = source.build_on(&Hub::unlimited()).unwrap();
    let pipeline = Pipeline::over(store.clone());
    let running = pipeline.source_every("office365", feed, Duration::from_secs(86_400)).start();
    running.fetch_now("office365").await.unwrap();
    running.stop().await.unwrap();
    store.known().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn collecting_takes_less_than_128_mb_whatever_the_blobs_are() {
    let wanted = std::env::var("AOC_MEMORY_EVENTS").ok().and_then(|text| text.parse().ok());
    let events: u64 = wanted.unwrap_or(40_000);
    let set = |blobs: u64, events: u64, seed: u32| Generated { seed, ..Generated::new(blobs, events) };
    let all = [
        ("many small blobs", vec![set(events / 100, 100, 1)]),
        ("many blobs of 5 MB", vec![set((events / 5_000).max(1), 5_000, 2)]),
        ("a blob of 80 MB among small ones", vec![set(1, 80_000, 3), set(50, 20, 4)]),
    ];
    for (name, sets) in all {
        let begun = Instant::now();
        let expected: u64 = sets.iter().map(|set| set.blobs * set.events_per_blob).sum();
        assert_eq!(collect(&sets).await as u64, expected, "{name}");
        println!("{name}: {expected} events in {:?}, at most {} MB", begun.elapsed(), most_resident() >> 20);
        assert!(most_resident() < 128 << 20, "{name}: {} MB", most_resident() >> 20);
    }
}

/// The most bytes that were in memory so far, where the system says.
fn most_resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1_024
}
