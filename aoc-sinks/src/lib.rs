//! Where AOC keeps events and where it sends them.

pub mod format;
pub mod index;
pub mod jsonl;
#[cfg(feature = "mongodb")]
pub mod mongodb;
#[cfg(feature = "mongodb")]
pub mod mongodb_index;
mod slim;
pub mod sqlite;
#[cfg(feature = "testkit")]
pub mod testkit;

use aoc_core::Registry;

pub use self::{
    index::{SegmentIndex, Segments},
    jsonl::{JsonLines, JsonLinesSink},
    sqlite::{Sqlite, SqliteStore},
};
#[cfg(feature = "mongodb")]
pub use self::{
    mongodb::{MongoDb, MongoStore},
    mongodb_index::{BlockIndex, MongoDbIndex},
};

/// Adds all components of this crate.
pub fn register(registry: &mut Registry) {
    registry.add::<Sqlite>();
    registry.add::<Segments>();
    registry.add::<JsonLines>();
    #[cfg(feature = "mongodb")]
    {
        registry.add::<MongoDb>();
        registry.add::<MongoDbIndex>();
    }
}

/// As [`register`]; where a MongoDB holds documents of the Python original, their raw records are read by this
/// normalizer.
#[cfg(feature = "mongodb")]
pub fn register_with(registry: &mut Registry, normalizer: std::sync::Arc<dyn aoc_core::Normalizer>) {
    register(registry);
    registry.add_with(move |store: MongoDb| std::future::ready(store.build_reading(normalizer.clone())));
}
