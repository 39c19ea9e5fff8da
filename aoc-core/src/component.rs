//! Components: config structs that can build themselves.

use std::{future::Future, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    AlertEvaluator, Feed, LlmProvider, Result, Sink,
    store::{EventIndex, EventStore},
};

/// What a component is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Brings records: `[sources.NAME]`.
    Source,
    /// Delivers events: `[sinks.NAME]`.
    Sink,
    /// Keeps events: `[store]`.
    Store,
    /// Answers searches: `[index]`.
    Index,
    /// Finds what deserves an alert.
    Evaluator,
    /// Talks to a language model: `[llm]`.
    Llm,
}

type MakeIndex = dyn FnOnce(Arc<dyn EventStore>) -> Result<Arc<dyn EventIndex>> + Send;

/// How an index is made over a store.
pub struct Indexing(Box<MakeIndex>);

impl Indexing {
    /// By this function.
    pub fn new(
        make: impl FnOnce(Arc<dyn EventStore>) -> Result<Arc<dyn EventIndex>> + Send + 'static,
    ) -> Self {
        Self(Box::new(make))
    }

    /// Makes the index.
    ///
    /// # Errors
    /// Those of the function.
    pub fn over(self, store: Arc<dyn EventStore>) -> Result<Arc<dyn EventIndex>> {
        (self.0)(store)
    }
}

/// What a component was built into.
#[allow(missing_docs, reason = "each is what its kind says")]
pub enum Built {
    Source(Feed),
    Sink(Arc<dyn Sink>),
    Store(Arc<dyn EventStore>),
    Index(Indexing),
    Evaluator(Arc<dyn AlertEvaluator>),
    Llm(Arc<dyn LlmProvider>),
}

/// What can be built from configuration.
pub trait Part: Sized + Send + 'static {
    /// What it is for.
    const KIND: Kind;
    /// Wraps it.
    fn wrap(self) -> Built;
    /// Unwraps it; `None` when it is of another kind.
    fn unwrap(built: Built) -> Option<Self>;
}

macro_rules! parts {
    ($($kind:ident $part:ty),* $(,)?) => {$(
        impl Part for $part {
            const KIND: Kind = Kind::$kind;
            fn wrap(self) -> Built {
                Built::$kind(self)
            }
            fn unwrap(built: Built) -> Option<Self> {
                match built {
                    Built::$kind(part) => Some(part),
                    _ => None,
                }
            }
        }
    )*};
}

parts! {
    Source Feed,
    Sink Arc<dyn Sink>,
    Store Arc<dyn EventStore>,
    Index Indexing,
    Evaluator Arc<dyn AlertEvaluator>,
    Llm Arc<dyn LlmProvider>,
}

/// A component as it stands in configuration: its fields are its options, their docs its reference.
pub trait Component: DeserializeOwned + JsonSchema + Send + 'static {
    /// What it is built into.
    type Built: Part;
    /// Its `type` in configuration, in snake case.
    const TYPE: &'static str;
    /// The smallest TOML that works.
    const EXAMPLE: &'static str;
    /// Builds it. Cheap: the first I/O is the first call of what was built.
    fn build(self) -> impl Future<Output = Result<Self::Built>> + Send;
}
