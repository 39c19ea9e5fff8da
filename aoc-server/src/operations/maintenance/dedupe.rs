//! Removing events that are there twice.

use std::{collections::HashMap, sync::Arc, time::Instant};

use aoc_core::{
    Event, EventStore, Key, Position, Result, Timestamp,
    store::{Note, Stored},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    again::{first_key, is_damaged},
    merge,
    walk::{Walk, Walked},
};
use crate::{
    auth::{Caller, Permission},
    import::Stop,
    operations::Operations,
};

/// How to remove repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dedupe {
    /// Whether to remove them; else they are only told.
    pub apply: bool,
}

/// What was found, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deduped {
    /// Whether repeats were removed; else it was a dry run.
    pub applied: bool,
    /// Whether it was stopped before the end of the log.
    pub interrupted: bool,
    /// Events read.
    pub read: u64,
    /// Revisions among them.
    pub revisions: u64,
    /// Revisions that repeat their first event, or an earlier revision of it.
    pub repeated_revisions: u64,
    /// Events that repeat an earlier one of the same source and id.
    pub repeated_ids: u64,
    /// Events of the source and id of an earlier one that say something else; they stay.
    pub other_content: u64,
    /// Events removed.
    pub removed: u64,
    /// Tags that the kept events got from the removed ones.
    pub merged_tags: u64,
    /// Comments that the kept events got from the removed ones.
    pub merged_comments: u64,
    /// Some of the repeats, 20 at most.
    pub examples: Vec<Repeat>,
    /// How long it took.
    pub seconds: f64,
}

/// An event that is there twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repeat {
    /// Why it is one.
    pub why: Why,
    /// The dedupe key of the repeat.
    pub repeat: Key,
    /// Its place.
    pub position: Position,
    /// The dedupe key of the one that is kept.
    pub kept: Key,
    /// Its place.
    pub kept_position: Position,
}

/// Why an event is a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A revision that is no other content than what was there.
    Revision,
    /// The same source and id, and the same content.
    SameId,
}

/// The most examples.
const MOST_EXAMPLES: usize = 20;
/// Tells that events were removed and the index was not rebuilt yet.
const NOTE: &str = "maintenance/dedupe";

impl Operations {
    /// Finds events that repeat an earlier one by today's rules, and removes them; the kept ones get their annotations.
    ///
    /// Keeps 25 to 60 bytes in memory for each event of the log.
    ///
    /// # Errors
    /// Those of the store and of the index.
    pub async fn dedupe(
        &self,
        caller: &Caller,
        request: Dedupe,
        stop: &Stop,
        mut watch: impl FnMut(Walked) + Send,
    ) -> Result<Deduped> {
        caller.require(Permission::Manage)?;
        let started = Instant::now();
        if request.apply {
            // Claims the right to write before anything is read.
            self.store.append(&[]).await?;
        }
        let mut walk = Walk::from(&self.store, Position::default()).await?;
        let mut run = Run::over(&self.store, request.apply);
        loop {
            let batch = walk.next().await?;
            if batch.is_empty() || stop.is_stopped() {
                run.report.interrupted = !batch.is_empty();
                break;
            }
            run.take(batch).await?;
            watch(walk.walked);
        }
        if request.apply && self.store.read(NOTE).await?.is_some() {
            self.index.rebuild().await?;
            self.index.catch_up().await?;
            self.store.write(&[Note { key: NOTE.into(), value: Value::Null }]).await?;
        }
        run.report.seconds = started.elapsed().as_secs_f64();
        Ok(run.report)
    }
}

struct Run {
    store: Arc<dyn EventStore>,
    apply: bool,
    report: Deduped,
    /// The first event of each source and id, by a digest of both.
    seen: HashMap<[u8; 16], Position>,
    /// The revisions of each first event, by the digest of its key.
    revisions: HashMap<[u8; 16], Vec<Position>>,
}

