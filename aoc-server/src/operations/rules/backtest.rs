//! Trying rules on what is stored.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{
    Error, Event, Position, Result, Timestamp,
    alert::{ALERT_SOURCE, detect::Detection, rule::Rule},
    pipeline::position_at,
    store::Stored,
};
use chrono::TimeDelta;

use tokio::sync::OwnedSemaphorePermit;

use super::{BacktestAnswer, Backtested, Operations, RunBacktest, no_rule};
use crate::{
    auth::{Caller, Permission},
    operations::maintenance::{Walk, Walked},
    rules::read_text,
};
use aoc_core::alert::backtest::Backtest;

/// How many days are looked at where nothing else is said.
const DAYS: u32 = 30;
/// The most days that can be asked for.
const MOST_DAYS: u32 = 3_660;
/// How far the vendors' clocks may be ahead of ours: so much before an event it may have been stored.
const AHEAD: TimeDelta = TimeDelta::hours(1);
/// The most rules of one request.
const MOST_RULES: usize = 50;
/// How many may run at once.
pub(in crate::operations) const MOST_BACKTESTS: usize = 2;
/// When it is worth asking again where so many run.
const WAIT: Duration = Duration::from_secs(5);

impl Operations {
    /// Says what rules would have found in what is stored. Reads the log and no index, from the first event that was
    /// stored in the time asked for on. Ends early once it has taken `patience`; `watch` is told how far it has come.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the member that is wrong,
    /// [`NotFound`](aoc_core::ErrorKind::NotFound) when there is no such rule,
    /// [`RateLimited`](aoc_core::ErrorKind::RateLimited) when two others run; those of the store.
    pub async fn backtest(
        &self,
        caller: &Caller,
        request: &RunBacktest,
        patience: Duration,
        mut watch: impl FnMut(Walked) + Send,
    ) -> Result<BacktestAnswer> {
        caller.require(Permission::Read)?;
        let range = range_of(request)?;
        let permit = self.backtests.clone().try_acquire_owned().map_err(|_| {
            let said =
                format!("{MOST_BACKTESTS} backtests are running, no more run at once; try again later");
            Error::rate_limited(said).wait(WAIT)
        })?;
        let began = Instant::now();
        let (rules, permit) = self.asked_rules(request, permit).await?;
        let mut run = self.run_of(rules, range, (began, patience), permit);
        let mut walk = Walk::from(&self.store, self.first_of(range.0).await?).await?;
        let mut stopped_at = None;
        while stopped_at.is_none()
            && let batch = walk.next().await?
            && !batch.is_empty()
        {
            let is_last = walk.is_at_end();
            let looked = move || {
                let stopped_at = run.look_at(&batch, is_last);
                (run, stopped_at)
            };
            (run, stopped_at) = elsewhere(looked).await?;
            watch(walk.walked);
        }
        Ok(run.answer(stopped_at))
    }

    fn run_of(
        &self,
        rules: Vec<Arc<Detection>>,
        range: Range,
        (began, patience): (Instant, Duration),
        permit: OwnedSemaphorePermit,
    ) -> Run {
        let lateness = self.rules.config().lateness.duration();
        let new = |rule: &Arc<Detection>| Backtest::new(rule.clone(), self.rules.reader().clone(), lateness);
        let tests = rules.iter().map(new).collect();
        Run { rules, tests, range, looked_at: 0, began, patience, _permit: permit }
    }

    /// The position before everything that can have happened since then.
    async fn first_of(&self, start: Option<Timestamp>) -> Result<Position> {
        let Some(start) = start.and_then(|start| start.instant().checked_sub_signed(AHEAD)) else {
            return Ok(Position::default());
        };
        position_at(&*self.store, start.into()).await
    }

    async fn asked_rules(
        &self,
        request: &RunBacktest,
        permit: OwnedSemaphorePermit,
    ) -> Result<(Vec<Arc<Detection>>, OwnedSemaphorePermit)> {
        let RunBacktest { id, rule, text, .. } = request.clone();
        match (id, rule, text) {
            (Some(id), None, None) => {
                let known = self.rules.current().await?;
                Ok((vec![known.find(&id).ok_or_else(no_rule)?.detection.clone()], permit))
            }
            (None, Some(rule), None) => elsewhere(move || Ok((vec![rule_of(rule)?], permit))).await?,
            (None, None, Some(text)) => {
                let placeholders = self.rules.config().placeholders.clone();
                elsewhere(move || Ok((rules_of(&text, &placeholders)?, permit))).await?
            }
            _ => Err(Error::invalid("expected one of `id`, `rule` and `text`")),
        }
    }
}

