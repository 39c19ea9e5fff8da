//! Limits: how often one budget of the vendor's may be used, and what happens when it says no.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aoc_core::prelude::*;
use tokio::{sync::Notify, time::Instant};

/// Lets so many requests through in any stretch of time, and none while the other side wants us to wait.
///
/// After a refusal one single request finds out whether it is over; all others wait for what it hears.
#[derive(Debug)]
pub(crate) struct Limiter {
    requests: usize,
    period: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// When the latest requests were sent, oldest first.
    sent: VecDeque<Instant>,
    /// Not before this.
    pause: Option<Pause>,
    /// Refusals in a row.
    refusals: u32,
}

#[derive(Debug)]
struct Pause {
    begun: Instant,
    until: Instant,
    /// Whether a request is under way that finds out whether it is over.
    probed: bool,
}

/// Leave to send one request.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    limiter: &'a Limiter,
    sent: Instant,
    probes: bool,
}

/// How long a request waits here before it is given up with an error that says how long to wait.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long to wait where the other side does not say: this, doubled with each refusal in a row up to the most.
const FIRST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(120);

/// Requests are counted where they arrive: at most this long after they were sent, as far as we care.
const MOST_OF_WAY: Duration = Duration::from_millis(500);

enum Turn {
    Now {
        probes: bool,
    },
    Later(Duration),
    /// As soon as the probe has heard something.
    AfterProbe,
    /// The other side wants us to wait this long.
    Refused(Duration),
}

impl Limiter {
    pub(crate) fn new(requests: usize, period: Duration) -> Self {
        Self { requests: requests.max(1), period, state: Mutex::default(), changed: Notify::new() }
    }

    /// Waits for its turn.
    ///
    /// # Errors
    /// [`RateLimited`](ErrorKind::RateLimited) when the other side wants us to wait for longer than a moment.
    pub(crate) async fn permit(&self) -> Result<Permit<'_>> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = Instant::now();
            match self.turn(now) {
                Turn::Now { probes } => return Ok(Permit { limiter: self, sent: now, probes }),
                Turn::Later(wait) => tokio::time::sleep(wait).await,
                Turn::AfterProbe => changed.await,
                Turn::Refused(wait) => {
                    let message = "the other side has had too many requests and wants us to wait";
                    return Err(Error::rate_limited(message).wait(wait));
                }
            }
        }
    }

    fn turn(&self, now: Instant) -> Turn {
        let mut state = self.state();
        let mut probes = false;
        if let Some(pause) = &mut state.pause {
            match pause.until.checked_duration_since(now).filter(|wait| !wait.is_zero()) {
                Some(wait) if wait <= PATIENCE => return Turn::Later(wait),
                Some(wait) => return Turn::Refused(wait),
                None if pause.probed => return Turn::AfterProbe,
                None => probes = true,
            }
        }
        while state.sent.front().is_some_and(|sent| now.duration_since(*sent) >= self.period) {
            state.sent.pop_front();
        }
        if state.sent.len() >= self.requests {
            let oldest = state.sent.front().map_or(now, |sent| *sent);
            return Turn::Later(self.period.saturating_sub(now.duration_since(oldest)));
        }
        state.sent.push_back(now);
        if let Some(pause) = &mut state.pause {
            pause.probed = true;
        }
        Turn::Now { probes }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic half way leaves at worst one request too few or too many.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a request was sent before the pause began, so that what became of it says nothing of the pause.
    fn is_older(&self, sent: Instant, probes: bool) -> bool {
        !probes && self.pause.as_ref().is_some_and(|pause| sent <= pause.begun)
    }
}

