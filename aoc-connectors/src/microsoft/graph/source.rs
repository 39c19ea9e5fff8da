//! Reads a log of Graph, page by page.

use std::time::Duration;

use aoc_core::{
    http::Url,
    ledger::{Coverage, Stage},
    prelude::*,
};
use chrono::TimeDelta;

use super::{
    Endpoint,
    earliest::earliest_in,
    failures::Failures,
    page::{LogPage, same},
    place::{Place, Reading, window},
};
use crate::microsoft::{Api, Failure, Rules};

/// A log of Graph as a source.
pub(crate) struct GraphSource {
    pub(crate) api: Api,
    pub(crate) endpoint: Endpoint,
    /// The tenant, as the account gives it.
    pub(crate) tenant: String,
    /// The content, where the source has several.
    pub(crate) content: String,
    /// How long windows are read again.
    pub(crate) overlap: Duration,
    /// Pages that did not come.
    pub(crate) failed: Failures,
    /// Stretches whose links led astray.
    pub(crate) strayed: Failures,
}

/// How large a page may be.
const MOST_OF_PAGE: usize = 256 << 20;
/// A page may take this many times as long as it may take to begin.
const WHOLE_PAGE: u32 = 3;
/// How long an Entra tenant without a licence keeps its logs.
const UNLICENSED: TimeDelta = TimeDelta::days(7);
/// The status of an answer that was well, as far as it came.
const CAME: u16 = 200;

/// What one request for a page came to.
enum Came {
    Page(LogPage),
    /// The place in the log is not known any more, or was never one: the stretch is to be read anew.
    Astray(String),
    /// Too much was asked for at once, or what came is of no use.
    TooMuch(Error, Vec<u8>),
    /// What was asked for is older than the service answers; from when on it does, if it says.
    TooOld(Option<Timestamp>),
}

/// What a fetch brings beside the place where it goes on.
#[derive(Default)]
pub(super) struct Brought {
    records: Vec<RawJson>,
    pub(super) coverage: Vec<Coverage>,
    pub(super) warnings: Vec<String>,
}

#[async_trait]
impl Source for GraphSource {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        self.api.hear_clock().await;
        let (now, rules) = (self.api.clock().now(), self.rules());
        let mut brought = Brought::default();
        let mut place = self.place(from, now, &mut brought)?;
        if place.round.is_none() {
            place.timeline.extend(now, rules);
        }
        // What is being read is not given up: it was young enough when it was asked for.
        if place.reading.is_none() {
            self.give_up_old(&mut place, now, rules, &mut brought);
            brought.coverage.extend(place.seal(now, rules));
        }
        let Some(reading) = place.take_up(now, rules) else {
            (place.round, place.at_once) = (None, None);
            return self.page(place, brought, false).await;
        };
        let came = self.come(&reading, place.most_failures()).await?;
        let now = now.min(self.api.clock().now());
        place.heard(now);
        match came {
            Came::Page(page) => {
                brought.coverage.extend(place.begun());
                self.take(&mut place, page, now, &mut brought)?;
            }
            Came::Astray(why) => self.begin_anew(&mut place, &why, now, &mut brought)?,
            Came::TooMuch(error, _) if place.narrow() => {
                let (from, until) = (reading.from, reading.until);
                brought.warnings.push(format!("{error}; less than from {from} until {until} is asked for"));
            }
            Came::TooMuch(error, bytes) => self.salvage(&mut place, &error, &bytes, now, &mut brought)?,
            Came::TooOld(edge) => self.forget_old(&mut place, edge, now, &mut brought)?,
        }
        if matches!(from, Bookmark::Since(_)) {
            brought.promise_nothing();
        }
        self.page(place, brought, true).await
    }
}

impl GraphSource {
    pub(super) fn rules(&self) -> Rules {
        self.endpoint.rules(TimeDelta::from_std(self.overlap).unwrap_or(TimeDelta::days(1)))
    }

