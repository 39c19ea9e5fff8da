//! What a rule would have found.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ALERT_SOURCE,
    detect::{Detection, Reader, View},
    watcher::{Look, Watcher},
};
use crate::{Alert, Event, Timestamp, query::Counted};

/// Tries a rule, also one that is not enabled, on events in the order in which they were stored. The same code decides that
/// decides when they come.
pub struct Backtest {
    watcher: Watcher,
    reader: Arc<Reader>,
    newest: i64,
    actors: HashMap<String, u64>,
    days: BTreeMap<String, Day>,
    report: BacktestReport,
}

/// What a rule would have found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BacktestReport {
    /// How many events were looked at, alerts not among them.
    pub events: u64,
    /// How many of them the rule looks for.
    pub hits: u64,
    /// How many alerts they would have made.
    pub alerts: u64,
    /// How many hits there were while the rule kept quiet about whom they are about.
    pub suppressed: u64,
    /// The time of the earliest event that was looked at.
    pub first: Option<Timestamp>,
    /// The time of the latest event that was looked at.
    pub last: Option<Timestamp>,
    /// By day, of the days that have hits, the earliest first.
    pub per_day: Vec<Day>,
    /// The actors of the most hits, the most first.
    pub top_actors: Vec<Counted>,
    /// The first alerts, at most [`Backtest::SAMPLE`].
    pub sample: Vec<Alert>,
}

/// A day of a [`BacktestReport`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Day {
    /// The day in UTC, such as `2026-01-31`.
    pub day: String,
    /// How many hits.
    pub hits: u64,
    /// How many alerts.
    pub alerts: u64,
}

impl Backtest {
    /// How many alerts a report shows.
    pub const SAMPLE: usize = 20;
    /// How many actors a report names.
    pub const ACTORS: usize = 10;

    /// Of this rule, with records read so; events that belong together are stored no longer than `lateness` apart, beside
    /// the length of the rule's window.
    pub fn new(detection: Arc<Detection>, reader: Arc<Reader>, lateness: Duration) -> Self {
        Self {
            watcher: Watcher::new(detection, lateness),
            reader,
            newest: i64::MIN,
            actors: HashMap::new(),
            days: BTreeMap::new(),
            report: BacktestReport::default(),
        }
    }

    /// Looks at the next event.
    pub fn look(&mut self, event: &Event) {
        if event.source == ALERT_SOURCE {
            return;
        }
        self.newest = self.newest.max(event.ingested_at.unwrap_or(event.timestamp).ticks());
        let (time, report) = (event.timestamp, &mut self.report);
        report.events += 1;
        report.first = Some(report.first.map_or(time, |first| first.min(time)));
        report.last = Some(report.last.map_or(time, |last| last.max(time)));
        match self.watcher.look(&View::new(event, &*self.reader), self.newest) {
            Look::Nothing => return,
            Look::Hit => {}
            Look::Quiet => report.suppressed += 1,
            Look::Alerts(alerts) => alerts.into_iter().for_each(|alert| self.alert(event, alert)),
        }
        self.hit(event);
    }

    /// What was found so far.
    pub fn report(&self) -> BacktestReport {
        let mut actors: Vec<Counted> = self
            .actors
            .iter()
            .map(|(value, count)| Counted { value: value.clone(), count: *count })
            .collect();
        actors.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        actors.truncate(Self::ACTORS);
        let per_day = self.days.values().cloned().collect();
        BacktestReport { per_day, top_actors: actors, ..self.report.clone() }
    }

    fn hit(&mut self, event: &Event) {
        self.report.hits += 1;
        self.day(event).hits += 1;
        if let Some(actor) = event.actor_name() {
            *self.actors.entry(actor.to_owned()).or_default() += 1;
        }
    }

    fn alert(&mut self, event: &Event, alert: Alert) {
        self.report.alerts += 1;
        self.day(event).alerts += 1;
        if self.report.sample.len() < Self::SAMPLE {
            self.report.sample.push(alert);
        }
    }

    fn day(&mut self, event: &Event) -> &mut Day {
        let day = event.timestamp.instant().format("%Y-%m-%d").to_string();
        self.days.entry(day.clone()).or_insert_with(|| Day { day, ..Day::default() })
    }
}
