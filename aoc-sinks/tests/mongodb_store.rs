//! MongoDB does what every store promises: a standalone server, and a replica set of three.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::sync::Arc;

use aoc_core::{EventStore, Secret};
use aoc_sinks::{
    MongoStore,
    testkit::{Mongod, ReplicaSet},
};
use tokio::sync::OnceCell;

/// One server for all tests of this file; each test has a database of its own.
static STANDALONE: OnceCell<Mongod> = OnceCell::const_new();
static REPLICA_SET: OnceCell<ReplicaSet> = OnceCell::const_new();

fn store(uri: &str, database: &str) -> Arc<dyn EventStore> {
    Arc::new(MongoStore::new(Secret::new(uri), database).unwrap())
}

mod standalone {
    use super::*;
    aoc_core::suite!(store, || async {
        let mongod = STANDALONE.get_or_init(Mongod::start).await;
        store(&mongod.uri(), &mongod.fresh_database())
    });
}

mod standalone_reopened {
    use super::*;
    aoc_core::suite!(reopen, || async {
        let mongod = STANDALONE.get_or_init(Mongod::start).await;
        let (uri, database) = (mongod.uri(), mongod.fresh_database());
        move || std::future::ready(store(&uri, &database))
    });
}

mod replica_set {
    use super::*;
    aoc_core::suite!(store, || async {
        let set = REPLICA_SET.get_or_init(ReplicaSet::start).await;
        store(&set.uri(), &set.fresh_database())
    });
}

mod replica_set_reopened {
    use super::*;
    aoc_core::suite!(reopen, || async {
        let set = REPLICA_SET.get_or_init(ReplicaSet::start).await;
        let (uri, database) = (set.uri(), set.fresh_database());
        move || std::future::ready(store(&uri, &database))
    });
}
