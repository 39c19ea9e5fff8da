//! The fake's own clock.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use aoc_core::prelude::*;
use chrono::{DateTime, TimeDelta, Utc};

/// Ticks of 100 ns in a second.
pub(super) const SECOND: i64 = 10_000_000;
/// Ticks of 100 ns in a day.
pub(super) const DAY: i64 = 86_400 * SECOND;

/// Real time, moved by an offset.
#[derive(Debug, Default)]
pub(super) struct Clock {
    ahead_millis: AtomicI64,
}

impl Clock {
    pub(super) fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.ahead_millis.load(Ordering::Relaxed))
    }

    pub(super) fn timestamp(&self) -> Timestamp {
        Timestamp::new(self.now(), 7)
    }

    pub(super) fn ticks(&self) -> i64 {
        self.timestamp().ticks()
    }

    pub(super) fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.ahead_millis.fetch_add(millis, Ordering::Relaxed);
    }

    pub(super) fn set_ahead(&self, seconds: i64) {
        self.ahead_millis.store(seconds.saturating_mul(1_000), Ordering::Relaxed);
    }
}

/// A duration in ticks.
pub(super) fn ticks_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX)
}

/// The time of an HTTP header.
pub(super) fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// What is behind the lock; a test that panicked does not poison the others' fake.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
