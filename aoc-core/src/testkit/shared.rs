//! A store that several processes share: one of them leads, as the test wills.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::{
    Error, Event, EventLog, MemoryStore, Notebook, Position, Result, Timestamp,
    query::Counted,
    store::{Added, Annotation, Lead, Leader, Note, Stored},
};

/// What all processes share: one memory, and one lead.
#[derive(Clone, Default)]
pub struct Shared {
    /// What is stored.
    pub memory: MemoryStore,
    table: Arc<Mutex<Table>>,
}

#[derive(Default)]
struct Table {
    leader: Option<Leader>,
    token: u64,
    processes: BTreeMap<String, watch::Sender<Lead>>,
}

impl Shared {
    /// The store as a process of this name sees it. Nobody leads yet.
    pub async fn process(&self, name: &str) -> SharedStore {
        let mut table = self.table.lock().await;
        let lead = watch::Sender::new(Lead::Theirs(table.leader.clone()));
        let seen = lead.subscribe();
        table.processes.insert(name.to_owned(), lead);
        SharedStore { shared: self.clone(), name: name.to_owned(), token: None, lead: seen }
    }

    /// From now on the process of this name leads, or none.
    pub async fn give_to(&self, name: Option<&str>) {
        let mut table = self.table.lock().await;
        self.give(&mut table, name);
    }

    /// Who leads.
    pub async fn leader(&self) -> Option<Leader> {
        self.table.lock().await.leader.clone()
    }

    fn give(&self, table: &mut Table, name: Option<&str>) {
        table.token += u64::from(name.is_some());
        let token = table.token;
        table.leader = name.map(|name| Leader { name: name.to_owned(), token, since: Timestamp::now() });
        for (process, sender) in &table.processes {
            let own = table.leader.as_ref().filter(|leader| leader.name == *process);
            sender.send_replace(match own {
                Some(leader) => Lead::Ours(leader.clone(), Arc::new(self.bound(sender, leader))),
                None => Lead::Theirs(table.leader.clone()),
            });
        }
    }

    fn bound(&self, lead: &watch::Sender<Lead>, leader: &Leader) -> SharedStore {
        let (name, token) = (leader.name.clone(), Some(leader.token));
        SharedStore { shared: self.clone(), name, token, lead: lead.subscribe() }
    }
}

/// The shared memory as one process sees it. What comes with the lead refuses to write once the lead is lost; the
/// plain one takes the lead to write where nobody has it.
#[derive(Clone)]
pub struct SharedStore {
    shared: Shared,
    name: String,
    token: Option<u64>,
    lead: watch::Receiver<Lead>,
}

impl SharedStore {
    /// The right to write, for as long as the guard lives.
    async fn right(&self) -> Result<MutexGuard<'_, Table>> {
        let mut table = self.shared.table.lock().await;
        match (&table.leader, self.token) {
            (None, None) => self.shared.give(&mut table, Some(&self.name)),
            (Some(leader), None) if leader.name == self.name => {}
            (Some(leader), Some(token)) if leader.token == token => {}
            (Some(leader), _) => {
                return Err(Error::unavailable(format!("{} leads and writes", leader.name)));
            }
            (None, Some(_)) => return Err(Error::unavailable("the lead is lost")),
        }
        Ok(table)
    }
}

#[async_trait]
impl EventLog for SharedStore {
    async fn append(&self, events: &[Event]) -> Result<Vec<Added>> {
        let _right = self.right().await?;
        self.shared.memory.append(events).await
    }

    async fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Stored>> {
        self.shared.memory.read_after(after, limit).await
    }

    async fn read_at(&self, positions: &[Position]) -> Result<Vec<Stored>> {
        self.shared.memory.read_at(positions).await
    }

    async fn get(&self, id: &str) -> Result<Vec<Stored>> {
        self.shared.memory.get(id).await
    }

    async fn head(&self) -> Result<Position> {
        self.shared.memory.head().await
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.shared.memory.tail()
    }

    async fn annotate(&self, position: Position, annotation: Annotation) -> Result<()> {
        self.shared.memory.annotate(position, annotation).await
    }

    async fn tagged(&self, tag: &str) -> Result<Vec<Position>> {
        self.shared.memory.tagged(tag).await
    }

    async fn tags(&self) -> Result<Vec<Counted>> {
        self.shared.memory.tags().await
    }

    async fn forget_before(&self, time: Timestamp) -> Result<u64> {
        let _right = self.right().await?;
        self.shared.memory.forget_before(time).await
    }

    async fn horizon(&self) -> Result<Option<Timestamp>> {
        self.shared.memory.horizon().await
    }

    async fn rewrite(&self, events: &[Stored]) -> Result<()> {
        let _right = self.right().await?;
        self.shared.memory.rewrite(events).await
    }

    async fn remove(&self, positions: &[Position]) -> Result<u64> {
        let _right = self.right().await?;
        self.shared.memory.remove(positions).await
    }

    fn lead(&self) -> watch::Receiver<Lead> {
        self.lead.clone()
    }

    async fn resign(&self) -> Result<()> {
        let mut table = self.shared.table.lock().await;
        if table.leader.as_ref().is_some_and(|leader| leader.name == self.name) {
            self.shared.give(&mut table, None);
        }
        Ok(())
    }
}

#[async_trait]
impl Notebook for SharedStore {
    async fn read(&self, key: &str) -> Result<Option<Value>> {
        self.shared.memory.read(key).await
    }

    async fn write(&self, notes: &[Note]) -> Result<()> {
        let _right = self.right().await?;
        self.shared.memory.write(notes).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Note>> {
        self.shared.memory.list(prefix).await
    }
}
