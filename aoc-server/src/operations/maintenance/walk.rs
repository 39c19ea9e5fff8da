//! Reading the log from one end to the other.

use std::sync::Arc;

use aoc_core::{EventStore, Position, Result, store::Stored};

/// How many events are read at once.
pub(super) const BATCH: usize = 500;

/// How far a walk through the log has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Events read.
    pub events: u64,
    /// Where it started.
    pub from: Position,
    /// Where it is.
    pub position: Position,
    /// Where it ends.
    pub head: Position,
}

/// A walk up to where the log ended when it began.
pub(in crate::operations) struct Walk {
    store: Arc<dyn EventStore>,
    pub(in crate::operations) walked: Walked,
    /// Events that may still be read.
    left: u64,
}

impl Walk {
    pub(in crate::operations) async fn from(store: &Arc<dyn EventStore>, from: Position) -> Result<Self> {
        let head = store.head().await?;
        Ok(Self::to(store, from, head))
    }

    pub(super) fn to(store: &Arc<dyn EventStore>, from: Position, head: Position) -> Self {
        let walked = Walked { events: 0, from, position: from, head };
        Self { store: store.clone(), walked, left: u64::MAX }
    }

    pub(super) fn at_most(mut self, events: Option<u64>) -> Self {
        self.left = events.unwrap_or(u64::MAX);
        self
    }

    /// The next events; none at the end.
    pub(in crate::operations) async fn next(&mut self) -> Result<Vec<Stored>> {
        let most = usize::try_from(self.left).unwrap_or(BATCH).min(BATCH);
        if most == 0 || self.walked.position >= self.walked.head {
            return Ok(Vec::new());
        }
        let mut batch = self.store.read_after(self.walked.position, most).await?;
        batch.retain(|stored| stored.position <= self.walked.head);
        self.left -= batch.len() as u64;
        self.walked.events += batch.len() as u64;
        self.walked.position = batch.last().map_or(self.walked.head, |last| last.position);
        Ok(batch)
    }

    /// Whether nothing is left but for what it was not to read.
    pub(in crate::operations) fn is_at_end(&self) -> bool {
        self.walked.position >= self.walked.head
    }
}
