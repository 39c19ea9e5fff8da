//! The pipeline: what will run, and what runs.
//!
//! Two loops run the whole machine: `ingest` (source → log) and `follow` (log → sink, alerts, index). Only the
//! first moves cursors, only the second moves positions, and both only after the work is done.

mod backoff;
mod delays;
mod follow;
mod followers;
mod ingest;
mod keep_index;
mod keep_ledger;
mod ledger_notes;
mod retention;
mod silence;
mod status;

use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use tokio::{
    sync::{RwLock, mpsc, oneshot, watch},
    task::JoinSet,
};

use self::{
    backoff::Backoff,
    follow::{Follow, Follower},
    followers::{ToAlerts, ToSink},
    ingest::{Ingest, Nudge},
    keep_index::keep_index,
    keep_ledger::keep_ledger,
    retention::forget_old,
    silence::{Origins, Silences},
    status::Board,
};
pub use self::{
    delays::{DELAY_BOUNDS, Delays, Histogram},
    follow::Start,
    ingest::{Fetched, append, normalize_all},
    status::{Counts, Failure, FollowerStatus, SourceStatus, State, Status},
};
use crate::{
    AlertEvaluator, Doorbell, Error, Feed, Result, Sink, Timestamp,
    query::Filter,
    store::{EventIndex, EventStore},
};

/// What will run: a store, the sources that fill it, and all that follow it.
pub struct Pipeline {
    store: Arc<dyn EventStore>,
    sources: Vec<(String, Feed, Duration)>,
    followers: Vec<(String, Arc<dyn Follower>, Start)>,
    index: Option<Arc<dyn EventIndex>>,
    retention: Option<Duration>,
    silence: Option<Origins>,
}

const EVERY: Duration = Duration::from_secs(300);

impl Pipeline {
    /// Over this store.
    pub fn new(store: impl EventStore + 'static) -> Self {
        Self::over(Arc::new(store))
    }

    /// Over this shared store.
    pub fn over(store: Arc<dyn EventStore>) -> Self {
        Self {
            store,
            sources: Vec::new(),
            followers: Vec::new(),
            index: None,
            retention: None,
            silence: None,
        }
    }

    /// Adds a source that is asked every five minutes.
    #[must_use]
    pub fn source(self, name: impl Into<String>, feed: Feed) -> Self {
        self.source_every(name, feed, EVERY)
    }

    /// Adds a source that is asked so often.
    #[must_use]
    pub fn source_every(mut self, name: impl Into<String>, feed: Feed, every: Duration) -> Self {
        self.sources.push((name.into(), feed, every));
        self
    }

    /// Adds a sink that gets every event stored from now on.
    #[must_use]
    pub fn sink(self, name: impl Into<String>, sink: Arc<dyn Sink>) -> Self {
        self.sink_from(name, sink, Filter::default(), Start::Now)
    }

    /// Adds a sink that gets the events of a filter.
    #[must_use]
    pub fn sink_from(
        mut self,
        name: impl Into<String>,
        sink: Arc<dyn Sink>,
        filter: Filter,
        start: Start,
    ) -> Self {
        self.followers.push((name.into(), Arc::new(ToSink { sink, filter }), start));
        self
    }

    /// Adds an evaluator whose alerts are appended to the store.
    #[must_use]
    pub fn alerts(mut self, name: impl Into<String>, evaluator: Arc<dyn AlertEvaluator>) -> Self {
        let follower = ToAlerts { evaluator, store: self.store.clone() };
        self.followers.push((name.into(), Arc::new(follower), Start::Now));
        self
    }

    /// Keeps this index up to date.
    #[must_use]
    pub fn index(mut self, index: Arc<dyn EventIndex>) -> Self {
        self.index = Some(index);
        self
    }

    /// Forgets events older than this.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Makes an alert of every workload that goes quiet while its source answers. What is usual is learned from the
    /// index; without one nothing is looked at.
    #[must_use]
    pub fn silence_alarm(mut self) -> Self {
        self.silence = Some(Origins::default());
        self
    }

    /// Leaves out all sources but these: by their names, or by name and content, such as `office365/Audit.Exchange`.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such source.
    pub fn only_sources(mut self, wanted: &[String]) -> Result<Self> {
        let loops = |(source, feed, _): &(String, Feed, Duration)| -> Vec<String> {
            feed.sources.iter().map(|(content, _)| loop_name(source, content)).collect()
        };
        let all: Vec<String> = self.sources.iter().flat_map(loops).collect();
        if let Some(missing) = wanted.iter().find(|name| !all.iter().any(|one| is_of(one, name))) {
            return Err(no_source(missing, all.iter()));
        }
        for (source, feed, _) in &mut self.sources {
            feed.sources
                .retain(|(content, _)| wanted.iter().any(|name| is_of(&loop_name(source, content), name)));
        }
        self.sources.retain(|(_, feed, _)| !feed.sources.is_empty());
        Ok(self)
    }

