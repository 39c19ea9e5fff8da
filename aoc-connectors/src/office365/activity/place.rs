//! Where a content is read: the cursor.

use std::collections::{BTreeMap, BTreeSet, HashSet};

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
    /// What it is a place of; an older cursor does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<Whose>,
    pub(super) timeline: Timeline<Blobs>,
    /// When the round under way began.
    pub(super) round: Option<Timestamp>,
    /// The window whose blobs are being fetched.
    pub(super) window: Option<Window>,
    /// Tell this place from all others, so that what the source remembers is only used where it belongs.
    pub(super) step: (i64, u64),
}

/// What a cursor is a cursor of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Whose {
    pub(super) tenant: String,
    /// The API's address.
    pub(super) api: String,
}

/// A window that was listed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) began: Timestamp,
}

/// Which blobs of a tile need no further fetching, and which could not be fetched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Blobs {
    /// Digests of the ids of those that need no further fetching.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    done: BTreeSet<u64>,
    /// Those that could not be fetched, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    failed: BTreeMap<String, PutOff>,
}

/// A blob that is to be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct PutOff {
    /// In how many rounds it could not be fetched.
    rounds: u32,
    /// Not before this.
    next: Timestamp,
}

/// A blob that could not be fetched is tried again after this, doubled with each round, up to the most.
const PUT_OFF: TimeDelta = TimeDelta::minutes(2);
const MOST_PUT_OFF: TimeDelta = TimeDelta::hours(6);
/// The API lists a day at most.
const AT_ONCE: TimeDelta = TimeDelta::days(1);

impl Place {
    pub(super) fn since(since: Timestamp) -> Self {
        let whole: Timestamp = since.instant().trunc_subsecs(0).into();
        let run = Utc::now().timestamp_micros();
        Self { of: None, timeline: Timeline::since(whole), round: None, window: None, step: (run, 0) }
    }

    /// Takes up the next window that is due in this round; nothing when the round is done.
    pub(super) fn take_up(&mut self, now: Timestamp, rules: Rules) -> Option<Window> {
        if self.window.is_none() {
            let round = *self.round.get_or_insert(now);
            let due = self.timeline.due(now, round, rules, AT_ONCE, |blobs| blobs.is_to_be_tried(now));
            let (first, last) =
                (self.timeline.tiles.get(due.start)?, self.timeline.tiles.get(due.end.checked_sub(1)?)?);
            self.window = Some(Window { from: first.from, until: last.until, began: now });
        }
        self.window
    }

    /// The window was listed: it began when the other side says it is now, whatever was thought before.
    pub(super) fn heard(&mut self, now: Timestamp) {
        if let Some(window) = &mut self.window {
            window.began = window.began.min(now);
        }
        self.round = self.round.map(|round| round.min(now));
    }

    /// Whether any blob of the window was there for us, now or before.
    pub(super) fn has_any(&self) -> bool {
        let Some(window) = self.window else { return false };
        let read = self.timeline.between(window.from, window.until);
        self.timeline.tiles[read].iter().any(|tile| !tile.memory.done.is_empty())
    }

    /// The tile of a blob that became available at this time.
    fn tile(&mut self, created: Timestamp) -> Option<&mut Tile<Blobs>> {
        let window = self.window?;
        let read = self.timeline.between(window.from, window.until);
        let tiles = &mut self.timeline.tiles[read];
        let inside = created.max(window.from);
        let place = tiles.partition_point(|tile| tile.until <= inside).min(tiles.len().checked_sub(1)?);
        tiles.get_mut(place)
    }

    /// Whether a blob is to be fetched now: it was not before, and is not put off.
    pub(super) fn wants(&mut self, created: Timestamp, id: &str, now: Timestamp) -> bool {
        self.tile(created).is_none_or(|tile| {
            let is_put_off = tile.memory.failed.get(id).is_some_and(|failed| failed.next > now);
            !is_put_off && !tile.memory.done.contains(&digest(id))
        })
    }

    /// In how many rounds a blob could not be fetched.
    pub(super) fn failures(&mut self, created: Timestamp, id: &str) -> u32 {
        self.tile(created).and_then(|tile| tile.memory.failed.get(id)).map_or(0, |failed| failed.rounds)
    }

    /// A blob needs no further fetching: what that says of its window.
    pub(super) fn done(&mut self, created: Timestamp, item: Item) -> Option<Coverage> {
        let began = self.window?.began;
        let tile = self.tile(created)?;
        tile.memory.failed.remove(&item.id);
        tile.memory.done.insert(digest(&item.id));
        Some(Coverage { items: vec![item], ..coverage(tile, began, Stage::Listed) })
    }

    /// A blob could not be fetched in this round. Until it is, the ledger says that it is missing, also where its window
    /// was stored before the blob was listed.
    pub(super) fn put_off(
        &mut self,
        created: Timestamp,
        id: &str,
        now: Timestamp,
        error: &Error,
    ) -> Option<Coverage> {
        let began = self.window?.began;
        let tile = self.tile(created)?;
        let rounds = tile.memory.failed.get(id).map_or(0, |failed| failed.rounds);
        tile.memory.failed.insert(id.to_owned(), PutOff::after(rounds + 1, now));
        let lost = Some(format!("not fetched yet: {error}"));
        let item = Item { id: id.to_owned(), events: 0, hash: None, lost };
        Some(Coverage { items: vec![item], ..coverage(tile, began, Stage::Listed) })
    }

    /// Blobs that could not be fetched and are not even listed now are put off, too.
    pub(super) fn put_off_unlisted(&mut self, listed: &HashSet<&str>, now: Timestamp) {
        let Some(window) = self.window else { return };
        let read = self.timeline.between(window.from, window.until);
        let failed = self.timeline.tiles[read].iter_mut().flat_map(|tile| &mut tile.memory.failed);
        for (_, failed) in failed.filter(|(id, failed)| failed.next <= now && !listed.contains(id.as_str())) {
            *failed = PutOff::after(failed.rounds + 1, now);
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

    /// Windows that need no further reading. What could not be fetched until then is lost. Those that the API forgot before
    /// they were read a last time are stored as they were read, but not sealed.
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
            ..coverage(tile, tile.until, if tile.is_settled(rules) { Stage::Sealed } else { Stage::Stored })
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
    fn is_troubled(&self) -> bool {
        !self.failed.is_empty()
    }

    fn is_to_be_tried(&self, now: Timestamp) -> bool {
        self.failed.values().any(|failed| failed.next <= now)
    }
}

impl PutOff {
    fn after(rounds: u32, now: Timestamp) -> Self {
        let wait = (PUT_OFF * (1 << (rounds - 1).min(16))).min(MOST_PUT_OFF);
        Self { rounds, next: (now.instant() + wait).into() }
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
