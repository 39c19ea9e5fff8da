//! Measures how fast rules are evaluated: with needles looked for first, and as the obvious loop over all rules, in turns
//! in one run, on one thread.
//!
//! ```text
//! cargo run --release -p aoc-server --example bench_rules -- FOLDER_OF_RECORDS RULES...
//! ```
//!
//! Records are `*.ndjson`, in any shape; rules are files and folders, beside the pack that comes with AOC.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use aoc_connectors::{AnyRecord, read_records};
use aoc_core::{
    AlertEvaluator, Event, Timestamp,
    alert::{
        book::{RuleBook, RuleSet},
        files::{RuleText, RulesRead, read_rules},
    },
    normalize,
};

/// The same as the `aoc` command's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const ROUNDS: usize = 5;
const PACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let records = arguments.next().ok_or("usage: bench_rules FOLDER_OF_RECORDS RULES...")?;
    let rules = arguments.chain([PACK.to_owned()]);
    let events = events(Path::new(&records))?;
    let rules = read(rules.map(PathBuf::from))?;
    let bytes: usize = events.iter().map(|event| event.raw.text().len()).sum();
    println!(
        "{} events of {} bytes, {} rules",
        events.len(),
        bytes / events.len().max(1),
        rules.detections.len()
    );
    for count in [15, 60, usize::MAX] {
        measure(&events, &rules, count.min(rules.detections.len()));
    }
    Ok(())
}

/// The same events by both ways, one after the other, several times; the best time of each counts.
fn measure(events: &[Event], rules: &RulesRead, count: usize) {
    let detections = rules.detections.iter().map(|loaded| loaded.detection.clone()).take(count);
    let set = RuleSet::new(detections);
    let enabled = set.detections().iter().filter(|rule| rule.enabled).count();
    let books = [RuleBook::new(), RuleBook::new().without_prefilter()];
    let mut best = [(Duration::MAX, 0); 2];
    for round in 0..ROUNDS * 2 {
        let way = round % 2;
        books[way].replace(set.clone());
        let mut evaluation = books[way].begin();
        let start = Instant::now();
        let alerts: usize = events.iter().map(|event| evaluation.evaluate(event).len()).sum();
        best[way] = best[way].min((start.elapsed(), alerts));
    }
    let [(filtered, alerts), (looped, same)] = best;
    assert_eq!(alerts, same, "both ways find the same");
    let rate = |time: Duration| events.len() as f64 / time.as_secs_f64();
    println!(
        "{enabled:>4} rules  {:>8.0} events/s  obvious loop {:>8.0} events/s  {:>5.1}x  {alerts} alerts",
        rate(filtered),
        rate(looped),
        looped.as_secs_f64() / filtered.as_secs_f64(),
    );
}

fn events(folder: &Path) -> Result<Vec<Event>, Failure> {
    let (normalizer, mut events) = (AnyRecord::new(), Vec::new());
    for path in files(folder, "ndjson")? {
        for record in read_records(fs::File::open(path)?) {
            let mut event = normalize(&normalizer, record?);
            event.ingested_at = Some(event.timestamp);
            events.push(event);
        }
    }
    events.sort_by_key(|event| event.timestamp.ticks());
    let stored = Timestamp::now();
    events.iter_mut().for_each(|event| event.ingested_at = event.ingested_at.map(|at| at.min(stored)));
    Ok(events)
}

fn read(paths: impl Iterator<Item = PathBuf>) -> Result<RulesRead, Failure> {
    let mut texts = Vec::new();
    for path in paths {
        let found = if path.is_dir() { files(&path, "yml")? } else { vec![path] };
        for path in found {
            texts.push(RuleText { name: path.display().to_string(), text: fs::read_to_string(path)? });
        }
    }
    Ok(read_rules(&texts, &Default::default()))
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
