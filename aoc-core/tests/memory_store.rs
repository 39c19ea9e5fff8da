//! The memory store does what every store promises, and so does a scan of it.

use std::sync::Arc;

use aoc_core::{EventIndex, EventStore, MemoryStore, store::Scan, testkit::index::Sizes};

mod store {
    use super::*;
    aoc_core::suite!(store, || async { Arc::new(MemoryStore::new()) as Arc<dyn EventStore> });
}

mod reopen {
    use super::*;
    // A clone shares the memory: nearest to opening it again.
    aoc_core::suite!(reopen, || async {
        let memory = MemoryStore::new();
        move || std::future::ready(Arc::new(memory.clone()) as Arc<dyn EventStore>)
    });
}

mod memory_index {
    use super::*;
    aoc_core::suite!(index, || async {
        let memory = MemoryStore::new();
        (Arc::new(memory.clone()) as Arc<dyn EventStore>, Arc::new(memory) as Arc<dyn EventIndex>)
    });
}

mod scan {
    use super::*;
    aoc_core::suite!(
        index,
        || async {
            let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
            let index: Arc<dyn EventIndex> = Arc::new(Scan::new(store.clone()));
            (store, index)
        },
        Sizes { events: 150, filters: 100, seed: 77 }
    );
}
