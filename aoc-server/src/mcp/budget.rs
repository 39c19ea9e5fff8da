//! How many calls somebody may make in a minute.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use aoc_core::{Error, Result};

const MINUTE: Duration = Duration::from_secs(60);
/// How many callers are remembered before those that rest are forgotten.
const MOST_CALLERS: usize = 1_000;

/// The calls of each caller: so many at once, and as many in every minute.
///
/// It counts by caller and not by session: whoever has used theirs up must not get more by opening another.
pub(super) struct Budget {
    each_minute: NonZeroU32,
    /// When each caller will have rested.
    rested: Mutex<HashMap<String, Instant>>,
}

impl Budget {
    /// So many calls a minute.
    pub(super) fn new(each_minute: NonZeroU32) -> Self {
        Self { each_minute, rested: Mutex::default() }
    }

    /// Takes one call of the caller's.
    ///
    /// # Errors
    /// [`RateLimited`](aoc_core::ErrorKind::RateLimited) where none is left, with how long to wait.
    pub(super) fn take(&self, caller: &str, now: Instant) -> Result<()> {
        let mut all = self.rested.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_CALLERS {
            all.retain(|_, rested| *rested > now);
        }
        let rested = all.get(caller).copied().unwrap_or(now).max(now) + MINUTE / self.each_minute.get();
        let tired = rested.duration_since(now);
        if tired > MINUTE {
            return Err(self.spent(tired - MINUTE));
        }
        all.insert(caller.to_owned(), rested);
        Ok(())
    }

    fn spent(&self, wait: Duration) -> Error {
        let seconds = wait.as_secs() + 1;
        let most = self.each_minute;
        Error::rate_limited(format!("too many calls: {most} in a minute is the most; go on in {seconds} s"))
            .wait(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_gets_so_many_at_once_and_then_one_after_the_other() {
        let budget = Budget::new(NonZeroU32::new(60).unwrap());
        let now = Instant::now();
        for _ in 0..60 {
            budget.take("ada", now).unwrap();
        }
        let error = budget.take("ada", now).unwrap_err();
        assert_eq!(error.to_string(), "too many calls: 60 in a minute is the most; go on in 2 s");
        budget.take("berta", now).unwrap();
        budget.take("ada", now + Duration::from_secs(1)).unwrap();
        assert!(budget.take("ada", now + Duration::from_secs(1)).is_err());
    }
}
