//! Waiting until all is fetched and handed on.

use std::{collections::BTreeMap, time::Duration};

use aoc_core::{
    Error, ErrorKind, EventStore, Reaction, Result, Running, Timestamp,
    pipeline::{Failure, Fetched, SourceStatus, State},
};
use futures::future::join_all;
use tokio::time::Instant;

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long to wait before a source that does not answer is asked again, where it does not say.
const PAUSE: Duration = Duration::from_secs(2);

/// Fetching once.
pub(super) struct Work<'a> {
    pub(super) running: &'a Running,
    pub(super) store: &'a dyn EventStore,
    pub(super) since: Option<Timestamp>,
    pub(super) patience: Duration,
}

/// What came of looking back, by source.
pub(super) type LookedBack = BTreeMap<String, Result<Fetched>>;

impl Work<'_> {
    /// Until all sources are caught up or given up, and all followers have come to the end of the log.
    pub(super) async fn run(&self) -> Result<LookedBack> {
        self.catch_up().await;
        let looked_back = match self.since {
            Some(since) => self.look_back(since).await,
            None => LookedBack::new(),
        };
        self.hand_on().await?;
        Ok(looked_back)
    }

    async fn catch_up(&self) {
        let mut patience = Patience::of(self.patience);
        loop {
            let status = self.running.status();
            let mut sources = status.sources.iter();
            let waits = |(name, source): (&String, &SourceStatus)| {
                patience.waits_for(name, source.state, &source.last_error, source.counts.fetched)
            };
            if !sources.any(waits) {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn hand_on(&self) -> Result<()> {
        let mut patience = Patience::of(self.patience);
        loop {
            let (head, status) = (self.store.head().await?, self.running.status());
            let mut behind = status.followers.iter().filter(|(_, follower)| follower.position < head);
            let waits = behind.any(|(name, follower)| {
                follower.state == State::Ok
                    || patience.waits_for(name, follower.state, &follower.last_error, follower.delivered)
            });
            if !waits {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Asks all sources that are caught up for what happened since then.
    async fn look_back(&self, since: Timestamp) -> LookedBack {
        let sources = self.running.status().sources.into_iter();
        let well = sources.filter(|(_, source)| source.state == State::Ok).map(|(name, _)| name);
        let asked = well.map(async |name| {
            let fetched = self.ask(&name, since).await;
            (name, fetched)
        });
        join_all(asked).await.into_iter().collect()
    }

    async fn ask(&self, name: &str, since: Timestamp) -> Result<Fetched> {
        let until = Instant::now() + self.patience;
        loop {
            let mut fetched = self.running.fetch(Some(name), Some(since))?.await;
            let fetched = fetched.remove(name).unwrap_or_else(|| Err(Error::internal("no answer")));
            match fetched {
                Err(error) if passes(error.kind()) => {
                    let again = Instant::now() + error.retry_after().unwrap_or(PAUSE);
                    if again > until {
                        return Err(error);
                    }
                    tokio::time::sleep_until(again).await;
                }
                fetched => return fetched,
            }
        }
    }
}

/// Whether an error may pass by itself soon.
fn passes(kind: ErrorKind) -> bool {
    matches!(kind.meaning().reaction, Reaction::BackOff | Reaction::SetAside)
}

/// How long loops that fail are waited for.
struct Patience {
    length: Duration,
    /// Since when each has made no progress, and how far it was then.
    failing: BTreeMap<String, (Instant, u64)>,
}

impl Patience {
    fn of(length: Duration) -> Self {
        Self { length, failing: BTreeMap::new() }
    }

    /// Whether the loop may still do its work; one that goes on in spite of a failure is waited for anew.
    fn waits_for(&mut self, name: &str, state: State, failure: &Option<Failure>, progress: u64) -> bool {
        match state {
            State::Starting => true,
            State::Ok | State::Stopped | State::Standby => false,
            State::Failing => {
                let (since, before) =
                    self.failing.entry(name.to_owned()).or_insert((Instant::now(), progress));
                if *before != progress {
                    (*since, *before) = (Instant::now(), progress);
                }
                failure.as_ref().is_some_and(|failure| passes(failure.kind)) && since.elapsed() < self.length
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use aoc_core::{
        prelude::*,
        testkit::fakes::{Numbered, Recorder, SourceOf},
    };

    use super::*;

    async fn fetched(
        pipeline: Pipeline,
        store: &MemoryStore,
        since: Option<Timestamp>,
    ) -> (LookedBack, Running) {
        let running = pipeline.start();
        let patience = Duration::from_millis(1_500);
        let work = Work { running: &running, store, since, patience };
        let looked_back = tokio::time::timeout(Duration::from_secs(20), work.run()).await.unwrap().unwrap();
        (looked_back, running)
    }

    #[tokio::test]
    async fn all_is_fetched_and_handed_on_before_it_ends() {
        let (store, sink) = (MemoryStore::new(), Recorder::new());
        sink.fail_next(Error::unavailable("a hiccup"));
        let pipeline = Pipeline::new(store.clone())
            .index(Arc::new(store.clone()))
            .source("numbers", Numbered::new(2_500).feed())
            .sink("siem", Arc::new(sink.clone()));
        let (_, running) = fetched(pipeline, &store, None).await;
        assert_eq!((store.head().await.unwrap(), sink.ids().len()), (Position(2_500), 2_500));
        running.stop().await.unwrap();
    }

    #[tokio::test]
    async fn a_sink_that_is_down_is_given_up_and_gets_its_events_the_next_time() {
        let (store, sink) = (MemoryStore::new(), Recorder::new());
        let pipeline = || {
            Pipeline::new(store.clone())
                .source("numbers", Numbered::new(10).feed())
                .sink("siem", Arc::new(sink.clone()))
        };
        sink.fail_always(Some(|| Error::unavailable("down")));
        let (_, running) = fetched(pipeline(), &store, None).await;
        assert_eq!((running.status().sources["numbers"].counts.new, sink.ids().len()), (10, 0));
        running.stop().await.unwrap();
        sink.fail_always(None::<fn() -> Error>);
        let (_, running) = fetched(pipeline(), &store, None).await;
        assert_eq!(sink.ids().len(), 10, "none is skipped, none comes twice");
        running.stop().await.unwrap();
    }

    #[tokio::test]
    async fn a_source_that_does_not_answer_is_tried_again_and_one_that_refuses_is_not() {
        let store = MemoryStore::new();
        let tries: [Arc<AtomicUsize>; 2] = Default::default();
        let (hiccup, refused) = (tries[0].clone(), tries[1].clone());
        let comes_back = SourceOf(move |_: &Bookmark| match hiccup.fetch_add(1, Ordering::SeqCst) {
            0 | 2 => Err(Error::unavailable("a hiccup").wait(Duration::from_millis(10))),
            _ => Ok(Page::new(Vec::new(), Cursor::default())),
        });
        let refuses = SourceOf(move |_: &Bookmark| {
            refused.fetch_add(1, Ordering::SeqCst);
            Err(Error::denied("no"))
        });
        let numbers = aoc_core::testkit::fakes::Numbers;
        let pipeline = Pipeline::new(store.clone())
            .source("comes back", Feed::new(comes_back, numbers))
            .source("refuses", Feed::new(refuses, numbers));
        let (looked_back, running) = fetched(pipeline, &store, Some(Timestamp::now())).await;
        assert!(
            matches!(looked_back.iter().collect::<Vec<_>>()[..], [(name, Ok(_))] if name == "comes back")
        );
        let tries = tries.map(|tries| tries.load(Ordering::SeqCst));
        assert!(tries[0] >= 4 && tries[1] == 1, "{tries:?}");
        assert_eq!(running.status().sources["refuses"].state, State::Failing);
        running.stop().await.unwrap();
    }
}
