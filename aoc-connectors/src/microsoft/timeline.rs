//! A timeline in tiles: what was read when, what must be read again, what is sealed.
//!
//! Records become visible late, so each tile is read again: in every round while it is young, then each time its
//! distance has doubled, and a last time when it has settled; then it is sealed. A record that comes late is
//! found after at most twice its delay.

use std::ops::Range;

use aoc_core::prelude::*;
use chrono::{DateTime, DurationRound, TimeDelta};

/// How a service's timeline is cut and read again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// How far back the service answers.
    pub(crate) reach: TimeDelta,
    /// How long after its end a tile is read a last time.
    pub(crate) settle: TimeDelta,
    /// Tiles that have settled long ago when they are cut are this long; all others an hour.
    pub(crate) long: TimeDelta,
}

impl Rules {
    /// Where to begin when everything since a time is asked for, by a clock that the other side's is so far ahead of:
    /// not later than was meant, on a whole hour, so that what is read again comes in the same windows; and not before
    /// the service keeps anything, which is no loss, as nobody promised it.
    pub(crate) fn earliest(self, since: Timestamp, now: Timestamp, ahead: TimeDelta) -> Timestamp {
        let meant = since.min(moved(since, ahead));
        let begin = hour_of(meant);
        let edge = moved(now, -self.reach);
        if begin < edge { next_boundary(edge, SHORT) } else { begin }
    }

    /// Whether what is asked for, counted by that clock, is much older than the service keeps.
    pub(crate) fn is_too_early(self, since: Timestamp, now: Timestamp, ahead: TimeDelta) -> bool {
        moved(since, ahead.max(TimeDelta::zero())) < moved(now, -self.reach - SLIGHTLY)
    }
}

/// While its last reading is less than this behind its end, a tile is read in every round.
const YOUNG: TimeDelta = TimeDelta::minutes(30);
/// How long a tile is that has not settled long ago when it is cut.
const SHORT: TimeDelta = TimeDelta::hours(1);
/// What is older than the service keeps by less than this is not worth a word.
const SLIGHTLY: TimeDelta = TimeDelta::hours(2);
/// So many tiles are cut at a time.
const MOST_CUT: usize = 2_000;
/// No tile is halved below this.
const LEAST: TimeDelta = TimeDelta::seconds(30);

/// A stretch of the timeline, its end exclusive, with what the source remembers of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tile<M> {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// When its last whole reading began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) read_at: Option<Timestamp>,
    pub(crate) memory: M,
}

/// All that is not sealed.
///
/// Invariant: tiles are in order, none is empty, none reaches into the next, and the last does not reach beyond `end`.
/// What lies between two of them, or between the last and `end`, is sealed or was given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timeline<M> {
    pub(crate) end: Timestamp,
    pub(crate) tiles: Vec<Tile<M>>,
}

impl<M: Default + Clone> Timeline<M> {
    /// Everything since a time is still to be read.
    pub(crate) fn since(since: Timestamp) -> Self {
        Self { end: since, tiles: Vec::new() }
    }

    /// Cuts tiles until now is in one of them, or many were cut: the next round goes on.
    pub(crate) fn extend(&mut self, now: Timestamp, rules: Rules) {
        for _ in 0..MOST_CUT {
            let from = self.end;
            let day = next_boundary(from, rules.long);
            let settled = day.instant() <= now.instant() - rules.settle;
            let until = if settled { day } else { next_boundary(from, SHORT) };
            if from > now || until <= from {
                return;
            }
            self.tiles.push(Tile { from, until, read_at: None, memory: M::default() });
            self.end = until;
        }
    }

    /// Gives up what the service does not give any more: the first unbroken stretch that was never read, if there is
    /// one. What was read before, but not a last time, is left to [`seal`](Self::seal).
    pub(crate) fn clamp(&mut self, now: Timestamp, rules: Rules) -> Option<(Timestamp, Timestamp)> {
        let edge = whole_second(moved(now, -rules.reach));
        let mut lost: Option<(Timestamp, Timestamp)> = None;
        for mut tile in std::mem::take(&mut self.tiles) {
            let (unread, gone) = (tile.unread(), tile.until.min(edge));
            if unread >= gone || lost.is_some_and(|(_, until)| until != unread) {
                self.tiles.push(tile);
                continue;
            }
            lost = Some((lost.map_or(unread, |(first, _)| first), gone));
            let rest = Tile { from: gone, until: tile.until, read_at: None, memory: M::default() };
            if tile.from < unread {
                tile.until = unread;
                self.tiles.push(tile);
            }
            if rest.from < rest.until {
                self.tiles.push(rest);
            }
        }
        let is_joined = lost.is_none_or(|(_, until)| until == self.end);
        if self.tiles.is_empty() && self.end < edge && is_joined {
            lost = Some((lost.map_or(self.end, |(first, _)| first), edge));
            self.end = edge;
        }
        lost
    }

