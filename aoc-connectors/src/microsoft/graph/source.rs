//! Reads a log of Graph, page by page.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aoc_core::{
    http::Url,
    ledger::{Coverage, Stage},
    prelude::*,
};
use chrono::TimeDelta;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Endpoint,
    page::LogPage,
    place::{Place, window},
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
    /// The page that failed the last time, and how often in a row.
    pub(crate) failed: Mutex<(u64, u32)>,
}

/// How large a page may be.
const MOST_OF_PAGE: usize = 256 << 20;
/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often one page may fail before less is asked for.
const MOST_FAILURES: u32 = 3;
/// How long an Entra tenant without a licence keeps its logs.
const UNLICENSED: TimeDelta = TimeDelta::days(7);

/// What one request for a page came to.
enum Came {
    Page(LogPage),
    /// The place in the log is not known any more: the stretch is to be read anew.
    Forgotten(String),
    /// Too much was asked for at once, or what came is of no use.
    TooMuch(Error, Vec<u8>),
    /// What was asked for is older than the service answers.
    TooOld,
}

#[async_trait]
impl Source for GraphSource {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        self.api.hear_clock().await;
        let (now, rules) = (self.api.clock().now(), self.rules());
        let mut place: Place = match from {
            Bookmark::At(cursor) => cursor.read()?,
            Bookmark::Since(since) => Place::since(rules.earliest(*since, now)),
        };
        let (mut coverage, mut warnings) = (Vec::new(), Vec::new());
        if place.round.is_none() {
            place.timeline.extend(now, rules);
        }
        self.give_up_old(&mut place, now, rules, &mut coverage, &mut warnings);
        if place.reading.is_none() {
            coverage.extend(place.seal(now, rules));
        }
        let Some(reading) = place.take_up(now, rules) else {
            (place.round, place.at_once) = (None, None);
            return self.page(place, Vec::new(), coverage, warnings, false);
        };
        let url = match &reading.link {
            Some(link) => self.api.base().follow(link)?,
            None => self.api.base().join(&self.endpoint.query(reading.from, reading.until))?,
        };
        let records = match self.ask(&url).await? {
            Came::Page(page) => {
                coverage.extend(place.begun());
                self.take(&mut place, page, now, &mut coverage, &mut warnings)?
            }
            Came::Forgotten(why) => {
                self.begin_anew(&mut place, why, &mut warnings)?;
                Vec::new()
            }
            Came::TooMuch(_, _) if place.narrow() => Vec::new(),
            Came::TooMuch(error, bytes) => {
                self.salvage(&mut place, error, &bytes, now, &mut coverage, &mut warnings)?
            }
            Came::TooOld => {
                self.forget_old(&mut place, now, &mut coverage, &mut warnings)?;
                Vec::new()
            }
        };
        self.page(place, records, coverage, warnings, true)
    }
}

impl GraphSource {
    fn rules(&self) -> Rules {
        self.endpoint.rules(TimeDelta::from_std(self.overlap).unwrap_or(TimeDelta::days(1)))
    }

    fn page(
        &self,
        place: Place,
        records: Vec<RawJson>,
        mut coverage: Vec<Coverage>,
        warnings: Vec<String>,
        more: bool,
    ) -> Result<Page> {
        for window in &mut coverage {
            (window.tenant, window.content) = (self.tenant.clone(), self.content.clone());
        }
        let record = |raw| Record { tenant: Some(self.tenant.clone()), ..Record::new(raw) };
        let records = records.into_iter().map(record).collect();
        Ok(Page { more, coverage, warnings, ..Page::new(records, Cursor::of(place)?) })
    }

