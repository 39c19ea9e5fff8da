//! Prints the events of files, one JSON per line: `cargo run -p aoc-connectors --example show FILE…`.

use std::{fs::File, io::Write};

use aoc_connectors::{AnyRecord, read_records};
use aoc_core::{Error, Result, normalize};

fn main() -> Result<()> {
    let normalizer = AnyRecord::new();
    let mut out = std::io::stdout().lock();
    for path in std::env::args().skip(1) {
        let file =
            File::open(&path).map_err(|cause| Error::unavailable("cannot open").at(&path).because(cause))?;
        for record in read_records(file) {
            let event = normalize(&normalizer, record?);
            let line = serde_json::to_string(&event).map_err(Error::internal)?;
            writeln!(out, "{line}").map_err(Error::unavailable)?;
        }
    }
    Ok(())
}
