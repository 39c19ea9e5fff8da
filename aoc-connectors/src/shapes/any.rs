//! A normalizer that finds out whose record it is.

use std::sync::atomic::{AtomicUsize, Ordering};

use aoc_core::{Event, Normalizer, Record, Result};

use super::{Envelope, Kind};

const KINDS: [Kind; 4] = [Kind::Office365, Kind::EntraAudit, Kind::EntraSignIns, Kind::IntuneAudit];

/// Reads a record of any source in any shape that AOC knows.
///
/// It first takes a record for what the last one was, as files rarely mix; what a record is read as never depends on
/// that.
#[derive(Debug, Default)]
pub struct AnyRecord {
    last: AtomicUsize,
}

impl AnyRecord {
    /// Without any expectation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the API's own record of any kind, the kind of the last record first.
    fn native(&self, record: &Record) -> Option<Event> {
        let last = self.last.load(Ordering::Relaxed) % KINDS.len();
        let order = std::iter::once(last).chain((0..KINDS.len()).filter(|kind| *kind != last));
        for kind in order {
            if let Some(event) = KINDS[kind].native(record) {
                self.last.store(kind, Ordering::Relaxed);
                return Some(event);
            }
        }
        None
    }
}

impl Normalizer for AnyRecord {
    fn normalize(&self, record: &Record) -> Result<Event> {
        if let Some(event) = self.native(record) {
            return Ok(event);
        }
        let envelope = Envelope::read(record.raw.text())?;
        envelope.kind()?.shaped(&envelope, record)
    }
}