    /// Asks for one page. Errors are those that pass by themselves or stop everything.
    async fn ask(&self, url: &Url) -> Result<Came> {
        let asked = async {
            let answer = self.api.get(url.clone()).await?;
            Ok::<_, Failure>(answer.bytes(MOST_OF_PAGE).await?)
        };
        let late =
            |_| Failure { status: 504, ..Error::unavailable("Graph takes too long for a page").into() };
        let came = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|elapsed| Err(late(elapsed)));
        let failed = match came {
            Ok(bytes) => match LogPage::read(&bytes) {
                Ok(page) => {
                    self.note(url, false);
                    return Ok(Came::Page(page));
                }
                Err(error) => (Failure::from(error), bytes),
            },
            Err(failure) => (failure, Vec::new()),
        };
        self.judge(url, failed.0, failed.1)
    }

    fn judge(&self, url: &Url, failure: Failure, bytes: Vec<u8>) -> Result<Came> {
        let message = failure.message.to_lowercase();
        let is_link = url.query().is_some_and(|query| query.contains("skiptoken"));
        match failure.status {
            400 if message.contains("minimum allowed time") => Ok(Came::TooOld),
            400 | 404 | 410 if is_link || message.contains("skip token") || message.contains("skiptoken") => {
                Ok(Came::Forgotten(failure.error.to_string()))
            }
            0 | 408 | 500..=599 if failure.error.kind() == ErrorKind::Unavailable => {
                if self.note(url, true) < MOST_FAILURES {
                    return Err(failure.error);
                }
                // Silence of the whole host is no page's fault, and salvage needs something to work on.
                let host_is_away = failure.status == 0 && bytes.is_empty();
                if host_is_away { Err(failure.error) } else { Ok(Came::TooMuch(failure.error, bytes)) }
            }
            _ => Err(failure.error),
        }
    }

    /// Notes whether a page failed, and says how often it did in a row.
    fn note(&self, url: &Url, failed: bool) -> u32 {
        let digest = xxh3_64(url.as_str().as_bytes());
        let mut last = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *last = match (failed, *last) {
            (false, _) => (0, 0),
            (true, (page, times)) if page == digest => (page, times + 1),
            (true, _) => (digest, 1),
        };
        last.1
    }

    /// Takes a page: its records, and where it goes on.
    fn take(
        &self,
        place: &mut Place,
        page: LogPage,
        now: Timestamp,
        coverage: &mut Vec<Coverage>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<RawJson>> {
        let Some(reading) = &mut place.reading else { return Ok(page.records) };
        reading.records += page.records.len();
        match page.link {
            Some(link) => match self.api.base().follow(&link) {
                Err(error) => self.begin_anew(place, error.to_string(), warnings)?,
                Ok(_) if reading.follow(link) => {}
                Ok(_) if self.endpoint.ends_with_old_link => coverage.extend(place.finish(now, self.rules())),
                Ok(_) => self.begin_anew(place, "Graph's links lead in a circle".to_owned(), warnings)?,
            },
            None => {
                let is_old = |kept| reading.until.instant() < now.instant() - kept;
                if self.endpoint.unlicensed.is_some_and(is_old) && reading.records == 0 {
                    let (from, until) = (reading.from, reading.until);
                    warnings.push(format!(
                        "nothing happened between {from} and {until}, or the tenant has no licence that keeps logs so long"
                    ));
                }
                coverage.extend(place.finish(now, self.rules()));
            }
        }
        Ok(page.records)
    }

    /// Reads the stretch from its beginning again; what was read twice is recognised.
    fn begin_anew(&self, place: &mut Place, why: String, warnings: &mut Vec<String>) -> Result<()> {
        let Some(reading) = &mut place.reading else { return Ok(()) };
        let (from, until) = (reading.from, reading.until);
        if !reading.restart() && !place.narrow() {
            return Err(Error::unavailable(format!(
                "{why}; what happened between {from} and {until} cannot be read"
            )));
        }
        warnings.push(format!("{why}; what happened between {from} and {until} is read again"));
        Ok(())
    }

    /// Less cannot be asked for: what is there is kept, and what is missing is said.
    fn salvage(
        &self,
        place: &mut Place,
        error: Error,
        bytes: &[u8],
        now: Timestamp,
        coverage: &mut Vec<Coverage>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<RawJson>> {
        if bytes.is_empty() {
            return Err(error);
        }
        let page = LogPage::salvage(bytes);
        let Some(reading) = &place.reading else { return Ok(Vec::new()) };
        let (from, until) = (reading.from, reading.until.min(now));
        let reason = format!("{error} ({} records could be saved)", page.records.len());
        warnings.push(format!("{reason}, from {from} until {until}"));
        if page.link.is_some() {
            return self.take(place, page, now, coverage, warnings);
        }
        let records = page.records;
        let finished = place.finish(now, self.rules());
        coverage.extend(
            finished.into_iter().map(|window| Coverage { stage: Stage::Lost(reason.clone()), ..window }),
        );
        Ok(records)
    }

    /// What the service keeps no longer is a recorded loss.
    fn give_up_old(
        &self,
        place: &mut Place,
        now: Timestamp,
        rules: Rules,
        coverage: &mut Vec<Coverage>,
        warnings: &mut Vec<String>,
    ) {
        let Some((from, until)) = place.timeline.clamp(now, rules) else { return };
        place.reading = None;
        let days = rules.reach.num_days();
        let reason = format!("older than the {days} days that Microsoft keeps");
        warnings.push(format!("what happened between {from} and {until} is lost: {reason}"));
        coverage.push(window(from, until, Stage::Lost(reason)));
    }

    /// The service answers for less than it says: what is older than a week is given up.
    fn forget_old(
        &self,
        place: &mut Place,
        now: Timestamp,
        coverage: &mut Vec<Coverage>,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        place.reading = None;
        let rules = Rules { reach: UNLICENSED, ..self.rules() };
        let before = coverage.len();
        self.give_up_old(place, now, rules, coverage, warnings);
        if coverage.len() == before {
            return Err(Error::unavailable("Graph refuses a time of the last seven days as too old"));
        }
        Ok(())
    }
}
