//! Where a content is read: the cursor.

use std::collections::{BTreeMap, BTreeSet};

use aoc_core::{
    ledger::{Coverage, Item, Stage},
    prelude::*,
};
use chrono::{SubsecRound, TimeDelta, Utc};
use xxhash_rust::xxh3::xxh3_64;

use crate::microsoft::{Rules, Tile, Timeline};

/// Everything that must be known to go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) timeline: Timeline<Blobs>,
    /// When the round under way began.
    pub(super) round: Option<Timestamp>,
    /// The window whose blobs are being fetched.
    pub(super) window: Option<Window>,
    /// Tell this place from all others, so that what the source remembers is only used where it belongs.
    pub(super) step: (i64, u64),
}

/// A window that was listed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) began: Timestamp,
}

/// Which blobs of a tile were fetched, and which could not be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Blobs {
    /// Digests of the ids of those that need no further fetching.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    done: BTreeSet<u64>,
    /// In how many rounds each could not be fetched.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) failed: BTreeMap<String, u32>,
}

/// The API lists a day at most.
const AT_ONCE: TimeDelta = TimeDelta::days(1);

impl Place {
    pub(super) fn since(since: Timestamp) -> Self {
        let whole: Timestamp = since.instant().trunc_subsecs(0).into();
        let run = Utc::now().timestamp_micros();
        Self { timeline: Timeline::since(whole), round: None, window: None, step: (run, 0) }
    }

    /// Takes up the next window that is due in this round; nothing when the round is done.
    pub(super) fn take_up(&mut self, now: Timestamp, rules: Rules) -> Option<Window> {
        if self.window.is_none() {
            let round = *self.round.get_or_insert(now);
            let due = self.timeline.due(now, round, rules, AT_ONCE, Blobs::is_troubled);
            let (first, last) =
                (self.timeline.tiles.get(due.start)?, self.timeline.tiles.get(due.end.checked_sub(1)?)?);
            self.window = Some(Window { from: first.from, until: last.until, began: now });
        }
        self.window
    }

    /// The tile of a blob that became available at this time.
    fn tile(&mut self, created: Timestamp) -> Option<&mut Tile<Blobs>> {
        let window = self.window?;
        let inside = created.max(window.from);
        let place = self.timeline.between(inside, inside).start;
        self.timeline.tiles.get_mut(place)
    }

    pub(super) fn is_done(&mut self, created: Timestamp, id: &str) -> bool {
        self.tile(created).is_some_and(|tile| tile.memory.done.contains(&digest(id)))
    }

    /// In how many rounds a blob could not be fetched.
    pub(super) fn failures(&mut self, created: Timestamp, id: &str) -> u32 {
        self.tile(created).and_then(|tile| tile.memory.failed.get(id).copied()).unwrap_or_default()
    }

    /// A blob needs no further fetching: what that says of its window.
    pub(super) fn done(&mut self, created: Timestamp, item: Item) -> Option<Coverage> {
        let began = self.window?.began;
        let tile = self.tile(created)?;
        tile.memory.failed.remove(&item.id);
        tile.memory.done.insert(digest(&item.id));
        Some(Coverage { items: vec![item], ..coverage(tile, began, Stage::Listed) })
    }

    /// A blob could not be fetched in this round.
    pub(super) fn failed(&mut self, created: Timestamp, id: &str) {
        if let Some(tile) = self.tile(created) {
            *tile.memory.failed.entry(id.to_owned()).or_default() += 1;
        }
    }

    /// All blobs of the window were fetched, or tried: says what that proves.
    pub(super) fn finish(&mut self, now: Timestamp, rules: Rules) -> Vec<Coverage> {
        let Some(window) = self.window.take() else { return Vec::new() };
        let read = self.timeline.between(window.from, window.until);
        let tiles = &mut self.timeline.tiles[read];
        tiles.iter_mut().for_each(|tile| tile.read_at = Some(window.began));
        let stage =
            |tile: &Tile<Blobs>| if tile.memory.is_troubled() { Stage::Listed } else { Stage::Stored };
        let read: Vec<Coverage> =
            tiles.iter().map(|tile| coverage(tile, window.began, stage(tile))).collect();
        let sealed = self.seal(now, rules);
        let only_read = |window: &Coverage| {
            window.from < window.until && sealed.iter().all(|sealed| sealed.from != window.from)
        };
        read.into_iter().filter(only_read).chain(sealed.iter().cloned()).collect()
    }

    /// Windows that need no further reading. What could not be fetched until then is lost.
    pub(super) fn seal(&mut self, now: Timestamp, rules: Rules) -> Vec<Coverage> {
        let sealed = self.timeline.seal(now, rules, Blobs::is_troubled);
        let lost = |id: &String| Item {
            id: id.clone(),
            events: 0,
            hash: None,
            lost: Some("it could not be fetched before the API kept it no longer".to_owned()),
        };
        let close = |tile: &Tile<Blobs>| Coverage {
            items: tile.memory.failed.keys().map(lost).collect(),
            ..coverage(tile, tile.until, Stage::Sealed)
        };
        sealed.iter().map(close).collect()
    }

    /// The windows of a listing.
    pub(super) fn listed(&self) -> Vec<Coverage> {
        let Some(window) = self.window else { return Vec::new() };
        let tiles = &self.timeline.tiles[self.timeline.between(window.from, window.until)];
        let listed = tiles.iter().map(|tile| coverage(tile, window.began, Stage::Listed));
        listed.filter(|window| window.from < window.until).collect()
    }
}

impl Blobs {
    pub(super) fn is_troubled(&self) -> bool {
        !self.failed.is_empty()
    }
}

fn digest(id: &str) -> u64 {
    xxh3_64(id.as_bytes())
}

fn coverage(tile: &Tile<Blobs>, began: Timestamp, stage: Stage) -> Coverage {
    window(tile.from, tile.until.min(began), stage)
}

/// A window of the ledger; tenant and content are filled in by the source.
pub(super) fn window(from: Timestamp, until: Timestamp, stage: Stage) -> Coverage {
    Coverage { content: String::new(), tenant: String::new(), from, until, stage, items: Vec::new() }
}
