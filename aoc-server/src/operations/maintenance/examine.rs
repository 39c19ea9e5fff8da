//! What the log, the notes and the index say, and whether they agree.

use std::collections::{BTreeMap, HashSet};

use aoc_core::{
    ErrorKind, EventIndex, EventStore, Filter, Position, Result, Timestamp, ledger,
    query::{BucketSize, Facet},
    store::Stored,
};

use super::{again::is_damaged, verify::Line};

/// What is counted of a log, and of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counted {
    total: u64,
    services: BTreeMap<String, u64>,
    /// By the start of the day, in ticks.
    days: BTreeMap<i64, u64>,
}

/// What was seen of the log.
pub(super) struct Log {
    head: Position,
    pub(super) horizon: Option<Timestamp>,
    last: Position,
    events: u64,
    misplaced: u64,
    damaged: u64,
    keys: HashSet<[u8; 16]>,
    repeated: u64,
    counted: Counted,
}

impl Log {
    pub(super) fn up_to(head: Position, horizon: Option<Timestamp>) -> Self {
        Self {
            head,
            horizon,
            last: Position::default(),
            events: 0,
            misplaced: 0,
            damaged: 0,
            keys: HashSet::new(),
            repeated: 0,
            counted: Counted::default(),
        }
    }

    pub(super) fn add(&mut self, stored: &Stored) {
        let Stored { position, event } = stored;
        self.events += 1;
        self.misplaced += u64::from(*position <= self.last || *position > self.head);
        self.last = *position;
        self.damaged += u64::from(is_damaged(event));
        self.repeated += u64::from(!self.keys.insert(event.dedupe_key.digest()));
        if self.is_searched(event.timestamp) {
            self.counted.total += 1;
            for service in Facet::Service.values(event) {
                *self.counted.services.entry(service).or_default() += 1;
            }
            let day = BucketSize::Day.floor(event.timestamp.ticks());
            *self.counted.days.entry(day).or_default() += 1;
        }
    }

    /// Whether searches find events of this time.
    pub(super) fn is_searched(&self, time: Timestamp) -> bool {
        self.horizon.is_none_or(|horizon| time.ticks() >= horizon.ticks())
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        let places = format!("{} events up to {}, {} misplaced", self.events, self.head.0, self.misplaced);
        let restore =
            "the database is damaged: stop AOC, and go back to a backup or `aoc store copy` what can be read";
        let damaged = format!("{} of {} events cannot be read", self.damaged, self.events);
        let twice = format!("{} of {} dedupe keys are there twice", self.repeated, self.events);
        vec![
            Line::of("positions grow", self.misplaced, places, restore),
            Line::of("events can be read", self.damaged, damaged, restore),
            Line::of("dedupe keys are unique", self.repeated, twice, "run `aoc maintenance dedupe`"),
        ]
    }
}

/// What the notes say.
pub(super) async fn notes(store: &dyn EventStore) -> Result<Vec<Line>> {
    let notes = store.list("").await?;
    let head = store.head().await?;
    let (mut cursors, mut positions, mut wrong) = (0, 0, Vec::new());
    for note in notes {
        match note.key.split('/').next().unwrap_or_default() {
            "cursor" => cursors += 1,
            "position" => {
                positions += 1;
                let read = serde_json::from_value::<Position>(note.value);
                wrong.extend(read.map_or(true, |position| position > head).then_some(note.key));
            }
            _ => {}
        }
    }
    let faults = wrong.len() as u64;
    let found = match wrong.is_empty() {
        true => format!("{positions} positions, {cursors} cursors"),
        false => format!("not in the log: {}", wrong.join(", ")),
    };
    let remedy =
        "the note is of another log: whoever follows by it gets nothing until the log has grown as far";
    let ledger = ledger::read(store).await?;
    let unreadable: Vec<&str> = ledger.unreadable.iter().map(|note| note.key.as_str()).collect();
    let windows: usize = ledger.streams.values().map(Vec::len).sum();
    let says = match unreadable.is_empty() {
        true => format!("{windows} windows"),
        false => format!("unreadable: {}", unreadable.join(", ")),
    };
    let lost = "what these windows proved is not known any more; `aoc gaps` shows the holes";
    Ok(vec![
        Line::of("positions and cursors", faults, found, remedy),
        Line::of("ledger", unreadable.len() as u64, says, lost),
    ])
}

/// What the index says about the log up to a position; or why it says nothing.
pub(super) struct Index {
    head: Position,
    says: Result<Counted, String>,
}

/// How often the index is asked while the log grows meanwhile.
const TRIES: usize = 20;
const AGREES: &str = "index agrees with the log";

impl Index {
    /// Asks when nothing comes in.
    pub(super) async fn ask(store: &dyn EventStore, index: &dyn EventIndex) -> Result<Self> {
        let mut head = store.head().await?;
        for _ in 0..TRIES {
            let says = match count(index).await {
                Ok(says) => Ok(says),
                Err(error) if error.kind() == ErrorKind::Invalid => Err(error.to_string()),
                Err(error) => return Err(error),
            };
            let now = store.head().await?;
            if now == head {
                return Ok(Self { head, says });
            }
            head = now;
        }
        Ok(Self { head, says: Err("the log grows too fast to compare".to_owned()) })
    }

    pub(super) fn head(&self) -> Position {
        self.head
    }

    pub(super) async fn compare(&self, store: &dyn EventStore, log: &Log) -> Result<Vec<Line>> {
        let says = match &self.says {
            Ok(says) => says,
            Err(reason) => {
                return Ok(vec![Line::unknown(AGREES, reason.clone(), "run it when less comes in")]);
            }
        };
        if *says != log.counted && store.horizon().await? != log.horizon {
            let found = "events were forgotten meanwhile".to_owned();
            return Ok(vec![Line::unknown(AGREES, found, "run it again")]);
        }
        let rebuild = "stop AOC, remove the folder of the index, and start it again: it is built anew";
        let total = format!("{} in the log, {} in the index", log.counted.total, says.total);
        let services = differences(&log.counted.services, &says.services);
        let days = differences(&log.counted.days, &says.days);
        let services_found = format!("{} services, {services} differ", log.counted.services.len());
        let days_found = format!("{} days, {days} differ", log.counted.days.len());
        Ok(vec![
            Line::of(AGREES, log.counted.total.abs_diff(says.total), total, rebuild),
            Line::of("index: events per service", services, services_found, rebuild),
            Line::of("index: events per day", days, days_found, rebuild),
        ])
    }
}

/// More services than anybody has.
const MOST_SERVICES: usize = 100_000;

async fn count(index: &dyn EventIndex) -> Result<Counted> {
    let filter = Filter::default();
    let facets = index.facets(&filter, &[Facet::Service], MOST_SERVICES).await?;
    let services = facets.into_iter().flatten().map(|counted| (counted.value, counted.count)).collect();
    let timeline = index.timeline(&filter, Some(BucketSize::Day)).await?;
    let days = timeline.buckets.into_iter().map(|bucket| (bucket.start.ticks(), bucket.count)).collect();
    Ok(Counted { total: index.count(&filter).await?, services, days })
}

/// How many keys have other values.
fn differences<K: Ord>(one: &BTreeMap<K, u64>, other: &BTreeMap<K, u64>) -> u64 {
    let changed = one.iter().filter(|(key, count)| other.get(key) != Some(count)).count();
    let added = other.keys().filter(|key| !one.contains_key(key)).count();
    (changed + added) as u64
}
