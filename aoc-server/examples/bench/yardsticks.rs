//! What the figures are compared with: the least that any program has to do with the same bytes.

use std::{
    borrow::Cow,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    time::Instant,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Failure, machine::cpu_seconds};

/// The members that any reader of such records needs, borrowed.
#[derive(Deserialize)]
#[allow(dead_code, reason = "reading them is the point")]
struct Bare<'a> {
    #[serde(borrow, alias = "Id")]
    id: Cow<'a, str>,
    #[serde(borrow, alias = "CreationTime", alias = "activityDateTime", alias = "createdDateTime")]
    time: Cow<'a, str>,
    #[serde(borrow, default, alias = "Operation", alias = "activityDisplayName")]
    operation: Option<Cow<'a, str>>,
    #[serde(borrow, default, alias = "Workload")]
    category: Option<Cow<'a, str>>,
    #[serde(borrow, default, alias = "UserId", alias = "userPrincipalName")]
    actor: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "ObjectId", alias = "targetResources", alias = "resources")]
    target: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "ModifiedProperties", alias = "Parameters")]
    changes: Option<&'a RawValue>,
}

/// What the bare parse took.
pub(crate) struct Parsed {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    cpu: f64,
}

impl Parsed {
    pub(crate) fn micros_per_record(&self) -> f64 {
        self.cpu * 1e6 / self.records as f64
    }
}

/// Reads every line of the NDJSON files and parses it into [`Bare`].
pub(crate) fn bare_parse(folder: &Path) -> Result<Parsed, Failure> {
    let mut parsed = Parsed { records: 0, bytes: 0, cpu: 0.0 };
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "ndjson"));
    let before = cpu_seconds();
    for path in paths {
        let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
        let mut line = Vec::new();
        while file.read_until(b'\n', &mut line)? > 0 {
            let bare: Option<Bare<'_>> = serde_json::from_slice(&line).ok();
            std::hint::black_box(&bare);
            parsed.records += 1;
            parsed.bytes += line.len() as u64;
            line.clear();
        }
    }
    parsed.cpu = cpu_seconds() - before;
    Ok(parsed)
}

/// The plainest questions to the same database.
pub(crate) fn plain_select(path: &Path) -> Result<(), Failure> {
    let connection = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    for (name, sql) in [
        ("plain SELECT of the last 50", "SELECT position, ticks FROM events ORDER BY position DESC LIMIT 50"),
        ("plain SELECT count(*)", "SELECT count(*) FROM events"),
        ("plain SELECT, times of all", "SELECT sum(ticks / 36000000000) FROM events"),
    ] {
        let mut times: Vec<f64> = (0..7).map(|_| select(&connection, sql)).collect::<Result<_, _>>()?;
        times.sort_by(f64::total_cmp);
        println!("{name:<30}{:>12.2} ms", times[times.len() / 2]);
    }
    Ok(())
}

fn select(connection: &rusqlite::Connection, sql: &str) -> Result<f64, rusqlite::Error> {
    let started = Instant::now();
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(started.elapsed().as_secs_f64() * 1e3)
}
