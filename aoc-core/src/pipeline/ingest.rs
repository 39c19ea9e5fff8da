//! The first loop: from a source to the log.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{RwLock, mpsc, oneshot, watch},
    task::JoinSet,
    time::Instant,
};

use super::{
    backoff::{Backoff, Next},
    ledger_notes::ledger_notes,
    status::{Board, Counts, Failure, State},
};
use crate::{
    Bookmark, Cursor, Error, Event, Normalizer, Page, Record, Result, Source, Timestamp, UNREADABLE,
    normalize,
    store::{Added, EventLog, EventStore, Note},
};

/// A request to fetch now.
pub(crate) struct Nudge {
    /// From here instead of the bookmark; the bookmark stays where it is.
    pub(crate) since: Option<Timestamp>,
    /// Where to say how it went; nothing where a bell rang.
    pub(crate) answer: Option<oneshot::Sender<Result<Fetched>>>,
}

/// All who ask at one time: to go on from the bookmark, and to look back.
struct Asked {
    onwards: Vec<Nudge>,
    backwards: Vec<Nudge>,
}

/// Says to all who asked how it went.
fn answer(nudges: Vec<Nudge>, outcome: &Result<Fetched>) {
    for answer in nudges.into_iter().filter_map(|nudge| nudge.answer) {
        // Who asked may have gone away.
        let _ = answer.send(outcome.as_ref().cloned().map_err(Error::copy));
    }
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
    pub(crate) backoff: Backoff,
    /// Shared by those who add to the ledger; whoever rewrites it has it alone.
    pub(crate) ledger: Arc<RwLock<()>>,
    /// How far a look back came that failed, and when.
    pub(crate) looked_back: Option<LookedBack>,
}

/// How far a look back came.
pub(crate) struct LookedBack {
    since: Timestamp,
    next: Cursor,
    at: Instant,
}

/// For how long a look back that failed is gone on with.
const RESUME: Duration = Duration::from_secs(3_600);
/// How soon after a round a bell makes another one.
const BELL: Duration = Duration::from_secs(5);

/// How far back a source is asked when it is asked for the first time.
const FIRST_LOOK_BACK: chrono::TimeDelta = chrono::TimeDelta::days(7);
/// How many events are appended at once.
const BATCH: usize = 2_000;
/// Longer than anybody waits.
const A_YEAR: Duration = Duration::from_secs(86_400 * 365);
/// How many services the delays of a source are told apart by: their names are for others to choose.
const MOST_SERVICES: usize = 200;
/// How many warnings of a round are kept.
const MOST_WARNINGS: usize = 20;

impl Ingest {
    pub(crate) async fn run(mut self) {
        tokio::select! {
            _ = self.stop.changed() => return,
            _ = self.begun.changed() => {}
        }
        // When the bookmark is next gone on from, whatever is asked for in between.
        let (mut due, mut last_end) = (Instant::now(), None);
        while let Some(Asked { onwards, backwards }) = self.asked(due).await {
            let by_people = onwards.iter().any(|nudge| nudge.answer.is_some());
            if !onwards.is_empty() && !self.backoff.is_failing() {
                // A bell shortens no wait after a failure, and many bells make one round.
                due = due.min(last_end.map_or_else(Instant::now, |end: Instant| end + BELL));
            }
            if Instant::now() >= due || by_people {
                let outcome = self.round(None).await;
                if !*self.stop.borrow() {
                    due = match self.note_outcome(&outcome) {
                        Next::After(wait) => Instant::now() + wait.min(A_YEAR),
                        Next::Stop => Instant::now() + A_YEAR,
                    };
                }
                last_end = Some(Instant::now());
                answer(onwards, &outcome);
            }
            if let Some(since) = backwards.iter().filter_map(|nudge| nudge.since).min() {
                let outcome = self.round(Some(since)).await;
                if let Err(error) = &outcome {
                    tracing::warn!(source = self.name, error = error.chain(), "looking back failed");
                }
                answer(backwards, &outcome);
            }
        }
    }

