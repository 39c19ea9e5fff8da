//! What every store promises: one test for each sentence of [`EventLog`] and
//! [`Notebook`](crate::Notebook). [`suite!`](crate::suite) makes them tests of yours:
//!
//! ```
//! use std::sync::Arc;
//! use aoc_core::{EventStore, MemoryStore};
//!
//! // In tests/my_store.rs:
//! aoc_core::suite!(store, || async { Arc::new(MemoryStore::new()) as Arc<dyn EventStore> });
//! ```

mod annotations;
mod append;
mod following;
mod forgetting;
mod notes;
mod reading;
mod reopen;
mod revisions;
mod rewriting;

use std::sync::Arc;

pub use self::{
    annotations::*, append::*, following::*, forgetting::*, notes::*, reading::*, reopen::*, revisions::*,
    rewriting::*,
};
use super::events::Generator;
use crate::{
    Event, EventLog, EventStore, Position,
    store::{Added, Stored},
};

/// What a factory of stores gives: a store, or a store and what must live as long, such as a folder.
pub trait Made: Send + Sync {
    /// The store. It is empty.
    fn store(&self) -> Arc<dyn EventStore>;
}

impl Made for Arc<dyn EventStore> {
    fn store(&self) -> Arc<dyn EventStore> {
        self.clone()
    }
}

impl<Guard: Send + Sync> Made for (Arc<dyn EventStore>, Guard) {
    fn store(&self) -> Arc<dyn EventStore> {
        self.0.clone()
    }
}

/// All events of a log, in order.
///
/// # Panics
/// When the log fails, or gives them in another order.
pub async fn everything(log: &(impl EventLog + ?Sized)) -> Vec<Stored> {
    let (mut all, mut after): (Vec<Stored>, _) = (Vec::new(), Position::default());
    loop {
        let batch = log.read_after(after, 700).await.unwrap();
        let Some(last) = batch.last() else { return all };
        assert!(batch.len() <= 700, "more than the limit");
        after = last.position;
        all.extend(batch);
        assert!(all.windows(2).all(|pair| pair[0].position < pair[1].position), "positions out of order");
    }
}

/// The position that an append gave.
///
/// # Panics
/// When it gave none.
pub fn position_of(added: &Added) -> Position {
    match added {
        Added::New(position) | Added::Revision(position) => *position,
        Added::Duplicate => panic!("a duplicate has no position"),
    }
}

/// The event as a store must give it back before anybody annotates it.
fn plain(event: &Event) -> Event {
    Event { tags: Default::default(), comments: Vec::new(), ..event.clone() }
}

/// Appends new events and gives their positions.
async fn add(store: &dyn EventStore, events: &[Event]) -> Vec<Position> {
    let added = store.append(events).await.unwrap();
    assert!(added.iter().all(|added| matches!(added, Added::New(_))), "events that should be new: {added:?}");
    added.iter().map(position_of).collect()
}

fn some_events(seed: u64, count: usize) -> Vec<Event> {
    Generator::new(seed).events(count)
}
