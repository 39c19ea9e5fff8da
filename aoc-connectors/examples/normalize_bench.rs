//! Prints what it costs to normalise a record, beside what its mere parsing costs.
//!
//! `cargo run --release -p aoc-connectors --example normalize_bench [FILE]`

use std::{fs::File, hint::black_box, io::Cursor, time::Instant};

use aoc_connectors::{AnyRecord, Office365ActivityNormalizer, read_records};
use aoc_core::{Error, Normalizer, Record, Result};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

const ROUNDS: usize = 20;

/// The least that a normalizer must find out.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code, reason = "only their parsing is of interest")]
struct Bare<'a> {
    id: &'a str,
    creation_time: &'a str,
    operation: &'a str,
    workload: &'a str,
    #[serde(borrow)]
    user_id: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    modified_properties: Option<&'a RawValue>,
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
}

fn main() -> Result<()> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/o365_management_activity.ndjson");
    let path = std::env::args().nth(1).unwrap_or_else(|| default.to_owned());
    let bytes =
        std::fs::read(&path).map_err(|cause| Error::unavailable("cannot read").at(&path).because(cause))?;
    let records: Vec<Record> =
        read_records(File::open(&path).map_err(Error::unavailable)?).collect::<Result<_>>()?;
    println!("{} records of {} bytes", records.len(), bytes.len() / records.len().max(1));
    let any = AnyRecord::new();
    measure("Office365ActivityNormalizer", &records, |record| {
        _ = black_box(Office365ActivityNormalizer.normalize(record))
    });
    measure("AnyRecord", &records, |record| _ = black_box(any.normalize(record)));
    measure("a bare typed parse", &records, |record| _ = black_box(record.raw.read::<Bare<'_>>()));
    measure("serde_json::Value", &records, |record| _ = black_box(record.raw.read::<Value>()));
    let started = Instant::now();
    let mut count = 0;
    for _ in 0..ROUNDS {
        count += read_records(Cursor::new(&bytes)).filter(|record| record.is_ok()).count();
    }
    report("read_records", started, count);
    Ok(())
}

fn measure(name: &str, records: &[Record], mut work: impl FnMut(&Record)) {
    records.iter().for_each(&mut work);
    let started = Instant::now();
    for _ in 0..ROUNDS {
        records.iter().for_each(&mut work);
    }
    report(name, started, records.len() * ROUNDS);
}

fn report(name: &str, started: Instant, count: usize) {
    let micros = started.elapsed().as_secs_f64() * 1e6 / count.max(1) as f64;
    println!("{name:<30} {micros:>7.2} µs per record {:>10.0} records/s", 1e6 / micros);
}