    async fn page(&self, place: Place, brought: Brought, more: bool) -> Result<Page> {
        let Brought { records, mut coverage, warnings } = brought;
        let tenant = self.api.tenant_id(&self.tenant).await;
        for window in &mut coverage {
            (window.tenant, window.content) = (tenant.clone(), self.content.clone());
        }
        let record = |raw| Record { tenant: Some(tenant.clone()), ..Record::new(raw) };
        let records = records.into_iter().map(record).collect();
        Ok(Page { more, coverage, warnings, ..Page::new(records, Cursor::of(place)?) })
    }

    /// The address of the page that comes next.
    fn address(&self, reading: &Reading) -> Result<Url> {
        match &reading.link {
            Some(link) => self.api.base().follow(link),
            None => self.api.base().join(&self.endpoint.query(reading.from, reading.until)),
        }
    }

    /// Asks for one page. Errors are those that pass by themselves or stop everything.
    async fn come(&self, reading: &Reading, most_failures: u32) -> Result<Came> {
        let url = match self.address(reading) {
            Ok(url) => url,
            Err(error) if error.kind() == ErrorKind::Denied => return Ok(Came::Astray(error.to_string())),
            Err(error) => return Err(error),
        };
        let asked = async {
            let answer = self.api.get(url.clone()).await?;
            let bytes = answer.bytes(MOST_OF_PAGE).await;
            bytes.map_err(|error| Failure { status: CAME, ..error.into() })
        };
        let patience = self.api.patience() * WHOLE_PAGE;
        let (failure, bytes) = match tokio::time::timeout(patience, asked).await {
            Ok(Ok(bytes)) => match LogPage::read(&bytes) {
                Ok(page) => {
                    self.failed.is_well();
                    return Ok(Came::Page(page));
                }
                Err(error) => (Failure { status: CAME, ..error.into() }, bytes),
            },
            Ok(Err(failure)) => (failure, Vec::new()),
            Err(_) => (self.api.late(), Vec::new()),
        };
        let message = failure.message.to_lowercase();
        let is_lost =
            reading.link.is_some() || message.contains("skip token") || message.contains("skiptoken");
        // Busy or away is a service, seldom a page.
        let most_failures = if failure.status == 503 { most_failures * 3 } else { most_failures };
        match failure.status {
            400 if message.contains("minimum allowed time") => {
                Ok(Came::TooOld(earliest_in(&failure.message)))
            }
            400 | 404 | 410 if is_lost => Ok(Came::Astray(failure.error.to_string())),
            CAME | 408 | 500..=599 if self.failed.once_more(&reading.page()) >= most_failures => {
                Ok(Came::TooMuch(failure.error, bytes))
            }
            _ => Err(failure.error),
        }
    }

    /// Takes a page: its records, and where it goes on.
    fn take(&self, place: &mut Place, page: LogPage, now: Timestamp, brought: &mut Brought) -> Result<()> {
        let Some(reading) = &mut place.reading else { return Ok(()) };
        let own = self.address(reading).map(|own| same(&own)).unwrap_or_default();
        let is_endless = reading.came(&page.records);
        brought.records = page.records;
        let Some(link) = page.link else {
            self.finish(place, now, brought);
            return Ok(());
        };
        let next = match self.api.base().follow(&link) {
            Ok(url) => same(&url),
            Err(error) => return self.begin_anew(place, &error.to_string(), now, brought),
        };
        if self.endpoint.ends_with_own_link && next == own {
            self.finish(place, now, brought);
            return Ok(());
        }
        if is_endless {
            self.narrow_endless(place, now, brought);
            return Ok(());
        }
        if reading.follow(link, &next) {
            return Ok(());
        }
        self.begin_anew(place, "Graph's links lead in a circle", now, brought)
    }

    /// Page upon page without anything new: less is asked for at once. Where that has been tried, what came must do.
    fn narrow_endless(&self, place: &mut Place, now: Timestamp, brought: &mut Brought) {
        let Some(Reading { from, until, .. }) = place.reading else { return };
        let reason = "Graph's pages bring nothing new without coming to an end";
        if place.at_once.is_none() && place.narrow() {
            brought
                .warnings
                .push(format!("{reason}; what happened between {from} and {until} is read again"));
            return;
        }
        self.give_up(place, reason.to_owned(), now, brought);
    }

