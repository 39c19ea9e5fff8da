//! When: the times of a question, made one range.

mod calendar;
mod dates;
mod find;

use aoc_core::Timestamp;
use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};

use self::{
    calendar::Stretch,
    dates::{Dates, Found},
    find::Item,
};
use super::{
    language::{Bound, TimeWords},
    plan::TimeRange,
    words::Words,
};

/// How many days are looked at when nobody says.
const DEFAULT_DAYS: i64 = 7;

/// Reads the time, takes its words, and notes what was assumed.
pub(super) fn read(
    words: &mut Words,
    time: &TimeWords,
    (now, offset): (Timestamp, FixedOffset),
    notes: &mut Vec<String>,
) -> TimeRange {
    let local = now.instant().naive_utc().checked_add_offset(offset).unwrap_or(now.instant().naive_utc());
    let items = find::items(&Dates { words, time, now: local, offset });
    let mut reader = Reader { words, local, notes, said: Vec::new() };
    let range = reader.range(items);
    let said = reader.said;
    let text: Vec<String> = said.iter().map(|at| words.written(at.clone())).collect();
    let text: String = text.join(" … ").chars().take(200).collect();
    said.into_iter().for_each(|at| words.take(at));
    let present = Present { now, local, offset };
    present.bounded(range, text, notes)
}

/// A range in local time; no start is as far back as there is.
#[derive(Clone, Copy)]
struct Local {
    start: Option<NaiveDateTime>,
    end: NaiveDateTime,
}

struct Reader<'a> {
    words: &'a Words,
    local: NaiveDateTime,
    notes: &'a mut Vec<String>,
    said: Vec<std::ops::Range<usize>>,
}

impl Reader<'_> {
    fn range(&mut self, items: Vec<Item>) -> Option<Local> {
        let (mut days, mut clocks, mut whole) = (Vec::new(), Vec::new(), None);
        for mut item in items {
            self.said.push(item.all.clone());
            match item.found.clone() {
                Found::Wrong => {
                    let text = self.words.written(item.at.clone());
                    self.notes.push(format!("\"{text}\" is no date of the calendar and was left out."));
                }
                Found::Default => {}
                Found::Everything => whole = Some(Local { start: None, end: self.local }),
                Found::Assumed(stretch, note) => {
                    self.notes.push(note);
                    item.found = Found::Stretch(stretch);
                    days.push((item, stretch));
                }
                Found::Stretch(stretch) => days.push((item, stretch)),
                Found::Clock(minute) => match days.last_mut() {
                    Some(day) if is_hour_of(day, &item) => day.1 = at_clock(day.1, minute),
                    _ => clocks.push((item.bound, minute)),
                },
                Found::Part(from, to) => self.part(&mut days, item, (from, to)),
            }
        }
        let of_days = self.of_days(&days);
        if clocks.is_empty() { of_days.or(whole) } else { self.of_clocks(days.first(), &clocks) }
    }

    /// `yesterday evening`; a part alone is today's.
    fn part(&mut self, days: &mut Vec<(Item, Stretch)>, item: Item, (from, to): (u32, u32)) {
        let day = days.last_mut().filter(|(day, stretch)| {
            item.all.start <= day.at.end + 1 && stretch.end - stretch.start == TimeDelta::days(1)
        });
        match day {
            Some((_, stretch)) => {
                *stretch = Stretch::hours(stretch.start.date(), from, to).unwrap_or(*stretch);
            }
            None => days.extend(Stretch::hours(self.local.date(), from, to).map(|stretch| (item, stretch))),
        }
    }

    fn of_days(&mut self, days: &[(Item, Stretch)]) -> Option<Local> {
        let now = self.local;
        let (first, stretch) = days.first()?;
        let one = |bound: Bound, stretch: Stretch| match bound {
            Bound::Within | Bound::And => Local { start: Some(stretch.start), end: within_end(stretch, now) },
            Bound::Since | Bound::From => Local { start: Some(stretch.start), end: now.max(stretch.start) },
            Bound::After => Local { start: Some(stretch.end), end: now.max(stretch.end) },
            Bound::Before => Local { start: None, end: stretch.start },
            Bound::Until => Local { start: None, end: stretch.end },
        };
        let Some((second, other)) = days.get(1) else { return Some(one(first.bound, *stretch)) };
        if days.len() > 2 {
            self.notes.push("More than two times were named; the first two were taken.".to_owned());
        }
        let joined = matches!(second.bound, Bound::And | Bound::Until | Bound::Before);
        if joined {
            let start = if first.bound == Bound::After { stretch.end } else { stretch.start };
            let start = start.min(other.start);
            let end = if second.bound == Bound::Before { other.start } else { other.end.max(stretch.end) };
            return Some(Local { start: Some(start), end });
        }
        self.of_apart((first, *stretch), (second, *other)).or_else(|| Some(one(first.bound, *stretch)))
    }

    /// Two times that no word joins: the smaller one where one lies in the other, else the first.
    fn of_apart(&mut self, first: (&Item, Stretch), second: (&Item, Stretch)) -> Option<Local> {
        let (a, b) = (first.1, second.1);
        // `until Wednesday this week`
        if b.start <= a.start && a.end <= b.end && matches!(first.0.bound, Bound::Until | Bound::Before) {
            let end = if first.0.bound == Bound::Until { a.end } else { a.start };
            return Some(Local { start: Some(b.start), end });
        }
        if a.start <= b.start && b.end <= a.end {
            return Some(Local { start: Some(b.start), end: within_end(b, self.local) });
        }
        if !(b.start <= a.start && a.end <= b.end) {
            let text = self.words.written(second.0.at.clone());
            self.notes.push(format!("Two times were named; \"{text}\" was left out."));
        }
        None
    }

    fn of_clocks(&mut self, day: Option<&(Item, Stretch)>, clocks: &[(Bound, u32)]) -> Option<Local> {
        let (bound, minute) = *clocks.first()?;
        let base = day.map_or(self.local, |(_, stretch)| stretch.start);
        let (is_later_half, mut date) = (chrono::Timelike::hour(&base) >= 12 && day.is_some(), base.date());
        let at = |date, minute: u32| {
            calendar::at_minute(date, if is_later_half && minute < 720 { minute + 720 } else { minute })
        };
        if day.is_none() && at(date, minute)? > self.local {
            date = date.pred_opt()?;
            self.notes.push(
                "No day was named, and today that hour is still to come: yesterday's was taken.".to_owned(),
            );
        }
        let (start, midnight) = (at(date, minute)?, Stretch::day(date)?);
        if let Some((_, second)) = clocks.get(1) {
            let end = at(date, *second)?;
            let end = if end <= start { end.checked_add_signed(TimeDelta::days(1))? } else { end };
            return Some(Local { start: Some(start), end });
        }
        Some(match bound {
            Bound::Since | Bound::From => Local { start: Some(start), end: self.local.max(start) },
            Bound::After => Local { start: Some(start), end: midnight.end },
            Bound::Before | Bound::Until => Local { start: Some(midnight.start), end: start },
            Bound::Within | Bound::And => {
                self.notes.push("An hour was named: the sixty minutes from then on were taken.".to_owned());
                Local { start: Some(start), end: start.checked_add_signed(TimeDelta::hours(1))? }
            }
        })
    }
}

