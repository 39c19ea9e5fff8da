//! Reads one content of one tenant: lists windows, and has their blobs fetched.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::Arc,
};

use aoc_core::{
    ledger::{Coverage, Stage},
    prelude::*,
};
use chrono::TimeDelta;
use tokio::sync::Mutex;

use super::{
    client::{Client, Listed},
    memory::{Memory, Waiting},
    place::{Place, Window, window},
    subscription::Subscription,
};
use crate::microsoft::{Failure, Rules};

/// One content of one tenant as a source.
pub(crate) struct ActivitySource {
    pub(super) client: Arc<Client>,
    content: String,
    rules: Rules,
    subscription: Subscription,
    memory: Mutex<Memory>,
}

/// How long the API keeps content.
const REACH: TimeDelta = TimeDelta::days(7);
/// A window is listed a last time before the API has forgotten it.
const LATEST_SETTLE: TimeDelta = TimeDelta::days(6);
/// How much less the API may answer for than it keeps.
const MARGIN: TimeDelta = TimeDelta::minutes(10);

/// What one page brings.
#[derive(Default)]
pub(super) struct Bringing {
    pub(super) records: Vec<Record>,
    pub(super) coverage: Vec<Coverage>,
    pub(super) warnings: Vec<String>,
}

#[async_trait]
impl Source for ActivitySource {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        self.subscription.ensure(&self.client, &self.content).await?;
        let now = self.client.api.clock().now();
        let mut place: Place = match from {
            Bookmark::At(cursor) => cursor.read()?,
            Bookmark::Since(since) => Place::since(self.earliest(*since, now)),
        };
        let mut shared = self.memory.lock().await;
        let mut memory = shared.take(place.step);
        let mut bringing = Bringing::default();
        if place.round.is_none() {
            place.timeline.extend(now, self.rules);
        }
        // A window that was listed is fetched to its end, however old it becomes meanwhile.
        if memory.waiting.is_none() {
            self.give_up_old(&mut place, now, self.rules, &mut bringing);
        }
        if place.window.is_none() {
            bringing.coverage.extend(place.seal(now, self.rules));
        }
        let (step, is_resumed) = (place.step, place.window.is_some());
        let Some(window) = place.take_up(now, self.rules) else {
            place.round = None;
            return self.page(place, bringing, false);
        };
        if let Err(error) = self.advance(&mut place, window, &mut memory, &mut bringing, now).await {
            if is_resumed && memory.waiting.is_some() {
                // Nothing came, so all that was listed waits still.
                *shared = Memory { step: Some(step), ..memory };
            }
            return Err(error);
        }
        place.step.1 += 1;
        *shared = Memory { step: Some(place.step), ..memory };
        self.page(place, bringing, true)
    }
}

impl ActivitySource {
    pub(crate) fn new(client: Arc<Client>, content: &str, overlap: TimeDelta) -> Self {
        Self {
            client,
            content: content.to_owned(),
            rules: Rules { reach: REACH, settle: overlap.min(LATEST_SETTLE) },
            subscription: Subscription::default(),
            memory: Mutex::default(),
        }
    }

    /// Where to begin. A first look back is counted on this machine's clock, which may be behind the other side's: what
    /// that asks for in vain is no loss.
    fn earliest(&self, since: Timestamp, now: Timestamp) -> Timestamp {
        let ahead = TimeDelta::seconds(self.client.api.clock().ahead());
        let corrected: Timestamp = (since.instant() + ahead).into();
        match self.rules.earliest(corrected, now) {
            edge if edge != corrected => edge,
            _ => since,
        }
    }

    fn page(&self, place: Place, bringing: Bringing, more: bool) -> Result<Page> {
        let Bringing { records, coverage, warnings } = bringing;
        let mut coverage = joined(coverage);
        for window in &mut coverage {
            (window.tenant, window.content) = (self.client.tenant.clone(), self.content.clone());
        }
        Ok(Page { more, coverage, warnings, ..Page::new(records, Cursor::of(place)?) })
    }

