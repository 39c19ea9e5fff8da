//! Building every source and sink so that one that is wrong does not hide the others, and asking each whether the
//! other side is there.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aoc_core::{Built, Entry, Kind, Registry, prelude::*};

/// How long the other side may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A source or sink that was built, or why it was not.
pub(crate) enum Part {
    Source(Feed),
    Sink(Arc<dyn Sink>),
    Broken(Error),
}

impl Part {
    /// Whether it is a source that brings this content; of one that was not built nobody knows.
    pub(crate) fn may_have(&self, content: &str) -> bool {
        match self {
            Self::Source(feed) => feed.sources.iter().any(|(other, _)| other == content),
            Self::Sink(_) => false,
            Self::Broken(_) => true,
        }
    }

    /// Asks the other side: a source for what happened since now, a sink to take nothing.
    pub(crate) async fn probe(&self) -> Result<()> {
        match self {
            Self::Broken(_) => Ok(()),
            Self::Source(feed) => {
                let now = Bookmark::Since(Timestamp::now());
                for (content, source) in &feed.sources {
                    in_time(source.fetch(&now)).await.map_err(|error| match content.as_str() {
                        "" => error,
                        content => error.at(content),
                    })?;
                }
                Ok(())
            }
            Self::Sink(sink) => in_time(sink.deliver(&[])).await.map(drop),
        }
    }
}

async fn in_time<T>(asked: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::unavailable(format!("no answer within {} s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, asked).await.map_err(late)?
}

/// The parts that a registry built, in their order: sources, then sinks, each by name.
#[derive(Clone, Default)]
pub(crate) struct Parts(Arc<Mutex<Vec<Part>>>);

impl Parts {
    /// A registry whose sources and sinks are remembered here. One that cannot be built is remembered with its
    /// error, and something that does nothing is built instead.
    pub(crate) fn watching(&self, registry: &Registry) -> Registry {
        let mut watched = registry.clone();
        for entry in registry.entries().iter().filter(|entry| matches!(entry.kind, Kind::Source | Kind::Sink))
        {
            self.watch(&mut watched, entry.clone());
        }
        watched
    }

    /// What was built since.
    pub(crate) fn take(&self) -> Vec<Part> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn watch(&self, registry: &mut Registry, entry: Entry) {
        let (kind, parts) = (entry.kind, self.clone());
        let Entry { name, schema, example, .. } = entry.clone();
        registry.add_entry(kind, name, schema, example, move |options| {
            let (entry, parts) = (entry.clone(), parts.clone());
            async move {
                let built = entry.build(options).await;
                Ok(parts.remember(kind, built))
            }
        });
    }

    fn remember(&self, kind: Kind, built: Result<Built>) -> Built {
        let part = match &built {
            Ok(Built::Source(feed)) => Part::Source(feed.clone()),
            Ok(Built::Sink(sink)) => Part::Sink(sink.clone()),
            Ok(_) => Part::Broken(Error::internal("built something else")),
            Err(error) => Part::Broken(Error::new(error.kind(), error.chain())),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(part);
        built.unwrap_or_else(|_| match kind {
            Kind::Source => Built::Source(Feed::new(Nothing, Nothing)),
            _ => Built::Sink(Arc::new(Nothing)),
        })
    }
}

/// Stands where a part could not be built; nothing of it is ever run.
struct Nothing;

#[async_trait]
impl Source for Nothing {
    async fn fetch(&self, _: &Bookmark) -> Result<Page> {
        Err(Error::config("not built"))
    }
}

impl Normalizer for Nothing {
    fn normalize(&self, _: &Record) -> Result<Event> {
        Err(Error::config("not built"))
    }
}

#[async_trait]
impl Sink for Nothing {
    async fn deliver(&self, _: &[Event]) -> Result<Delivered> {
        Err(Error::config("not built"))
    }
}
