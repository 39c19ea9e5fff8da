//! Reads one content of one tenant: lists windows, fetches their blobs, several at a time.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use aoc_core::{
    ledger::{Coverage, Item, Stage},
    prelude::*,
};
use chrono::TimeDelta;
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::sync::Mutex;

use super::{
    blob::{Blob, Content, download},
    client::Client,
    memory::{Memory, Open, PAGE_BYTES, Waiting},
    place::{Place, Window, window},
    subscription::Subscription,
};
use crate::microsoft::{Failure, Rules};

/// One content of one tenant as a source.
pub(crate) struct ActivitySource {
    client: Arc<Client>,
    content: String,
    rules: Rules,
    subscription: Subscription,
    memory: Mutex<Memory>,
    /// How often in a row nothing at all could be fetched.
    outages: AtomicU32,
}

/// A blob that could not be fetched.
struct Failed {
    blob: Waiting,
    error: Error,
    /// Whether it is the blob that is broken; else it may be the API.
    is_own: bool,
}

/// How long the API keeps content.
pub(super) const REACH: TimeDelta = TimeDelta::days(7);
/// Blobs fetched at a time.
const SIDE_BY_SIDE: usize = 8;
/// How often a blob is tried in one round, and in how many rounds.
const MOST_TRIES: u32 = 3;
const MOST_ROUNDS: u32 = 5;
/// How often in a row nothing at all may come before that is no outage of the API's, but the blobs' own fault.
const MOST_OUTAGES: u32 = 5;

/// What one page brings.
#[derive(Default)]
struct Bringing {
    records: Vec<Record>,
    coverage: Vec<Coverage>,
    warnings: Vec<String>,
}

#[async_trait]
impl Source for ActivitySource {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        self.subscription.ensure(&self.client, &self.content).await?;
        let now = self.client.api.clock().now();
        let mut place: Place = match from {
            Bookmark::At(cursor) => cursor.read()?,
            Bookmark::Since(since) => Place::since(self.rules.earliest(*since, now)),
        };
        let mut memory = self.memory.lock().await;
        if memory.step != Some(place.step) {
            *memory = Memory::default();
        }
        // Whatever fails from here on leaves nothing behind that a second try would take for done; but a window that
        // was listed before need not be listed again.
        let resumed = memory.step.take().filter(|_| place.window.is_some());
        let mut bringing = Bringing::default();
        if place.round.is_none() {
            place.timeline.extend(now, self.rules);
        }
        if self.give_up_old(&mut place, now, self.rules, &mut bringing) {
            *memory = Memory::default();
        }
        if place.window.is_none() {
            bringing.coverage.extend(place.seal(now, self.rules));
        }
        let more = match place.take_up(now, self.rules) {
            None => {
                place.round = None;
                false
            }
            Some(window) => {
                let advanced = self.advance(&mut place, window, &mut memory, &mut bringing, now).await;
                advanced.inspect_err(|_| memory.step = resumed)?;
                true
            }
        };
        place.step.1 += 1;
        memory.step = Some(place.step);
        self.page(place, bringing, more)
    }
}

impl ActivitySource {
    pub(crate) fn new(client: Arc<Client>, content: &str, overlap: TimeDelta) -> Self {
        Self {
            client,
            content: content.to_owned(),
            rules: Rules { reach: REACH, settle: overlap },
            subscription: Subscription::default(),
            memory: Mutex::default(),
            outages: AtomicU32::new(0),
        }
    }

    fn page(&self, place: Place, bringing: Bringing, more: bool) -> Result<Page> {
        let Bringing { records, mut coverage, warnings } = bringing;
        for window in &mut coverage {
            (window.tenant, window.content) = (self.client.tenant.clone(), self.content.clone());
        }
        Ok(Page { more, coverage, warnings, ..Page::new(records, Cursor::of(place)?) })
    }

    /// One step within a window: its listing and its next blobs, or more of a large one.
    async fn advance(
        &self,
        place: &mut Place,
        window: Window,
        memory: &mut Memory,
        bringing: &mut Bringing,
        now: Timestamp,
    ) -> Result<()> {
        if let Some(open) = memory.open.take() {
            // Where reading fails half way, the blob is fetched again.
            let waiting = memory.waiting.take();
            memory.open = self.read_on(open, place, bringing).await?;
            memory.waiting = waiting;
            return Ok(());
        }
        if memory.waiting.is_none() {
            let Some(waiting) = self.list(place, window, bringing, now).await? else { return Ok(()) };
            memory.waiting = Some(waiting);
            bringing.coverage.extend(place.listed());
        }
        let mut waiting = memory.waiting.take().unwrap_or_default();
        if let Err(error) = self.fetch_blobs(&mut waiting, place, memory, bringing).await {
            memory.waiting = Some(waiting);
            return Err(error);
        }
        if waiting.is_empty() && memory.open.is_none() {
            bringing.coverage.extend(place.finish(now, self.rules));
        } else {
            memory.waiting = Some(waiting);
        }
        Ok(())
    }

