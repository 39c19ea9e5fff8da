//! Measures the store in MongoDB, both indexes over it, and the Python original's way on the same server.
//!
//! ```text
//! .ci/mongod
//! cargo run --release -p aoc-server --example bench_mongodb -- FOLDER [MINUTES] [--replica-set]
//! ```
//!
//! `FOLDER` holds `*.ndjson` files of audit records. The server has a cache of 2 GB and is started and ended here,
//! with `--replica-set` as the only member of one. The original is asked nothing any more after so many `MINUTES` of
//! questions (12), as some of its answers take half a minute each. CPU time is of all threads of this process (client)
//! and of the server. Linux only: it reads `/proc`.

#[path = "../bench/asked.rs"]
mod asked;
mod contest;
mod events;
#[path = "../bench/machine.rs"]
mod machine;
mod original;
mod ours;
mod server;
mod yardsticks;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{Event, EventStore};
use aoc_sinks::SegmentIndex;

use self::{
    contest::Contest,
    machine::{Clock, Memory},
    original::Original,
    server::{Meter, Server},
};

/// The same as the `aoc` command's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

const MIB: u64 = 1 << 20;
/// Of so many events is measured what would take too long of all.
const SAMPLE: usize = 20_000;
/// So many are enough for the yardsticks.
const HELD: usize = 100_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (flags, rest): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument == "--replica-set");
    let folder = PathBuf::from(rest.first().ok_or("usage: bench_mongodb FOLDER [MINUTES] [--replica-set]")?);
    let minutes: u64 = rest.get(1).map_or(Ok(12), |text| text.parse())?;
    let server = Server::start(!flags.is_empty()).await?;
    let files = tempfile::tempdir()?;

    Meter::print_header();
    let memory = Memory::watch();
    let segments = files.path().join("segments");
    let events = ours::import(&server, &folder, &segments).await?;
    println!("  peak of memory of its own           {:>10} MiB", memory.peak_mib());
    drop(memory);
    ours::print_sizes(&server, events, &segments).await?;
    let held = read(&folder).await?;
    ours::ceiling(&server, &held).await?;
    drop(held);
    ours::second_reader(&server, files.path().join("second"), events).await?;
    let store: Arc<dyn EventStore> = Arc::new(ours::store(&server, ours::DATABASE)?);
    let blocks = ours::blocks(&server, &store)?;
    ours::fill_blocks(&server, &blocks, events).await?;
    yardsticks::run(&server, HELD as i64).await?;

    let original = original_way(&server, &folder, events).await?;
    println!("memory of the server                  {:>10} MiB", server.memory_mib());
    let index = SegmentIndex::new(store.clone(), Some(segments));
    let until = Instant::now() + Duration::from_secs(minutes * 60);
    let (store, segments, original) = (&*store, &index, &original);
    Contest { server: &server, store, segments, blocks: &blocks, original, until }.run().await
}

/// Reads all, says what that costs, and gives one batch of ten.
async fn read(folder: &Path) -> Result<Vec<Event>, Failure> {
    let (mut held, mut count) = (Vec::new(), 0);
    let clock = Clock::start();
    let mut batches = events::batches(folder)?;
    while let Some(batch) = batches.recv().await {
        if count % (10 * events::BATCH as u64) == 0 {
            held.extend_from_slice(&batch);
        }
        count += batch.len() as u64;
    }
    let spent = clock.spent(count);
    println!("{:<46}{:>8.1}  ({count} records)", "read and normalized", spent.micros);
    Ok(held)
}

/// Fills the original's collection: a sample one by one, then everything by a thousand, then some again.
async fn original_way(server: &Server, folder: &Path, events: u64) -> Result<Original, Failure> {
    let database = server.client().await?.database("original");
    let original = Original::open(database.clone()).await?;
    for name in ["original: one by one", "original: one by one, known again"] {
        let meter = Meter::start(server).await?;
        let mut batches = events::batches(folder)?;
        let mut count = 0;
        while let Some(batch) = batches.recv().await.filter(|_| count < SAMPLE) {
            original.upsert_each(&batch).await?;
            count += batch.len();
        }
        meter.print(name, count as u64).await?;
    }
    original.forget().await?;
    let original = Original::open(database).await?;
    for (name, most) in
        [("original: 1,000 at once", usize::MAX), ("original: 1,000 at once, known again", HELD)]
    {
        let meter = Meter::start(server).await?;
        let mut batches = events::batches(folder)?;
        let mut count = 0;
        while let Some(batch) = batches.recv().await.filter(|_| count < most) {
            original.upsert_all(&batch).await?;
            count += batch.len();
        }
        meter.print(name, count as u64).await?;
    }
    let sizes = server.sizes("original").await?;
    let per_event = |bytes: f64| bytes / events as f64;
    let (documents, indexes) = (per_event(sizes.storage), per_event(sizes.indexes));
    println!(
        "  on disk {documents:.0} + indexes {indexes:.0} bytes; uncompressed {:.0}",
        per_event(sizes.documents)
    );
    Ok(original)
}
