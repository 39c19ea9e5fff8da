//! Writes events to a file or to standard output, one line each: `type = "jsonl"`.
//!
//! ```toml
//! [sinks.archive]
//! type = "jsonl"
//! path = "events.ndjson"
//! rotate_every = "1d"
//! keep = 90
//! ```
//!
//! A batch is in the file, and on the disk, before it counts as delivered. What a crash left of a line is cut off
//! when the next batch comes, as it comes again with it; so an event may be there twice, and none is missing.
//!
//! A file is rotated between batches only: it gets the time of its last line behind its name, as in
//! `events.ndjson.20261122T113000Z`, and the next batch begins a new one. No line is split and no file overwritten; one
//! that others move away is followed by a new one, too.
//!
//! With `path = "-"` lines go to standard output, and a batch counts as delivered when the system took it. When the
//! reader of a pipe is gone, the batch waits for another start.

mod file;
mod line;
mod rotate;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use aoc_core::{config::Span, prelude::*};

pub(crate) use self::line::{Lines, line};
use self::rotate::Rotation;
use crate::format::Format;

/// Appends events to a file or to standard output, one line each.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonLines {
    /// The file; it is made where there is none. `-` is standard output.
    pub path: PathBuf,
    /// What an event looks like.
    #[serde(default)]
    pub format: Format,
    /// Begins a new file before this one would have more bytes. A batch that has more alone has a file alone.
    pub rotate_bytes: Option<u64>,
    /// Begins a new file at the first event of each such stretch of time in UTC: with `1d` at midnight, with `1h` at the
    /// full hour.
    pub rotate_every: Option<Span>,
    /// How many rotated files are kept; older ones are deleted. 0, or nothing said: all.
    #[serde(default)]
    pub keep: usize,
}

impl JsonLines {
    /// Into this file, in our own JSON, never rotated.
    pub fn to(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), format: Format::Aoc, rotate_bytes: None, rotate_every: None, keep: 0 }
    }

    fn check(&self) -> Result<()> {
        let rotates = self.rotate_bytes.is_some() || self.rotate_every.is_some();
        if self.path == Path::new(STANDARD_OUTPUT) && (rotates || self.keep > 0) {
            return Err(Error::config("standard output cannot be rotated, expected a file as `path`"));
        }
        if self.keep > 0 && !rotates {
            let sentence = "`keep` without rotation, expected `rotate_bytes` or `rotate_every`";
            return Err(Error::config(sentence));
        }
        if self.rotate_bytes == Some(0) {
            return Err(Error::config("`rotate_bytes` is 0, expected at least 1"));
        }
        if self.rotate_every.is_some_and(|every| every.duration().is_zero()) {
            return Err(Error::config("`rotate_every` is no time, expected such as `1d`"));
        }
        Ok(())
    }
}

impl Component for JsonLines {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "jsonl";
    const EXAMPLE: &'static str = "path = \"events.ndjson\"";
    async fn build(self) -> Result<Self::Built> {
        Ok(Arc::new(JsonLinesSink::of(self)?))
    }
}

/// The path that stands for standard output.
const STANDARD_OUTPUT: &str = "-";

/// A file of events. It is opened for each delivery, so a file that was moved away is followed by a new one.
#[derive(Clone, Debug)]
pub struct JsonLinesSink {
    path: Arc<Path>,
    format: Format,
    rotation: Rotation,
    /// Held while writing: whether the last line that went to standard output has no end.
    torn: Arc<Mutex<bool>>,
}

impl JsonLinesSink {
    /// Into this file, in our own JSON, never rotated. Nothing is opened before the first delivery.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into().into(),
            format: Format::Aoc,
            rotation: Rotation::default(),
            torn: Arc::default(),
        }
    }

    /// As configured. Nothing is opened before the first delivery.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) when the options make no sense together.
    pub fn of(config: JsonLines) -> Result<Self> {
        config.check()?;
        let every = config.rotate_every.map(Span::duration);
        let rotation = Rotation { bytes: config.rotate_bytes, every, keep: config.keep };
        Ok(Self { format: config.format, rotation, ..Self::new(config.path) })
    }

    fn write(&self, lines: &[u8]) -> io::Result<()> {
        let mut torn = self.torn.lock().unwrap_or_else(PoisonError::into_inner);
        if *self.path != *Path::new(STANDARD_OUTPUT) {
            return file::append(&self.path, &self.rotation, lines);
        }
        let mut output = io::stdout().lock();
        if *torn {
            output.write_all(b"\n")?;
        }
        *torn = !lines.is_empty();
        output.write_all(lines)?;
        output.flush()?;
        *torn = false;
        Ok(())
    }
}

#[async_trait]
impl Sink for JsonLinesSink {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        let Lines { lines, refused } = Lines::of(events, |event| line(self.format, event));
        let lines: Vec<u8> = lines.into_iter().flat_map(|line| line.into_iter().chain([b'\n'])).collect();
        let sink = self.clone();
        let written = tokio::task::spawn_blocking(move || sink.write(&lines)).await;
        let written =
            written.map_err(|cause| Error::internal("the writing thread panicked").because(cause))?;
        written.map_err(|cause| {
            Error::unavailable("cannot write the file").at(self.path.display()).because(cause)
        })?;
        Ok(Delivered { refused, broken_off: None })
    }
}
