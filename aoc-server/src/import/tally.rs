//! What became of the records of an import.

use std::collections::BTreeMap;

use aoc_core::{Event, UNREADABLE, store::Added};
use schemars::JsonSchema;
use serde::Serialize;

use super::Failure;

/// The most reasons that a report lists.
const MOST_REASONS: usize = 5;

/// How many records, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tally {
    /// Records read.
    pub read: u64,
    /// Events that were new.
    pub new: u64,
    /// Events that were known already.
    pub duplicate: u64,
    /// Events that came under a known id with another content; each is an event of its own now.
    pub revised: u64,
    /// Records that could not be read and are kept as they are; they are among the others, too.
    pub unreadable: u64,
}

/// Why records could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reason {
    /// The reason.
    pub reason: String,
    /// How many records.
    pub count: u64,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Files it read.
    pub files: u64,
    /// Bytes it read.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
    /// Whether it was stopped before the end.
    pub interrupted: bool,
    /// All records.
    pub total: Tally,
    /// The same by the source of the events.
    pub by_source: BTreeMap<String, Tally>,
    /// The same by the service of the events.
    pub by_service: BTreeMap<String, Tally>,
    /// Why records could not be read, the first 5 of them.
    pub unreadable_reasons: Vec<Reason>,
    /// Events older than what the store's retention keeps. They were not stored: nobody could find them, and they
    /// would be forgotten again.
    pub too_old: u64,
    /// Files and folders that could not be read, or not to their end: what is in them was not stored.
    pub failures: Vec<Failure>,
}

impl Report {
    /// Whether all that there was is in the store now.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && !self.interrupted && self.too_old == 0
    }

    pub(super) fn add(&mut self, events: &[Event], added: &[Added]) {
        for (event, added) in events.iter().zip(added) {
            let one = Tally::of(event, *added);
            self.total.add(one);
            sum(&mut self.by_source, &event.source, one);
            sum(&mut self.by_service, &event.service, one);
            if one.unreadable > 0 {
                self.add_reason(event);
            }
        }
    }

    fn add_reason(&mut self, event: &Event) {
        let reason =
            event.flags.iter().find_map(|flag| flag.strip_prefix("unreadable: ")).unwrap_or("unknown");
        let reasons = &mut self.unreadable_reasons;
        match reasons.iter().position(|other| other.reason == reason) {
            Some(index) => reasons[index].count += 1,
            None if reasons.len() < MOST_REASONS => {
                reasons.push(Reason { reason: reason.to_owned(), count: 1 });
            }
            None => {}
        }
    }
}

impl Tally {
    fn of(event: &Event, added: Added) -> Self {
        let is = u64::from;
        Self {
            read: 1,
            new: is(matches!(added, Added::New(_))),
            duplicate: is(matches!(added, Added::Duplicate)),
            revised: is(matches!(added, Added::Revision(_))),
            unreadable: is(event.service == UNREADABLE),
        }
    }

    fn add(&mut self, other: Self) {
        self.read += other.read;
        self.new += other.new;
        self.duplicate += other.duplicate;
        self.revised += other.revised;
        self.unreadable += other.unreadable;
    }
}

fn sum(tallies: &mut BTreeMap<String, Tally>, name: &str, one: Tally) {
    match tallies.get_mut(name) {
        Some(tally) => tally.add(one),
        None => drop(tallies.insert(name.to_owned(), one)),
    }
}
