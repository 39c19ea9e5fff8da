//! Measures collecting from Office 365 against a bare download of the same bytes, side by side in one run.
//!
//! ```text
//! cargo run --release -p aoc-server --example collect -- [EVENTS]...
//! ```
//!
//! Each measurement is a process of its own, and so is the fake Microsoft that serves blobs of 100 events. Linux only:
//! it reads `/proc/self`.

mod bare;
mod through;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_connectors::{
    FakeMicrosoft, Office365Activity,
    fake::{Generated, Tenant},
    microsoft::Hub,
};
use aoc_core::{EventStore, Pipeline};
use aoc_sinks::{SegmentIndex, SqliteStore};

use self::through::Through;

/// The same as the `aoc` command's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const TENANT: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const CONTENT: &str = "Audit.SharePoint";
const EVENTS_PER_BLOB: u64 = 100;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["fake", events] => fake(events.parse()?).await,
        ["bare", url] => measure(bare::download(url).await?),
        ["sqlite", url] => measure(collect(url, false).await?),
        ["jsonl", url] => measure(collect(url, true).await?),
        ref sizes => {
            let sizes: Vec<u64> = sizes.iter().map(|size| size.parse()).collect::<Result<_, _>>()?;
            for events in if sizes.is_empty() { vec![100_000, 200_000] } else { sizes } {
                compare(events)?;
            }
            Ok(())
        }
    }
}

/// Serves so many events until its input ends.
async fn fake(events: u64) -> Result<(), Failure> {
    let fake = FakeMicrosoft::start().await?;
    let tenant = fake.add_tenant(Tenant::new(TENANT));
    tenant.subscribe(CONTENT);
    let blobs = events / EVENTS_PER_BLOB;
    tenant.generate(Generated { content_type: CONTENT.into(), ..Generated::new(blobs, EVENTS_PER_BLOB) });
    println!("{}", fake.url());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}

/// Collects everything, as `aoc serve` would, and says how many events that were.
async fn collect(url: &str, into_lines: bool) -> Result<u64, Failure> {
    let place = tempfile::tempdir()?;
    let account = bare::account(url);
    let feed = Office365Activity::new(account).only(&[CONTENT])?.build_on(&Hub::unlimited())?;
    let mut pipeline = if into_lines {
        Pipeline::over(Arc::new(Through::new(place.path().join("events.ndjson"))))
    } else {
        let store: Arc<dyn EventStore> = Arc::new(SqliteStore::new(place.path().join("aoc.db")));
        let index = SegmentIndex::new(store.clone(), Some(place.path().join("index")));
        Pipeline::over(store).index(Arc::new(index))
    };
    pipeline = pipeline.source_every("office365", feed, Duration::from_secs(86_400));
    let running = pipeline.start();
    running.fetch_now("office365").await?;
    let status = running.status();
    running.stop().await?;
    Ok(status.sources.values().map(|source| source.counts.new).sum())
}

/// Prints what this process took.
fn measure(events: u64) -> Result<(), Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    let kib: f64 = peak.trim().trim_end_matches("kB").trim().parse()?;
    println!("{events} {:.2} {:.0}", (ticks(11) + ticks(12)) / 100.0, kib / 1024.0);
    Ok(())
}

fn compare(events: u64) -> Result<(), Failure> {
    let mut served = me(&["fake", &events.to_string()])?;
    let mut url = String::new();
    let stdout = served.stdout.take().ok_or("no output")?;
    BufReader::new(stdout).read_line(&mut url)?;
    println!("{events} events in blobs of {EVENTS_PER_BLOB}");
    let mut bare_seconds = None;
    for way in ["bare", "jsonl", "sqlite"] {
        let started = Instant::now();
        let output = me(&[way, url.trim()])?.wait_with_output()?;
        let wall = started.elapsed().as_secs_f64();
        let text = String::from_utf8(output.stdout)?;
        let [had, cpu, peak] = text.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("{way} failed").into());
        };
        let (had, cpu): (u64, f64) = (had.parse()?, cpu.parse()?);
        let bare = *bare_seconds.get_or_insert(wall);
        println!(
            "  {way:<7} {had:>7} of {events}  {:>8.0} events/s  {wall:>6.2} s  {cpu:>6.2} CPU s  {peak:>4} MiB peak  {:.1} × the bare time",
            had as f64 / wall,
            wall / bare
        );
    }
    drop(served.stdin.take());
    served.wait()?;
    Ok(())
}

/// This program again.
fn me(arguments: &[&str]) -> Result<Child, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    Ok(command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?)
}
