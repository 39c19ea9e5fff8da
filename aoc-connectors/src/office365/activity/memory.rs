//! What a source remembers between two pages; all of it can be had again.

use std::collections::VecDeque;

use aoc_core::prelude::*;

use super::{blob::Spooled, client::Listed};

/// Belongs to one place, and is thrown away at any other.
///
/// Invariant: the blobs done at its place, those that wait, those that are open, and those that the place puts off to a
/// later round are together all that the window's listing named.
#[derive(Default)]
pub(super) struct Memory {
    /// The step behind which it is right.
    pub(super) step: Option<(i64, u64)>,
    /// The blobs that wait, where the window was listed.
    pub(super) waiting: Option<VecDeque<Waiting>>,
    /// Large blobs that were downloaded; the first is being read.
    pub(super) open: VecDeque<Open>,
    /// Whether it was told that all blobs of the window are refused.
    pub(super) told: bool,
}

impl Memory {
    /// What is right behind this step, taken out: who is cut off before it is put back leaves nothing.
    pub(super) fn take(&mut self, step: (i64, u64)) -> Self {
        let taken = std::mem::take(self);
        if taken.step == Some(step) { taken } else { Self::default() }
    }
}

/// A blob that is to be fetched.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) listed: Listed,
    pub(super) created: Timestamp,
    /// How often it was tried since it was listed.
    pub(super) tries: u32,
}

/// A large blob, read piece by piece.
pub(super) struct Open {
    pub(super) of: Waiting,
    pub(super) spooled: Spooled,
    pub(super) hash: String,
    pub(super) events: u64,
    /// Why it is not whole, where it is not.
    pub(super) lost: Option<String>,
}

/// How many bytes of records make a page.
pub(super) const PAGE_BYTES: usize = 1 << 20;

impl Open {
    /// The next records, and whether they are the last.
    pub(super) fn next(&mut self) -> Result<(Vec<RawJson>, bool)> {
        let (mut records, mut bytes) = (Vec::new(), 0);
        while bytes < PAGE_BYTES {
            let Some(raw) = self.spooled.next()? else { return Ok((records, true)) };
            self.events += 1;
            bytes += raw.text().len();
            records.push(raw);
        }
        Ok((records, false))
    }
}
