//! The words, the rules and the two loops of AOC, the Admin Operations Center.
//!
//! A [`Source`] turns a [`Bookmark`] into a [`Page`] of [`Record`]s; a [`Normalizer`] turns a record into an
//! [`Event`]. The store ([`EventLog`] and [`Notebook`]) appends events, each once, and gives each a
//! [`Position`]: the store is the log. Everything downstream follows it: [`Sink`]s, [`AlertEvaluator`]s, and
//! the [`EventIndex`] that answers searches. A [`Component`] is a config struct that can build itself; the
//! [`Registry`] is the list of them. A [`Pipeline`] is what will run, [`Running`] is what runs.
//!
//! This crate knows no vendor, no database and no protocol.
//!
//! ```
//! use aoc_core::prelude::*;
//!
//! /// Somebody who says the same two things whenever asked.
//! struct Parrot;
//!
//! #[async_trait]
//! impl Source for Parrot {
//!     async fn fetch(&self, _: &Bookmark) -> Result<Page> {
//!         let records = vec![Record::from("hello"), Record::from("goodbye")];
//!         Ok(Page::new(records, Cursor::of(())?))
//!     }
//! }
//!
//! impl Normalizer for Parrot {
//!     fn normalize(&self, record: &Record) -> Result<Event> {
//!         let said = record.as_str().ok_or_else(|| Error::invalid("not a word"))?.into_owned();
//!         let mut event = Event::new("parrot", said.clone(), Timestamp::parse("2026-01-05T09:00:00Z")?);
//!         event.operation = format!("Say {said}");
//!         Ok(event)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let store = MemoryStore::new();
//! let running = Pipeline::new(store.clone()).source("parrot", Feed::new(Parrot, Parrot)).start();
//! running.fetch_now("parrot").await?;
//! running.fetch_now("parrot").await?; // the same again adds nothing
//! let hits = store.search(&Query::new().text("hello")).await?;
//! assert_eq!(hits.items[0].event.operation, "Say hello");
//! assert_eq!(store.count(&Filter::default()).await?, 2);
//! running.stop().await
//! # }
//! ```

pub mod alert;
mod component;
#[cfg(feature = "config")]
pub mod config;
mod error;
mod event;
mod feed;
#[cfg(feature = "http")]
pub mod http;
mod json;
pub mod ledger;
mod llm;
mod normalizer;
pub mod pipeline;
pub mod query;
mod registry;
mod sink;
mod source;
pub mod store;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod text;
mod time;

#[cfg(feature = "config")]
pub use self::config::Secret;
pub use self::{
    alert::{Alert, AlertEvaluator, Evaluation, Severity},
    component::{Built, Component, Indexing, Kind, Part},
    error::{Error, ErrorKind, MEANINGS, Meaning, Reaction, Result},
    event::{ActorType, Change, Comment, Event, Key, Outcome, TIME_UNREADABLE, UNREADABLE},
    feed::{Checkup, Doorbell, Feed, Finding, Verdict},
    json::{RawJson, json_line},
    llm::{Completion, LlmProvider, Message, Prompt, Role},
    normalizer::{Normalizer, normalize},
    pipeline::{Pipeline, Running, Status},
    query::{Filter, Hits, Query},
    registry::{Entry, Registry},
    sink::{Delivered, Sink},
    source::{Bookmark, Cursor, Page, Record, Source},
    store::{EventIndex, EventLog, EventStore, MemoryStore, Notebook, Position},
    text::{SearchText, fold},
    time::Timestamp,
};

/// What most programs and components need.
pub mod prelude {
    pub use async_trait::async_trait;
    pub use schemars::{self, JsonSchema};
    pub use serde::{self, Deserialize, Serialize};

    #[cfg(feature = "config")]
    pub use crate::Secret;
    pub use crate::{
        Alert, AlertEvaluator, Bookmark, Change, Component, Cursor, Delivered, Error, ErrorKind, Evaluation,
        Event, EventIndex, EventLog, EventStore, Feed, Filter, Hits, Key, LlmProvider, MemoryStore,
        Normalizer, Notebook, Outcome, Page, Pipeline, Position, Query, RawJson, Record, Registry, Result,
        Running, Sink, Source, Status, Timestamp,
    };
}
