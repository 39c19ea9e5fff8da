//! Where AOC keeps events and where it sends them.

pub mod index;
pub mod jsonl;
mod slim;
pub mod sqlite;

use aoc_core::Registry;

pub use self::{
    index::{SegmentIndex, Segments},
    jsonl::{JsonLines, JsonLinesSink},
    sqlite::{Sqlite, SqliteStore},
};

/// Adds all components of this crate.
pub fn register(registry: &mut Registry) {
    registry.add::<Sqlite>();
    registry.add::<Segments>();
    registry.add::<JsonLines>();
}
