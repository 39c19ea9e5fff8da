//! The indexes answer as every index promises.

use std::sync::Arc;

use aoc_core::{EventIndex, EventStore, MemoryStore};
use aoc_sinks::{SegmentIndex, SqliteStore};

mod segments_in_memory {
    use super::*;
    aoc_core::suite!(index, || async {
        let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
        let index: Arc<dyn EventIndex> = Arc::new(SegmentIndex::new(store.clone(), None));
        (store, index)
    });
}

mod segments_over_sqlite {
    use super::*;
    aoc_core::suite!(index, || async {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn EventStore> = Arc::new(SqliteStore::new(folder.path().join("aoc.db")));
        let index: Arc<dyn EventIndex> =
            Arc::new(SegmentIndex::new(store.clone(), Some(folder.path().join("index"))));
        (store, index, folder)
    });
}
