//! Events picked evenly out of the log, and whether they are found.

use aoc_core::{
    Event, EventIndex, EventStore, Filter, Position, Query, Result, SearchText, Timestamp, store::Stored,
};

use super::{again::is_damaged, examine::Log, verify::Line};

/// How many events are looked for, about.
const MOST: u64 = 100;
/// How many pages of a search are looked at for one event.
const MOST_PAGES: usize = 20;
/// The longest id that is searched for.
const MOST_LETTERS: usize = 200;

pub(super) struct Samples {
    every: u64,
    next: u64,
    events: Vec<Stored>,
}

impl Samples {
    /// Of a log that ends here.
    pub(super) fn of(head: Position) -> Self {
        Self { every: (head.0 / MOST).max(1), next: 0, events: Vec::new() }
    }

    pub(super) fn offer(&mut self, stored: Stored) {
        if stored.position.0 >= self.next && !is_damaged(&stored.event) {
            self.next = stored.position.0 + self.every;
            self.events.push(stored);
        }
    }

    /// Whether each is found by its key.
    pub(super) async fn by_key(&self, store: &dyn EventStore) -> Result<Line> {
        let mut missing = 0;
        for Stored { position, event } in &self.events {
            let found = store.get(event.dedupe_key.as_str()).await?;
            let is_there = found.iter().any(|other| other.position == *position);
            missing += u64::from(!is_there && !store.read_at(&[*position]).await?.is_empty());
        }
        let found = format!("{} looked for, {missing} not found", self.events.len());
        let remedy = "the database is damaged: go back to a backup, or `aoc store copy` it";
        Ok(Line::of("events are found by their keys", missing, found, remedy))
    }

    /// Whether each is found by a search.
    pub(super) async fn by_search(&self, index: &dyn EventIndex, log: &Log) -> Result<Line> {
        let (mut looked, mut missing) = (0, 0);
        for stored in self.events.iter().filter(|stored| log.is_searched(stored.event.timestamp)) {
            looked += 1;
            missing += u64::from(!is_found(index, stored).await?);
        }
        let found = format!("{looked} looked for, {missing} not found");
        let remedy = "stop AOC, remove the folder of the index, and start it again: it is built anew";
        Ok(Line::of("events are found by searches", missing, found, remedy))
    }
}

async fn is_found(index: &dyn EventIndex, stored: &Stored) -> Result<bool> {
    let mut query = Query { filter: filter_for(&stored.event), limit: Query::MOST, after: None };
    for _ in 0..MOST_PAGES {
        let hits = index.search(&query).await?;
        if hits.items.iter().any(|hit| hit.position == stored.position) {
            return Ok(true);
        }
        query.after = hits.next;
        if query.after.is_none() {
            return Ok(false);
        }
    }
    // More events of one moment than are worth reading.
    Ok(true)
}

/// A search for the event's operation and id at its time; without what it cannot be searched by.
fn filter_for(event: &Event) -> Filter {
    let start = Timestamp::from_ticks(event.timestamp.ticks());
    let end = Timestamp::from_ticks(event.timestamp.ticks() + 1);
    let moment = Filter { start: Some(start), end: Some(end), ..Filter::default() };
    let mut filter = Filter { operation: vec![event.operation.clone()], ..moment.clone() };
    if event.id.len() <= MOST_LETTERS {
        filter.search = SearchText::new(event.id.clone());
    }
    if filter.check().is_ok() && filter.matches(event) { filter } else { moment }
}
