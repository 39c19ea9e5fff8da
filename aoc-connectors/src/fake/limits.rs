//! Budgets of requests, as the vendors count them.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use super::clock::ticks_of;

/// So many requests in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub requests: usize,
    /// In how long, by the fake's clock.
    pub period: Duration,
}

impl Rate {
    /// So many requests in so many seconds.
    pub const fn new(requests: usize, seconds: u64) -> Self {
        Self { requests, period: Duration::from_secs(seconds) }
    }
}

/// What a throttled answer says about how long to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfter {
    /// Nothing.
    #[default]
    Silent,
    /// So many seconds.
    Seconds(u64),
    /// A date, so many seconds ahead of the fake's clock.
    Date(u64),
}

/// Budgets, each for one tenant; where there is none, requests are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Directory audits and sign-ins together.
    pub reports: Option<Rate>,
    /// Intune.
    pub intune: Option<Rate>,
    /// Graph's subscriptions.
    pub subscriptions: Option<Rate>,
    /// Management Activity.
    pub activity: Option<Rate>,
    /// What Graph says about how long to wait. Management Activity says nothing.
    pub retry_after: RetryAfter,
}

impl Limits {
    /// Those that Microsoft documents.
    pub const fn documented() -> Self {
        Self {
            reports: Some(Rate::new(5, 10)),
            intune: Some(Rate::new(1_000, 20)),
            subscriptions: Some(Rate::new(5_000, 20)),
            activity: Some(Rate::new(2_000, 60)),
            retry_after: RetryAfter::Silent,
        }
    }
}

/// The budget that a request is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bucket {
    Reports,
    Intune,
    Subscriptions,
    Activity,
}

#[derive(Default)]
pub(super) struct Throttle {
    pub(super) limits: Limits,
    taken: HashMap<(String, Bucket), VecDeque<i64>>,
}

impl Throttle {
    /// Counts a request, also one that is refused; whether it is within its budget.
    pub(super) fn allows(&mut self, tenant: &str, bucket: Bucket, now: i64) -> bool {
        let rate = match bucket {
            Bucket::Reports => self.limits.reports,
            Bucket::Intune => self.limits.intune,
            Bucket::Subscriptions => self.limits.subscriptions,
            Bucket::Activity => self.limits.activity,
        };
        let Some(rate) = rate else { return true };
        let taken = self.taken.entry((tenant.to_owned(), bucket)).or_default();
        let since = now - ticks_of(rate.period);
        while taken.front().is_some_and(|at| *at <= since) {
            taken.pop_front();
        }
        taken.push_back(now);
        taken.len() <= rate.requests
    }
}
