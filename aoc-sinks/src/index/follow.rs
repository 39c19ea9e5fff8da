//! How the index follows the log: small segments in memory, files, larger files.

use std::sync::{Arc, atomic::Ordering};

use aoc_core::{Error, Position, Result};
use serde_json::Value;

use super::{
    Shared, View,
    bitmap::MOST,
    blocking,
    builder::build,
    files::{Covered, Files},
    merge::merge,
    read_before::ReadBefore,
    segment::Segment,
};

/// How many events are read at once.
const BATCH: usize = 1_000;
/// Segments in memory are written to a file when they hold so many events; what is not written is indexed
/// again at the next start.
const SEAL: usize = 8_000;
/// So many small files in a row are merged.
const RUN: usize = 8;

/// What only the one task that follows at a time may touch.
#[derive(Default)]
pub(crate) struct Following {
    pub(super) opened: bool,
    /// What the store's note said when the reading began: all here is of that time and later.
    pub(super) identity: Option<Value>,
    pub(super) files: Option<Files>,
    /// Segments in memory, behind those in files.
    memory: Vec<Covered>,
    /// Up to here it has been tried to write them.
    tried: Position,
    read_before: Arc<ReadBefore>,
}

impl Following {
    /// Nothing read yet, of a store with this note.
    pub(super) fn of(identity: Option<Value>) -> Self {
        Self { identity, ..Self::default() }
    }

    fn position(&self) -> Position {
        let of_files = self.files.as_ref().map(Files::position).unwrap_or_default();
        self.memory.last().map_or(of_files, |last| last.to)
    }

    pub(super) fn view(&self) -> View {
        let files = self.files.as_ref().map(Files::segments).unwrap_or_default();
        let segments = files.iter().chain(&self.memory).cloned().collect();
        View { segments, position: self.position(), read_before: self.read_before.clone() }
    }

    /// Does something with the files on a thread that may block; `None` where there are none.
    async fn on_files<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Files) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let Some(mut files) = self.files.take() else { return Ok(None) };
        let done = blocking(move || {
            let done = work(&mut files);
            (files, done)
        });
        let Ok((files, done)) = done.await else {
            // The files are lost to us; they are opened anew.
            self.memory.clear();
            self.opened = false;
            return Err(Error::internal("the index panicked"));
        };
        self.files = Some(files);
        Ok(Some(done))
    }

    /// What another process has written to the folder takes the place of what is in memory here.
    async fn refresh(&mut self) -> Result<()> {
        if self.on_files(Files::refresh).await? == Some(true) {
            let position = self.files.as_ref().map(Files::position).unwrap_or_default();
            self.memory.retain(|covered| covered.from >= position);
            if self.memory.first().is_some_and(|first| first.from != position) {
                self.memory.clear();
            }
            if self.memory.is_empty() {
                self.tried = position;
            }
        }
        Ok(())
    }

    /// There is nothing up to this position.
    fn skip_to(&mut self, position: Position) -> Result<()> {
        let from = self.position();
        let segment = Arc::new(build(&[])?);
        self.memory.push(Covered { segment, from, to: position });
        Ok(())
    }

    /// The segments in memory that it has not been tried to write: the last ones.
    fn untried(&self) -> impl Iterator<Item = &Covered> {
        self.memory.iter().filter(|covered| covered.from >= self.tried)
    }
}

impl Shared {
    /// Reads on until all that is in the log now is in segments. Goes on when the caller stops waiting.
    pub(crate) async fn catch_up(self: Arc<Self>) -> Result<Position> {
        let head = self.store.head().await?;
        let position = self.view().position;
        if self.has_looked() && position >= head && position > Position::default() {
            return Ok(position);
        }
        let work = async move {
            let mut following = self.following.clone().lock_owned().await;
            self.prepare(&mut following).await?;
            following.refresh().await?;
            while following.position() < head {
                self.step(&mut following, head).await?;
                // Who wants to rebuild or to merge files gets a turn.
                drop(following);
                following = self.following.clone().lock_owned().await;
                self.prepare(&mut following).await?;
            }
            self.show(following.view());
            Ok(following.position())
        };
        tokio::spawn(work).await.map_err(|cause| Error::internal("the index panicked").because(cause))?
    }

    /// Indexes the next batch.
    async fn step(self: &Arc<Self>, following: &mut Following, head: Position) -> Result<()> {
        let from = following.position();
        let events = self.store.read_after(from, BATCH).await?;
        let Some(to) = events.last().map(|last| last.position) else {
            // All behind it was forgotten.
            return following.skip_to(head);
        };
        let segment = blocking(move || build(&events)).await??;
        following.memory.push(Covered { segment: Arc::new(segment), from, to });
        let small = tail_to_merge(&following.memory);
        self.merge_memory(following, small).await?;
        let waiting: usize = following.untried().map(|covered| covered.segment.len()).sum();
        if waiting + BATCH > SEAL {
            self.write(following).await?;
        }
        self.show(following.view());
        Ok(())
    }