impl Permit<'_> {
    /// The other side took the request.
    pub(crate) fn taken(mut self) {
        let mut state = self.limiter.state();
        if !state.is_older(self.sent, self.probes) {
            (state.pause, state.refusals) = (None, 0);
            self.limiter.changed.notify_waiters();
        }
        self.probes = false;
    }

    /// The other side had too many requests; says how long to wait. Of several that are refused at once, the first
    /// counts.
    pub(crate) fn refused(mut self, wish: Option<Duration>) -> Duration {
        let now = Instant::now();
        let mut state = self.limiter.state();
        let is_older = state.is_older(self.sent, self.probes);
        self.probes = false;
        if let Some(pause) = state.pause.as_mut().filter(|_| is_older) {
            pause.until = wish.map_or(pause.until, |wish| pause.until.max(now + wish));
            return pause.until.saturating_duration_since(now);
        }
        state.refusals = state.refusals.saturating_add(1);
        // Who wants us to wait for no time at all has not said how long.
        let wait = wish.filter(|wish| *wish >= FIRST).unwrap_or_else(|| {
            with_chance(FIRST.saturating_mul(1 << (state.refusals - 1).min(16)).min(MOST))
        });
        state.pause = Some(Pause { begun: now, until: now + wait, probed: false });
        self.limiter.changed.notify_waiters();
        wait
    }
}

impl Drop for Permit<'_> {
    /// The request is counted from when it can have arrived. A probe that heard nothing leaves its place to the next.
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        let arrived = Instant::now().min(self.sent + MOST_OF_WAY);
        if let Some(sent) = state.sent.iter_mut().find(|sent| **sent == self.sent) {
            *sent = arrived;
        }
        if let Some(pause) = state.pause.as_mut().filter(|_| self.probes) {
            pause.probed = false;
        }
        if self.probes {
            self.limiter.changed.notify_waiters();
        }
    }
}

/// Up to a quarter more, so that many do not come back at once.
fn with_chance(wait: Duration) -> Duration {
    let chance = f64::from(chrono::Utc::now().timestamp_subsec_micros() % 1_000) / 1_000.0;
    wait.mul_f64(1.0 + chance / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_stretch_of_time_sees_more_requests_than_allowed() {
        let limiter = Limiter::new(5, Duration::from_secs(10));
        let mut times = Vec::new();
        for _ in 0..23 {
            limiter.permit().await.unwrap().taken();
            times.push(Instant::now());
        }
        for (first, sixth) in times.iter().zip(&times[5..]) {
            assert!(sixth.duration_since(*first) >= Duration::from_secs(10));
        }
        assert!(times[22].duration_since(times[0]) < Duration::from_secs(41));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_refusal_one_request_finds_out_and_the_others_wait() {
        let limiter = Limiter::new(1_000, Duration::from_secs(1));
        let first: Vec<_> = [limiter.permit().await.unwrap(), limiter.permit().await.unwrap()].into();
        let waits: Vec<Duration> = first.into_iter().map(|permit| permit.refused(None)).collect();
        assert!(waits[0] >= FIRST && waits[1] <= waits[0], "both belong to one refusal: {waits:?}");
        let probe = limiter.permit().await.unwrap();
        let other = tokio::time::timeout(Duration::from_secs(60), limiter.permit()).await;
        assert!(other.is_err(), "nobody passes while the probe is out");
        drop(probe);
        let probe = limiter.permit().await.unwrap();
        assert!(probe.refused(None) >= FIRST * 2);
        limiter.permit().await.unwrap().taken();
        for _ in 0..100 {
            limiter.permit().await.unwrap().taken();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_wants_no_wait_is_not_asked_ever_faster() {
        let limiter = Limiter::new(1_000, Duration::from_secs(1));
        let begun = Instant::now();
        for _ in 0..8 {
            let wait = limiter.permit().await.unwrap().refused(Some(Duration::ZERO));
            tokio::time::sleep(wait).await;
        }
        assert!(begun.elapsed() > Duration::from_secs(200), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_was_long_on_its_way_counts_from_its_arrival() {
        let limiter = Limiter::new(2, Duration::from_secs(10));
        let (first, second) = (limiter.permit().await.unwrap(), limiter.permit().await.unwrap());
        tokio::time::sleep(Duration::from_millis(300)).await;
        first.taken();
        tokio::time::sleep(Duration::from_secs(8)).await;
        second.taken();
        let begun = Instant::now();
        limiter.permit().await.unwrap().taken();
        assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_told_at_once() {
        let limiter = Limiter::new(10, Duration::from_secs(1));
        limiter.permit().await.unwrap().refused(Some(Duration::from_secs(600)));
        let error = limiter.permit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(error.retry_after().unwrap() > Duration::from_secs(590));
    }
}