    /// One step within a window: its listing and its next blobs, or more of a large one. After an error, either nothing
    /// was taken from what waits, or nothing waits.
    async fn advance(
        &self,
        place: &mut Place,
        window: Window,
        memory: &mut Memory,
        bringing: &mut Bringing,
        now: Timestamp,
    ) -> Result<()> {
        if let Some(open) = memory.open.pop_front() {
            // Where reading fails half way, the blob is fetched again.
            let rest = std::mem::take(memory);
            let open = self.read_on(open, place, bringing).await?;
            *memory = rest;
            open.into_iter().for_each(|open| memory.open.push_front(open));
        } else {
            let mut waiting = match memory.waiting.take() {
                Some(waiting) => waiting,
                None => self.list(place, window, bringing, now).await?,
            };
            let fetched = self.fetch_blobs(&mut waiting, place, memory, bringing, now).await;
            memory.waiting = Some(waiting);
            fetched?;
        }
        if memory.open.is_empty() && memory.waiting.as_ref().is_none_or(VecDeque::is_empty) {
            memory.waiting = None;
            bringing.coverage.extend(place.finish(now, self.rules));
        }
        Ok(())
    }

    /// The blobs of a window that are to be fetched.
    async fn list(
        &self,
        place: &mut Place,
        window: Window,
        bringing: &mut Bringing,
        now: Timestamp,
    ) -> Result<VecDeque<Waiting>> {
        let listed = self.listing(place, window, bringing).await?;
        place.heard(self.client.api.clock().now());
        let ids: HashSet<&str> = listed.iter().map(|listed| listed.content_id.as_str()).collect();
        place.put_off_unlisted(&ids, now);
        let mut waiting = VecDeque::new();
        for listed in listed {
            let created = Timestamp::parse(&listed.content_created).unwrap_or(window.from);
            if place.wants(created, &listed.content_id, now) {
                waiting.push_back(Waiting { listed, created, tries: 0 });
            }
        }
        bringing.coverage.extend(place.listed());
        Ok(waiting)
    }

    /// All that the API names of a window. What it does not answer for any more and was not read before is a loss.
    async fn listing(
        &self,
        place: &mut Place,
        window: Window,
        bringing: &mut Bringing,
    ) -> Result<Vec<Listed>> {
        let now = self.client.api.clock().now();
        let failure = match self.since(now.instant() - REACH, window).await {
            Ok(listed) => return Ok(listed),
            Err(failure) => failure,
        };
        match failure.code.as_str() {
            "AF20022" | "AF20023" => {
                self.subscription.missing(failure.error).await;
                self.subscription.ensure(&self.client, &self.content).await?;
                Ok(self.since(now.instant() - REACH, window).await?)
            }
            "AF20030" | "AF20055" => {
                let now = self.client.api.clock().now();
                let rules = Rules { reach: REACH - MARGIN, ..self.rules };
                let listed = self.since(now.instant() - rules.reach, window).await?;
                self.give_up_old(place, now, rules, bringing);
                let edge: Timestamp = (now.instant() - rules.reach).into();
                let from = if edge < window.until { window.from.max(edge) } else { window.from };
                place.window = Some(Window { from, ..window });
                Ok(listed)
            }
            _ => Err(failure.error),
        }
    }

    /// What became available in the part of a window that begins then.
    async fn since(
        &self,
        edge: chrono::DateTime<chrono::Utc>,
        window: Window,
    ) -> Result<Vec<Listed>, Failure> {
        let from = window.from.max(edge.into());
        if from >= window.until {
            return Ok(Vec::new());
        }
        self.client.list(&self.content, from, window.until).await
    }

    /// What the API keeps no longer and was never read is a recorded loss.
    fn give_up_old(&self, place: &mut Place, now: Timestamp, rules: Rules, bringing: &mut Bringing) {
        let Some((from, until)) = place.timeline.clamp(now, rules) else { return };
        place.window = None;
        let reason = "older than the 7 days that the API keeps content";
        bringing.warnings.push(format!("what became available between {from} and {until} is lost: {reason}"));
        bringing.coverage.push(window(from, until, Stage::Lost(reason.to_owned())));
    }
}

/// What is said of one window in one state is said at once: of a window with many blobs, the pipeline would read all again
/// for each.
fn joined(coverage: Vec<Coverage>) -> Vec<Coverage> {
    let mut joined: Vec<Coverage> = Vec::new();
    let mut places: BTreeMap<(Timestamp, Timestamp), usize> = BTreeMap::new();
    for one in coverage {
        let place = *places.entry((one.from, one.until)).or_insert(joined.len());
        match joined.get_mut(place) {
            Some(before) if before.stage == one.stage => before.items.extend(one.items),
            Some(_) => {
                places.insert((one.from, one.until), joined.len());
                joined.push(one);
            }
            None => joined.push(one),
        }
    }
    joined
}
