//! One question: how long it may take, and when it may be asked again.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use aoc_core::{Error, ErrorKind, Result, http::Answer};
use tokio::time::{Instant, timeout_at};

/// A question that is under way.
pub(super) struct Call<'a> {
    on_text: &'a (dyn Fn(&str) + Send + Sync),
    /// Whether a piece of the answer was handed on: from then on nothing may be asked again.
    begun: AtomicBool,
    /// Until when the answer must have begun.
    beginning: Instant,
    /// Until when it must have ended.
    end: Instant,
}

/// How often a question is asked at most.
const TRIES: u32 = 3;
/// How long it is waited before the second try; before the next, twice as long.
const PAUSE: Duration = Duration::from_millis(400);
/// Nobody is waited for longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The whole answer may take so many times as long as its beginning.
const WHOLE: u32 = 10;

impl<'a> Call<'a> {
    pub(super) fn new(timeout: Duration, on_text: &'a (dyn Fn(&str) + Send + Sync)) -> Self {
        let now = Instant::now();
        Self { on_text, begun: AtomicBool::new(false), beginning: now + timeout, end: now + timeout * WHOLE }
    }

    /// Hands on a piece of the answer.
    pub(super) fn hand_on(&self, piece: &str) {
        if !piece.is_empty() {
            self.begun.store(true, Ordering::Relaxed);
            (self.on_text)(piece);
        }
    }

    fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Waits for something, but not longer than the question may take.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the time is over.
    pub(super) async fn within<T>(&self, host: &str, wait: impl Future<Output = Result<T>>) -> Result<T> {
        let until = if self.has_begun() { self.end } else { self.beginning };
        let late = |_| Error::unavailable(format!("{host} did not answer in time"));
        timeout_at(until, wait).await.map_err(late)?
    }

    /// The next piece of a body.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when it breaks off or takes too long.
    pub(super) async fn chunk(&self, host: &str, answer: &mut Answer) -> Result<Option<Vec<u8>>> {
        self.within(host, answer.chunk()).await
    }

    /// How long to wait before the question is asked again after so many tries, if it may be.
    pub(super) fn pause(&self, tries: u32, error: &Error) -> Option<Duration> {
        let may_pass = matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::RateLimited);
        if !may_pass || self.has_begun() || tries >= TRIES {
            return None;
        }
        let pause = error.retry_after().unwrap_or_default().max(PAUSE * tries);
        let in_time = pause <= LONGEST_PAUSE && Instant::now() + pause < self.beginning;
        in_time.then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_asked_again_and_only_before_the_answer_has_begun() {
        let call = Call::new(Duration::from_secs(60), &|_| {});
        let seconds = Duration::from_secs;
        let slow = |wait| Error::rate_limited("x").wait(wait);
        assert_eq!(call.pause(1, &Error::unavailable("x")), Some(PAUSE));
        assert_eq!(call.pause(2, &Error::unavailable("x")), Some(PAUSE * 2));
        assert_eq!(call.pause(3, &Error::unavailable("x")), None);
        assert_eq!(call.pause(1, &slow(seconds(20))), Some(seconds(20)));
        assert_eq!(call.pause(1, &slow(seconds(21))), None);
        assert_eq!(call.pause(1, &slow(Duration::ZERO)), Some(PAUSE), "nobody makes us ask without a pause");
        for error in [Error::denied("x"), Error::rejected("x"), Error::config("x"), Error::internal("x")] {
            assert_eq!(call.pause(1, &error), None);
        }
        let short = Call::new(seconds(5), &|_| {});
        assert_eq!(short.pause(1, &slow(seconds(10))), None, "no time is left");
        call.hand_on("");
        assert!(call.pause(1, &Error::unavailable("x")).is_some());
        call.hand_on("a");
        assert_eq!(call.pause(1, &Error::unavailable("x")), None);
    }
}
