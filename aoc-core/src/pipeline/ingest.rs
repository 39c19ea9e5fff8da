//! The first loop: from a source to the log.

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, oneshot, watch};

use super::{
    backoff::{Backoff, Next},
    status::{Board, Counts, Failure, State},
};
use crate::{
    Bookmark, Cursor, Error, Event, Feed, Normalizer, Page, Record, Result, Timestamp, UNREADABLE, normalize,
    store::{Added, EventLog, EventStore, Note},
};

/// A request to fetch now.
pub(crate) struct Nudge {
    /// From here instead of the bookmark; the bookmark stays where it is.
    pub(crate) since: Option<Timestamp>,
    /// Where to say how it went.
    pub(crate) answer: oneshot::Sender<Result<Counts>>,
}

pub(crate) struct Ingest {
    pub(crate) name: String,
    pub(crate) feed: Feed,
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) every: Duration,
    pub(crate) board: Board,
    pub(crate) nudges: mpsc::Receiver<Nudge>,
    pub(crate) stop: watch::Receiver<bool>,
    /// Closes when all followers know where they start: those that start now must not miss what comes now.
    pub(crate) begun: watch::Receiver<()>,
}

/// How far back a source is asked when it is asked for the first time.
const FIRST_LOOK_BACK: chrono::TimeDelta = chrono::TimeDelta::days(7);
/// How many events are appended at once.
const BATCH: usize = 2_000;

impl Ingest {
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::default();
        let mut nudge: Option<Nudge> = None;
        tokio::select! {
            _ = self.stop.changed() => return,
            _ = self.begun.changed() => {}
        }
        while !*self.stop.borrow() {
            let since = nudge.as_ref().and_then(|nudge| nudge.since);
            let outcome = self.round(since).await;
            let wait = match self.note_outcome(&outcome, &mut backoff) {
                Next::After(wait) => wait,
                Next::Stop => Duration::MAX,
            };
            if let Some(nudge) = nudge.take() {
                // Who asked may have gone away.
                let _ = nudge.answer.send(outcome);
            }
            tokio::select! {
                _ = self.stop.changed() => return,
                () = tokio::time::sleep(wait.min(Duration::from_secs(86_400 * 365))) => {}
                next = self.nudges.recv() => match next {
                    Some(next) => nudge = Some(next),
                    None => return,
                },
            }
        }
    }

    /// Fetches until the source has no more; the next page comes while the last is stored.
    async fn round(&mut self, since: Option<Timestamp>) -> Result<Counts> {
        let source = self.feed.source.clone();
        let from = match since {
            Some(since) => Bookmark::Since(since),
            None => bookmark(&*self.store, &self.name).await?,
        };
        let mut counts = Counts::default();
        let mut page = source.fetch(&from).await?;
        loop {
            let following = page.more.then(|| Bookmark::At(page.next.clone()));
            let next = async {
                match following {
                    Some(bookmark) if !*self.stop.borrow() => Some(source.fetch(&bookmark).await),
                    _ => None,
                }
            };
            let (kept, next) = tokio::join!(self.keep(page, since.is_none()), next);
            counts += kept?;
            match next {
                Some(next) => page = next?,
                None => return Ok(counts),
            }
        }
    }

    /// Stores the page, and only then moves the cursor and the ledger, both in one step.
    async fn keep(&self, page: Page, moves_cursor: bool) -> Result<Counts> {
        let mut counts = Counts::default();
        let events = normalize_all(self.feed.normalizer.clone(), page.records).await?;
        for batch in events.chunks(BATCH) {
            counts += append(&*self.store, batch).await?;
        }
        let mut notes = Vec::new();
        for coverage in &page.coverage {
            notes.push(Note::new(coverage.note(&self.name), coverage)?);
        }
        if moves_cursor {
            notes.push(Note::new(format!("cursor/{}", self.name), &page.next)?);
        }
        self.store.write(&notes).await?;
        let latest = events.iter().map(|event| event.timestamp).max();
        self.board.source(&self.name, |status| {
            status.counts += counts;
            status.latest_event = status.latest_event.max(latest);
        });
        Ok(counts)
    }

    fn note_outcome(&self, outcome: &Result<Counts>, backoff: &mut Backoff) -> Next {
        let error = match outcome {
            Ok(_) => {
                backoff.reset();
                self.board.source(&self.name, |status| {
                    status.state = State::Ok;
                    status.last_success = Some(Timestamp::now());
                    status.last_error = None;
                });
                return Next::After(self.every);
            }
            Err(error) => error,
        };
        let next = backoff.after(error);
        tracing::warn!(source = self.name, error = error.chain(), ?next, "a fetch failed");
        self.board.source(&self.name, |status| {
            status.state = if next == Next::Stop { State::Stopped } else { State::Failing };
            status.last_error = Some(Failure::of(error));
        });
        next
    }
}

async fn bookmark(store: &dyn EventStore, name: &str) -> Result<Bookmark> {
    let note = store.read(&format!("cursor/{name}")).await?;
    note.map_or_else(
        || Ok(Bookmark::Since((chrono::Utc::now() - FIRST_LOOK_BACK).into())),
        |value| Ok(Bookmark::At(Cursor::of(value)?)),
    )
}

/// Normalises records on a thread of their own, so that a large page delays nobody.
///
/// # Errors
/// [`Internal`](crate::ErrorKind::Internal) when the normalizer panics.
pub async fn normalize_all(normalizer: Arc<dyn Normalizer>, records: Vec<Record>) -> Result<Vec<Event>> {
    let work = move || records.into_iter().map(|record| normalize(&*normalizer, record)).collect();
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::internal("a normalizer panicked").because(cause))
}

/// Appends events to a log and counts what became of them.
///
/// # Errors
/// Those of the log; then none of the events was added.
pub async fn append(log: &(impl EventLog + ?Sized), events: &[Event]) -> Result<Counts> {
    let mut counts = Counts { fetched: events.len() as u64, ..Counts::default() };
    for added in log.append(events).await? {
        match added {
            Added::New(_) => counts.new += 1,
            Added::Revision(_) => counts.revised += 1,
            Added::Duplicate => counts.duplicates += 1,
        }
    }
    counts.unreadable = events.iter().filter(|event| event.service == UNREADABLE).count() as u64;
    Ok(counts)
}
