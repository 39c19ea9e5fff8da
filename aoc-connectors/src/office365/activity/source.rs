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
    place::{Place, Whose, Window, window},
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
/// What cannot be had any more.
const OLDER: &str = "older than the 7 days that the API keeps content";
/// What is told to the ledger is told of windows as short as this: with each page, all of its window is told.
const LONG: TimeDelta = TimeDelta::hours(1);

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
        let mut bringing = Bringing::default();
        let mut place = self.place(from, now, &mut bringing)?;
        let mut shared = self.memory.lock().await;
        let mut memory = shared.take(place.step);
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
            rules: Rules { reach: REACH, settle: overlap.min(LATEST_SETTLE), long: LONG },
            subscription: Subscription::default(),
            memory: Mutex::default(),
        }
    }

    /// Where to go on, or to begin.
    fn place(&self, from: &Bookmark, now: Timestamp, bringing: &mut Bringing) -> Result<Place> {
        let tenant = self.client.tenant.to_lowercase();
        let mine = Whose { tenant, api: self.client.api.base().to_string() };
        let place = match from {
            Bookmark::At(cursor) => cursor.read()?,
            Bookmark::Since(since) => Place::since(self.earliest(*since, now, bringing)),
        };
        let place = match &place.of {
            Some(other) if *other != mine => {
                let (of, at) = (&other.tenant, &other.api);
                let message = format!("the bookmark is of tenant {of} at {at}, not of {} at", mine.tenant);
                bringing.warnings.push(format!("{message} {}; it begins anew", mine.api));
                Place::since((now.instant() - REACH + MARGIN).into())
            }
            _ => place,
        };
        Ok(Place { of: Some(mine), ..place })
    }

    /// Where to begin, a little short of what the API keeps no longer: what is asked for in vain is no loss, as nobody had
    /// promised it.
    fn earliest(&self, since: Timestamp, now: Timestamp, bringing: &mut Bringing) -> Timestamp {
        let ahead = TimeDelta::seconds(self.client.api.clock().ahead());
        let rules = Rules { reach: REACH - MARGIN, ..self.rules };
        let edge: Timestamp = (now.instant() - rules.reach).into();
        if rules.is_too_early(since, now, ahead) {
            let warning = format!("what became available before {edge} cannot be had: it is {OLDER}");
            bringing.warnings.push(warning);
        }
        let begin = rules.earliest(since, now, ahead);
        // The hour in which the API's memory begins is not a whole one, and is not left out.
        let meant = since.min((since.instant() + ahead).into());
        if begin > meant.max(edge) { edge } else { begin }
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
        while let Some((from, until)) = place.timeline.clamp(now, rules) {
            place.window = None;
            let warning = format!("what became available between {from} and {until} is lost: {OLDER}");
            bringing.warnings.push(warning);
            bringing.coverage.push(window(from, until, Stage::Lost(OLDER.to_owned())));
        }
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