    /// The sources, by name.
    pub fn feeds(&self) -> impl Iterator<Item = (&str, &Feed)> {
        self.sources.iter().map(|(name, feed, _)| (name.as_str(), feed))
    }

    /// Starts all loops. Needs a tokio runtime.
    pub fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let (beginning, begun) = watch::channel(());
        let board = Board::new();
        let (mut tasks, mut nudges) = (JoinSet::new(), BTreeMap::new());
        let (mut doorbells, ledger) = (Vec::new(), Arc::new(RwLock::new(())));
        if !self.sources.is_empty() || self.retention.is_some() {
            tasks.spawn(keep_ledger(self.store.clone(), ledger.clone(), stopped.clone()));
        }
        for (source, feed, every) in self.sources {
            doorbells.extend(feed.doorbell.map(|doorbell| (source.clone(), doorbell)));
            for (content, origin) in feed.sources {
                let name = loop_name(&source, &content);
                let (sender, nudged) = mpsc::channel(16);
                nudges.insert(name.clone(), sender);
                board.source(&name, |_| ());
                let normalizer = match &self.silence {
                    Some(origins) => origins.watching(&name, feed.normalizer.clone()),
                    None => feed.normalizer.clone(),
                };
                let ingest = Ingest {
                    name,
                    source: source.clone(),
                    origin,
                    normalizer,
                    store: self.store.clone(),
                    every,
                    board: board.clone(),
                    nudges: nudged,
                    stop: stopped.clone(),
                    begun: begun.clone(),
                    caught_up: false,
                    backoff: Backoff::default(),
                    ledger: ledger.clone(),
                    looked_back: None,
                };
                tasks.spawn(ingest.run());
            }
        }
        for (name, follower, start) in self.followers {
            board.follower(&name, |_| ());
            let (store, board, stop) = (self.store.clone(), board.clone(), stopped.clone());
            let begun = Some(beginning.clone());
            tasks.spawn(Follow { name, follower, store, start, board, stop, begun }.run());
        }
        drop(beginning);
        if let Some(index) = self.index {
            if let Some(origins) = self.silence {
                let (store, index, board) = (self.store.clone(), index.clone(), board.clone());
                tasks.spawn(Silences { store, index, board, origins }.run(stopped.clone()));
            }
            tasks.spawn(keep_index(self.store.clone(), index, board.clone(), stopped.clone()));
        }
        if let Some(retention) = self.retention {
            tasks.spawn(forget_old(self.store, retention, stopped));
        }
        Running { tasks, nudges, doorbells, stop, board }
    }
}

/// What runs. Dropping it stops the loops at once; [`stop`](Running::stop) lets them finish what they are at.
pub struct Running {
    tasks: JoinSet<()>,
    nudges: BTreeMap<String, mpsc::Sender<Nudge>>,
    doorbells: Vec<(String, Arc<dyn Doorbell>)>,
    stop: watch::Sender<bool>,
    board: Board,
}

impl Running {
    /// Fetches from a source now, until it has no more, and says what came.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such source; else what the fetch said, the first of its
    /// contents that failed.
    pub async fn fetch_now(&self, source: &str) -> Result<Counts> {
        sum(self.fetch(Some(source), None)?.await)
    }

    /// Fetches from a source what happened since a time; its bookmark stays where it is.
    ///
    /// # Errors
    /// As [`fetch_now`](Self::fetch_now).
    pub async fn fetch_since(&self, source: &str, since: Timestamp) -> Result<Counts> {
        sum(self.fetch(Some(source), Some(since))?.await)
    }

    /// Fetches from one source or all of them, side by side, and says of each (where it has several contents, of each
    /// of these) what came. The future does not borrow: fetching goes on while others ask.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such source.
    pub fn fetch(
        &self,
        source: Option<&str>,
        since: Option<Timestamp>,
    ) -> Result<impl Future<Output = BTreeMap<String, Result<Fetched>>> + Send + use<>> {
        let of_source = |name: &str| source.is_none_or(|source| is_of(name, source));
        let chosen: Vec<_> = self.nudges.iter().filter(|(name, _)| of_source(name)).collect();
        if let (Some(source), true) = (source, chosen.is_empty()) {
            return Err(no_source(source, self.nudges.keys()));
        }
        let mut asked = JoinSet::new();
        for (name, nudges) in chosen {
            let (name, nudges) = (name.clone(), nudges.clone());
            asked.spawn(async move {
                let fetched = ask(&name, &nudges, since).await;
                (name, fetched)
            });
        }
        Ok(async move {
            let mut all = BTreeMap::new();
            while let Some(done) = asked.join_next().await {
                all.extend(done.ok());
            }
            all
        })
    }

