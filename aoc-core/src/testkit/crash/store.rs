//! A store whose calls go wrong.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::watch;

use super::Faults;
use crate::{
    Event, EventLog, EventStore, Notebook, Position, Result, Timestamp,
    query::Counted,
    store::{Added, Annotation, Lead, Note, Stored},
};

/// Any store, but every call may fail or crash before its effect or after it.
pub struct FaultyStore {
    store: Arc<dyn EventStore>,
    faults: Faults,
}

impl FaultyStore {
    /// Wraps a store.
    pub fn new(store: Arc<dyn EventStore>, faults: Faults) -> Self {
        Self { store, faults }
    }
}

#[async_trait]
impl EventLog for FaultyStore {
    async fn append(&self, events: &[Event]) -> Result<Vec<Added>> {
        self.faults.around(self.store.append(events)).await
    }

    async fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Stored>> {
        self.faults.around(self.store.read_after(after, limit)).await
    }

    async fn read_at(&self, positions: &[Position]) -> Result<Vec<Stored>> {
        self.faults.around(self.store.read_at(positions)).await
    }

    async fn get(&self, id: &str) -> Result<Vec<Stored>> {
        self.faults.around(self.store.get(id)).await
    }

    async fn head(&self) -> Result<Position> {
        self.faults.around(self.store.head()).await
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.store.tail()
    }

    async fn annotate(&self, position: Position, annotation: Annotation) -> Result<()> {
        self.faults.around(self.store.annotate(position, annotation)).await
    }

    async fn tagged(&self, tag: &str) -> Result<Vec<Position>> {
        self.faults.around(self.store.tagged(tag)).await
    }

    async fn tags(&self) -> Result<Vec<Counted>> {
        self.faults.around(self.store.tags()).await
    }

    async fn forget_before(&self, time: Timestamp) -> Result<u64> {
        self.faults.around(self.store.forget_before(time)).await
    }

    async fn horizon(&self) -> Result<Option<Timestamp>> {
        self.faults.around(self.store.horizon()).await
    }

    async fn rewrite(&self, events: &[Stored]) -> Result<()> {
        self.faults.around(self.store.rewrite(events)).await
    }

    async fn remove(&self, positions: &[Position]) -> Result<u64> {
        self.faults.around(self.store.remove(positions)).await
    }

    fn lead(&self) -> watch::Receiver<Lead> {
        self.store.lead()
    }

    async fn resign(&self) -> Result<()> {
        self.faults.around(self.store.resign()).await
    }
}

#[async_trait]
impl Notebook for FaultyStore {
    async fn read(&self, key: &str) -> Result<Option<Value>> {
        self.faults.around(self.store.read(key)).await
    }

    async fn write(&self, notes: &[Note]) -> Result<()> {
        self.faults.around(self.store.write(notes)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Note>> {
        self.faults.around(self.store.list(prefix)).await
    }
}
