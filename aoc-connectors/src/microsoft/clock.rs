//! The other side's clock: windows are cut by it, so that a wrong clock on this machine loses nothing.

use std::{
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
    time::SystemTime,
};

use aoc_core::prelude::*;
use chrono::{DateTime, TimeDelta, Utc};

/// How far the other side's clock is from ours. Answers tell the time to the second and take a while to come.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_seconds: AtomicI64,
    known: AtomicBool,
}

/// Clocks that differ by less than this are called equal.
const EQUAL: i64 = 5;

impl Clock {
    /// The time on the other side.
    pub(crate) fn now(&self) -> Timestamp {
        (Utc::now() + TimeDelta::seconds(self.ahead())).into()
    }

    /// Whether an answer has told the time.
    pub(crate) fn is_known(&self) -> bool {
        self.known.load(Ordering::Relaxed)
    }

    /// How far the other side is ahead of us, in seconds; negative when our clock is fast.
    pub(crate) fn ahead(&self) -> i64 {
        self.ahead_seconds.load(Ordering::Relaxed)
    }

    /// Takes note of the `Date` of an answer that has just come.
    pub(crate) fn heard(&self, date: Option<SystemTime>) {
        let Some(date) = date else { return };
        let ahead = (DateTime::<Utc>::from(date) - Utc::now()).num_seconds();
        self.known.store(true, Ordering::Relaxed);
        self.ahead_seconds.store(if ahead.abs() < EQUAL { 0 } else { ahead }, Ordering::Relaxed);
    }
}
