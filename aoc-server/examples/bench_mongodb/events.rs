//! The events of a folder, in batches, made by a thread of its own.

use std::{fs::File, path::Path};

use aoc_connectors::{AnyRecord, RecordReader};
use aoc_core::{Event, normalize};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::Failure;

/// As many as an import appends at once.
pub(crate) const BATCH: usize = 1_000;

/// The events of all NDJSON files, in the order of the files' names.
pub(crate) fn batches(folder: &Path) -> Result<Receiver<Vec<Event>>, Failure> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "ndjson"));
    paths.sort();
    let files: Vec<File> = paths.iter().map(File::open).collect::<Result<_, _>>()?;
    let (sender, receiver) = channel(1);
    // It ends when nobody takes its batches any more.
    std::thread::spawn(move || files.into_iter().try_for_each(|file| send(file, &sender)));
    Ok(receiver)
}

fn send(file: File, sender: &Sender<Vec<Event>>) -> Option<()> {
    let normalizer = AnyRecord::new();
    let mut records = RecordReader::new(file);
    let mut batch = Vec::new();
    while let Ok(Some(record)) = records.next_record() {
        batch.push(normalize(&normalizer, record));
        if batch.len() == BATCH {
            sender.blocking_send(std::mem::take(&mut batch)).ok()?;
        }
    }
    sender.blocking_send(batch).ok()
}
