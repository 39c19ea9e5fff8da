//! Where a log of Graph is read: the cursor.

use aoc_core::{
    ledger::{Coverage, Stage},
    prelude::*,
};
use chrono::TimeDelta;
use xxhash_rust::xxh3::xxh3_64;

use crate::microsoft::{Rules, Tile, Timeline};

/// Why a tile could not be read, or not all of it; such a tile is tried again in every round.
pub(super) type Trouble = Option<String>;

/// Everything that must be known to go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    /// What it is a place of: another tenant or log has other windows. Older cursors do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<String>,
    pub(super) timeline: Timeline<Trouble>,
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
    /// Pages that came, as digests of their records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pages: Vec<u64>,
    /// How many pages in a row brought nothing new.
    #[serde(default)]
    barren: u32,
    /// How often it began anew.
    #[serde(default)]
    pub(super) restarts: u32,
    /// How many records came.
    #[serde(default)]
    pub(super) records: usize,
    /// Why a page of it could not be read as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) broken: Option<String>,
}

/// So many pages in a row that bring nothing new have no end.
const MOST_BARREN: u32 = 50;
/// How much is asked for at once.
const DAY: TimeDelta = TimeDelta::days(1);

impl Place {
    pub(super) fn since(since: Timestamp, of: String) -> Self {
        Self { of: Some(of), timeline: Timeline::since(since), round: None, reading: None, at_once: None }
    }

    /// The other side says what time it is: what is under way began no later, whatever was thought before.
    pub(super) fn heard(&mut self, now: Timestamp) {
        if let Some(reading) = &mut self.reading {
            reading.began = reading.began.min(now);
        }
        self.round = self.round.map(|round| round.min(now));
    }

    fn at_once(&self) -> TimeDelta {
        self.at_once.map_or(DAY, TimeDelta::seconds)
    }

    /// Takes up the next stretch that is due in this round; nothing when the round is done.
    pub(super) fn take_up(&mut self, now: Timestamp, rules: Rules) -> Option<Reading> {
        if self.reading.is_none() {
            // A clock that was set back must not leave a round in the future, where all is due for ever.
            let round = self.round.map_or(now, |round| round.min(now));
            self.round = Some(round);
            let due = self.timeline.due(now, round, rules, self.at_once(), Option::is_some);
            let tiles = self.timeline.tiles.get(due)?;
            // What could not be read stands alone, so that it holds up nothing else.
            let sound = tiles.iter().take_while(|tile| tile.memory.is_none()).count();
            let (first, last) = (tiles.first()?, tiles.get(sound.max(1) - 1)?);
            self.reading = Some(Reading::new(first.from, last.until, now));
        }
        self.reading.clone()
    }

    /// How often in a row a page of the stretch may fail before something else is tried: at once where something else
    /// has helped already, or is known not to help.
    pub(super) fn most_failures(&self) -> u32 {
        const MOST: u32 = 3;
        let narrows = self.at_once.is_some() && self.is_narrowable();
        if narrows || self.is_troubled() { 1 } else { MOST }
    }

    fn under_way(&self) -> &[Tile<Trouble>] {
        let reading = self.reading.as_ref();
        reading
            .map_or(&[], |reading| &self.timeline.tiles[self.timeline.between(reading.from, reading.until)])
    }

    fn is_narrowable(&self) -> bool {
        match self.under_way() {
            [] => false,
            [tile] => tile.has_halves(),
            _ => true,
        }
    }

    /// Whether the stretch could not be read before.
    pub(super) fn is_troubled(&self) -> bool {
        matches!(self.under_way(), [tile] if tile.memory.is_some())
    }

    /// Asks for less at once: first for single tiles, then for halves of them. Says whether that was possible.
    pub(super) fn narrow(&mut self) -> bool {
        if !self.is_narrowable() {
            return false;
        }
        let Some(reading) = self.reading.take() else { return false };
        let tiles = self.timeline.between(reading.from, reading.until);
        self.at_once = Some(0);
        if tiles.len() == 1 {
            self.timeline.halve(tiles.start);
        }
        true
    }

    /// The stretch was read to its end: says which windows that proves.
    pub(super) fn finish(&mut self, now: Timestamp, rules: Rules) -> Vec<Coverage> {
        let Some(reading) = self.reading.take() else { return Vec::new() };
        let read = self.timeline.between(reading.from, reading.until);
        let tiles = &mut self.timeline.tiles[read];
        for tile in tiles.iter_mut() {
            (tile.read_at, tile.memory) = (Some(reading.began), reading.broken.clone());
        }
        let stored: Vec<Coverage> =
            tiles.iter().map(|tile| coverage(tile, stage(tile, Stage::Stored))).collect();
        let sealed = self.seal(now, rules);
        let only_stored = |window: &Coverage| {
            window.from < window.until && sealed.iter().all(|sealed| sealed.from != window.from)
        };
        stored.into_iter().filter(only_stored).chain(sealed.iter().cloned()).collect()
    }