    /// What is to be done next: waits until it is due, or somebody asks; nothing when it is time to stop. All who ask at
    /// once are served at once, and whoever has gone is not.
    async fn asked(&mut self, due: Instant) -> Option<Asked> {
        let mut nudges = Vec::new();
        if *self.stop.borrow() {
            return None;
        }
        tokio::select! {
            _ = self.stop.changed() => return None,
            () = tokio::time::sleep_until(due) => {}
            next = self.nudges.recv() => nudges.push(next?),
        }
        while let Ok(nudge) = self.nudges.try_recv() {
            nudges.push(nudge);
        }
        nudges.retain(|nudge| nudge.answer.as_ref().is_none_or(|answer| !answer.is_closed()));
        let (backwards, onwards) = nudges.into_iter().partition(|nudge| nudge.since.is_some());
        Some(Asked { onwards, backwards })
    }

    /// Fetches until the source has no more; the next page comes while the last is stored.
    async fn round(&mut self, since: Option<Timestamp>) -> Result<Fetched> {
        let from = match since {
            Some(since) => self.look_back_from(since),
            None => bookmark(&*self.store, &self.name, &self.source).await?,
        };
        let mut fetched = Fetched::default();
        let mut next = self.page(Some(from)).await;
        while let Some(page) = next {
            let page = page?;
            for warning in page.warnings.iter().take(MOST_WARNINGS) {
                // Also where the round fails later on.
                tracing::warn!(source = self.name, warning, "a source warns");
                fetched.warnings.push(warning.clone());
            }
            let (place, more) = (page.next.clone(), page.more);
            let following = more.then(|| Bookmark::At(place.clone()));
            let (kept, page_after) = tokio::join!(self.keep(page, since.is_none()), self.page(following));
            fetched.counts += kept?;
            match since {
                Some(since) if more => {
                    self.looked_back = Some(LookedBack { since, next: place, at: Instant::now() });
                }
                Some(_) => self.looked_back = None,
                // It makes progress.
                None => self.backoff.reset(),
            }
            next = page_after;
        }
        if *self.stop.borrow() {
            return Err(Error::unavailable("it was stopped before it was caught up"));
        }
        fetched.warnings.truncate(MOST_WARNINGS);
        Ok(fetched)
    }

    /// Where a look back begins: one that failed a while ago is gone on with, however often it fails, if it covers what
    /// is asked for.
    fn look_back_from(&self, since: Timestamp) -> Bookmark {
        match &self.looked_back {
            Some(before) if before.since <= since && before.at.elapsed() < RESUME => {
                Bookmark::At(before.next.clone())
            }
            _ => Bookmark::Since(since),
        }
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
        // Nobody sums up the ledger between reading and writing it.
        let _ledger = self.ledger.read().await;
        let mut notes = ledger_notes(&*self.store, &self.source, page.coverage).await?;
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

    /// How late new events are. Events of a first look back are late because nobody looked before.
    fn note_delays(&self, events: &[Event], added: &[Added]) {
        if !self.caught_up {
            return;
        }
        let now = Timestamp::now();
        let new = events.iter().zip(added).filter(|(_, added)| matches!(added, Added::New(_)));
        self.board.source(&self.name, |status| {
            for (event, _) in new {
                let is_known = status.delays.contains_key(&event.service);
                let service =
                    if is_known || status.delays.len() < MOST_SERVICES { &event.service } else { "other" };
                status.delays.entry(service.to_owned()).or_default().add(event, now);
            }
        });
    }

    fn note_outcome(&mut self, outcome: &Result<Fetched>) -> Next {
        let error = match outcome {
            Ok(fetched) => {
                self.backoff.reset();
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
        let next = self.backoff.after(error);
        tracing::warn!(source = self.name, error = error.chain(), ?next, "a fetch failed");
        self.board.source(&self.name, |status| {
            status.state = if next == Next::Stop { State::Stopped } else { State::Failing };
            status.last_error = Some(Failure::of(error));
        });
        next
    }
}

/// Where to go on. A source that has no cursor yet begins where a note says, such as `since/entra`: it is written where
/// another system collected before.
async fn bookmark(store: &dyn EventStore, name: &str, source: &str) -> Result<Bookmark> {
    if let Some(cursor) = store.read(&format!("cursor/{name}")).await? {
        return Ok(Bookmark::At(Cursor::of(cursor)?));
    }
    for key in [format!("since/{name}"), format!("since/{source}")] {
        if let Some(since) = store.read(&key).await? {
            let wrong = |cause| Error::internal(format!("the note {key} is no time")).because(cause);
            return Ok(Bookmark::Since(serde_json::from_value(since).map_err(wrong)?));
        }
    }
    Ok(Bookmark::Since((chrono::Utc::now() - FIRST_LOOK_BACK).into()))
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