    /// The first tiles without a hole between them that must be read in the round that began at this time, together not
    /// longer than `most` unless it is one; empty when the round is done.
    pub(crate) fn due(
        &self,
        now: Timestamp,
        round: Timestamp,
        rules: Rules,
        most: TimeDelta,
        troubled: impl Fn(&M) -> bool,
    ) -> Range<usize> {
        let due = |tile: &Tile<M>| tile.is_due(now, round, rules, troubled(&tile.memory));
        let Some(first) = self.tiles.iter().position(due) else { return 0..0 };
        let start = self.tiles[first].from.instant();
        let more = self.tiles[first..].windows(2).take_while(|pair| {
            let [before, tile] = pair else { return false };
            before.until == tile.from && due(tile) && tile.until.instant() - start <= most
        });
        first..first + 1 + more.count()
    }

    /// The tiles between two times.
    pub(crate) fn between(&self, from: Timestamp, until: Timestamp) -> Range<usize> {
        let start = self.tiles.partition_point(|tile| tile.until <= from);
        start..self.tiles.partition_point(|tile| tile.from < until).max(start)
    }

    /// Takes out the tiles that need no further reading, wherever they stand.
    pub(crate) fn seal(
        &mut self,
        now: Timestamp,
        rules: Rules,
        troubled: impl Fn(&M) -> bool,
    ) -> Vec<Tile<M>> {
        let edge = now.instant() - rules.reach;
        let sealed = |tile: &Tile<M>| {
            let is_done = tile.is_settled(rules) && !troubled(&tile.memory);
            is_done || (tile.read_at.is_some() && tile.until.instant() <= edge)
        };
        let (done, open) = std::mem::take(&mut self.tiles).into_iter().partition(sealed);
        self.tiles = open;
        done
    }

    /// Halves the tile at a place, so that each half is asked for by itself; says whether it was long enough.
    pub(crate) fn halve(&mut self, place: usize) -> bool {
        let Some(tile) = self.tiles.get_mut(place).filter(|tile| tile.has_halves()) else { return false };
        let length = tile.until.instant() - tile.from.instant();
        let middle = whole_second((tile.from.instant() + length / 2).into());
        let second =
            Tile { from: middle, until: tile.until, read_at: tile.read_at, memory: tile.memory.clone() };
        tile.until = middle;
        self.tiles.insert(place + 1, second);
        true
    }
}

impl<M> Tile<M> {
    /// Whether it is long enough to be halved.
    pub(crate) fn has_halves(&self) -> bool {
        self.until.instant() - self.from.instant() >= LEAST * 2
    }

    /// Whether its last reading was long enough after its end.
    pub(crate) fn is_settled(&self, rules: Rules) -> bool {
        self.read_at.is_some_and(|read| read.instant() - self.until.instant() >= rules.settle)
    }

    /// Where the part begins that no reading has seen: a reading sees what had happened when it began.
    fn unread(&self) -> Timestamp {
        self.read_at.map_or(self.from, |read| read.max(self.from).min(self.until))
    }

    fn is_due(&self, now: Timestamp, round: Timestamp, rules: Rules, troubled: bool) -> bool {
        let Some(read) = self.read_at else { return self.from <= now };
        let behind = read.instant() - self.until.instant();
        let waited = now.instant() - self.until.instant();
        let again = behind < YOUNG || waited >= (behind * 2).min(rules.settle);
        read < round && (troubled || again) && (troubled || behind < rules.settle)
    }
}

/// A time, so much later; at the end of time, that.
fn moved(time: Timestamp, by: TimeDelta) -> Timestamp {
    time.instant().checked_add_signed(by).map_or(time, Into::into)
}

/// The hour in which a time is.
fn hour_of(time: Timestamp) -> Timestamp {
    time.instant().duration_trunc(SHORT).map_or(time, Into::into)
}

/// A time, or the next second: services read no more of it than that, and what is cut off must not lead back behind it.
fn whole_second(time: Timestamp) -> Timestamp {
    let instant = time.instant();
    instant
        .duration_trunc(TimeDelta::seconds(1))
        .map_or(time, |floor| if floor < instant { (floor + TimeDelta::seconds(1)).into() } else { time })
}

