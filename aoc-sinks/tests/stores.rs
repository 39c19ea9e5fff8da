//! The stores do what every store promises.

use std::sync::Arc;

use aoc_core::EventStore;
use aoc_sinks::SqliteStore;

mod sqlite {
    use super::*;
    aoc_core::suite!(store, || async {
        let folder = tempfile::tempdir().unwrap();
        (Arc::new(SqliteStore::new(folder.path().join("aoc.db"))) as Arc<dyn EventStore>, folder)
    });
}

mod sqlite_reopened {
    use super::*;
    aoc_core::suite!(reopen, || async {
        let folder = tempfile::tempdir().unwrap();
        move || {
            std::future::ready(Arc::new(SqliteStore::new(folder.path().join("aoc.db"))) as Arc<dyn EventStore>)
        }
    });
}
