//! The latest events, still in memory, for those who follow close behind.

use std::{collections::VecDeque, sync::Mutex};

use aoc_core::{
    prelude::*,
    store::{Added, Stored},
};

use super::lock;

/// About how many bytes of raw records are kept.
const MOST_BYTES: usize = 4 << 20;

/// Events at the end of the log without a gap. A follower that is not far behind reads them from here and
/// spares unpacking them again.
#[derive(Default)]
pub(super) struct Recent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    events: VecDeque<Stored>,
    bytes: usize,
    /// An append is under way: what is here may not be all that others see in the database.
    behind: bool,
}

impl Recent {
    /// From here until the next `push` or `clear` nothing is read from here.
    pub(super) fn fall_behind(&self) {
        lock(&self.0).behind = true;
    }

    /// Keeps what was appended; of revisions only the store knows what they became, so nothing before one stays.
    pub(super) fn push(&self, events: &[Event], added: &[Added]) {
        let mut kept = lock(&self.0);
        kept.behind = false;
        for (event, added) in events.iter().zip(added) {
            match added {
                Added::New(position) => kept.push(Stored { position: *position, event: bare(event) }),
                Added::Revision(_) => *kept = Kept::default(),
                Added::Duplicate => {}
            }
        }
    }

    /// The events behind a position, if all of them are here.
    pub(super) fn read_after(&self, after: Position, limit: usize) -> Option<Vec<Stored>> {
        let kept = lock(&self.0);
        let first = kept.events.front()?.position;
        if kept.behind || after.0.saturating_add(1) < first.0 || after >= kept.events.back()?.position {
            return None;
        }
        let from = kept.events.partition_point(|stored| stored.position <= after);
        Some(kept.events.range(from..).take(limit).cloned().collect())
    }

    /// Something else than an append is about to change what is kept.
    pub(super) fn clear(&self) {
        *lock(&self.0) = Kept::default();
    }
}

impl Kept {
    fn push(&mut self, stored: Stored) {
        if self.events.back().is_some_and(|last| last.position.0 + 1 != stored.position.0) {
            *self = Self::default();
        }
        self.bytes += stored.event.raw.text().len();
        self.events.push_back(stored);
        while self.bytes > MOST_BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.event.raw.text().len();
        }
    }
}

/// The event without annotations, as a store keeps it.
fn bare(event: &Event) -> Event {
    let mut event = event.clone();
    event.tags.clear();
    event.comments.clear();
    event
}
