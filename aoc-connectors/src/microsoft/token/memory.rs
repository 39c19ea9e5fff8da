//! What was heard from the login service: a refusal is not asked for twice.

use std::time::Duration;

use aoc_core::prelude::*;
use tokio::time::Instant;

use super::refused::Refusal;

/// Remembers the last refusal.
#[derive(Default)]
pub(super) struct Memory {
    last: Option<Kept>,
    /// How often in a row this credential was denied.
    denials: u32,
    /// How often in a row there was no answer to work with.
    failures: u32,
    /// Since when the federated credential has not been found, by whatever token.
    unmatched: Option<Instant>,
}

struct Kept {
    error: Error,
    heard: Instant,
    /// It holds until then.
    until: Option<Instant>,
    /// The credential it is about.
    stamp: String,
}

/// A credential that was denied is not shown again for this long, doubled with each time up to the most.
const FIRST: Duration = Duration::from_secs(60);
const MOST: Duration = Duration::from_secs(15 * 60);
/// A new federated credential takes a while until it is known everywhere.
const GRACE: Duration = Duration::from_secs(10 * 60);
const GRACE_PAUSE: Duration = Duration::from_secs(15);
/// How long to wait where the service wants us to and does not say how long.
const UNSAID: Duration = Duration::from_secs(30);
/// It is not obeyed for longer than this.
const MOST_OF_WISH: Duration = Duration::from_secs(3_600);
/// It is not believed for longer than this when it only fails.
const MOST_OF_FAILURE: Duration = Duration::from_secs(300);
/// Where it fails and does not say how long, all who need a token leave it alone for this long, doubled with each time up to the
/// most.
const FIRST_OF_FAILURE: Duration = Duration::from_secs(1);
const MOST_UNSAID: Duration = Duration::from_secs(60);

impl Memory {
    /// Says no when the last refusal still holds for this credential, or came while the caller was waiting.
    pub(super) fn check(&self, stamp: &str, asked: Instant) -> Result<()> {
        let Some(kept) = &self.last else { return Ok(()) };
        if kept.stamp != stamp && kept.error.kind() != ErrorKind::RateLimited {
            return Ok(());
        }
        let now = Instant::now();
        match kept.until.filter(|until| now < *until) {
            Some(until) => Err(copy(&kept.error, kept.error.kind()).wait(until.duration_since(now))),
            None if kept.heard >= asked => Err(copy(&kept.error, kept.error.kind())),
            None => Ok(()),
        }
    }

    /// Remembers a refusal and says what it means now.
    pub(super) fn keep(&mut self, refusal: Refusal, stamp: &str) -> Error {
        let now = Instant::now();
        if self.last.as_ref().is_some_and(|kept| kept.stamp != stamp) {
            self.denials = 0;
        }
        let error = self.judge(refusal, now);
        let wait = error.retry_after();
        let kept = copy(&error, error.kind());
        let until = wait.map(|wait| now + wait);
        self.last = Some(Kept { error: kept, heard: now, until, stamp: stamp.to_owned() });
        error
    }

    fn judge(&mut self, refusal: Refusal, now: Instant) -> Error {
        let is_unmatched = refusal.may_be_too_new();
        let error = refusal.error;
        let wish = error.retry_after();
        match error.kind() {
            ErrorKind::Denied if is_unmatched && self.is_in_grace(now) => {
                copy(&error, ErrorKind::Unavailable).wait(GRACE_PAUSE)
            }
            ErrorKind::Denied => {
                let wait = FIRST.saturating_mul(1 << self.denials.min(8)).min(MOST);
                self.denials += 1;
                error.wait(wait)
            }
            ErrorKind::RateLimited => error.wait(wish.unwrap_or(UNSAID).min(MOST_OF_WISH)),
            ErrorKind::Unavailable => {
                let own = FIRST_OF_FAILURE.saturating_mul(1 << self.failures.min(8)).min(MOST_UNSAID);
                self.failures = self.failures.saturating_add(1);
                error.wait(wish.map_or(own, |wish| wish.min(MOST_OF_FAILURE)))
            }
            _ => error,
        }
    }

    fn is_in_grace(&mut self, now: Instant) -> bool {
        now.duration_since(*self.unmatched.get_or_insert(now)) < GRACE
    }
}

/// The same error of another kind.
fn copy(error: &Error, kind: ErrorKind) -> Error {
    let copy = Error::new(kind, error);
    let copy = match std::error::Error::source(error) {
        Some(cause) => copy.because(chain(cause)),
        None => copy,
    };
    match error.retry_after() {
        Some(wait) => copy.wait(wait),
        None => copy,
    }
}

fn chain(cause: &dyn std::error::Error) -> String {
    let mut text = cause.to_string();
    let mut next = cause.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