    /// The stretch has come to its end.
    fn finish(&self, place: &mut Place, now: Timestamp, brought: &mut Brought) {
        let Some(reading) = &place.reading else { return };
        let is_old = |kept| reading.until.instant() < now.instant() - kept;
        if self.endpoint.unlicensed.is_some_and(is_old) && reading.records == 0 {
            let (from, until) = (reading.from, reading.until);
            brought.warnings.push(format!(
                "nothing happened between {from} and {until}, or the tenant has no licence that keeps logs so long"
            ));
        }
        self.strayed.is_well();
        brought.coverage.extend(place.finish(now, self.rules()));
    }

    /// Reads the stretch from its beginning again, or in smaller pieces; what was read twice is recognised.
    fn begin_anew(&self, place: &mut Place, why: &str, now: Timestamp, brought: &mut Brought) -> Result<()> {
        let most_failures = place.most_failures();
        let Some(reading) = &mut place.reading else { return Ok(()) };
        let (from, until, first_page) = (reading.from, reading.until, reading.until.to_string());
        if reading.restart() || place.narrow() {
            brought.warnings.push(format!("{why}; what happened between {from} and {until} is read again"));
            return Ok(());
        }
        let reason = format!("{why}; what happened between {from} and {until} cannot be read to its end");
        if self.strayed.once_more(&first_page) < most_failures {
            return Err(Error::unavailable(reason));
        }
        self.give_up(place, reason, now, brought);
        Ok(())
    }

    /// Less cannot be asked for: what is there is kept, and what is missing is said.
    fn salvage(
        &self,
        place: &mut Place,
        error: &Error,
        bytes: &[u8],
        now: Timestamp,
        brought: &mut Brought,
    ) -> Result<()> {
        let mut page = LogPage::salvage(bytes);
        let reason = format!("{error} ({} records could be saved)", page.records.len());
        if place.is_troubled() {
            // They are kept already; what was torn where it was cut may be another piece each time.
            page.records.clear();
        }
        let Some(reading) = &mut place.reading else { return Ok(()) };
        if page.link.is_some() {
            brought.warnings.push(format!("{reason}, from {} until {}", reading.from, reading.until));
            reading.broken = Some(reason);
            return self.take(place, page, now, brought);
        }
        brought.records = page.records;
        self.give_up(place, reason, now, brought);
        Ok(())
    }

    /// The stretch cannot be read now: that is recorded, other stretches go on, and the next round tries again.
    fn give_up(&self, place: &mut Place, reason: String, now: Timestamp, brought: &mut Brought) {
        let Some(reading) = &place.reading else { return };
        let (from, until) = (reading.from, reading.until.min(now));
        brought
            .warnings
            .push(format!("{reason}; from {from} until {until} is tried again in the next round"));
        self.failed.is_well();
        self.strayed.is_well();
        brought.coverage.extend(place.give_up(reason, now, self.rules()));
    }

    /// What the service keeps no longer is a recorded loss.
    fn give_up_old(&self, place: &mut Place, now: Timestamp, rules: Rules, brought: &mut Brought) {
        let days = rules.reach.num_days();
        let reason = format!("older than the {days} days that Microsoft keeps");
        while let Some((from, until)) = place.timeline.clamp(now, rules) {
            brought.warnings.push(format!("what happened between {from} and {until} is lost: {reason}"));
            brought.coverage.push(window(from, until, Stage::Lost(reason.clone())));
        }
    }

    /// The service answers for less than it is said to: what is older than it says, else than a week, is given up.
    fn forget_old(
        &self,
        place: &mut Place,
        edge: Option<Timestamp>,
        now: Timestamp,
        brought: &mut Brought,
    ) -> Result<()> {
        let asked = place.reading.take().map_or(now, |reading| reading.from);
        let edge = edge.filter(|edge| asked < *edge && *edge <= now);
        let reach = edge.map_or(UNLICENSED, |edge| now.instant() - edge.instant());
        let rules = Rules { reach, ..self.rules() };
        self.give_up_old(place, now, rules, brought);
        brought.coverage.extend(place.seal(now, rules));
        if brought.coverage.is_empty() {
            return Err(Error::unavailable("Graph refuses a time of the last seven days as too old"));
        }
        Ok(())
    }
}
