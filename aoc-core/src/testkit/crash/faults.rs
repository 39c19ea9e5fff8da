//! Faults by chance: calls that fail, and calls that never come back.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::Notify;

use super::super::random::Random;
use crate::{Bookmark, Delivered, Error, Event, Page, Result, Sink, Source};

/// Decides, at each call, whether it goes wrong.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    random: Mutex<Random>,
    per_mille: usize,
    count: AtomicUsize,
    crash: Notify,
}

#[derive(Clone, Copy)]
enum Fault {
    /// The program ends: the call never comes back.
    Crash,
    /// The call fails.
    Failure,
}

impl Faults {
    /// Faults of this seed, so likely at each call.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a probability")]
    pub fn new(seed: u64, probability: f64) -> Self {
        Self(Arc::new(Inner {
            random: Mutex::new(Random::new(seed)),
            per_mille: (probability.clamp(0.0, 1.0) * 1_000.0).round() as usize,
            count: AtomicUsize::new(0),
            crash: Notify::new(),
        }))
    }

    /// Waits until a call has crashed. Who waits ends everything and starts anew.
    pub async fn crashed(&self) {
        self.0.crash.notified().await;
    }

    /// How many calls went wrong.
    pub fn count(&self) -> usize {
        self.0.count.load(Ordering::Relaxed)
    }

    /// Does the work, or fails or crashes before it, or does it and fails or crashes before saying so.
    ///
    /// # Errors
    /// Those of the work, and [`Unavailable`](crate::ErrorKind::Unavailable) where this call fails.
    pub async fn around<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.meet().await?;
        let done = work.await?;
        self.meet().await?;
        Ok(done)
    }

    async fn meet(&self) -> Result<()> {
        match self.choose() {
            None => Ok(()),
            Some(Fault::Failure) => Err(Error::unavailable("by chance").wait(Duration::from_millis(1))),
            Some(Fault::Crash) => {
                self.0.crash.notify_one();
                std::future::pending().await
            }
        }
    }

    fn choose(&self) -> Option<Fault> {
        let mut random = self.0.random.lock().unwrap_or_else(PoisonError::into_inner);
        // Twice at each call: half the chance each time.
        if !random.per_mille(self.0.per_mille.div_ceil(2)) {
            return None;
        }
        self.0.count.fetch_add(1, Ordering::Relaxed);
        Some(if random.per_mille(500) { Fault::Crash } else { Fault::Failure })
    }
}

/// A source whose calls go wrong.
pub struct FaultySource<S> {
    source: S,
    faults: Faults,
}

impl<S> FaultySource<S> {
    /// Wraps a source.
    pub fn new(source: S, faults: Faults) -> Self {
        Self { source, faults }
    }
}

#[async_trait]
impl<S: Source> Source for FaultySource<S> {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        self.faults.around(self.source.fetch(from)).await
    }
}

/// A sink whose calls go wrong.
pub struct FaultySink<S> {
    sink: S,
    faults: Faults,
}

impl<S> FaultySink<S> {
    /// Wraps a sink.
    pub fn new(sink: S, faults: Faults) -> Self {
        Self { sink, faults }
    }
}

#[async_trait]
impl<S: Sink> Sink for FaultySink<S> {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        self.faults.around(self.sink.deliver(events)).await
    }
}