/// Does what takes long where it keeps nobody else waiting. It goes on where whoever waits for it goes away.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|cause| Error::internal("a backtest panicked").because(cause))
}

fn rule_of(mut rule: Rule) -> Result<Arc<Detection>> {
    if rule.id.is_empty() {
        "backtest".clone_into(&mut rule.id);
    }
    let wrong = |error: Error| Error::invalid(error.to_string()).at("rule");
    rule.check().map_err(wrong)?;
    Ok(Arc::new(rule.detection().map_err(wrong)?))
}

fn rules_of(text: &str, placeholders: &BTreeMap<String, Vec<String>>) -> Result<Vec<Arc<Detection>>> {
    let found = read_text("text", text, placeholders, MOST_RULES);
    if let Some(refused) = found.known.refused.first() {
        return Err(Error::invalid(&refused.reason));
    }
    let enabled = found.known.rules.into_iter().map(|rule| rule.detection).filter(|rule| rule.enabled);
    let rules: Vec<_> = enabled.collect();
    if rules.is_empty() {
        return Err(Error::invalid("text: it has no rule that is enabled"));
    }
    Ok(rules)
}

/// From when until before when.
type Range = (Option<Timestamp>, Option<Timestamp>);

/// Rules on their way along the log.
struct Run {
    rules: Vec<Arc<Detection>>,
    tests: Vec<Backtest>,
    range: Range,
    looked_at: u64,
    began: Instant,
    patience: Duration,
    /// Goes back once nothing is done for it any more, also where whoever asked is gone.
    _permit: OwnedSemaphorePermit,
}

impl Run {
    /// Looks at events; where that takes too long and there are more, says when the last one it looked at was stored.
    fn look_at(&mut self, batch: &[Stored], is_last: bool) -> Option<Timestamp> {
        for (index, Stored { event, .. }) in batch.iter().enumerate() {
            self.look(event);
            let are_more = !is_last || index + 1 < batch.len();
            if are_more && self.began.elapsed() >= self.patience {
                return Some(event.ingested_at.unwrap_or(event.timestamp));
            }
        }
        None
    }

    /// Looks at an event, where it is one that is asked for; no rule looks at what we say ourselves.
    fn look(&mut self, event: &Event) {
        let ((start, end), time) = (self.range, event.timestamp);
        let is_asked = start.is_none_or(|start| start <= time) && end.is_none_or(|end| time < end);
        if is_asked && event.source != ALERT_SOURCE {
            self.tests.iter_mut().for_each(|test| test.look(event));
            self.looked_at += 1;
        }
    }

    fn answer(self, stopped_at: Option<Timestamp>) -> BacktestAnswer {
        let results = self.rules.iter().zip(self.tests).map(|(rule, test)| Backtested {
            id: rule.id.clone(),
            title: rule.title.clone(),
            severity: rule.severity,
            report: test.report(),
        });
        BacktestAnswer {
            start: self.range.0,
            end: self.range.1,
            looked_at: self.looked_at,
            complete: stopped_at.is_none(),
            stopped_at,
            results: results.collect(),
            seconds: self.began.elapsed().as_secs_f64(),
        }
    }
}

/// From when until when: what is asked for, else the last days.
fn range_of(request: &RunBacktest) -> Result<Range> {
    let RunBacktest { days, start, end, .. } = *request;
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        return Err(Error::invalid(format!("end: {end} is before start {start}")));
    }
    match (days, start) {
        (Some(_), Some(_)) => Err(Error::invalid("days: `start` is given, too; expected one of them")),
        (Some(days), None) if !(1..=MOST_DAYS).contains(&days) => {
            Err(Error::invalid(format!("days: {days} is not between 1 and {MOST_DAYS}")))
        }
        (None, Some(_)) => Ok((start, end)),
        (None, None) if end.is_some() => Ok((None, end)),
        (days, None) => Ok((Some(days_ago(days.unwrap_or(DAYS))), end)),
    }
}

fn days_ago(days: u32) -> Timestamp {
    (chrono::Utc::now() - TimeDelta::days(i64::from(days))).into()
}
