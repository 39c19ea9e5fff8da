//! Our store and its indexes.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use aoc_core::{Event, EventIndex, EventLog, EventStore, Pipeline, Secret};
use aoc_sinks::{BlockIndex, MongoDbIndex, MongoStore, SegmentIndex};

use crate::{
    Failure, MIB, events, machine,
    server::{Meter, Server},
};

pub(crate) const DATABASE: &str = "aoc";

pub(crate) fn store(server: &Server, database: &str) -> Result<MongoStore, Failure> {
    Ok(MongoStore::new(Secret::new(server.uri()), database)?)
}

/// The index in MongoDB.
pub(crate) fn blocks(server: &Server, store: &Arc<dyn EventStore>) -> Result<BlockIndex, Failure> {
    let config =
        MongoDbIndex { uri: Secret::new(server.uri()), database: DATABASE.into(), ..MongoDbIndex::default() };
    Ok(BlockIndex::new(store.clone(), config, BlockIndex::EVENTS)?)
}

/// Imports twice as `aoc import` does, with the segment index following; gives how many events the log has.
pub(crate) async fn import(server: &Server, folder: &Path, files: &Path) -> Result<u64, Failure> {
    let mut head = 0;
    for name in ["ours: import, indexed in segments", "ours: all known again"] {
        let store: Arc<dyn EventStore> = Arc::new(store(server, DATABASE)?);
        store.append(&[]).await?;
        let index = Arc::new(SegmentIndex::new(store.clone(), Some(files.to_owned())));
        let meter = Meter::start(server).await?;
        let running = Pipeline::over(store.clone()).index(index.clone()).start();
        let (mut batches, mut count) = (events::batches(folder)?, 0);
        while let Some(batch) = batches.recv().await {
            store.append(&batch).await?;
            count += batch.len() as u64;
        }
        index.catch_up().await?;
        running.stop().await?;
        meter.print(name, count).await?;
        head = store.head().await?.0;
        store.resign().await?;
    }
    Ok(head)
}

/// What another reader pays that makes its own segment index of a log that is there.
pub(crate) async fn second_reader(server: &Server, files: PathBuf, events: u64) -> Result<(), Failure> {
    let store: Arc<dyn EventStore> = Arc::new(store(server, DATABASE)?);
    let meter = Meter::start(server).await?;
    let index = SegmentIndex::new(store.clone(), Some(files.clone()));
    index.catch_up().await?;
    meter.print("ours: a reader's segments, from nothing", events).await?;
    drop(index);
    let started = Instant::now();
    let index = SegmentIndex::new(store, Some(files));
    index.catch_up().await?;
    println!("  a reader with its files starts in   {:>10.0} ms", started.elapsed().as_secs_f64() * 1e3);
    Ok(())
}

/// Fills the index in MongoDB from the log.
pub(crate) async fn fill_blocks(server: &Server, index: &BlockIndex, events: u64) -> Result<(), Failure> {
    let before = server.sizes(DATABASE).await?;
    let meter = Meter::start(server).await?;
    index.catch_up().await?;
    meter.print("ours: blocks in MongoDB, from nothing", events).await?;
    let after = server.sizes(DATABASE).await?;
    let (storage, indexes) = (after.storage - before.storage, after.indexes - before.indexes);
    println!(
        "  blocks on disk {:>6.0} + {:.0} bytes per event",
        storage / events as f64,
        indexes / events as f64
    );
    Ok(())
}

/// Appends in batches of several sizes what is in memory, without any index of ours: what one leader can do.
pub(crate) async fn ceiling(server: &Server, events: &[Event]) -> Result<(), Failure> {
    for (size, most) in [(10, 5_000), (100, 20_000), (1_000, usize::MAX), (5_000, usize::MAX)] {
        // Spread over all kinds of records, which come one kind after the other.
        let step = (events.len() / most).max(1);
        let events: Vec<Event> = events.iter().step_by(step).cloned().collect();
        let database = format!("ceiling_{size}");
        let store = store(server, &database)?;
        store.append(&[]).await?;
        let meter = Meter::start(server).await?;
        for batch in events.chunks(size) {
            store.append(batch).await?;
        }
        meter.print(&format!("ours: append alone, batches of {size}"), events.len() as u64).await?;
        store.resign().await?;
        server.client().await?.database(&database).drop().await?;
    }
    Ok(())
}

/// What the store takes on disk.
pub(crate) async fn print_sizes(server: &Server, events: u64, files: &Path) -> Result<(), Failure> {
    let sizes = server.sizes(DATABASE).await?;
    let per_event = |bytes: f64| bytes / events as f64;
    println!("ours on disk, bytes per event");
    println!("  documents, uncompressed {:>8.0}", per_event(sizes.documents));
    println!("  documents               {:>8.0}", per_event(sizes.storage));
    println!("  indexes of MongoDB      {:>8.0}", per_event(sizes.indexes));
    for (name, bytes) in server.indexes(DATABASE, "events").await? {
        println!("    {name:<21} {:>8.0}", per_event(bytes));
    }
    let segments = machine::size(files)?;
    println!("  segment files           {:>8.0} ({} MiB)", per_event(segments as f64), segments / MIB);
    Ok(())
}
