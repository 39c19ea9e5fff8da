//! The pipeline: what will run, and what runs.
//!
//! Two loops run the whole machine: `ingest` (source → log) and `follow` (log → sink, alerts, index). Only the
//! first moves cursors, only the second moves positions, and both only after the work is done.
//!
//! Where several processes share a store, only the leader runs them; the others keep their index and stand by.

mod aside;
mod backoff;
mod delays;
mod follow;
mod followers;
mod ingest;
mod keep_index;
mod keep_ledger;
mod leading;
mod ledger_notes;
mod loops;
mod retention;
mod running;
mod silence;
mod status;

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet};

pub use self::{
    aside::{Rejected, Replay, rejected},
    delays::{DELAY_BOUNDS, Delays, Histogram},
    follow::{Batch, Start, position_at, position_of},
    ingest::{Fetched, append, normalize_all},
    running::Running,
    status::{Counts, Failure, FollowerStatus, Leadership, SourceStatus, State, Status},
};
use self::{
    followers::{Following, ToSink},
    keep_index::keep_index,
    leading::Leading,
    loops::{Asked, Loops},
    silence::Origins,
    status::Board,
};
use crate::{
    AlertEvaluator, Error, Feed, Result, Sink,
    query::Filter,
    store::{EventIndex, EventStore},
};

/// What will run: a store, the sources that fill it, and all that follow it.
pub struct Pipeline {
    store: Arc<dyn EventStore>,
    sources: Vec<(String, Feed, Duration)>,
    followers: Vec<(String, Following, Start)>,
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
        self,
        name: impl Into<String>,
        sink: Arc<dyn Sink>,
        filter: Filter,
        start: Start,
    ) -> Self {
        self.sink_in_batches(name, sink, filter, start, Batch::default())
    }

    /// Adds a sink that gets the events of a filter, so many at once.
    #[must_use]
    pub fn sink_in_batches(
        mut self,
        name: impl Into<String>,
        sink: Arc<dyn Sink>,
        filter: Filter,
        start: Start,
        batch: Batch,
    ) -> Self {
        let following = Following::Sink(Arc::new(ToSink { sink, filter, batch }));
        self.followers.push((name.into(), following, start));
        self
    }

    /// Adds an evaluator whose alerts are appended to the store.
    #[must_use]
    pub fn alerts(mut self, name: impl Into<String>, evaluator: Arc<dyn AlertEvaluator>) -> Self {
        self.followers.push((name.into(), Following::Alerts(evaluator), Start::Now));
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
    ///
    /// Where several processes share the store, this one stands for the lead. While another one leads, only the index
    /// is kept here.
    pub fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let (board, mut tasks) = (Board::new(), JoinSet::new());
        let feeds = self.sources.iter();
        let doorbells = feeds.filter_map(|(source, feed, _)| Some((source.clone(), feed.doorbell.clone()?)));
        let doorbells = doorbells.collect();
        let (store, index) = (self.store.clone(), self.index.clone());
        let loops = self.loops(board.clone(), stopped.clone());
        let names = loops.names();
        let (leading, crew) = Leading::begin(&store, loops);
        tasks.extend(leading.map(Leading::run));
        if let Some(index) = index {
            tasks.spawn(keep_index(store.clone(), index, board.clone(), stopped));
        }
        Running { tasks, crew, names, doorbells, stop, board, store }
    }

    /// What only the leader runs.
    fn loops(self, board: Board, stop: watch::Receiver<bool>) -> Loops {
        let mut sources = Vec::new();
        for (source, feed, every) in self.sources {
            for (content, origin) in feed.sources {
                let name = loop_name(&source, &content);
                let normalizer = match &self.silence {
                    Some(origins) => origins.watching(&name, feed.normalizer.clone()),
                    None => feed.normalizer.clone(),
                };
                sources.push(Asked { name, source: source.clone(), origin, normalizer, every });
            }
        }
        let (followers, retention) = (self.followers, self.retention);
        Loops { sources, followers, retention, silence: self.index.zip(self.silence), board, stop }
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
