//! The silence alarm: a workload that was lively says nothing any more, although its source answers.
//!
//! What is usual is learned from the index: how many events the same hours of the last four weeks had. An hour is looked
//! at only when the source has answered after it, and when as much time has passed as its events ordinarily need.

mod judge;
mod origins;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio::sync::watch;

use self::{
    judge::{Hours, Silence, WEEK, WEEKS, most_of, silence},
    origins::Workload,
};
use super::status::{Board, SourceStatus, State, Status};
use crate::{
    Alert, Event, Query, Result, Severity, Timestamp,
    query::{BucketSize, Filter},
    store::{EventIndex, EventStore, Stored},
};

pub(super) use self::origins::Origins;

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(600);
/// How many events a stretch must usually have for its silence to mean something.
const LEAST_EXPECTED: f64 = 20.0;
/// The delay that every event is granted.
const LEAST_DELAY: u64 = 30 * 60;
/// The same where the vendor says when it made an event available: then it gives them away in lots, hours later.
const LEAST_DELAY_IN_LOTS: u64 = 2 * 3_600;
/// What was later than this once is not waited for every time.
const MOST_DELAY: u64 = 86_400;
const TICKS_PER_HOUR: i64 = 36_000_000_000;
/// The rule under which these alerts are kept.
const RULE: &str = "silence";

/// Looks for workloads that went quiet.
pub(super) struct Silences {
    pub(super) store: Arc<dyn EventStore>,
    pub(super) index: Arc<dyn EventIndex>,
    pub(super) board: Board,
    pub(super) origins: Origins,
}

impl Silences {
    /// Looks every ten minutes until it is time to stop.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut recalled = false;
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let looked = tokio::select! {
                _ = stop.changed() => return,
                looked = self.look(Timestamp::now(), &mut recalled) => looked,
            };
            if let Err(error) = looked {
                tracing::warn!(error = error.chain(), "could not look for sources that went quiet");
            }
        }
    }

    /// Looks once, and appends an alert for each silence; one that is known adds nothing.
    async fn look(&self, now: Timestamp, recalled: &mut bool) -> Result<()> {
        let status = self.board.read();
        if !*recalled {
            let names: Vec<String> = status.sources.keys().cloned().collect();
            self.origins.recall(&*self.store, &names).await?;
            *recalled = true;
        }
        self.origins.keep(&*self.store).await?;
        let mut alerts = Vec::new();
        for (workload, loops) in self.origins.workloads() {
            alerts.extend(self.judge(&workload, &loops, &status, now).await?);
        }
        if !alerts.is_empty() {
            self.store.append(&alerts).await?;
        }
        Ok(())
    }

    async fn judge(
        &self,
        workload: &Workload,
        loops: &[String],
        status: &Status,
        now: Timestamp,
    ) -> Result<Option<Event>> {
        let Some((answered, delay)) = answers(workload, loops, status) else { return Ok(None) };
        let filter = workload.filter(now);
        let hours = self.hours(&filter).await?;
        if silence(&hours, complete(answered, delay.max(LEAST_DELAY)), LEAST_EXPECTED).is_none() {
            return Ok(None);
        }
        let newest = Query { filter, limit: 1, after: None };
        let Some(last) = self.index.search(&newest).await?.items.pop() else { return Ok(None) };
        let least = if last.event.available_at.is_some() { LEAST_DELAY_IN_LOTS } else { LEAST_DELAY };
        let found = silence(&hours, complete(answered, delay.max(least)), LEAST_EXPECTED);
        found.map(|silence| alert(workload, silence, &last, now)).transpose()
    }

    /// How many events of the filter happened in which hour.
    async fn hours(&self, filter: &Filter) -> Result<Hours> {
        let timeline = self.index.timeline(filter, Some(BucketSize::Hour)).await?;
        let hour = |start: Timestamp| start.ticks().div_euclid(TICKS_PER_HOUR);
        Ok(timeline.buckets.into_iter().map(|bucket| (hour(bucket.start), bucket.count)).collect())
    }
}

impl Workload {
    /// Its events of the last five weeks: four to learn from, and one that may be silent.
    fn filter(&self, now: Timestamp) -> Filter {
        let start = now.instant() - TimeDelta::hours((WEEKS + 1) * WEEK);
        Filter {
            service: vec![self.service.clone()],
            source: vec![self.source.clone()],
            // Events without a tenant cannot be asked for alone; more events make no false alarm.
            tenant: Vec::from_iter((!self.tenant.is_empty()).then(|| self.tenant.clone())),
            start: Some(start.into()),
            end: Some(now),
            ..Filter::default()
        }
    }
}

/// Until when all loops that bring a workload have answered, and what its events ordinarily need, in seconds; nothing
/// where one of them does not answer: its error says more than the silence.
fn answers(workload: &Workload, loops: &[String], status: &Status) -> Option<(Timestamp, u64)> {
    let sources: Vec<&SourceStatus> = loops.iter().filter_map(|name| status.sources.get(name)).collect();
    let answered = |source: &&SourceStatus| source.last_success.filter(|_| source.state == State::Ok);
    let answered: Vec<Timestamp> = sources.iter().map(answered).collect::<Option<_>>()?;
    let delay = |source: &&SourceStatus| {
        let delays = source.delays.get(&workload.service)?;
        Some(most_of(&delays.vendor).saturating_add(most_of(&delays.ours)))
    };
    let delay = sources.iter().filter_map(delay).max().unwrap_or(0).min(MOST_DELAY);
    Some((answered.into_iter().min()?, delay))
}

/// The hour before which all hours are complete.
fn complete(answered: Timestamp, delay: u64) -> i64 {
    let delay = i64::try_from(delay).unwrap_or(i64::MAX / 20_000_000);
    (answered.ticks() - delay * 10_000_000).div_euclid(TICKS_PER_HOUR)
}

/// The alert of a silence. Its subject is the workload and the first silent hour, so that it exists once.
fn alert(workload: &Workload, silence: Silence, last: &Stored, now: Timestamp) -> Result<Event> {
    let Workload { tenant, source, service } = workload;
    let since = Timestamp::from_ticks(silence.since * TICKS_PER_HOUR);
    let sentence = format!(
        "{service} went quiet {} ago (last event {}), usually {:.0} events in such a stretch; the source itself answers",
        length(now.instant() - last.event.timestamp.instant()),
        last.event.timestamp,
        silence.expected,
    );
    let alert = Alert {
        subject: format!("{tenant}/{source}/{service}/{since}"),
        entity: Some(service.clone()),
        reasons: vec![sentence.clone()],
        labels: vec!["silence".to_owned()],
        delay_seconds: None,
        ..Alert::about(RULE, Severity::Medium, format!("{service} went quiet"), &last.event)
    };
    let mut cause = Event::new(source, "", now);
    cause.tenant.clone_from(tenant);
    cause.target_displays = vec![service.clone()];
    let mut event = alert.into_event(&cause)?;
    event.display_summary = sentence;
    Ok(event)
}

fn length(length: TimeDelta) -> String {
    match length.num_hours() {
        0 => format!("{} min", length.num_minutes()),
        hours @ 1..48 => format!("{hours} h"),
        hours => format!("{} days", hours / 24),
    }
}

#[cfg(test)]
mod tests;
