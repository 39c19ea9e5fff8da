//! The right answers, the slow way.

use std::{cmp::Reverse, collections::BTreeMap, fmt::Write};

use super::super::store::everything;
use crate::{
    EventStore, Filter, Outcome, Timestamp,
    query::{Bucket, BucketSize, Counted, Facet, Timeline},
    store::Stored,
};

/// All that is in a log and not forgotten, newest first; it answers as [`Filter::matches`] says.
#[derive(Debug)]
pub struct Oracle {
    stored: Vec<Stored>,
}

impl Oracle {
    /// Reads the log.
    ///
    /// # Panics
    /// When the log fails.
    pub async fn of(store: &dyn EventStore) -> Self {
        let horizon = store.horizon().await.unwrap().map_or(i64::MIN, Timestamp::ticks);
        let mut stored = everything(store).await;
        stored.retain(|stored| stored.event.timestamp.ticks() >= horizon);
        stored.sort_by_key(|stored| Reverse((stored.event.timestamp.ticks(), stored.position)));
        Self { stored }
    }

    /// The events of a filter, newest first.
    pub fn matching(&self, filter: &Filter) -> Vec<&Stored> {
        self.stored.iter().filter(|stored| filter.matches(&stored.event)).collect()
    }

    /// How often the values of a facet occur in these events, the most frequent first, then by value.
    pub fn facet(found: &[&Stored], facet: Facet, most: usize) -> Vec<Counted> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for value in found.iter().flat_map(|stored| facet.values(&stored.event)) {
            *counts.entry(value).or_default() += 1;
        }
        let mut counted: Vec<Counted> =
            counts.into_iter().map(|(value, count)| Counted { value, count }).collect();
        counted.sort_by_key(|counted| Reverse(counted.count));
        counted.truncate(most);
        counted
    }

    /// These events over time. An open bucket size is the smallest that cuts their range into at most 200.
    pub fn timeline(found: &[&Stored], bucket: Option<BucketSize>) -> Timeline {
        let ticks = |stored: &&Stored| stored.event.timestamp.ticks();
        let (from, until) = (found.iter().map(ticks).min(), found.iter().map(ticks).max());
        let fits = |size: &BucketSize| {
            let starts =
                std::iter::successors(from.map(|from| size.floor(from)), |start| Some(size.next(*start)));
            starts.take(201).take_while(|start| Some(*start) <= until).count() <= 200
        };
        let bucket = bucket.or_else(|| BucketSize::ALL.into_iter().find(fits)).unwrap_or(BucketSize::Month);
        let mut buckets: BTreeMap<i64, Bucket> = BTreeMap::new();
        for stored in found {
            let start = bucket.floor(ticks(stored));
            let empty = || Bucket { start: Timestamp::from_ticks(start), count: 0, failures: 0 };
            let bucket = buckets.entry(start).or_insert_with(empty);
            bucket.count += 1;
            bucket.failures += u64::from(stored.event.result == Outcome::Failure);
        }
        Timeline { bucket, buckets: buckets.into_values().collect() }
    }
}

/// What is wrong with an answer, for people to read: the filter, and the first events that differ.
pub(super) fn difference(filter: &Filter, expected: &[&Stored], found: &[Stored]) -> String {
    let mut text = format!("filter {}\n", serde_json::to_string(filter).unwrap_or_default());
    let parts = filter.search.parts();
    let _ = writeln!(text, "parts {parts:?}; {} expected, {} found", expected.len(), found.len());
    let found_at = |stored: &Stored| found.iter().any(|other| other.position == stored.position);
    let expected_at = |stored: &Stored| expected.iter().any(|other| other.position == stored.position);
    for missing in expected.iter().filter(|stored| !found_at(stored)).take(3) {
        describe(&mut text, "MISSING", missing);
    }
    for extra in found.iter().filter(|stored| !expected_at(stored)).take(3) {
        describe(&mut text, "EXTRA", extra);
    }
    let place = expected.iter().zip(found).position(|(a, b)| **a != *b);
    if let Some((at, stored)) = place.and_then(|at| Some((at, found.get(at)?))) {
        let _ = writeln!(text, "the first difference is at index {at}:");
        describe(&mut text, "expected", expected[at]);
        describe(&mut text, "found", stored);
    }
    text
}

fn describe(text: &mut String, what: &str, stored: &Stored) {
    let event = serde_json::to_string(&stored.event).unwrap_or_default();
    let short: String = event.chars().take(2_000).collect();
    let _ = writeln!(text, "{what} at {}: {short}", stored.position.0);
}