    /// Hands a notification to the sources; each that it is for fetches soon. Says how many these are.
    pub fn ring(&self, notification: &serde_json::Value) -> usize {
        let rung = self.doorbells.iter().filter(|(_, doorbell)| doorbell.rings(notification));
        rung.map(|(source, _)| self.nudge(source)).count()
    }

    /// Makes a source fetch soon. Where many nudges wait already, one more changes nothing.
    fn nudge(&self, source: &str) {
        for (name, nudges) in &self.nudges {
            if name.split('/').next() == Some(source) {
                let _ = nudges.try_send(Nudge { since: None, answer: None });
            }
        }
    }

    /// What all loops do.
    pub fn status(&self) -> Status {
        self.board.read()
    }

    /// Lets every loop finish what it is at, and waits for it, ten seconds at most.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when a loop panicked.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.send_replace(true);
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                ended.map_err(|cause| Error::internal("a loop panicked").because(cause))?;
            }
            Ok(())
        };
        // What is cut off here is fetched or delivered again after the next start.
        tokio::time::timeout(Duration::from_secs(10), all).await.unwrap_or(Ok(()))
    }
}

/// The name of a loop: the source's, and its content's where it has several.
fn loop_name(source: &str, content: &str) -> String {
    if content.is_empty() { source.to_owned() } else { format!("{source}/{content}") }
}

/// Whether a loop is the one of this name, or one of the source of this name.
fn is_of(loop_name: &str, name: &str) -> bool {
    loop_name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn no_source<'a>(name: &str, all: impl Iterator<Item = &'a String>) -> Error {
    let names = all.cloned().collect::<Vec<_>>().join(", ");
    Error::not_found(format!("no source `{name}`; there are: {names}"))
}

/// Asks one loop to fetch.
async fn ask(name: &str, nudges: &mpsc::Sender<Nudge>, since: Option<Timestamp>) -> Result<Fetched> {
    let gone = || Error::unavailable(format!("the source {name} has stopped"));
    let (answer, answered) = oneshot::channel();
    nudges.send(Nudge { since, answer: Some(answer) }).await.map_err(|_| gone())?;
    answered.await.map_err(|_| gone())?
}

fn sum(fetched: BTreeMap<String, Result<Fetched>>) -> Result<Counts> {
    let mut counts = Counts::default();
    for of_one in fetched.into_values() {
        counts += of_one?.counts;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bookmark, Cursor, Event, MemoryStore, Normalizer, Page, Record, Source};

    struct Nothing;

    #[async_trait::async_trait]
    impl Source for Nothing {
        async fn fetch(&self, _: &Bookmark) -> Result<Page> {
            Ok(Page::new(Vec::new(), Cursor::default()))
        }
    }

    impl Normalizer for Nothing {
        fn normalize(&self, _: &Record) -> Result<Event> {
            Err(Error::internal("there is nothing"))
        }
    }

    #[test]
    fn sources_and_contents_can_be_chosen() {
        let content = |name: &str| -> (String, Arc<dyn Source>) { (name.to_owned(), Arc::new(Nothing)) };
        let only = |wanted: &[&str]| {
            let office = Feed::of(vec![content("Exchange"), content("DLP.All")], Nothing);
            let pipeline = Pipeline::new(MemoryStore::new())
                .source("office", office)
                .source("officer", Feed::new(Nothing, Nothing));
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            pipeline.only_sources(&wanted).map(|pipeline| {
                let feeds = pipeline.feeds();
                feeds.map(|(name, feed)| (name.to_owned(), feed.sources.len())).collect::<Vec<_>>()
            })
        };
        assert_eq!(only(&["office"]).unwrap(), [("office".to_owned(), 2)]);
        assert_eq!(
            only(&["office/DLP.All", "officer"]).unwrap(),
            [("office".into(), 1), ("officer".into(), 1)]
        );
        let error = only(&["office", "off"]).unwrap_err().to_string();
        assert_eq!(error, "no source `off`; there are: office/Exchange, office/DLP.All, officer");
    }
}
