//! Where AOC keeps events and where it sends them.

pub mod index;
pub mod jsonl;
pub mod mongodb;
pub mod mongodb_index;
mod slim;
pub mod sqlite;
#[cfg(feature = "testkit")]
pub mod testkit;

use std::{future::ready, sync::Arc};

use aoc_core::{Normalizer, Registry};

pub use self::{
    index::{SegmentIndex, Segments},
    jsonl::{JsonLines, JsonLinesSink},
    mongodb::{MongoDb, MongoStore},
    mongodb_index::{BlockIndex, MongoDbIndex},
    sqlite::{Sqlite, SqliteStore},
};

/// Adds all components of this crate.
pub fn register(registry: &mut Registry) {
    registry.add::<Sqlite>();
    registry.add::<MongoDb>();
    registry.add::<Segments>();
    registry.add::<MongoDbIndex>();
    registry.add::<JsonLines>();
}

/// As [`register`]; where a MongoDB holds documents of the Python original, their raw records are read by this
/// normalizer.
pub fn register_with(registry: &mut Registry, normalizer: Arc<dyn Normalizer>) {
    register(registry);
    registry.add_with(move |store: MongoDb| ready(store.build_reading(normalizer.clone())));
}
