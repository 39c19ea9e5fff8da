//! Where a log of Graph is read: the cursor.

use aoc_core::{
    ledger::{Coverage, Stage},
    prelude::*,
};
use chrono::TimeDelta;
use xxhash_rust::xxh3::xxh3_64;

use crate::microsoft::{Rules, Tile, Timeline};

/// Everything that must be known to go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) timeline: Timeline<()>,
    /// When the round under way began.
    pub(super) round: Option<Timestamp>,
    pub(super) reading: Option<Reading>,
    /// How many seconds are asked for at once, where a day was too much; until the round ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at_once: Option<i64>,
}

/// A stretch that is being read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Reading {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) began: Timestamp,
    /// The next page; nothing for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<String>,
    /// Links that were followed, as digests.
    #[serde(default)]
    seen: Vec<u64>,
    /// How often it began anew.
    #[serde(default)]
    pub(super) restarts: u32,
    /// How many records came.
    #[serde(default)]
    pub(super) records: usize,
}

/// How much is asked for at once.
const DAY: TimeDelta = TimeDelta::days(1);

impl Place {
    pub(super) fn since(since: Timestamp) -> Self {
        Self { timeline: Timeline::since(since), round: None, reading: None, at_once: None }
    }

    fn at_once(&self) -> TimeDelta {
        self.at_once.map_or(DAY, TimeDelta::seconds)
    }

    /// Takes up the next stretch that is due in this round; nothing when the round is done.
    pub(super) fn take_up(&mut self, now: Timestamp, rules: Rules) -> Option<&mut Reading> {
        if self.reading.is_none() {
            let round = *self.round.get_or_insert(now);
            let due = self.timeline.due(now, round, rules, self.at_once(), |()| false);
            let (first, last) =
                (self.timeline.tiles.get(due.start)?, self.timeline.tiles.get(due.end.checked_sub(1)?)?);
            self.reading = Some(Reading {
                from: first.from,
                until: last.until,
                began: now,
                link: None,
                seen: Vec::new(),
                restarts: 0,
                records: 0,
            });
        }
        self.reading.as_mut()
    }

    /// Asks for less at once: first for single tiles, then for halves of them. Says whether that was possible.
    pub(super) fn narrow(&mut self) -> bool {
        let Some(reading) = self.reading.take() else { return false };
        let tiles = self.timeline.between(reading.from, reading.until);
        self.at_once = Some(0);
        let narrowed = tiles.len() > 1 || self.timeline.halve(tiles.start);
        if !narrowed {
            self.reading = Some(reading);
        }
        narrowed
    }

    /// The stretch was read to its end: says which windows that proves.
    pub(super) fn finish(&mut self, now: Timestamp, rules: Rules) -> Vec<Coverage> {
        let Some(reading) = self.reading.take() else { return Vec::new() };
        let read = self.timeline.between(reading.from, reading.until);
        let tiles = &mut self.timeline.tiles[read];
        tiles.iter_mut().for_each(|tile| tile.read_at = Some(reading.began));
        let stored: Vec<Coverage> =
            tiles.iter().map(|tile| coverage(tile, tile.until.min(reading.began), Stage::Stored)).collect();
        let sealed = self.seal(now, rules);
        let only_stored = |window: &Coverage| {
            window.from < window.until && sealed.iter().all(|sealed| sealed.from != window.from)
        };
        stored.into_iter().filter(only_stored).chain(sealed.iter().cloned()).collect()
    }

    /// Windows that need no further reading.
    pub(super) fn seal(&mut self, now: Timestamp, rules: Rules) -> Vec<Coverage> {
        let sealed = self.timeline.seal(now, rules, |()| false);
        sealed.iter().map(|tile| coverage(tile, tile.until, Stage::Sealed)).collect()
    }

    /// Windows that are being read and were never read before.
    pub(super) fn begun(&self) -> Vec<Coverage> {
        let Some(reading) = &self.reading else { return Vec::new() };
        let tiles = &self.timeline.tiles[self.timeline.between(reading.from, reading.until)];
        let new = tiles.iter().filter(|tile| tile.read_at.is_none());
        new.map(|tile| coverage(tile, tile.until.min(reading.began), Stage::Listed))
            .filter(|window| window.from < window.until)
            .collect()
    }
}

impl Reading {
    /// Goes on with a link; says whether it is a new one.
    pub(super) fn follow(&mut self, link: String) -> bool {
        let digest = xxh3_64(link.as_bytes());
        if self.seen.contains(&digest) {
            return false;
        }
        self.seen.push(digest);
        self.link = Some(link);
        true
    }

    /// Begins anew; says whether that makes sense once more.
    pub(super) fn restart(&mut self) -> bool {
        const MOST: u32 = 3;
        self.restarts += 1;
        (self.link, self.records) = (None, 0);
        self.seen.clear();
        self.restarts <= MOST
    }
}

fn coverage(tile: &Tile<()>, until: Timestamp, stage: Stage) -> Coverage {
    window(tile.from, until, stage)
}

/// A window of the ledger; tenant and content are filled in by the source.
pub(super) fn window(from: Timestamp, until: Timestamp, stage: Stage) -> Coverage {
    Coverage { content: String::new(), tenant: String::new(), from, until, stage, items: Vec::new() }
}
