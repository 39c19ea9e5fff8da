//! The incidents, each on its own day of a cycle of six weeks.

use super::clock::Day;
use super::people::People;
use super::recorder::Recorder;
use super::{DemoRecord, Incident};
use chrono::{DateTime, Datelike, Utc};

mod blind;
mod consent;
mod guest;
mod night;
mod spray;
mod wipe;

/// An incident as it is told: its records, and which of them matter most.
pub(super) struct Story {
    title: &'static str,
    hint: &'static str,
    search: &'static str,
    book: Recorder,
    keys: Vec<String>,
    silence: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Story {
    fn new(day: Day, title: &'static str, hint: &'static str, search: &'static str) -> Self {
        let book = Recorder::of(&[title, &day.date.to_string()]);
        Self { title, hint, search, book, keys: Vec::new(), silence: None }
    }

    /// Remembers a record that matters.
    fn key(&mut self, id: String) {
        self.keys.push(id);
    }

    /// True when the incident kept this record from being written.
    pub(super) fn silences(&self, record: &DemoRecord) -> bool {
        record.source == "office365_activity"
            && self.silence.is_some_and(|(from, to)| (from..to).contains(&record.time))
    }

    /// Every record of the incident.
    pub(super) fn into_records(self) -> Vec<DemoRecord> {
        self.book.records
    }

    /// The incident as far as it lies between two moments; nothing when none of its key records does.
    pub(super) fn within(mut self, start: DateTime<Utc>, until: DateTime<Utc>) -> Option<Incident> {
        self.book.records.retain(|record| (start..until).contains(&record.time));
        self.book.records.sort_by_key(|record| record.time);
        let ids: Vec<String> =
            self.book.records.iter().map(id_of).filter(|id| self.keys.contains(id)).collect();
        let (first, last) = (self.book.records.first()?.time, self.book.records.last()?.time);
        let Self { title, hint, search, .. } = self;
        (!ids.is_empty()).then_some(Incident { title, hint, search, start: first, end: last, ids })
    }
}

fn id_of(record: &DemoRecord) -> String {
    let id = record.record["id"].as_str().or_else(|| record.record["Id"].as_str());
    id.unwrap_or_default().to_owned()
}

type Teller = fn(Day, &People) -> Story;

/// Day of the cycle, from its first Monday, and what happens on it.
const CALENDAR: [(i32, Teller); 7] = [
    (2, spray::tell),
    (8, consent::tell),
    (20, night::tell),
    (24, wipe::tell),
    (29, guest::tell),
    (36, consent::tell_markup),
    (39, blind::tell),
];

/// The incident of a day, if it has one.
pub(super) fn on_day(day: Day, people: &People) -> Option<Story> {
    let of_cycle = (day.date.num_days_from_ce() - 1).rem_euclid(42);
    CALENDAR.iter().find(|(on, _)| *on == of_cycle).map(|(_, tell)| tell(day, people))
}