    /// The stretch cannot be read to its end now: what that means for its windows.
    pub(super) fn give_up(&mut self, reason: String, now: Timestamp, rules: Rules) -> Vec<Coverage> {
        if let Some(reading) = &mut self.reading {
            reading.broken = Some(reason);
        }
        self.finish(now, rules)
    }

    /// Windows that need no further reading. Those that the service forgot before they were read a last time are stored
    /// as they were read, but not sealed.
    pub(super) fn seal(&mut self, now: Timestamp, rules: Rules) -> Vec<Coverage> {
        let whole = |tile: &Tile<Trouble>| if tile.is_settled(rules) { Stage::Sealed } else { Stage::Stored };
        let sealed = self.timeline.seal(now, rules, Option::is_some);
        sealed.iter().map(|tile| coverage(tile, stage(tile, whole(tile)))).collect()
    }

    /// Windows that are being read and were never read before.
    pub(super) fn begun(&self) -> Vec<Coverage> {
        let Some(reading) = &self.reading else { return Vec::new() };
        let new = self.under_way().iter().filter(|tile| tile.read_at.is_none());
        new.map(|tile| window(tile.from, tile.until.min(reading.began), Stage::Listed))
            .filter(|window| window.from < window.until)
            .collect()
    }
}

impl Reading {
    fn new(from: Timestamp, until: Timestamp, began: Timestamp) -> Self {
        Self {
            from,
            until,
            began,
            link: None,
            seen: Vec::new(),
            pages: Vec::new(),
            barren: 0,
            restarts: 0,
            records: 0,
            broken: None,
        }
    }

    /// What tells its next page from others, however often it is asked for: where a first look back begins moves on.
    pub(super) fn page(&self) -> String {
        self.link.clone().unwrap_or_else(|| self.until.to_string())
    }

    /// Takes note of what a page brought; says whether it is one of so many that bring nothing new.
    pub(super) fn came(&mut self, records: &[RawJson]) -> bool {
        self.records += records.len();
        let texts: Vec<&str> = records.iter().map(RawJson::text).collect();
        let digest = xxh3_64(texts.join("\n").as_bytes());
        if records.is_empty() || self.pages.contains(&digest) {
            self.barren += 1;
        } else {
            self.barren = 0;
            self.pages.push(digest);
        }
        self.barren >= MOST_BARREN
    }

    /// Goes on with a link to this place; says whether it is a new one.
    pub(super) fn follow(&mut self, link: String, place: &str) -> bool {
        let digest = xxh3_64(place.as_bytes());
        if self.seen.contains(&digest) {
            return false;
        }
        self.seen.push(digest);
        self.link = Some(link);
        true
    }

    /// Begins anew; says whether that makes sense once more.
    pub(super) fn restart(&mut self) -> bool {
        const MOST: u32 = 2;
        self.restarts += 1;
        (self.link, self.records, self.broken) = (None, 0, None);
        self.seen.clear();
        self.pages.clear();
        self.barren = 0;
        self.restarts <= MOST
    }
}

/// How far a tile has come that a reading came to the end of.
fn stage(tile: &Tile<Trouble>, whole: Stage) -> Stage {
    tile.memory.clone().map_or(whole, Stage::Lost)
}

/// What the last reading of a tile proves: nothing of what happened after it began.
fn coverage(tile: &Tile<Trouble>, stage: Stage) -> Coverage {
    window(tile.from, tile.read_at.map_or(tile.from, |read| tile.until.min(read)), stage)
}

/// A window of the ledger; tenant and content are filled in by the source.
pub(super) fn window(from: Timestamp, until: Timestamp, stage: Stage) -> Coverage {
    Coverage { content: String::new(), tenant: String::new(), from, until, stage, items: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_a_last_time_is_stored_and_not_sealed() {
        let time = |text| Timestamp::parse(text).unwrap();
        let rules = Rules { reach: TimeDelta::days(7), settle: TimeDelta::days(1), long: DAY };
        let tile = |from, until, read| Tile {
            from: time(from),
            until: time(until),
            read_at: Some(time(read)),
            memory: None,
        };
        let mut place = Place::since(time("2026-03-03T00:00:00Z"), "one log".into());
        place.timeline.tiles = vec![
            tile("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-02T02:00:00Z"),
            tile("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"),
        ];
        let stages: Vec<Stage> =
            place.seal(time("2026-03-20T00:00:00Z"), rules).into_iter().map(|window| window.stage).collect();
        assert_eq!(stages, [Stage::Stored, Stage::Sealed]);
    }
}