impl Run {
    fn over(store: &Arc<dyn EventStore>, apply: bool) -> Self {
        let report = Deduped { applied: apply, ..Deduped::default() };
        Self { store: store.clone(), apply, report, seen: HashMap::new(), revisions: HashMap::new() }
    }

    async fn take(&mut self, batch: Vec<Stored>) -> Result<()> {
        let mut repeats = Vec::new();
        for stored in batch {
            self.report.read += 1;
            if is_damaged(&stored.event) {
                continue;
            }
            match self.repeated_by(&stored).await? {
                Some((why, kept)) => repeats.push(self.note(why, stored, kept)),
                None => self.remember(&stored),
            }
        }
        if self.apply && !repeats.is_empty() { self.remove(repeats).await } else { Ok(()) }
    }

    /// The earlier event that this one repeats.
    async fn repeated_by(&mut self, stored: &Stored) -> Result<Option<(Why, Stored)>> {
        let event = &stored.event;
        if let Some(position) = self.seen.get(&identity(event)).copied()
            && let Some(first) = self.store.read_at(&[position]).await?.pop()
        {
            if repeats(event, &first.event) {
                return Ok(Some((Why::SameId, first)));
            }
            self.report.other_content += 1;
        }
        if event.revision_of.is_none() {
            return Ok(None);
        }
        self.report.revisions += 1;
        let earlier = self.earlier_than(stored).await?;
        Ok(earlier.into_iter().find(|other| repeats(event, &other.event)).map(|kept| (Why::Revision, kept)))
    }

    /// The first event under the revision's id, and the revisions of it so far.
    async fn earlier_than(&self, revision: &Stored) -> Result<Vec<Stored>> {
        let key = first_key(&revision.event);
        let mut earlier = self.store.get(key.as_str()).await?;
        earlier.retain(|first| first.event.dedupe_key == key && first.position < revision.position);
        let revisions = self.revisions.get(&key.digest()).map(Vec::as_slice).unwrap_or_default();
        earlier.extend(self.store.read_at(revisions).await?);
        Ok(earlier)
    }

    fn remember(&mut self, stored: &Stored) {
        self.seen.entry(identity(&stored.event)).or_insert(stored.position);
        if stored.event.revision_of.is_some() {
            self.revisions.entry(first_key(&stored.event).digest()).or_default().push(stored.position);
        }
    }

    fn note(&mut self, why: Why, repeat: Stored, kept: Stored) -> (Stored, Position) {
        match why {
            Why::Revision => self.report.repeated_revisions += 1,
            Why::SameId => self.report.repeated_ids += 1,
        }
        if self.report.examples.len() < MOST_EXAMPLES {
            self.report.examples.push(Repeat {
                why,
                repeat: repeat.event.dedupe_key.clone(),
                position: repeat.position,
                kept: kept.event.dedupe_key,
                kept_position: kept.position,
            });
        }
        (repeat, kept.position)
    }

    /// Annotations first: if this is cut off, nothing is lost and it is done again.
    async fn remove(&mut self, repeats: Vec<(Stored, Position)>) -> Result<()> {
        for (repeat, kept) in &repeats {
            let merged = merge::annotations(&*self.store, *kept, &repeat.event).await?;
            self.report.merged_tags += merged.tags;
            self.report.merged_comments += merged.comments;
        }
        if self.report.removed == 0 {
            self.store.write(&[Note::new(NOTE, Timestamp::now())?]).await?;
        }
        let positions: Vec<Position> = repeats.iter().map(|(repeat, _)| repeat.position).collect();
        self.report.removed += self.store.remove(&positions).await?;
        Ok(())
    }
}

/// Whether both are the same, and it can be seen that they are: the same record, or the same said in two shapes.
fn repeats(event: &Event, other: &Event) -> bool {
    event.is_repeat_of(other) && (event.raw == other.raw || event.says_the_same_as(other))
}

/// What source and id stand for.
fn identity(event: &Event) -> [u8; 16] {
    Key::of(&event.source, &event.id).digest()
}
