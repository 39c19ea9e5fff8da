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

/// A file of events. It is opened for each delivery, so a file that was moved away is followed by a new one.
#[derive(Clone, Debug)]
pub struct JsonLinesSink {
    path: Arc<Path>,
    /// Whether this program has looked at what an earlier run left behind.
    looked: Arc<Mutex<bool>>,
}

impl JsonLinesSink {
    /// Into this file. Nothing is opened before the first delivery.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into().into(), looked: Arc::default() }
    }

    fn write(&self, lines: &[u8]) -> io::Result<()> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = File::options().read(true).append(true).create(true).open(&self.path)?;
        // Others who write to it through AOC wait; the system lets go when the file is closed.
        file.lock()?;
        if !*looked {
            mend(&mut file)?;
            *looked = true;
        }
        if lines.is_empty() {
            return Ok(());
        }
        let whole = file.seek(SeekFrom::End(0))?;
        let written = file.write_all(lines).and_then(|()| file.sync_data());
        if written.is_err() {
            // The batch comes again as a whole.
            file.set_len(whole)?;
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

/// How the last line begins that we wrote before, and that a crash may have torn.
const OURS: &[u8] = b"{\"id\":";
/// No line of ours is longer.
const LONGEST: u64 = 64 << 20;

/// Cuts off what a crash left of one of our lines; whatever else has no end is left alone, and gets one.
fn mend(file: &mut File) -> io::Result<()> {
    let end = file.seek(SeekFrom::End(0))?;
    let start = end.saturating_sub(LONGEST);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.read_to_end(&mut tail)?;
    let last = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    let torn = &tail[last..];
    if torn.is_empty() {
        return Ok(());
    }
    let begins_like_ours = torn.starts_with(&OURS[..OURS.len().min(torn.len())]);
    let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(torn).is_ok();
    if begins_like_ours && !is_whole {
        return file.set_len(start + last as u64);
    }
    file.write_all(b"\n")
}