/// Whether an hour stands right behind a day that bounds the range by it: `since yesterday 14:00`.
fn is_hour_of((day, stretch): &(Item, Stretch), clock: &Item) -> bool {
    clock.bound == Bound::Within
        && day.bound != Bound::Within
        && clock.all.start <= day.at.end
        && stretch.end - stretch.start == TimeDelta::days(1)
}

fn at_clock(day: Stretch, minute: u32) -> Stretch {
    calendar::at_minute(day.start.date(), minute).map_or(day, Stretch::point)
}

/// A moment that was named stands for the hour that begins with it.
fn within_end(stretch: Stretch, now: NaiveDateTime) -> NaiveDateTime {
    if !stretch.is_point() {
        return stretch.end;
    }
    stretch.start.checked_add_signed(TimeDelta::hours(1)).unwrap_or(now)
}

struct Present {
    now: Timestamp,
    local: NaiveDateTime,
    offset: FixedOffset,
}

impl Present {
    /// The range in universal time, none of it in the future.
    fn bounded(&self, range: Option<Local>, words: String, notes: &mut Vec<String>) -> TimeRange {
        let Some(range) = range else {
            notes.push(super::Plan::NO_TIME.to_owned());
            return self.default(words);
        };
        if range.start.is_some_and(|start| start > self.local) {
            notes.push(format!("\"{words}\" lies in the future: the last seven days were taken."));
            return self.default(String::new());
        }
        let start = range.start.map(|start| self.universal(start));
        let end = if range.end >= self.local { self.now } else { self.universal(range.end) };
        let is_long = start.is_none_or(|start| start < end);
        if !is_long {
            notes.push(format!("\"{words}\" leaves no time: the last seven days were taken."));
            return self.default(String::new());
        }
        TimeRange { words, start, end }
    }

    fn default(&self, words: String) -> TimeRange {
        let start = self.now.instant().checked_sub_signed(TimeDelta::days(DEFAULT_DAYS)).map(Timestamp::from);
        TimeRange { words, start: start.filter(|start| *start < self.now), end: self.now }
    }

    fn universal(&self, local: NaiveDateTime) -> Timestamp {
        let instant = local.checked_sub_offset(self.offset).unwrap_or(local);
        Timestamp::from(DateTime::<Utc>::from_naive_utc_and_offset(instant, Utc))
    }
}
