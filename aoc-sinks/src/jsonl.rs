//! Writes events to a file, one JSON value per line: `type = "jsonl"`.
//!
//! ```toml
//! [sinks.archive]
//! type = "jsonl"
//! path = "events.ndjson"
//! ```
//!
//! A batch is in the file, and on the disk, before it counts as delivered. What a crash left of a line is cut off
//! at the next start, as its batch comes again; so an event may be there twice, and none is missing.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use aoc_core::{json_line, prelude::*};

/// Appends events to a file, one JSON value per line.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonLines {
    /// The file; it is made where there is none.
    pub path: PathBuf,
}

impl Component for JsonLines {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "jsonl";
    const EXAMPLE: &'static str = "path = \"events.ndjson\"";
    async fn build(self) -> Result<Self::Built> {
        Ok(Arc::new(JsonLinesSink::new(self.path)))
    }
}

/// A file of events.
#[derive(Clone, Debug)]
pub struct JsonLinesSink {
    path: Arc<Path>,
    file: Arc<Mutex<Option<File>>>,
}

impl JsonLinesSink {
    /// Into this file. Nothing is opened before the first delivery.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into().into(), file: Arc::default() }
    }

    fn write(&self, lines: &[u8]) -> io::Result<()> {
        let mut place = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = match place.take() {
            Some(file) => file,
            None => open(&self.path)?,
        };
        let whole = file.seek(SeekFrom::End(0))?;
        if lines.is_empty() {
            *place = Some(file);
            return Ok(());
        }
        let written = file.write_all(lines).and_then(|()| file.sync_data());
        match written {
            Ok(()) => *place = Some(file),
            // The batch comes again as a whole.
            Err(_) => file.set_len(whole)?,
        }
        written
    }
}

#[async_trait]
impl Sink for JsonLinesSink {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        let mut lines = Vec::new();
        for event in events {
            lines.extend(json_line(event)?);
        }
        let sink = self.clone();
        let written = tokio::task::spawn_blocking(move || sink.write(&lines)).await;
        let written =
            written.map_err(|cause| Error::internal("the writing thread panicked").because(cause))?;
        written.map_err(|cause| {
            Error::unavailable("cannot write the file").at(self.path.display()).because(cause)
        })?;
        Ok(Delivered::default())
    }
}

/// Opens the file and cuts off what is behind its last whole line.
fn open(path: &Path) -> io::Result<File> {
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = [0; 8_192];
    while end > 0 {
        let start = end.saturating_sub(block.len() as u64);
        let piece = &mut block[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(piece)?;
        if let Some(last) = piece.iter().rposition(|byte| *byte == b'\n') {
            end = start + last as u64 + 1;
            break;
        }
        end = start;
    }
    file.set_len(end)?;
    Ok(file)
}
