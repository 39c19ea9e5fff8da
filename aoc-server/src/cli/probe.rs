//! Building every source, sink and language model so that one that is wrong does not hide the others, and asking each
//! whether the other side is there.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aoc_core::{Built, Completion, Entry, Kind, Message, Prompt, Registry, Role, prelude::*};
use serde_json::json;

/// How long the other side may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// A model on a machine of one's own may have to be loaded first.
const PATIENCE_WITH_MODELS: Duration = Duration::from_secs(60);

/// A source, sink or language model that was built, or why it was not.
pub(crate) enum Part {
    Source(Feed),
    Sink(Arc<dyn Sink>),
    Model(Arc<dyn LlmProvider>),
    Broken(Error),
}

impl Part {
    /// Whether it is a source that brings this content; of one that was not built nobody knows.
    pub(crate) fn may_have(&self, content: &str) -> bool {
        match self {
            Self::Source(feed) => feed.sources.iter().any(|(other, _)| other == content),
            Self::Sink(_) | Self::Model(_) => false,
            Self::Broken(_) => true,
        }
    }

    /// Asks the other side: a source for what happened since now, a sink to take nothing, a language model for a word in
    /// the form in which it answers questions.
    pub(crate) async fn probe(&self) -> Result<()> {
        match self {
            Self::Broken(_) => Ok(()),
            Self::Source(feed) => {
                let now = Bookmark::Since(Timestamp::now());
                for (content, source) in &feed.sources {
                    in_time(source.fetch(&now), PATIENCE).await.map_err(|error| match content.as_str() {
                        "" => error,
                        content => error.at(content),
                    })?;
                }
                Ok(())
            }
            Self::Sink(sink) => in_time(sink.deliver(&[]), PATIENCE).await.map(drop),
            Self::Model(model) => {
                in_time(model.complete(&a_word(), &|_| {}), PATIENCE_WITH_MODELS).await.map(drop)
            }
        }
    }
}

async fn in_time<T>(asked: impl Future<Output = Result<T>>, patience: Duration) -> Result<T> {
    let late = |_| Error::unavailable(format!("no answer within {} s", patience.as_secs()));
    tokio::time::timeout(patience, asked).await.map_err(late)?
}

/// A prompt that costs few tokens, also where the answer is cut.
fn a_word() -> Prompt {
    let message = Message { role: Role::User, text: "Answer with the word ready.".to_owned() };
    let word = json!({
        "title": "Ready",
        "type": "object",
        "properties": { "word": { "type": "string" } },
        "required": ["word"],
        "additionalProperties": false,
    });
    Prompt { messages: vec![message], schema: Some(word), max_tokens: Some(32), ..Prompt::default() }
}

/// The parts that a registry built, in their order: sources, then sinks, each by name, then the language model.
#[derive(Clone, Default)]
pub(crate) struct Parts(Arc<Mutex<Vec<Part>>>);

impl Parts {
    /// A registry whose sources, sinks and language models are remembered here. One that cannot be built is remembered with its
    /// error, and something that does nothing is built instead.
    pub(crate) fn watching(&self, registry: &Registry) -> Registry {
        let mut watched = registry.clone();
        let is_watched = |entry: &&Entry| matches!(entry.kind, Kind::Source | Kind::Sink | Kind::Llm);
        for entry in registry.entries().iter().filter(is_watched) {
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
            Ok(Built::Llm(model)) => Part::Model(model.clone()),
            Ok(_) => Part::Broken(Error::internal("built something else")),
            Err(error) => Part::Broken(Error::new(error.kind(), error.chain())),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(part);
        built.unwrap_or_else(|_| match kind {
            Kind::Source => Built::Source(Feed::new(Nothing, Nothing)),
            Kind::Llm => Built::Llm(Arc::new(Nothing)),
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

#[async_trait]
impl LlmProvider for Nothing {
    async fn complete(&self, _: &Prompt, _: &(dyn for<'t> Fn(&'t str) + Send + Sync)) -> Result<Completion> {
        Err(Error::config("not built"))
    }
}
