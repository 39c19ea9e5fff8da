//! The folder of an index: segment files, and the manifest that lists them.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use aoc_core::{Error, Position, Result};
use serde::{Deserialize, Serialize};

use super::segment::Segment;

const MANIFEST: &str = "manifest.json";
/// Counts up when files of an older kind cannot be read any more; they are made anew then.
const VERSION: u32 = 1;

/// What the manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    /// Of the store that this is the index of.
    identity: String,
    /// Counts its versions.
    generation: u64,
    /// Position up to which all events are in the segments.
    position: Position,
    /// Number of the next file.
    next: u64,
    segments: Vec<Listed>,
}

/// A segment file as the manifest lists it. Its events are those with positions in `(from, to]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    file: String,
    from: Position,
    to: Position,
    /// Size and time of change when it was written: while they are so, it is taken to be whole.
    size: u64,
    modified_ns: u64,
    /// The key of the event at `to`, by which a log that was replaced by an older copy is told from this one.
    #[serde(default)]
    last: Option<String>,
}

/// A segment, and the stretch of positions it covers.
#[derive(Clone)]
pub(crate) struct Covered {
    pub(crate) segment: Arc<Segment>,
    pub(crate) from: Position,
    pub(crate) to: Position,
}

/// The folder, as last read or written.
pub(crate) struct Files {
    folder: PathBuf,
    manifest: Manifest,
    segments: Vec<Covered>,
    /// Held by the one process that writes here.
    lock: Option<File>,
}

