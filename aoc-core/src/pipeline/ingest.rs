//! The first loop: from a source to the log.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

use super::{
    backoff::{Backoff, Next},
    status::{Board, Counts, Failure, State},
};
use crate::{
    Bookmark, Cursor, Error, Event, Normalizer, Page, Record, Result, Source, Timestamp, UNREADABLE,
    ledger::Coverage,
    normalize,
    store::{Added, EventLog, EventStore, Note},
};

/// A request to fetch now.
pub(crate) struct Nudge {
    /// From here instead of the bookmark; the bookmark stays where it is.
    pub(crate) since: Option<Timestamp>,
    /// Where to say how it went.
    pub(crate) answer: oneshot::Sender<Result<Fetched>>,
}

/// What a round of fetching brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// What became of the records.
    pub counts: Counts,
    /// What people should know of.
    pub warnings: Vec<String>,
}

pub(crate) struct Ingest {
    /// The loop's name: the source's, and its content's where it has several.
    pub(crate) name: String,
    /// The source's name.
    pub(crate) source: String,
    pub(crate) origin: Arc<dyn Source>,
    pub(crate) normalizer: Arc<dyn Normalizer>,
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) every: Duration,
    pub(crate) board: Board,
    pub(crate) nudges: mpsc::Receiver<Nudge>,
    pub(crate) stop: watch::Receiver<bool>,
    /// Closes when all followers know where they start: those that start now must not miss what comes now.
    pub(crate) begun: watch::Receiver<()>,
    /// Whether a round has ended well since the start: what came before is late for no fault of the vendor's.
    pub(crate) caught_up: bool,
}

/// How far back a source is asked when it is asked for the first time.
const FIRST_LOOK_BACK: chrono::TimeDelta = chrono::TimeDelta::days(7);
/// How many events are appended at once.
const BATCH: usize = 2_000;
/// How many warnings of a round are kept.
const MOST_WARNINGS: usize = 20;

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
    async fn round(&mut self, since: Option<Timestamp>) -> Result<Fetched> {
        let from = match since {
            Some(since) => Bookmark::Since(since),
            None => bookmark(&*self.store, &self.name).await?,
        };
        let mut fetched = Fetched::default();
        let mut next = self.page(Some(from)).await;
        while let Some(page) = next {
            let page = page?;
            fetched.warnings.extend(page.warnings.iter().take(MOST_WARNINGS).cloned());
            let following = page.more.then(|| Bookmark::At(page.next.clone()));
            let (kept, page_after) = tokio::join!(self.keep(page, since.is_none()), self.page(following));
            fetched.counts += kept?;
            next = page_after;
        }
        fetched.warnings.truncate(MOST_WARNINGS);
        Ok(fetched)
    }

    /// The page at a bookmark; nothing when there is none, or when it is time to stop: what is cut off here is fetched
    /// again after the next start. It is fetched in a task of its own, beside the storing of the last page; a source
    /// that panics has failed, and is asked again.
    async fn page(&self, from: Option<Bookmark>) -> Option<Result<Page>> {
        let (from, mut stop, origin) = (from?, self.stop.clone(), self.origin.clone());
        let mut fetching = JoinSet::new();
        fetching.spawn(async move { origin.fetch(&from).await });
        let fetched = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return None,
            fetched = fetching.join_next() => fetched?,
        };
        Some(fetched.unwrap_or_else(|cause| Err(Error::internal("the source panicked").because(cause))))
    }

    /// Stores the page, and only then moves the cursor and the ledger, both in one step.
    async fn keep(&self, page: Page, moves_cursor: bool) -> Result<Counts> {
        let mut counts = Counts::default();
        let events = normalize_all(self.normalizer.clone(), page.records).await?;
        for batch in events.chunks(BATCH) {
            let added = self.store.append(batch).await?;
            counts += count(batch, &added);
            self.note_delays(batch, &added);
        }
        let mut notes = self.ledger(page.coverage).await?;
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

    /// The notes of the ledger: what was known before, and what the page proves.
    async fn ledger(&self, coverage: Vec<Coverage>) -> Result<Vec<Note>> {
        let mut stretches: BTreeMap<String, Coverage> = BTreeMap::new();
        for coverage in coverage {
            let key = coverage.note(&self.source);
            let earlier = match stretches.remove(&key) {
                Some(earlier) => Some(earlier),
                // What cannot be read any more proves nothing any more.
                None => self.store.read(&key).await?.and_then(|note| serde_json::from_value(note).ok()),
            };
            let known = match earlier {
                Some(earlier) => coverage.after(earlier),
                None => coverage,
            };
            stretches.insert(key, known);
        }
        stretches.into_iter().map(|(key, coverage)| Note::new(key, coverage)).collect()
    }

    /// How late new events are. Events of a first look back are late because nobody looked before.
    fn note_delays(&self, events: &[Event], added: &[Added]) {
        if !self.caught_up {
            return;
        }
        let now = Timestamp::now();
        let new = events.iter().zip(added).filter(|(_, added)| matches!(added, Added::New(_)));
        self.board.source(&self.name, |status| {
            for (event, _) in new {
                status.delays.entry(event.service.clone()).or_default().add(event, now);
            }
        });
    }

    fn note_outcome(&mut self, outcome: &Result<Fetched>, backoff: &mut Backoff) -> Next {
        let error = match outcome {
            Ok(fetched) => {
                backoff.reset();
                self.caught_up = true;
                self.board.source(&self.name, |status| {
                    status.state = State::Ok;
                    status.last_success = Some(Timestamp::now());
                    status.last_error = None;
                    status.warnings.clone_from(&fetched.warnings);
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

/// Normalises records on threads of their own, so that a large page delays nobody.
///
/// # Errors
/// [`Internal`](crate::ErrorKind::Internal) when the normalizer panics.
pub async fn normalize_all(normalizer: Arc<dyn Normalizer>, mut records: Vec<Record>) -> Result<Vec<Event>> {
    let mut parts = Vec::new();
    while !records.is_empty() {
        let (rest, normalizer) = (records.split_off(records.len().min(AT_ONCE)), normalizer.clone());
        let part = std::mem::replace(&mut records, rest);
        let work = move || part.into_iter().map(|record| normalize(&*normalizer, record)).collect();
        parts.push(tokio::task::spawn_blocking(work));
    }
    let mut events = Vec::new();
    for part in parts {
        let part: Vec<Event> =
            part.await.map_err(|cause| Error::internal("a normalizer panicked").because(cause))?;
        if events.is_empty() { events = part } else { events.extend(part) }
    }
    Ok(events)
}

/// How many records are normalised in one go.
const AT_ONCE: usize = 512;

/// Appends events to a log and counts what became of them.
///
/// # Errors
/// Those of the log; then none of the events was added.
pub async fn append(log: &(impl EventLog + ?Sized), events: &[Event]) -> Result<Counts> {
    let added = log.append(events).await?;
    Ok(count(events, &added))
}

fn count(events: &[Event], added: &[Added]) -> Counts {
    let mut counts = Counts { fetched: events.len() as u64, ..Counts::default() };
    for added in added {
        match added {
            Added::New(_) => counts.new += 1,
            Added::Revision(_) => counts.revised += 1,
            Added::Duplicate => counts.duplicates += 1,
        }
    }
    counts.unreadable = events.iter().filter(|event| event.service == UNREADABLE).count() as u64;
    counts
}
