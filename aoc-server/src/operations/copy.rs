//! Copying a store into another one: events, annotations, notes and what was forgotten.
//!
//! It rests on the traits alone, so any kind of store can be on either side. It keeps its place in the target, and goes on
//! from there when it was interrupted.

mod begin;
mod events;
mod notes;
mod places;

use std::{sync::Arc, time::Instant};

use aoc_core::{EventStore, Position, Result, Timestamp, store::Note};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::places::Places;
use super::maintenance::Walked;
use crate::{
    auth::{Caller, Permission},
    import::Stop,
};

/// A store, and what tells it from others: its type and where it is, without credentials.
#[derive(Clone)]
pub struct End {
    /// The store.
    pub store: Arc<dyn EventStore>,
    /// Such as `sqlite /var/lib/aoc/aoc.db`.
    pub identity: String,
}

/// A copy from one store to another.
pub struct StoreCopy {
    source: End,
    target: End,
    merge: bool,
    stop: Stop,
}

/// What was copied. Counts are of this run and of those that it goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Copied {
    /// The source.
    pub from: String,
    /// The target.
    pub to: String,
    /// Where it went on in the source's log, if an earlier run had been interrupted.
    pub continued_at: Option<Position>,
    /// Whether it was stopped before the end: run it again to go on.
    pub interrupted: bool,
    /// How many events.
    pub counts: Counts,
    /// Notes written: cursors, positions, the ledger.
    pub notes: u64,
    /// Notes that the target had already and that stayed as they were.
    pub kept_notes: u64,
    /// Notes that could not be read and were not copied.
    pub unreadable_notes: Vec<String>,
    /// The source has forgotten what is before this time; so has the target now.
    pub horizon: Option<Timestamp>,
    /// How long this run took.
    pub seconds: f64,
}

/// How many events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Read from the source.
    pub read: u64,
    /// New to the target.
    pub new: u64,
    /// New to the target, with another content than the event it knew by their id.
    pub revised: u64,
    /// Known to the target.
    pub duplicate: u64,
    /// Tags given to events of the target.
    pub tags: u64,
    /// Comments given to events of the target.
    pub comments: u64,
}

impl Copied {
    /// Whether every event of the source is in the target.
    pub fn is_complete(&self) -> bool {
        let counts = &self.counts;
        !self.interrupted
            && self.unreadable_notes.is_empty()
            && counts.read == counts.new + counts.revised + counts.duplicate
    }
}

/// Where a copy is; the target's note.
const PLACE: &str = "copy/from";
/// What the last copy was and where the target's log ended then.
const DONE: &str = "copy/done";

/// The note of a copy that is under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    from: String,
    started: Timestamp,
    /// All events of the source up to here are in the target.
    position: Position,
    /// Whether notes that the target has stay as they are.
    keeps_notes: bool,
    counts: Counts,
    horizon: Option<Timestamp>,
    places: Places,
}

/// The note of a copy that is complete.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Done {
    from: String,
    /// Where the target's log ended.
    head: Position,
    at: Timestamp,
}

impl StoreCopy {
    /// From one store to another.
    pub fn between(source: End, target: End) -> Self {
        Self { source, target, merge: false, stop: Stop::default() }
    }

    /// Whether the target may hold events that are not of this source. Its notes stay as they are then.
    #[must_use]
    pub fn merging(mut self, merge: bool) -> Self {
        self.merge = merge;
        self
    }

    /// What stops it.
    pub fn stopper(&self) -> Stop {
        self.stop.clone()
    }

    /// Copies. `watch` is told how far it has come after each batch.
    ///
    /// Notes are read first, so that no cursor is ahead of the events; what comes in meanwhile is for the next run.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) when both are the same store, or the target holds other events and it was
    /// not said that it may; those of the stores.
    pub async fn run(&self, caller: &Caller, watch: impl FnMut(Walked) + Send) -> Result<Copied> {
        caller.require(Permission::Manage)?;
        let started = Instant::now();
        let mut place = self.begin().await?;
        let continued_at = Some(place.position).filter(|position| *position > Position::default());
        let notes = self.source.store.list("").await?;
        let at_end = self.events(&mut place, notes::marks(&notes), watch).await?;
        let mut copied = Copied {
            from: self.source.identity.clone(),
            to: self.target.identity.clone(),
            continued_at,
            interrupted: !at_end,
            counts: place.counts,
            horizon: place.horizon,
            ..Copied::default()
        };
        if at_end {
            self.notes(&place, notes, &mut copied).await?;
            self.finish().await?;
        }
        copied.seconds = started.elapsed().as_secs_f64();
        Ok(copied)
    }

    async fn finish(&self) -> Result<()> {
        let head = self.target.store.head().await?;
        let done = Done { from: self.source.identity.clone(), head, at: Timestamp::now() };
        let erased = Note { key: PLACE.into(), value: Value::Null };
        self.target.store.write(&[erased, Note::new(DONE, &done)?]).await
    }
}