    /// The blobs of a window that were not fetched before; nothing where the window had to be cut short.
    async fn list(
        &self,
        place: &mut Place,
        window: Window,
        bringing: &mut Bringing,
        now: Timestamp,
    ) -> Result<Option<VecDeque<Waiting>>> {
        let listed = match self.client.list(&self.content, window.from, window.until).await {
            Ok(listed) => listed,
            Err(failure) => match failure.code.as_str() {
                "AF20022" | "AF20023" => {
                    self.subscription.missing().await;
                    self.subscription.ensure(&self.client, &self.content).await?;
                    return Err(failure.error);
                }
                "AF20030" | "AF20055" => {
                    // A little less than it keeps; what that leaves out is a recorded loss.
                    let rules = Rules { reach: REACH - TimeDelta::minutes(10), ..self.rules };
                    return match self.give_up_old(place, now, rules, bringing) {
                        true => Ok(None),
                        false => Err(failure.error),
                    };
                }
                _ => return Err(failure.error),
            },
        };
        let mut waiting = VecDeque::new();
        for listed in listed {
            let created = Timestamp::parse(&listed.content_created).unwrap_or(window.from);
            if !place.is_done(created, &listed.content_id) {
                waiting.push_back(Waiting { listed, created, tries: 0 });
            }
        }
        Ok(Some(waiting))
    }

    /// Fetches blobs until they make a page, several at a time.
    async fn fetch_blobs(
        &self,
        waiting: &mut VecDeque<Waiting>,
        place: &mut Place,
        memory: &mut Memory,
        bringing: &mut Bringing,
    ) -> Result<()> {
        let fetch = |blob: Waiting| async {
            let came = download(&self.client, &blob.listed).await;
            (blob, came)
        };
        let mut under_way: FuturesUnordered<_> = FuturesUnordered::new();
        let (mut bytes, mut failures, mut stopped) = (0, Vec::new(), None);
        loop {
            while under_way.len() < SIDE_BY_SIDE
                && bytes < PAGE_BYTES
                && stopped.is_none()
                && memory.open.is_none()
            {
                let Some(next) = waiting.pop_front() else { break };
                under_way.push(fetch(next));
            }
            let Some((blob, came)) = under_way.next().await else { break };
            match came {
                // Only one large blob is open at a time; another one comes again.
                Ok(Blob { content: Content::Spooled(_) | Content::BrokenFile(..), .. })
                    if memory.open.is_some() =>
                {
                    waiting.push_front(blob);
                }
                Ok(came) => {
                    bytes += came.bytes.min(PAGE_BYTES);
                    if let Some(failure) = self.take(blob, came, place, memory, bringing) {
                        failures.push(failure);
                    }
                }
                Err(failure) if failure.code == "AF20051" => {
                    bringing
                        .warnings
                        .push(format!("content {} has expired and is lost", blob.listed.content_id));
                    self.lost(&blob, "it expired before it was fetched (AF20051)", place, bringing);
                }
                Err(failure) if stops(&failure) => {
                    waiting.push_front(blob);
                    stopped = Some(failure.error);
                }
                Err(failure) => failures.push(Failed { blob, error: failure.error, is_own: false }),
            }
        }
        let nothing_came = bringing.records.is_empty() && memory.open.is_none();
        self.judge(failures, nothing_came, waiting, place, bringing)?;
        match stopped {
            // What came is stored first; the error comes with the next page.
            Some(error) if nothing_came && bringing.coverage.is_empty() => Err(error),
            _ => Ok(()),
        }
    }

