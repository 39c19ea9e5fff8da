//! What is known of a block without its segment.

use std::collections::BTreeMap;

use aoc_core::{Error, Position, Result, query::BucketSize};
use serde::{Deserialize, Serialize};

use super::packed;
use crate::index::{
    layout::{COLUMNS, Column},
    query::failure_number,
    segment::Segment,
};

/// A block, in short: the events with positions behind `number * size`, up to `next * size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) number: i64,
    /// The number of the block behind it; where a long stretch has no events, one block covers it.
    pub(super) next: i64,
    /// The times of its oldest and newest event, in ticks.
    pub(super) first: i64,
    pub(super) last: i64,
    /// How many events; 0 also when all have been forgotten.
    pub(super) count: u64,
}

impl Head {
    pub(super) fn new(number: i64, next: i64, segment: &Segment) -> Self {
        let count = segment.len();
        let (first, last) = (segment.ticks(0), segment.ticks(count.saturating_sub(1)));
        Self { number, next, first, last, count: count as u64 }
    }

    /// Up to which position it reaches.
    pub(super) fn until(&self, size: u64) -> Position {
        Position(self.next.unsigned_abs() * size)
    }

    /// Behind which position it begins.
    pub(super) fn from(&self, size: u64) -> Position {
        Position(self.number.unsigned_abs() * size)
    }
}

/// How many events of a block have each value, and fall into each hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sums {
    /// Per column, as [`COLUMNS`] has them: names and how many events.
    columns: Vec<Vec<(String, u64)>>,
    /// Start, events, failures.
    pub(super) hours: Vec<(i64, u64, u64)>,
}

impl Sums {
    pub(super) fn of(segment: &Segment) -> Self {
        Self {
            columns: COLUMNS.map(|column| count_names(segment, column)).to_vec(),
            hours: count_hours(segment),
        }
    }

    pub(super) fn column(&self, column: Column) -> &[(String, u64)] {
        self.columns.get(column as usize).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        packed::pack(&serde_json::to_vec(self).map_err(Error::internal)?)
    }

    /// `None` when they are damaged.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(&packed::unpack(bytes)?).ok()
    }
}

fn count_names(segment: &Segment, column: Column) -> Vec<(String, u64)> {
    let mut counts = vec![0_u64; segment.names(column).len()];
    for value in segment.column(column) {
        if let Some(count) = counts.get_mut(usize::from(u16::from_le_bytes(*value))) {
            *count += 1;
        }
    }
    segment.names(column).iter().cloned().zip(counts).collect()
}

fn count_hours(segment: &Segment) -> Vec<(i64, u64, u64)> {
    let failure = failure_number(segment);
    let mut hours: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for (ticks, result) in segment.all_ticks().zip(segment.column(Column::Result)) {
        let hour = hours.entry(BucketSize::Hour.floor(ticks)).or_default();
        hour.0 += 1;
        hour.1 += u64::from(Some(*result) == failure);
    }
    hours.into_iter().map(|(start, (count, failures))| (start, count, failures)).collect()
}
