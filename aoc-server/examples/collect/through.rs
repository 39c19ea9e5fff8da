//! A store that keeps nothing but what is known: events go through it into a file of lines.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use aoc_core::{
    Event, EventLog, MemoryStore, Notebook, Position, Result, Sink, Timestamp,
    query::Counted,
    store::{Added, Annotation, Note, Stored},
};
use aoc_sinks::JsonLinesSink;
use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::watch;

/// Dedupes by key, and hands on to a file.
pub(crate) struct Through {
    known: Mutex<HashSet<[u8; 16]>>,
    file: JsonLinesSink,
    notes: MemoryStore,
}

impl Through {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { known: Mutex::default(), file: JsonLinesSink::new(path), notes: MemoryStore::new() }
    }
}

#[async_trait]
impl EventLog for Through {
    async fn append(&self, events: &[Event]) -> Result<Vec<Added>> {
        let added: Vec<Added> = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let mut add = |event: &Event| {
                let is_new = known.insert(event.dedupe_key.digest());
                if is_new { Added::New(Position(known.len() as u64)) } else { Added::Duplicate }
            };
            events.iter().map(&mut add).collect()
        };
        if added.iter().all(|added| matches!(added, Added::New(_))) {
            self.file.deliver(events).await?;
        } else {
            let new = events.iter().zip(&added).filter(|(_, added)| matches!(added, Added::New(_)));
            self.file.deliver(&new.map(|(event, _)| event.clone()).collect::<Vec<_>>()).await?;
        }
        Ok(added)
    }

    async fn read_after(&self, _: Position, _: usize) -> Result<Vec<Stored>> {
        Ok(Vec::new())
    }

    async fn read_at(&self, _: &[Position]) -> Result<Vec<Stored>> {
        Ok(Vec::new())
    }

    async fn get(&self, _: &str) -> Result<Vec<Stored>> {
        Ok(Vec::new())
    }

    async fn head(&self) -> Result<Position> {
        Ok(Position(self.known.lock().unwrap_or_else(PoisonError::into_inner).len() as u64))
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.notes.tail()
    }

    async fn annotate(&self, position: Position, annotation: Annotation) -> Result<()> {
        self.notes.annotate(position, annotation).await
    }

    async fn tagged(&self, _: &str) -> Result<Vec<Position>> {
        Ok(Vec::new())
    }

    async fn tags(&self) -> Result<Vec<Counted>> {
        Ok(Vec::new())
    }

    async fn forget_before(&self, _: Timestamp) -> Result<u64> {
        Ok(0)
    }

    async fn horizon(&self) -> Result<Option<Timestamp>> {
        Ok(None)
    }

    async fn rewrite(&self, _: &[Stored]) -> Result<()> {
        Ok(())
    }

    async fn remove(&self, _: &[Position]) -> Result<u64> {
        Ok(0)
    }
}

#[async_trait]
impl Notebook for Through {
    async fn read(&self, key: &str) -> Result<Option<Value>> {
        self.notes.read(key).await
    }

    async fn write(&self, notes: &[Note]) -> Result<()> {
        self.notes.write(notes).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Note>> {
        self.notes.list(prefix).await
    }
}
