//! Delays: how long events take from happening to the log.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Event, Timestamp};

/// The upper ends of a histogram's buckets, in seconds: a minute to a week. What took longer is in the last bucket.
pub const DELAY_BOUNDS: [u64; 10] = [60, 300, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 604_800];

/// How many events took how long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Histogram {
    /// Events per bucket, as [`DELAY_BOUNDS`] divides them, and one for all that took longer.
    pub buckets: [u64; DELAY_BOUNDS.len() + 1],
    /// All delays together, in seconds.
    pub seconds: u64,
}

impl Histogram {
    /// Counts one delay.
    pub fn add(&mut self, delay: Duration) {
        let seconds = delay.as_secs();
        self.buckets[DELAY_BOUNDS.partition_point(|bound| *bound < seconds)] += 1;
        self.seconds += seconds;
    }

    /// How many delays were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// The delays of one service's events: whose they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delays {
    /// From happening until the vendor made them available; only where the vendor says when.
    pub vendor: Histogram,
    /// From being available (where the vendor does not say when: from happening) until they were stored.
    pub ours: Histogram,
}

impl Delays {
    /// Counts an event that is stored at this time.
    pub fn add(&mut self, event: &Event, now: Timestamp) {
        let between = |from: Timestamp, until: Timestamp| {
            (until.instant() - from.instant()).to_std().unwrap_or_default()
        };
        let available = event.available_at.unwrap_or(event.timestamp);
        if event.available_at.is_some() {
            self.vendor.add(between(event.timestamp, available));
        }
        self.ours.add(between(available, now));
    }
}