    /// Merges the last `count` segments in memory into one.
    async fn merge_memory(&self, following: &mut Following, count: usize) -> Result<()> {
        if count < 2 {
            return Ok(());
        }
        let parts = following.memory.split_off(following.memory.len() - count);
        // Put back first: if this is cut off, nothing is missing.
        following.memory.extend(parts.iter().cloned());
        let merged = blocking(move || merge_covered(&parts)).await??;
        following.memory.truncate(following.memory.len() - count);
        following.memory.push(merged);
        Ok(())
    }

    /// Writes the segments in memory to a file, if this process may; then looks whether files can be merged.
    async fn write(self: &Arc<Self>, following: &mut Following) -> Result<()> {
        let may_write = following.on_files(Files::take_lock).await?.unwrap_or_default();
        following.refresh().await?;
        // Together they fit one segment; those that could not be written before are as large already.
        let count = following.untried().count();
        self.merge_memory(following, count).await?;
        following.tried = following.position();
        if !may_write || following.memory.is_empty() {
            return Ok(());
        }
        let horizon = self.store.horizon().await?;
        let whole = self.with_last_keys(&following.memory).await?;
        let written = following.on_files(move |files| {
            whole.into_iter().try_for_each(|(covered, last)| files.add(&covered, last))?;
            horizon.map_or(Ok(()), |horizon| files.drop_before(horizon.ticks()))
        });
        if let Some(Err(error)) = written.await? {
            // It goes on in memory; later it is tried again.
            tracing::warn!(error = error.chain(), "the index cannot be written");
        }
        let position = following.files.as_ref().map(Files::position).unwrap_or_default();
        following.memory.retain(|covered| covered.from >= position);
        self.clone().merge_files(following);
        Ok(())
    }

    /// The segments, each with the key of its last event.
    async fn with_last_keys(&self, segments: &[Covered]) -> Result<Vec<(Covered, Option<String>)>> {
        let ends: Vec<Position> = segments.iter().map(|covered| covered.to).collect();
        let last = self.store.read_at(&ends).await?;
        let key = |end: Position| {
            last.iter()
                .find(|stored| stored.position == end)
                .map(|stored| stored.event.dedupe_key.to_string())
        };
        Ok(segments.iter().map(|covered| (covered.clone(), key(covered.to))).collect())
    }

    pub(crate) async fn seal(self: Arc<Self>) -> Result<()> {
        self.clone().catch_up().await?;
        let mut following = self.following.clone().lock_owned().await;
        self.write(&mut following).await?;
        self.show(following.view());
        Ok(())
    }

    /// Starts merging a run of small files, unless one is being merged.
    fn merge_files(self: Arc<Self>, following: &Following) {
        let run = run_to_merge(following.files.as_ref().map(Files::segments).unwrap_or_default());
        if run.len() < 2 || self.merging.swap(true, Ordering::AcqRel) {
            return;
        }
        let identity = following.identity.clone();
        tokio::spawn(async move {
            if let Err(error) = self.clone().merge_run(run, identity).await {
                tracing::warn!(error = error.chain(), "index files could not be merged");
            }
            self.merging.store(false, Ordering::Release);
        });
    }

    async fn merge_run(self: Arc<Self>, run: Vec<Covered>, identity: Option<Value>) -> Result<()> {
        let merged = blocking(move || merge_covered(&run)).await??;
        let mut following = self.following.clone().lock_owned().await;
        if following.identity != identity {
            // All was forgotten meanwhile.
            return Ok(());
        }
        following.on_files(move |files| files.replace(&merged)).await?.unwrap_or(Ok(()))?;
        self.show(following.view());
        Ok(())
    }
}

fn merge_covered(parts: &[Covered]) -> Result<Covered> {
    let segments: Vec<&Segment> = parts.iter().map(|part| &*part.segment).collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return Err(Error::internal("nothing to merge"));
    };
    Ok(Covered { segment: Arc::new(merge(&segments)?), from: first.from, to: last.to })
}

/// How many segments at the end are to be merged, so that each is at least twice as large as the one behind it.
fn tail_to_merge(segments: &[Covered]) -> usize {
    let (mut count, mut events) = (1, segments.last().map_or(0, |last| last.segment.len()));
    for before in segments.iter().rev().skip(1) {
        let size = before.segment.len();
        if size >= BATCH || size > 2 * events || events + size > SEAL {
            break;
        }
        (count, events) = (count + 1, events + size);
    }
    count
}

/// The first run of neighbours that are worth merging: many of them, or nearly a full segment together.
fn run_to_merge(segments: &[Covered]) -> Vec<Covered> {
    let mut run: Vec<Covered> = Vec::new();
    let mut events = 0;
    for covered in segments {
        let size = covered.segment.len();
        if events + size > MOST || size > MOST / 2 {
            if run.len() >= RUN || events > MOST / 4 * 3 && run.len() > 1 {
                return run;
            }
            (run, events) = (Vec::new(), 0);
        }
        if size <= MOST / 2 {
            run.push(covered.clone());
            events += size;
        }
    }
    if run.len() >= RUN { run } else { Vec::new() }
}
