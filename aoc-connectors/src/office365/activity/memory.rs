//! What a source remembers between two pages; all of it can be had again.

use std::collections::VecDeque;

use aoc_core::prelude::*;

use super::client::Listed;
use crate::RecordReader;

/// Belongs to one place, and is thrown away at any other.
#[derive(Default)]
pub(super) struct Memory {
    /// The step behind which it is right.
    pub(super) step: Option<(i64, u64)>,
    /// The blobs that wait, where the window was listed.
    pub(super) waiting: Option<VecDeque<Waiting>>,
    /// A large blob that is being read.
    pub(super) open: Option<Open>,
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
    pub(super) reader: RecordReader<'static>,
    pub(super) hash: String,
    pub(super) events: u64,
    /// Why it is not whole, where it is not.
    pub(super) lost: Option<String>,
}

/// How many bytes of records make a page.
pub(super) const PAGE_BYTES: usize = 4 << 20;

impl Open {
    /// The next records, and whether they are the last.
    pub(super) fn next(&mut self) -> Result<(Vec<RawJson>, bool)> {
        const AT_ONCE: usize = 100;
        let (mut records, mut bytes) = (Vec::new(), 0);
        while bytes < PAGE_BYTES {
            let batch = self.reader.next_batch(AT_ONCE)?;
            if batch.is_empty() {
                return Ok((records, true));
            }
            self.events += batch.len() as u64;
            bytes += batch.iter().map(|record| record.raw.text().len()).sum::<usize>();
            records.extend(batch.into_iter().map(|record| record.raw));
        }
        Ok((records, false))
    }
}
