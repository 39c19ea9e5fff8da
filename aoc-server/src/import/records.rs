//! Records of files, one by one, for those who do not store them.

use std::path::PathBuf;

use aoc_connectors::RecordReader;
use aoc_core::{Record, Result};

use super::files::{Failure, Input, inputs};

/// Shows every record of these files, folders and, for `-`, of what comes in, in order. Gives what could not be read.
pub fn each_record(paths: &[PathBuf], mut show: impl FnMut(Record)) -> Vec<Failure> {
    let (inputs, mut failures) = inputs(paths);
    for input in &inputs {
        if let Err(error) = each_of(input, &mut show) {
            failures.push(Failure::new(input.path(), &error));
        }
    }
    failures
}

fn each_of(input: &Input, show: &mut impl FnMut(Record)) -> Result<()> {
    let mut reader = RecordReader::new(input.open()?);
    while let Some(record) = reader.next_record()? {
        show(record);
    }
    Ok(())
}
