//! Measures import and search over a folder of NDJSON files, with yardsticks from the same run.
//!
//! ```text
//! cargo run --release -p aoc-server --example bench -- FOLDER [PLACE]
//! ```
//!
//! `FOLDER` holds `*.ndjson` files of audit records; `PLACE` is where the database is made and kept (else a
//! temporary folder). CPU time is of all threads of the process. Linux only: it reads `/proc/self`.

mod asked;
mod machine;
mod queries;
mod yardsticks;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use aoc_core::{EventIndex, EventStore, Query};
use aoc_server::import::{Import, Report};
use aoc_sinks::{SegmentIndex, SqliteStore};

use self::machine::{Clock, Memory};

/// The same as the `aoc` command's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("usage: bench FOLDER [PLACE]")?;
    let temporary = tempfile::tempdir()?;
    let place = arguments.next().unwrap_or_else(|| temporary.path().to_owned());
    let memory = Memory::watch();

    let bare = yardsticks::bare_parse(&folder)?;
    println!("records                       {:>12}", bare.records);
    println!("bytes per record              {:>12.0}", bare.bytes as f64 / bare.records as f64);
    println!("bare typed parse              {:>12.2} CPU µs per record", bare.micros_per_record());

    let (fresh, report) = import(&folder, &place, bare.records).await?;
    println!(
        "import, new                   {fresh} = {:.1} × the bare parse",
        fresh.micros / bare.micros_per_record()
    );
    println!("  peak of memory of its own   {:>12} MiB", memory.peak_mib());
    let events = report.total.new + report.total.revised;
    let (known, _) = import(&folder, &place, bare.records).await?;
    println!("import, known again           {known}");

    println!("bytes on disk per event       {:>12.0}", machine::size(&place)? as f64 / events as f64);
    let started = Instant::now();
    let (store, index) = open(&place);
    index.search(&Query::new()).await?;
    println!("start to first answer         {:>12.0} ms", started.elapsed().as_secs_f64() * 1e3);
    println!("memory of its own now         {:>12} MiB", machine::own_memory_mib());
    yardsticks::plain_select(&place.join("aoc.db"))?;
    queries::run(&store, &*index).await
}

fn open(place: &Path) -> (Arc<dyn EventStore>, Arc<SegmentIndex>) {
    let store: Arc<dyn EventStore> = Arc::new(SqliteStore::new(place.join("aoc.db")));
    let index = Arc::new(SegmentIndex::new(store.clone(), Some(place.join("aoc.db.index"))));
    (store, index)
}

async fn import(folder: &Path, place: &Path, records: u64) -> Result<(machine::Spent, Report), Failure> {
    let (store, index) = open(place);
    let clock = Clock::start();
    let report = Import::into(store, index).run(&[folder.to_owned()], |_| ()).await?;
    Ok((clock.spent(records), report))
}
