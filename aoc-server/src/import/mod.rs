//! Importing files of records: read, normalised, appended and indexed side by side, in bounded memory.

mod files;
mod pieces;
mod records;
mod tally;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use aoc_core::{EventIndex, EventStore, Pipeline, Result, Timestamp};

pub use self::{
    files::Failure,
    records::each_record,
    tally::{Reason, Report, Tally},
};
use self::{
    files::{Input, inputs},
    pieces::{Piece, Workers},
};

/// An import: where the events go.
pub struct Import {
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    tenant: Option<String>,
    stop: Stop,
}

/// Stops an import: it stores what it has read, and ends.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Stops it.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is to stop.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Bytes read of the files, compressed or not.
    pub bytes: u64,
    /// Bytes of all files, where that is known.
    pub total_bytes: Option<u64>,
    /// Records stored, or known already.
    pub records: u64,
}

/// How long a reader that waits for its input (a terminal, a pipe) is waited for, once the import is to stop.
const LAST_WAIT: Duration = Duration::from_secs(1);

impl Import {
    /// Into this store, whose index follows meanwhile.
    pub fn into(store: Arc<dyn EventStore>, index: Arc<dyn EventIndex>) -> Self {
        Self { store, index, tenant: None, stop: Stop::default() }
    }

    /// With this tenant for records that do not say theirs.
    #[must_use]
    pub fn tenant(mut self, tenant: Option<String>) -> Self {
        self.tenant = tenant;
        self
    }

    /// What stops it.
    pub fn stopper(&self) -> Stop {
        self.stop.clone()
    }

    /// Imports files, folders and, for `-`, what comes in. `watch` is told how far it has come after each batch.
    ///
    /// What cannot be read is in the report, and the other files are imported nevertheless. A store that fails on the
    /// way ends the import; that is in the report, too, beside what was stored before.
    ///
    /// # Errors
    /// Those of the store before anything is read, and of the index.
    pub async fn run(self, paths: &[PathBuf], watch: impl FnMut(Progress) + Send) -> Result<Report> {
        // Claims the right to write before anything is read.
        self.store.append(&[]).await?;
        let running = Pipeline::over(self.store.clone()).index(self.index.clone()).start();
        let started = Instant::now();
        let outcome = self.work(paths, watch).await;
        let caught_up = self.index.catch_up().await;
        running.stop().await?;
        let mut report = outcome?;
        if report.failures.is_empty() {
            caught_up?;
        }
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }

    async fn work(&self, paths: &[PathBuf], mut watch: impl FnMut(Progress) + Send) -> Result<Report> {
        let horizon = self.store.horizon().await?.map(Timestamp::ticks);
        let mut report = Report::default();
        let (inputs, missing) = inputs(paths);
        report.files = inputs.len() as u64;
        report.failures = missing;
        let mut progress =
            Progress { total_bytes: inputs.iter().map(Input::len).sum(), ..Progress::default() };
        let mut workers = Workers::start(inputs, self.tenant.clone(), self.stop.clone())?;
        loop {
            match self.next(&mut workers).await? {
                Piece::End => break,
                Piece::Failed(failure) => report.failures.push(failure),
                Piece::Events { mut events, bytes } => {
                    let read = events.len();
                    events.retain(|event| horizon.is_none_or(|horizon| event.timestamp.ticks() >= horizon));
                    report.too_old += (read - events.len()) as u64;
                    match self.store.append(&events).await {
                        Ok(added) => report.add(&events, &added),
                        Err(error) => {
                            // What was stored before is worth telling; what comes behind would fail alike.
                            report.failures.push(Failure::new(Path::new("store"), &error));
                            break;
                        }
                    }
                    (progress.bytes, progress.records) = (bytes, report.total.read);
                    watch(progress);
                }
            }
        }
        report.bytes = progress.bytes;
        report.interrupted = self.stop.is_stopped();
        Ok(report)
    }

    /// The next piece; the end, too, once the import is to stop and nothing comes any more.
    async fn next(&self, workers: &mut Workers) -> Result<Piece> {
        loop {
            match tokio::time::timeout(LAST_WAIT, workers.next()).await {
                Ok(piece) => return piece,
                Err(_) if self.stop.is_stopped() => return Ok(Piece::End),
                Err(_) => {}
            }
        }
    }
}
