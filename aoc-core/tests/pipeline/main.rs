//! The two loops: what a source, a sink, an evaluator and the store may do to them, and what they do then.
#![allow(clippy::unwrap_used, reason = "tests panic to fail")]

mod alerts;
mod leading;
mod sinks;
mod sources;
mod whole;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{
    normalize,
    prelude::*,
    testkit::{
        crash::{Trial, nothing_is_lost},
        fakes::Numbers,
    },
};

/// Waits until it is so; thirty seconds at most.
async fn eventually(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !so().await {
        assert!(begin.elapsed() < Duration::from_secs(30), "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn page(numbers: std::ops::Range<usize>, next: usize, more: bool) -> Result<Page> {
    let records = numbers.map(Numbers::record).collect();
    Ok(Page { more, ..Page::new(records, Cursor::of(next)?) })
}

fn ids(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| number.to_string()).collect()
}

async fn fill(store: &MemoryStore, numbers: std::ops::Range<usize>) {
    let events: Vec<Event> = numbers.map(|number| normalize(&Numbers, Numbers::record(number))).collect();
    store.append(&events).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_crashes_and_alerts_are_exact() {
    // Who remembers is shown all of the log again after each crash, and may crash at each step of that.
    for (records, probability, seed) in [(20_000, 0.01, 1), (5_000, 0.05, 2), (1_000, 0.2, 3)] {
        let trial = Trial { records, probability, seed, ..Trial::default() };
        let survived = nothing_is_lost(Arc::new(MemoryStore::new()), trial).await;
        assert!(survived.faults > 3, "{survived:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_crashes_at_the_very_start() {
    for seed in 100..130 {
        let trial = Trial { records: 200, page: 20, overlap: 3, probability: 0.2, seed };
        nothing_is_lost(Arc::new(MemoryStore::new()), trial).await;
    }
}
