//! The store that is always there: events in memory.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

use super::{
    Added, Annotation, EventIndex, EventLog, EventStore, Known, Note, Notebook, Position, Scan, Stored,
    recognise, scan,
};
use crate::{
    Component, Error, Event, Key, Result, Timestamp,
    query::{BucketSize, Counted, Facet, Filter, Hits, Query, Timeline},
};

/// Keeps events in memory: for tests, trials and embedding. All is gone when the program ends.
///
/// Clones share one memory.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

struct Shared {
    memory: Mutex<Memory>,
    tail: watch::Sender<Position>,
}

#[derive(Default)]
struct Memory {
    events: BTreeMap<Position, Event>,
    keys: HashMap<Key, Position>,
    head: Position,
    notes: BTreeMap<String, Value>,
    horizon: Option<Timestamp>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        let tail = watch::Sender::new(Position::default());
        Self { shared: Arc::new(Shared { memory: Mutex::default(), tail }) }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A panic between two statements of this file leaves nothing half-done that matters.
        self.shared.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scan(&self) -> Scan {
        Scan::new(Arc::new(self.clone()))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    fn add(&mut self, event: &Event) -> Result<Added> {
        let find = |key: &Key| Ok(self.keys.get(key).and_then(|position| self.events.get(position)).cloned());
        match recognise(event, find)? {
            Known::Repeat => Ok(Added::Duplicate),
            Known::New => Ok(Added::New(self.push(event.clone()))),
            Known::Revision(revision) => Ok(Added::Revision(self.push(*revision))),
        }
    }

    fn push(&mut self, mut event: Event) -> Position {
        event.tags = BTreeSet::new();
        event.comments = Vec::new();
        self.head = Position(self.head.0 + 1);
        self.keys.insert(event.dedupe_key.clone(), self.head);
        self.events.insert(self.head, event);
        self.add_alias(self.head);
        self.head
    }

    /// A revision is found by what it says, too, wherever it became one.
    fn alias(&self, position: Position) -> Option<Key> {
        self.events.get(&position).filter(|event| event.revision_of.is_some()).map(Event::alias)
    }

    fn add_alias(&mut self, position: Position) {
        if let Some(alias) = self.alias(position) {
            self.keys.entry(alias).or_insert(position);
        }
    }

    fn remove_alias(&mut self, position: Position) {
        if let Some(alias) = self.alias(position).filter(|alias| self.keys.get(alias) == Some(&position)) {
            self.keys.remove(&alias);
        }
    }

    fn rewrite(&mut self, events: &[Stored]) {
        events.iter().for_each(|stored| self.remove_alias(stored.position));
        for Stored { position, event } in events {
            if let Some(place) = self.events.get_mut(position) {
                let (tags, comments) = (std::mem::take(&mut place.tags), std::mem::take(&mut place.comments));
                *place = Event { tags, comments, ..event.clone() };
                self.add_alias(*position);
            }
        }
    }

    fn forget_keys(&mut self) {
        let Self { keys, events, .. } = self;
        keys.retain(|_, position| events.contains_key(position));
    }

    fn stored(&self, position: Position) -> Option<Stored> {
        self.events.get(&position).map(|event| Stored { position, event: event.clone() })
    }
}

#[async_trait]
impl EventLog for MemoryStore {
    async fn append(&self, events: &[Event]) -> Result<Vec<Added>> {
        let mut memory = self.memory();
        let added = events.iter().map(|event| memory.add(event)).collect();
        self.shared.tail.send_replace(memory.head);
        added
    }

    async fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Stored>> {
        let memory = self.memory();
        let behind = memory.events.range(Position(after.0.saturating_add(1))..);
        Ok(behind
            .take(limit)
            .map(|(position, event)| Stored { position: *position, event: event.clone() })
            .collect())
    }

    async fn read_at(&self, positions: &[Position]) -> Result<Vec<Stored>> {
        let memory = self.memory();
        Ok(positions.iter().filter_map(|position| memory.stored(*position)).collect())
    }

    async fn get(&self, id: &str) -> Result<Vec<Stored>> {
        let memory = self.memory();
        if let Some(position) = memory.keys.get(&Key::from(id.to_owned())) {
            return Ok(memory
                .stored(*position)
                .into_iter()
                .filter(|s| s.event.dedupe_key.as_str() == id)
                .collect());
        }
        let same = memory.events.iter().filter(|(_, event)| event.id == id);
        Ok(same.map(|(position, event)| Stored { position: *position, event: event.clone() }).collect())
    }

