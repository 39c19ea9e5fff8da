//! The Contoso tenant: an invented company, and the audit records it would leave behind.
//!
//! Nothing is random: what happens on a calendar day follows from the date alone, so two calls whose weeks
//! overlap give the same records, with the same ids, for the days they share. A store that is filled again
//! on the next day therefore gains only what is new. Seven incidents return every six weeks, each on its
//! own day.
//!
//! Invariant: every person, address and id is invented. Addresses are of the ranges for documentation.

use chrono::{DateTime, Duration, Utc};
use clock::Day;
use people::People;
use recorder::Recorder;
use serde_json::Value;

mod access;
mod activities;
mod actor;
mod changes;
mod clock;
mod compliance;
mod devices;
mod entra;
mod exchange;
mod incidents;
mod intune;
mod joiners;
mod logons;
mod mailbox;
mod office365;
mod people;
mod places;
mod random;
mod recorder;
mod sharepoint;
mod sign_ins;
mod teams;
#[cfg(test)]
mod tests;

pub use people::TENANT as ID;

/// One record as Microsoft's API would send it.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoRecord {
    /// The type of the source: `entra_audit`, `entra_sign_ins`, `intune_audit` or `office365_activity`.
    pub source: &'static str,
    /// When it happened; equal to the time inside of the record.
    pub time: DateTime<Utc>,
    /// The record in the interface's own shape.
    pub record: Value,
}

/// A chain of records worth finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// What it is, in some words.
    pub title: &'static str,
    /// One sentence that tells where to look.
    pub hint: &'static str,
    /// A search text that finds its trail; quotes keep words together.
    pub search: &'static str,
    /// The time of its first record.
    pub start: DateTime<Utc>,
    /// The time of its last record.
    pub end: DateTime<Utc>,
    /// The ids of the records that tell it, in order.
    pub ids: Vec<String>,
}

/// The Contoso tenant's audit records of the `weeks` weeks before `until`, oldest first.
///
/// The same arguments give the same records. `until` itself is not included; ten years are the most there is.
pub fn records(until: DateTime<Utc>, weeks: u32) -> Vec<DemoRecord> {
    let start = beginning(until, weeks);
    let mut records: Vec<DemoRecord> = Day::between(start, until).flat_map(on_day).collect();
    records.retain(|record| (start..until).contains(&record.time));
    records.sort_by_key(|record| record.time);
    records
}

/// The incidents hidden in the records of the same arguments, oldest first.
///
/// Six weeks hold every incident once. An incident that the edge of the weeks cuts lists the records
/// within them.
pub fn incidents(until: DateTime<Utc>, weeks: u32) -> Vec<Incident> {
    let start = beginning(until, weeks);
    Day::between(start, until)
        .filter_map(|day| incidents::on_day(day, &people_on(day)))
        .filter_map(|story| story.within(start, until))
        .collect()
}

fn beginning(until: DateTime<Utc>, weeks: u32) -> DateTime<Utc> {
    const MOST: u32 = 520;
    until - Duration::weeks(i64::from(weeks.min(MOST)))
}

fn people_on(day: Day) -> People {
    People::with(joiners::interns(day.date))
}

type Topic = (&'static str, fn(Day, &People, &mut Recorder));

const TOPICS: [Topic; 10] = [
    ("access", access::record),
    ("compliance", compliance::record),
    ("devices", devices::record),
    ("entra", entra::record),
    ("exchange", exchange::record),
    ("joiners", joiners::record),
    ("logons", logons::record),
    ("mailbox", mailbox::record),
    ("sharepoint", sharepoint::record),
    ("teams", teams::record),
];

/// Everything that a day brings; each topic has its own chance, so changing one leaves the others alone.
fn on_day(day: Day) -> Vec<DemoRecord> {
    let people = people_on(day);
    let date = day.date.to_string();
    let mut records = Vec::new();
    for (topic, record) in TOPICS {
        let mut book = Recorder::of(&[topic, &date]);
        record(day, &people, &mut book);
        records.append(&mut book.records);
    }
    if let Some(story) = incidents::on_day(day, &people) {
        records.retain(|record| !story.silences(record));
        records.extend(story.into_records());
    }
    records
}
