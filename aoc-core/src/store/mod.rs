//! What is stored, and the three faces it shows: the log, the notebook, the index.

mod known;
mod lead;
mod memory;
mod scan;

use std::collections::BTreeSet;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

pub use self::{
    known::{Known, recognise},
    lead::{Lead, Leader},
    memory::{Memories, MemoryStore},
    scan::{MOST_BUCKETS, Scan, count_facets, count_timeline, most_frequent, page_of},
};
use crate::{
    Comment, Error, Event, Result, Timestamp,
    query::{BucketSize, Counted, Facet, Filter, Hits, Query, Timeline},
};

/// A place in the log; positions grow. 0 is before the first event.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Position(pub u64);

/// An event and its place in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stored {
    /// Its place.
    pub position: Position,
    /// The event, with its annotations as they are now.
    pub event: Event,
}

impl Stored {
    /// Whether a [rewriting](EventLog::rewrite) may put this event in its place: with the same dedupe key and, byte
    /// for byte, the same raw record.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when it may not.
    pub fn check_rewrite(&self, event: &Event) -> Result<()> {
        let Self { position: Position(position), event: before } = self;
        if event.dedupe_key != before.dedupe_key {
            let (old, new) = (&before.dedupe_key, &event.dedupe_key);
            let message =
                format!("the event at position {position} keeps its dedupe key `{old}`, got `{new}`");
            return Err(Error::invalid(message));
        }
        if event.raw.text() != before.raw.text() {
            let message = format!("the event at position {position} keeps its raw record, got another one");
            return Err(Error::invalid(message));
        }
        Ok(())
    }
}

/// What became of one appended event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Added {
    /// It was new.
    New(Position),
    /// It came under a known id with another content, and is an event of its own now.
    Revision(Position),
    /// It was known already.
    Duplicate,
}

/// A change of an event's annotations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Annotation {
    /// Its tags are these from now on.
    Tags(BTreeSet<String>),
    /// It has this tag, too.
    AddTag(String),
    /// It has this tag no longer.
    RemoveTag(String),
    /// It has this comment, too.
    Comment(Comment),
}

/// A small piece of JSON under a key such as `cursor/entra`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// The key; its parts are divided by `/`.
    pub key: String,
    /// What is kept; `null` erases the note.
    pub value: Value,
}

impl Note {
    /// A note.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when the value has no JSON.
    pub fn new(key: impl Into<String>, value: impl Serialize) -> Result<Self> {
        let value = serde_json::to_value(value)
            .map_err(|cause| Error::internal("a note has no JSON").because(cause))?;
        Ok(Self { key: key.into(), value })
    }
}

/// The log of events: the truth.
///
/// Once `append` has answered, the events are safe. Positions become visible in order: whoever has seen a
/// position will never see a smaller one appear. Events that are forgotten leave a hole.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Adds the events that are not known yet, all or none of them, and says what became of each, in order.
    /// Events of one batch that repeat each other are found, too.
    async fn append(&self, events: &[Event]) -> Result<Vec<Added>>;

    /// The next events behind a position, in order, at most `limit`.
    async fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Stored>>;

    /// The events at these positions, in this order; those that are gone are left out.
    async fn read_at(&self, positions: &[Position]) -> Result<Vec<Stored>>;

    /// The events of this id, or the one of this dedupe key. An id that several sources use gives several.
    async fn get(&self, id: &str) -> Result<Vec<Stored>>;

    /// The position of the last event.
    async fn head(&self) -> Result<Position>;

    /// Tells when the log has grown; what it holds before the first append of this program says nothing. Another
    /// process's events may be seen later than by `head`.
    fn tail(&self) -> watch::Receiver<Position>;

    /// Changes annotations; [`NotFound`](crate::ErrorKind::NotFound) when there is no such event.
    async fn annotate(&self, position: Position, annotation: Annotation) -> Result<()>;

    /// The positions of all events with this tag, in order.
    async fn tagged(&self, tag: &str) -> Result<Vec<Position>>;

    /// All tags, with how many events have them, in any order.
    async fn tags(&self) -> Result<Vec<Counted>>;

    /// Forgets all events before a time, and says how many they were. Searches find none of them any more, also
    /// when one is appended again: it is new to the log then, but older than all that is searched.
    async fn forget_before(&self, time: Timestamp) -> Result<u64>;

    /// The latest time given to `forget_before`.
    async fn horizon(&self) -> Result<Option<Timestamp>>;

    /// Replaces what is told of events that are there, all of them or none: everything but their positions, dedupe
    /// keys, raw records and annotations, which stay as they are. An index has to be
    /// [rebuilt](EventIndex::rebuild) afterwards. [`NotFound`](crate::ErrorKind::NotFound) when an event is gone.
    /// [`Invalid`](crate::ErrorKind::Invalid) when one would get [another key or raw record](Stored::check_rewrite).
    async fn rewrite(&self, events: &[Stored]) -> Result<()>;

    /// Removes events one by one, with their annotations, and says how many were there. A removed event that comes
    /// again is new. An index has to be [rebuilt](EventIndex::rebuild) afterwards.
    async fn remove(&self, positions: &[Position]) -> Result<u64>;

    /// Who may append, where several processes share the log; from the first call on this process stands for the
    /// lead. A log that only one process writes has no such choice.
    fn lead(&self) -> watch::Receiver<Lead> {
        watch::Sender::new(Lead::Alone).subscribe()
    }

    /// Gives the lead up, if this process has it, so that another one need not wait.
    async fn resign(&self) -> Result<()> {
        Ok(())
    }
}

/// Small JSON under keys: cursors, positions, the ledger.
#[async_trait]
pub trait Notebook: Send + Sync {
    /// The note under a key.
    async fn read(&self, key: &str) -> Result<Option<Value>>;

    /// Writes (or, by `null`, erases) notes: all of them or none. No key comes twice in one call.
    async fn write(&self, notes: &[Note]) -> Result<()>;

    /// All notes whose keys start so, by key.
    async fn list(&self, prefix: &str) -> Result<Vec<Note>>;
}

/// What the house lives on: the log, and the bookmarks that point into it, in one place.
pub trait EventStore: EventLog + Notebook {}

impl<T: EventLog + Notebook + ?Sized> EventStore for T {}

/// Answers searches. Derived from the log by following it; every answer is as [`Filter::matches`] says.
///
/// An answer knows every event that was in the log when the question came (an index that cannot catch up in
/// time answers [`Unavailable`](crate::ErrorKind::Unavailable)). One that would have to read too many events one by
/// one refuses the search as [`Invalid`](crate::ErrorKind::Invalid), saying how to narrow it; it never guesses.
#[async_trait]
pub trait EventIndex: Send + Sync {
    /// A page of events, newest first.
    async fn search(&self, query: &Query) -> Result<Hits>;

    /// How many events.
    async fn count(&self, filter: &Filter) -> Result<u64>;

    /// The values of each facet with how many events have them, the most frequent ones first, at most `most`.
    async fn facets(&self, filter: &Filter, facets: &[Facet], most: usize) -> Result<Vec<Vec<Counted>>>;

    /// How many events over time. `None` takes the smallest bucket that gives no more than 200 of them.
    async fn timeline(&self, filter: &Filter, bucket: Option<BucketSize>) -> Result<Timeline>;

    /// How far it has read.
    async fn position(&self) -> Result<Position>;

    /// Reads on until it has all that is in the log now.
    async fn catch_up(&self) -> Result<Position>;

    /// Forgets what it has read, and reads the log anew: events behind its back were rewritten or removed.
    async fn rebuild(&self) -> Result<()> {
        Ok(())
    }
}
