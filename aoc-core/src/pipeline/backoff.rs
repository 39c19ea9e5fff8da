//! How long to wait after which error.

use std::time::Duration;

use crate::{Error, Reaction};

/// What a loop does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Tries again after this time.
    After(Duration),
    /// Gives up until it is started anew.
    Stop,
}

/// Counts failures in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

const FIRST: Duration = Duration::from_millis(500);
const MOST: Duration = Duration::from_secs(300);
const LONG: Duration = Duration::from_secs(900);

impl Backoff {
    /// All is well again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Whether the last try failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// One more failure. The other side's own wish comes first; else half a second, doubled each time up to
    /// five minutes, a little less by chance so that many loops do not come back at once.
    pub(crate) fn after(&mut self, error: &Error) -> Next {
        self.failures = self.failures.saturating_add(1);
        match (error.kind().meaning().reaction, error.retry_after()) {
            (Reaction::Stop, _) => Next::Stop,
            (_, Some(wait)) => Next::After(wait),
            (Reaction::WaitLong, None) => Next::After(LONG),
            _ => Next::After(jitter(FIRST.saturating_mul(1 << (self.failures - 1).min(16)).min(MOST))),
        }
    }
}

/// Up to a quarter less.
fn jitter(wait: Duration) -> Duration {
    let chance = f64::from(chrono::Utc::now().timestamp_subsec_micros() % 1_000) / 1_000.0;
    wait.mul_f64(1.0 - chance / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_the_other_side_has_its_wish() {
        let mut backoff = Backoff::default();
        let error = Error::unavailable("down");
        let waits: Vec<Duration> = (0..40)
            .map(|_| match backoff.after(&error) {
                Next::After(wait) => wait,
                Next::Stop => panic!("stopped"),
            })
            .collect();
        assert!(waits[0] <= FIRST && waits[39] > MOST / 2 && waits.iter().all(|wait| *wait <= MOST));
        let wish = Error::rate_limited("slow").wait(Duration::from_secs(7));
        assert_eq!(backoff.after(&wish), Next::After(Duration::from_secs(7)));
        assert_eq!(backoff.after(&Error::denied("no")), Next::After(LONG));
        assert_eq!(backoff.after(&Error::config("never")), Next::Stop);
    }
}
