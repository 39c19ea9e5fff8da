//! Dates and hours as people write them.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime};

use aoc_core::Timestamp;

use super::calendar::{self, Stretch};
use crate::analyst::{
    language::TimeWords,
    words::{Kind, Words},
};

/// What stands at a place of the question.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// A stretch of time.
    Stretch(Stretch),
    /// The same, with what was assumed.
    Assumed(Stretch, String),
    /// An hour of some day, in minutes.
    Clock(u32),
    /// Hours of some day.
    Part(u32, u32),
    /// What is taken when nobody says.
    Default,
    /// All there is.
    Everything,
    /// Something like a date that no calendar has.
    Wrong,
}

/// How many words, and what they say.
pub(super) type At = Option<(usize, Found)>;

/// Reads dates in one question.
pub(super) struct Dates<'a> {
    pub(super) words: &'a Words,
    pub(super) time: &'a TimeWords,
    pub(super) now: NaiveDateTime,
    pub(super) offset: FixedOffset,
}

impl Dates<'_> {
    /// The date that begins at `at`.
    pub(super) fn date(&self, at: usize) -> At {
        self.literal(at)
            .or_else(|| self.shared_month(at))
            .or_else(|| self.day_month(at))
            .or_else(|| self.month_day(at))
            .or_else(|| self.day_alone(at))
    }

    /// `the 14th`: of this month or of the one before.
    fn day_alone(&self, at: usize) -> At {
        let is_ordinal = self.words.key(at).ends_with(char::is_alphabetic);
        let day = self.day_number(at).filter(|_| is_ordinal)?;
        let is_counted = self.time.units.iter().any(|(unit, _)| self.words.said(unit, at + 1) > 0);
        let date = calendar::latest_day(self.now.date(), day);
        (!is_counted).then(|| (1, date.and_then(Stretch::day).map_or(Found::Wrong, Found::Stretch)))
    }

    /// `2026-03-12`, `12.03.2026`, `3/12`.
    fn literal(&self, at: usize) -> At {
        let word = self.words.list.get(at).filter(|word| word.kind == Kind::Number)?;
        let text = word.key.as_str();
        if let Some(moment) = self.moment(text) {
            return Some((1, Found::Stretch(Stretch::point(moment))));
        }
        let found = if text.contains('-') {
            self.of_parts(&numbers(text, '-')?, |parts| match *parts {
                [year, month] if year > 999 => Some(Stretch::month(i32::try_from(year).ok()?, month)),
                [year, month, day] if year > 999 => Some(day_of(year, month, day)),
                [day, month, year] if year > 999 => Some(day_of(year, month, day)),
                _ => None,
            })?
        } else if text.contains('.') {
            self.of_parts(&numbers(text.trim_end_matches('.'), '.')?, |parts| match *parts {
                [day, month, year] => Some(day_of(full_year(year), month, day)),
                _ => None,
            })?
        } else {
            self.slashed(text)?
        };
        Some((1, found))
    }

    fn of_parts(&self, parts: &[u32], read: impl Fn(&[u32]) -> Option<Option<Stretch>>) -> Option<Found> {
        read(parts).map(|stretch| stretch.map_or(Found::Wrong, Found::Stretch))
    }

    /// A date with an hour in one word.
    fn moment(&self, text: &str) -> Option<NaiveDateTime> {
        let text = text.to_uppercase();
        let (date, hour) = text.split_once('T')?;
        let zoned = hour.ends_with('Z') || hour.contains(['+', '-']);
        let full = if hour.len() == 5 { format!("{date}T{hour}:00") } else { text.clone() };
        let moment = Timestamp::parse(&full).ok()?.instant().naive_utc();
        if zoned { moment.checked_add_offset(self.offset) } else { Some(moment) }
    }

    fn slashed(&self, text: &str) -> Option<Found> {
        let parts = numbers(text, '/')?;
        let (month, day, year) = match parts[..] {
            [year, month, day] if year > 999 => (month, day, Some(year)),
            [a, b, year] => (a, b, Some(full_year(year))),
            [a, b] => (a, b, None),
            _ => return None,
        };
        let day_first = month > 12;
        let (month, day) = if day_first { (day, month) } else { (month, day) };
        let date = match year {
            Some(year) => date_of(year, month, day),
            None => calendar::latest(self.now.date(), month, day),
        };
        let Some(stretch) = date.and_then(Stretch::day) else { return Some(Found::Wrong) };
        if day_first || month == day || parts[0] > 999 {
            return Some(Found::Stretch(stretch));
        }
        let date = stretch.start.format("%-d %B %Y");
        Some(Found::Assumed(stretch, format!("\"{text}\" was read month first, as {date}.")))
    }

    /// The first day of `2 and 6 November`, `2 to 6 November`.
    fn shared_month(&self, at: usize) -> At {
        let day = self.day_number(at)?;
        let between = self.words.longest(self.time.bounds, at + 1).map(|(count, _)| count)?;
        let (_, second) = self.day_month(at + 1 + between)?;
        let Found::Stretch(second) = second else { return None };
        let first = second.start.date().with_day(day).and_then(Stretch::day);
        Some((1, first.map_or(Found::Wrong, Found::Stretch)))
    }

    /// `12 March 2026`, `3rd of March`.
    fn day_month(&self, at: usize) -> At {
        let day = self.day_number(at)?;
        let mut next = at + 1;
        while self.words.list.get(next).is_some_and(|word| self.time.links.contains(&word.key.as_str())) {
            next += 1;
        }
        let (count, month) = self.words.longest(self.time.months, next)?;
        let (more, year) = self.year_behind(next + count);
        Some((next + count + more - at, self.named(year, month, day)))
    }

    /// `March 12, 2026`.
    fn month_day(&self, at: usize) -> At {
        let (count, month) = self.words.longest(self.time.months, at)?;
        let mut next = at + count;
        if self.time.links.contains(&self.words.key(next)) {
            next += 1;
        }
        let day = self.day_number(next)?;
        let is_length = self.words.longest(self.time.units, next + 1).is_some();
        if is_length {
            return None;
        }
        let (more, year) = self.year_behind(next + 1);
        Some((next + 1 + more - at, self.named(year, month, day)))
    }

    fn named(&self, year: Option<u32>, month: u32, day: u32) -> Found {
        let date = match year {
            Some(year) => date_of(year, month, day),
            None => calendar::latest(self.now.date(), month, day),
        };
        date.and_then(Stretch::day).map_or(Found::Wrong, Found::Stretch)
    }

    /// How many words a year takes, and the year.
    pub(super) fn year_behind(&self, at: usize) -> (usize, Option<u32>) {
        match self.year(at) {
            Some(year) => (1, Some(year)),
            None => (0, None),
        }
    }

    /// Four digits that are a year of our time.
    pub(super) fn year(&self, at: usize) -> Option<u32> {
        let year = plain_number(self.words.key(at)).filter(|_| self.words.key(at).len() == 4)?;
        (1970..=2200).contains(&year).then_some(year)
    }

    /// `12`, `12.`, `1st`.
    fn day_number(&self, at: usize) -> Option<u32> {
        let key = self.words.key(at);
        let digits = key.trim_end_matches(|c: char| c.is_alphabetic() || c == '.');
        let ending = &key[digits.len()..];
        let day = plain_number(digits).filter(|_| matches!(ending, "" | "." | "st" | "nd" | "rd" | "th"))?;
        (1..=99).contains(&day).then_some(day)
    }

    /// `18:00`, `8am`, `8 pm`, `noon`: minutes from midnight.
    pub(super) fn clock(&self, at: usize) -> Option<(usize, u32)> {
        if let Some((count, hour)) = self.words.longest(self.time.clocks, at) {
            return Some((count, hour * 60));
        }
        let word = self.words.list.get(at).filter(|word| word.kind == Kind::Number)?;
        let digits = word.key.trim_end_matches(|c: char| c.is_alphabetic() || c == '.');
        let ending = &word.key[digits.len()..];
        let own = self.time.halves.iter().find(|(half, _)| *half == ending).map(|(_, hours)| *hours);
        let behind = self.words.longest(self.time.halves, at + 1).filter(|_| ending.is_empty());
        let is_written = digits.contains(':') || own.is_some() || behind.is_some();
        if !is_written || !(ending.is_empty() || own.is_some()) {
            return None;
        }
        let minute = minute_of(digits, own.or(behind.map(|(_, hours)| hours)))?;
        Some((1 + behind.map_or(0, |(count, _)| count), minute))
    }

    /// An hour that only its place tells: `between 8 and 10`.
    pub(super) fn bare_hour(&self, at: usize) -> Option<u32> {
        plain_number(self.words.key(at)).filter(|hour| *hour <= 24).map(|hour| hour * 60)
    }
}

fn minute_of(digits: &str, half: Option<u32>) -> Option<u32> {
    let parts = numbers(digits, ':')?;
    let (hour, minute) = match parts[..] {
        [hour] => (hour, 0),
        [hour, minute] | [hour, minute, _] => (hour, minute),
        _ => return None,
    };
    let hour = match half {
        Some(12) if hour < 12 => hour + 12,
        Some(0) if hour == 12 && !digits.contains(':') => 0,
        _ => hour,
    };
    (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
}

/// A number that fits, of digits alone.
pub(super) fn plain_number(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())).then(|| text.parse().ok())?
}

fn numbers(text: &str, sign: char) -> Option<Vec<u32>> {
    text.split(sign).map(plain_number).collect()
}

fn full_year(year: u32) -> u32 {
    if year < 100 { 2000 + year } else { year }
}

fn date_of(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year).ok().filter(|year| *year <= 9999)?;
    NaiveDate::from_ymd_opt(year, month, day)
}

fn day_of(year: u32, month: u32, day: u32) -> Option<Stretch> {
    date_of(year, month, day).and_then(Stretch::day)
}