impl Files {
    /// Opens the folder of the index of this store; makes it where there is none.
    pub(crate) fn open(folder: &Path, identity: &str) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|cause| failed(folder, cause))?;
        let manifest = Manifest { version: VERSION, identity: identity.to_owned(), ..Manifest::default() };
        let mut files = Self { folder: folder.to_owned(), manifest, segments: Vec::new(), lock: None };
        files.take_lock();
        files.refresh();
        files.clean();
        Ok(files)
    }

    /// Whether this process may write here; tries to get the right if it has not. What another process wrote
    /// before is yet to be read.
    pub(crate) fn take_lock(&mut self) -> bool {
        if !self.folder.join("lock").exists() {
            // Somebody removed the folder, and with it the lock that others would see.
            self.lock = None;
            let _ = fs::create_dir_all(&self.folder);
        }
        if self.lock.is_none() {
            let options = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(self.folder.join("lock"));
            self.lock = options.ok().filter(|file| file.try_lock().is_ok());
        }
        self.lock.is_some()
    }

    /// Reads the manifest if it has changed; `true` if it had.
    pub(crate) fn refresh(&mut self) -> bool {
        let text = fs::read(self.folder.join(MANIFEST)).unwrap_or_default();
        let Ok(read) = serde_json::from_slice::<Manifest>(&text) else { return false };
        let ours = read.version == VERSION && read.identity == self.manifest.identity;
        if !ours || read == self.manifest {
            return false;
        }
        let known = std::mem::take(&mut self.segments);
        for listed in &read.segments {
            let same = |one: &&Covered| (one.from, one.to) == (listed.from, listed.to);
            let opened = match known.iter().find(same) {
                Some(known) => Ok(known.clone()),
                None => self.open_segment(listed),
            };
            match opened {
                Ok(covered) => self.segments.push(covered),
                Err(error) => {
                    tracing::warn!(
                        file = listed.file,
                        error = error.chain(),
                        "a damaged index segment is made anew"
                    );
                    break;
                }
            }
        }
        let whole = self.segments.len() == read.segments.len();
        self.manifest = read;
        if !whole {
            self.manifest.position = self.manifest.segments[self.segments.len()].from;
            self.manifest.segments.truncate(self.segments.len());
        }
        true
    }

    fn open_segment(&self, listed: &Listed) -> Result<Covered> {
        let path = self.folder.join(&listed.file);
        let trusted = stamp(&path).is_some_and(|stamp| stamp == (listed.size, listed.modified_ns));
        let segment = Arc::new(Segment::open(&path, trusted)?);
        Ok(Covered { segment, from: listed.from, to: listed.to })
    }

    /// Removes files that no manifest lists: what a crash left behind.
    fn clean(&self) {
        let listed = |name: &str| self.manifest.segments.iter().any(|listed| listed.file == name);
        if self.lock.is_none() {
            return;
        }
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let ours = name.ends_with(".segment") || name.ends_with(".new");
            if ours && !listed(&name) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// The segments, in order of their positions.
    pub(crate) fn segments(&self) -> &[Covered] {
        &self.segments
    }

    /// Position up to which all events are in the segments.
    pub(crate) fn position(&self) -> Position {
        self.manifest.position
    }

    /// Where the last segment ends, and the key of the event there, as far as that is known.
    pub(crate) fn last(&self) -> Option<(Position, &str)> {
        let last = self.manifest.segments.last()?;
        Some((last.to, last.last.as_deref()?))
    }

    /// Forgets all segments, if this process may write here.
    pub(crate) fn reset(&mut self) -> Result<()> {
        if self.lock.is_none() {
            return Err(Error::unavailable("another process writes the index").at(self.folder.display()));
        }
        self.adopt(Vec::new(), Position::default())
    }

    /// Adds a segment behind the others; `last` is the key of its last event.
    pub(crate) fn add(&mut self, new: &Covered, last: Option<String>) -> Result<()> {
        let listed = self.write_segment(new, last)?;
        let mut list = self.manifest.segments.clone();
        list.push(listed);
        self.adopt(list, new.to)
    }

    /// Puts a merged segment in the place of those it was merged from.
    pub(crate) fn replace(&mut self, merged: &Covered) -> Result<()> {
        let within = |listed: &Listed| merged.from <= listed.from && listed.to <= merged.to;
        let mut list = self.manifest.segments.clone();
        let Some(first) = list.iter().position(within) else { return Ok(()) };
        let last = list.iter().rfind(|listed| within(listed)).and_then(|listed| listed.last.clone());
        list.retain(|listed| !within(listed));
        let new = self.write_segment(merged, last)?;
        list.insert(first, new);
        self.adopt(list, self.manifest.position)
    }

    /// Leaves out segments whose events have all been forgotten.
    pub(crate) fn drop_before(&mut self, ticks: i64) -> Result<()> {
        let old = |covered: &Covered| {
            covered.segment.len() > 0 && covered.segment.ticks(covered.segment.len() - 1) < ticks
        };
        let gone: Vec<Position> = self.segments.iter().filter(|c| old(c)).map(|c| c.from).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let list =
            self.manifest.segments.iter().filter(|listed| !gone.contains(&listed.from)).cloned().collect();
        self.adopt(list, self.manifest.position)
    }

    /// Makes a list of files the current one, and removes those that are in it no longer. Where that fails, the
    /// list stays as it was.
    fn adopt(&mut self, list: Vec<Listed>, position: Position) -> Result<()> {
        let mut segments = Vec::new();
        for listed in &list {
            let same = |one: &&Covered| (one.from, one.to) == (listed.from, listed.to);
            segments.push(match self.segments.iter().find(same) {
                Some(known) => known.clone(),
                None => self.open_segment(listed)?,
            });
        }
        let generation = self.manifest.generation + 1;
        let manifest = Manifest { generation, position, segments: list, ..self.manifest.clone() };
        self.put(MANIFEST, &serde_json::to_vec(&manifest).map_err(Error::internal)?)?;
        self.manifest = manifest;
        self.segments = segments;
        self.clean();
        Ok(())
    }

    fn write_segment(&mut self, new: &Covered, last: Option<String>) -> Result<Listed> {
        let file = format!("{:08}.segment", self.manifest.next);
        self.manifest.next += 1;
        self.put(&file, new.segment.bytes())?;
        let (size, modified_ns) = stamp(&self.folder.join(&file)).unwrap_or_default();
        Ok(Listed { file, from: new.from, to: new.to, size, modified_ns, last })
    }

    /// Writes a file so that it is there whole or not at all.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let temporary = self.folder.join(format!("{name}.new"));
        let written = File::create(&temporary)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&temporary, self.folder.join(name)))
            .and_then(|()| File::open(&self.folder)?.sync_all());
        written.map_err(|cause| failed(&self.folder, cause))
    }
}

/// Size and time of change of a file.
fn stamp(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((metadata.len(), u64::try_from(modified.as_nanos()).ok()?))
}

fn failed(folder: &Path, cause: std::io::Error) -> Error {
    Error::unavailable("the index cannot be written").at(folder.display()).because(cause)
}