    /// What becomes of blobs that could not be fetched: tried again in this round, in the next ones, or lost.
    fn judge(
        &self,
        failures: Vec<Failed>,
        nothing_came: bool,
        waiting: &mut VecDeque<Waiting>,
        place: &mut Place,
        bringing: &mut Bringing,
    ) -> Result<()> {
        let is_outage = nothing_came && !failures.is_empty() && failures.iter().all(|failed| !failed.is_own);
        let outages = if is_outage { self.outages.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
        self.outages.store(outages, Ordering::Relaxed);
        if is_outage && outages < MOST_OUTAGES {
            let error = failures.iter().map(|failed| failed.error.to_string()).next().unwrap_or_default();
            failures.into_iter().for_each(|failed| waiting.push_front(failed.blob));
            return Err(Error::unavailable(format!("no content can be fetched: {error}")));
        }
        for Failed { mut blob, error, .. } in failures {
            blob.tries += 1;
            let id = blob.listed.content_id.clone();
            if blob.tries < MOST_TRIES {
                waiting.push_back(blob);
            } else if place.failures(blob.created, &id) + 1 < MOST_ROUNDS {
                bringing
                    .warnings
                    .push(format!("content {id} could not be fetched and will be tried again: {error}"));
                place.failed(blob.created, &id);
            } else {
                bringing.warnings.push(format!("content {id} is lost: {error}"));
                self.lost(&blob, &error.to_string(), place, bringing);
            }
        }
        Ok(())
    }

    /// Takes what was downloaded; gives the blob back where it must be tried again.
    fn take(
        &self,
        blob: Waiting,
        came: Blob,
        place: &mut Place,
        memory: &mut Memory,
        bringing: &mut Bringing,
    ) -> Option<Failed> {
        let is_last_try = blob.tries + 1 >= MOST_TRIES
            && place.failures(blob.created, &blob.listed.content_id) + 1 >= MOST_ROUNDS;
        let hash = came.hash;
        match came.content {
            Content::Records(records) => {
                self.stored(&blob, records.len() as u64, hash, None, place, bringing);
                self.add(records, blob.created, bringing);
            }
            Content::Spooled(reader) => {
                memory.open = Some(Open { of: blob, reader, hash, events: 0, lost: None });
            }
            Content::Broken(_, error) | Content::BrokenFile(_, error) if !is_last_try => {
                return Some(Failed { blob, error, is_own: true });
            }
            Content::Broken(records, error) => {
                self.stored(&blob, records.len() as u64, hash, Some(error.to_string()), place, bringing);
                self.add(records, blob.created, bringing);
            }
            Content::BrokenFile(reader, error) => {
                memory.open = Some(Open { of: blob, reader, hash, events: 0, lost: Some(error.to_string()) });
            }
        }
        None
    }

    /// More of a large blob; gives it back while there is more.
    async fn read_on(
        &self,
        mut open: Open,
        place: &mut Place,
        bringing: &mut Bringing,
    ) -> Result<Option<Open>> {
        let read = tokio::task::spawn_blocking(move || open.next().map(|next| (next, open)));
        let ((records, is_last), open) =
            read.await.map_err(|cause| Error::internal("a reading thread panicked").because(cause))??;
        self.add(records, open.of.created, bringing);
        if !is_last {
            return Ok(Some(open));
        }
        self.stored(&open.of, open.events, open.hash, open.lost, place, bringing);
        Ok(None)
    }

    fn add(&self, records: Vec<RawJson>, created: Timestamp, bringing: &mut Bringing) {
        bringing.records.extend(records.into_iter().map(|raw| Record {
            tenant: Some(self.client.tenant.clone()),
            available_at: Some(created),
            ..Record::new(raw)
        }));
    }

    fn stored(
        &self,
        blob: &Waiting,
        events: u64,
        hash: String,
        lost: Option<String>,
        place: &mut Place,
        bringing: &mut Bringing,
    ) {
        if let Some(reason) = &lost {
            let id = &blob.listed.content_id;
            bringing
                .warnings
                .push(format!("content {id} is not whole: {reason}; {events} records of it are kept"));
        }
        let item = Item { id: blob.listed.content_id.clone(), events, hash: Some(hash), lost };
        bringing.coverage.extend(place.done(blob.created, item));
    }

    fn lost(&self, blob: &Waiting, reason: &str, place: &mut Place, bringing: &mut Bringing) {
        let item =
            Item { id: blob.listed.content_id.clone(), events: 0, hash: None, lost: Some(reason.to_owned()) };
        bringing.coverage.extend(place.done(blob.created, item));
    }

    /// What the API keeps no longer is a recorded loss; says whether there was any.
    fn give_up_old(&self, place: &mut Place, now: Timestamp, rules: Rules, bringing: &mut Bringing) -> bool {
        let Some((from, until)) = place.timeline.clamp(now, rules) else { return false };
        place.window = None;
        let reason = "older than the 7 days that the API keeps content";
        bringing.warnings.push(format!("what became available between {from} and {until} is lost: {reason}"));
        bringing.coverage.push(window(from, until, Stage::Lost(reason.to_owned())));
        true
    }
}

/// Whether a failure is not the blob's own: the others would fare the same.
fn stops(failure: &Failure) -> bool {
    matches!(
        failure.error.kind(),
        ErrorKind::RateLimited | ErrorKind::Denied | ErrorKind::Config | ErrorKind::Internal
    )
}