    async fn head(&self) -> Result<Position> {
        Ok(self.memory().head)
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.shared.tail.subscribe()
    }

    async fn annotate(&self, position: Position, annotation: Annotation) -> Result<()> {
        let mut memory = self.memory();
        let event = memory.events.get_mut(&position).ok_or_else(|| Error::not_found("no such event"))?;
        match annotation {
            Annotation::Tags(tags) => event.tags = tags,
            Annotation::AddTag(tag) => drop(event.tags.insert(tag)),
            Annotation::RemoveTag(tag) => drop(event.tags.remove(&tag)),
            Annotation::Comment(comment) => event.comments.push(comment),
        }
        Ok(())
    }

    async fn tagged(&self, tag: &str) -> Result<Vec<Position>> {
        let memory = self.memory();
        Ok(memory
            .events
            .iter()
            .filter(|(_, event)| event.tags.contains(tag))
            .map(|(position, _)| *position)
            .collect())
    }

    async fn tags(&self) -> Result<Vec<Counted>> {
        let memory = self.memory();
        Ok(scan::count_facets(memory.events.values().flat_map(|event| event.tags.clone()), usize::MAX))
    }

    async fn forget_before(&self, time: Timestamp) -> Result<u64> {
        let mut memory = self.memory();
        let before = memory.events.len();
        memory.events.retain(|_, event| event.timestamp.ticks() >= time.ticks());
        let gone = before - memory.events.len();
        memory.forget_keys();
        memory.horizon = memory.horizon.max(Some(time));
        Ok(gone as u64)
    }

    async fn horizon(&self) -> Result<Option<Timestamp>> {
        Ok(self.memory().horizon)
    }

    async fn rewrite(&self, events: &[Stored]) -> Result<()> {
        let mut memory = self.memory();
        for Stored { position, event } in events {
            let before = memory.stored(*position).ok_or_else(|| Error::not_found("no such event"))?;
            before.check_rewrite(event)?;
        }
        memory.rewrite(events);
        Ok(())
    }

    async fn remove(&self, positions: &[Position]) -> Result<u64> {
        let mut memory = self.memory();
        let gone = positions.iter().filter_map(|position| memory.events.remove(position)).count();
        memory.forget_keys();
        Ok(gone as u64)
    }
}

#[async_trait]
impl Notebook for MemoryStore {
    async fn read(&self, key: &str) -> Result<Option<Value>> {
        Ok(self.memory().notes.get(key).cloned())
    }

    async fn write(&self, notes: &[Note]) -> Result<()> {
        let mut memory = self.memory();
        for Note { key, value } in notes {
            match value {
                Value::Null => drop(memory.notes.remove(key)),
                value => drop(memory.notes.insert(key.clone(), value.clone())),
            }
        }
        Ok(())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Note>> {
        let memory = self.memory();
        let from = memory.notes.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        Ok(from.map(|(key, value)| Note { key: key.clone(), value: value.clone() }).collect())
    }
}

#[async_trait]
impl EventIndex for MemoryStore {
    async fn search(&self, query: &Query) -> Result<Hits> {
        self.scan().search(query).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        self.scan().count(filter).await
    }

    async fn facets(&self, filter: &Filter, facets: &[Facet], most: usize) -> Result<Vec<Vec<Counted>>> {
        self.scan().facets(filter, facets, most).await
    }

    async fn timeline(&self, filter: &Filter, bucket: Option<BucketSize>) -> Result<Timeline> {
        self.scan().timeline(filter, bucket).await
    }

    async fn position(&self) -> Result<Position> {
        self.head().await
    }

    async fn catch_up(&self) -> Result<Position> {
        self.head().await
    }
}

/// Keeps events in memory until the program ends: for trials and tests.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memories {}

impl Component for Memories {
    type Built = Arc<dyn EventStore>;
    const TYPE: &'static str = "memory";
    const EXAMPLE: &'static str = "";
    async fn build(self) -> Result<Self::Built> {
        Ok(Arc::new(MemoryStore::new()))
    }
}