/// The next multiple of a length of time behind a time.
fn next_boundary(time: Timestamp, length: TimeDelta) -> Timestamp {
    let instant = time.instant();
    let floor: DateTime<_> = instant.duration_trunc(length).unwrap_or(instant);
    moved(floor.into(), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules =
        Rules { reach: TimeDelta::days(7), settle: TimeDelta::hours(24), long: TimeDelta::days(1) };

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn after(time: Timestamp, delta: TimeDelta) -> Timestamp {
        (time.instant() + delta).into()
    }

    /// Reads all that is due, as a source would.
    fn round(timeline: &mut Timeline<()>, now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        timeline.extend(now, RULES);
        let mut read = Vec::new();
        loop {
            let due = timeline.due(now, now, RULES, TimeDelta::days(1), |()| false);
            if due.is_empty() {
                return read;
            }
            read.push((timeline.tiles[due.start].from, timeline.tiles[due.end - 1].until));
            timeline.tiles[due].iter_mut().for_each(|tile| tile.read_at = Some(now));
            timeline.seal(now, RULES, |()| false);
        }
    }

    #[test]
    fn a_first_look_back_reads_days_then_hours_without_a_hole() {
        let now = time("2026-03-18T12:34:56Z");
        let mut timeline = Timeline::since(after(now, -TimeDelta::days(6)));
        let read = round(&mut timeline, now);
        assert_eq!(read[0].0, time("2026-03-12T12:34:56Z"));
        assert!(read.windows(2).all(|pair| pair[0].1 == pair[1].0), "{read:?}");
        assert_eq!(read.last().unwrap().1, time("2026-03-18T13:00:00Z"));
        assert!(read.iter().all(|(from, until)| until.instant() - from.instant() <= TimeDelta::days(1)));
        assert!(timeline.tiles.len() <= 37, "settled days are sealed at once: {}", timeline.tiles.len());
    }

    /// The promise: whatever becomes visible late is read after at most twice its delay (and a round), or a round after it
    /// happened; and it is read before its tile is sealed if it is not later than the time to settle.
    #[test]
    fn what_comes_late_is_found_after_at_most_twice_its_delay() {
        let start = time("2026-03-18T12:00:00Z");
        for late in [0, 1, 20, 45, 100, 360, 700, 1_439] {
            let happened = time("2026-03-18T14:59:00Z");
            let visible = after(happened, TimeDelta::minutes(late));
            let mut timeline = Timeline::since(start);
            let mut now = start;
            let found = loop {
                now = after(now, TimeDelta::minutes(5));
                let read = round(&mut timeline, now);
                let seen = |(from, until): &(Timestamp, Timestamp)| *from <= happened && happened < *until;
                if now >= visible && read.iter().any(seen) {
                    break now;
                }
                assert!(now < after(happened, TimeDelta::hours(49)), "{late} minutes late: never found");
            };
            let bound = after(happened, TimeDelta::minutes(late * 2 + 70));
            assert!(found <= bound, "{late} minutes late: found at {found}");
        }
    }

    #[test]
    fn every_tile_is_sealed_in_the_end_and_few_stay_open() {
        let mut timeline = Timeline::since(time("2026-03-18T12:00:00Z"));
        let mut now = time("2026-03-18T12:00:00Z");
        let mut readings = 0;
        for _ in 0..12 * 24 * 5 {
            now = after(now, TimeDelta::minutes(5));
            readings += round(&mut timeline, now).len();
        }
        assert!(timeline.tiles[0].from >= after(now, -TimeDelta::hours(26)), "{:?}", timeline.tiles[0]);
        assert!(timeline.tiles.len() < 28);
        assert!(readings < 12 * 24 * 5 * 2, "{readings} readings in 1440 rounds");
    }

    #[test]
    fn a_long_pause_loses_what_the_service_forgot_and_says_exactly_what() {
        let mut timeline = Timeline::since(time("2026-03-01T10:20:00Z"));
        round(&mut timeline, time("2026-03-01T11:30:00Z"));
        let now = time("2026-03-11T08:00:00Z");
        timeline.extend(now, RULES);
        let lost = timeline.clamp(now, RULES).unwrap();
        assert_eq!(lost, (time("2026-03-01T11:30:00Z"), time("2026-03-04T08:00:00Z")));
        let sealed = timeline.seal(now, RULES, |()| false);
        assert_eq!(sealed.len(), 2, "what was read before is not lost");
        assert_eq!(sealed[1].until, time("2026-03-01T11:30:00Z"), "and nothing more is proven");
        assert_eq!(timeline.tiles[0].from, lost.1);
        assert!(timeline.clamp(now, RULES).is_none());
    }

    #[test]
    fn a_troubled_tile_at_the_front_holds_up_no_sealing() {
        let start = time("2026-03-18T12:00:00Z");
        let mut timeline: Timeline<bool> = Timeline::since(start);
        let mut now = start;
        for _ in 0..12 * 24 * 3 {
            now = after(now, TimeDelta::minutes(5));
            timeline.extend(now, RULES);
            loop {
                let due = timeline.due(now, now, RULES, TimeDelta::days(1), |troubled| *troubled);
                if due.is_empty() {
                    break;
                }
                let tiles = &mut timeline.tiles[due];
                assert!(tiles.windows(2).all(|pair| pair[0].until == pair[1].from), "nothing sealed is read");
                for tile in tiles {
                    (tile.read_at, tile.memory) = (Some(now), tile.from == start);
                }
                for sealed in timeline.seal(now, RULES, |troubled| *troubled) {
                    assert!(sealed.from > start && sealed.is_settled(RULES));
                }
            }
        }
        assert!(timeline.tiles.len() < 30, "{}", timeline.tiles.len());
        assert_eq!(timeline.tiles[0].from, start, "it is still tried");
        let whole = timeline.between(start, timeline.end);
        assert_eq!(whole, 0..timeline.tiles.len());
        let hole = after(start, TimeDelta::hours(2));
        assert!(timeline.between(hole, after(hole, TimeDelta::hours(1))).is_empty());
        assert!(timeline.clamp(after(now, TimeDelta::days(5)), RULES).is_none_or(|(from, _)| from > hole));
    }

    #[test]
    fn what_is_given_up_at_once_holds_nothing_that_was_read() {
        let day = |day: i64| after(time("2026-03-01T00:00:00Z"), TimeDelta::days(day));
        let unread = |from, until| Tile { from, until, read_at: None, memory: () };
        let tiles = vec![unread(day(0), day(1)), unread(day(2), day(3))];
        let mut timeline = Timeline { end: day(3), tiles };
        assert_eq!(timeline.clamp(day(20), RULES), Some((day(0), day(1))));
        assert_eq!(timeline.clamp(day(20), RULES), Some((day(2), day(13))));
        assert_eq!(timeline.clamp(day(20), RULES), None);
    }

    #[test]
    fn cutting_comes_to_an_end_whatever_the_time() {
        for now in ["2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            let mut timeline = Timeline::<()>::since(time("2026-03-18T12:00:00Z"));
            timeline.extend(time(now), RULES);
            assert_eq!(timeline.tiles.len(), MOST_CUT);
        }
        let mut last = Timeline::<()>::since(time("9999-12-31T23:00:00Z"));
        last.extend(time("9999-12-31T23:59:59Z"), RULES);
        assert!(last.tiles.len() <= 2);
    }

    #[test]
    fn a_first_look_back_begins_on_the_hour_and_not_later_than_was_meant() {
        let now = time("2026-03-18T12:34:56Z");
        for (since, ahead, begins) in [
            ("2026-03-15T10:20:30Z", 0, "2026-03-15T10:00:00Z"),
            // Our clock is two hours fast, so a time that was counted back from it is too late.
            ("2026-03-15T10:20:30Z", -7_200, "2026-03-15T08:00:00Z"),
            ("2026-03-15T10:20:30Z", 7_200, "2026-03-15T10:00:00Z"),
            ("2026-03-11T12:34:56Z", 0, "2026-03-11T13:00:00Z"),
            ("2026-01-01T00:00:00Z", 0, "2026-03-11T13:00:00Z"),
        ] {
            let begin = RULES.earliest(time(since), now, TimeDelta::seconds(ahead));
            assert_eq!(begin, time(begins), "{since}, {ahead}");
        }
        let is_too_early = |since, ahead| RULES.is_too_early(time(since), now, TimeDelta::seconds(ahead));
        assert!(is_too_early("2026-01-01T00:00:00Z", 0) && !is_too_early("2026-03-11T10:35:00Z", 0));
        assert!(!is_too_early("2026-03-11T09:00:00Z", 7_200));
    }

    #[test]
    fn a_tile_is_halved_down_to_half_a_minute() {
        let mut timeline = Timeline::<()>::since(time("2026-03-18T12:00:00Z"));
        timeline.extend(time("2026-03-18T12:10:00Z"), RULES);
        let mut halved = 0;
        while timeline.halve(0) {
            halved += 1;
        }
        assert_eq!(halved, 6);
        assert!(timeline.tiles.windows(2).all(|pair| pair[0].until == pair[1].from));
    }
}
