//! `aoc fetch`, killed at any point of a collection over all four sources and run again, ends with every event that was
//! served, each once, and a ledger that is sealed.
//!
//! `AOC_CRASH_RECORDS`, `AOC_CRASH_KILLS` and `AOC_CRASH_SEED` make it larger or another.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod served;

use std::{
    collections::BTreeSet,
    fs,
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use aoc_core::{
    Notebook, Timestamp,
    ledger::{Coverage, Stage},
    testkit::{random::Random, store::everything},
};
use aoc_sinks::SqliteStore;
use chrono::TimeDelta;
use served::Served;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_is_killed_and_run_again_ends_with_exactly_what_was_served() {
    let number =
        |name: &str, default| std::env::var(name).map_or(default, |text| text.parse::<usize>().unwrap());
    let (records, kills) = (number("AOC_CRASH_RECORDS", 4_000), number("AOC_CRASH_KILLS", 8));
    let mut random = Random::new(number("AOC_CRASH_SEED", 1) as u64);
    let (mut killed, mut databases) = (0, 0);
    while killed < kills {
        let collection = Collection::new(&mut random, records).await;
        while killed < kills {
            let delay = Duration::from_millis(60 + random.below(700) as u64);
            match collection.fetch_for(delay).await {
                Some(_) => break,
                None => killed += 1,
            }
            // Some are left alone from here on.
            if random.per_mille(30) {
                break;
            }
        }
        collection.complete().await;
        databases += 1;
        println!(
            "{killed} kills, {databases} databases completed, {} events each",
            collection.served.fake.served_ids(&collection.served.tenant).len()
        );
    }
}

/// A tenant with records, and a database that is filled from it.
struct Collection {
    served: Served,
    place: TempDir,
}

impl Collection {
    async fn new(random: &mut Random, records: usize) -> Self {
        let served = Served::new(random, records, 20).await;
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("aoc.toml"), served.toml()).unwrap();
        Self { served, place }
    }

    /// Runs `aoc fetch`, and kills it after a while; how it ended, where it was quicker.
    async fn fetch_for(&self, delay: Duration) -> Option<ExitStatus> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.arg("fetch").current_dir(self.place.path()).env_remove("AOC_LOG");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + delay;
        while Instant::now() < until {
            if let Some(status) = child.try_wait().unwrap() {
                return Some(status);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        status.success().then_some(status)
    }

    /// Lets it come to its end, then lets a day pass so that everything settles, and compares.
    async fn complete(&self) {
        self.fetch_until_caught_up().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.served.fake.clear_faults();
        self.served.fake.advance(Duration::from_secs(25 * 3_600));
        let before = self.served.fake.now();
        self.fetch_until_caught_up().await;
        let store = SqliteStore::new(self.place.path().join("aoc.db"));
        let mut stored = BTreeSet::new();
        for event in everything(&store).await {
            assert!(event.event.revision_of.is_none(), "a revision: {}", event.event.id);
            assert!(stored.insert(event.event.id.clone()), "twice: {}", event.event.id);
        }
        let served = self.served.fake.served_ids(&self.served.tenant);
        let missing: Vec<_> = served.difference(&stored).take(5).collect();
        let more: Vec<_> = stored.difference(&served).take(5).collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "{} served, {} stored; missing {missing:?}, too many {more:?}",
            served.len(),
            stored.len()
        );
        self.assert_sealed(&store, before).await;
    }

    async fn assert_sealed(&self, store: &SqliteStore, now: Timestamp) {
        let settled: Timestamp = (now.instant() - TimeDelta::hours(24)).into();
        let notes = store.list("ledger/").await.unwrap();
        assert!(notes.len() > 20, "{} windows", notes.len());
        for note in notes {
            let window: Coverage = serde_json::from_value(note.value).unwrap();
            let is_sealed =
                window.stage == Stage::Sealed || (window.until > settled && window.stage == Stage::Stored);
            assert!(is_sealed, "{}: {window:?}", note.key);
            assert!(window.items.iter().all(|item| item.lost.is_none()), "{window:?}");
        }
    }

    async fn fetch_until_caught_up(&self) {
        for _ in 0..100 {
            let status = self
                .fetch_for(Duration::from_secs(300))
                .await
                .expect("a fetch takes longer than five minutes");
            if status.success() {
                return;
            }
        }
        panic!("does not catch up");
    }
}
