//! Where a question speaks of time.

use std::ops::Range;

use super::{
    calendar::{self, Stretch},
    dates::{At, Dates, Found, plain_number},
};
use crate::analyst::language::{Bound, Span, Unit};

/// A time in the question.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its words.
    pub(super) at: Range<usize>,
    /// Its words, with the word that bounds it.
    pub(super) all: Range<usize>,
    pub(super) bound: Bound,
    pub(super) found: Found,
}

/// All times of a question, in order.
pub(super) fn items(dates: &Dates<'_>) -> Vec<Item> {
    let (mut items, mut at): (Vec<Item>, usize) = (Vec::new(), 0);
    while at < dates.words.list.len() {
        let before = items.last().map_or(0, |item: &Item| item.at.end);
        let (first, bound) = bound(dates, at, before);
        let found = time(dates, at, bound, items.last());
        let Some((count, found)) = found.filter(|_| !dates.words.list[at].is_taken) else {
            at += 1;
            continue;
        };
        items.push(Item {
            at: at..at + count,
            all: first..at + count,
            bound: bound.unwrap_or(Bound::Within),
            found,
        });
        at += count;
    }
    items
}

/// The word that bounds the time at `at`, and where it stands; `Within` or none when only links do.
fn bound(dates: &Dates<'_>, at: usize, before: usize) -> (usize, Option<Bound>) {
    let mut first = at;
    let mut within = None;
    while first > before && at - first < 5 {
        let place = first - 1;
        let two = place.checked_sub(1).filter(|two| *two >= before);
        let long = two.and_then(|two| Some((two, dates.words.longest(dates.time.bounds, two)?)));
        if let Some((two, (2, bound))) = long {
            return (two, Some(bound));
        }
        match dates.words.longest(dates.time.bounds, place) {
            Some((_, Bound::Within)) => within = Some(Bound::Within),
            Some((_, bound)) => return (place, Some(bound)),
            None if !dates.time.links.contains(&dates.words.key(place)) => break,
            None => {}
        }
        first = place;
    }
    (first, within)
}

fn time(dates: &Dates<'_>, at: usize, bound: Option<Bound>, last: Option<&Item>) -> At {
    span(dates, at)
        .or_else(|| week_of_month(dates, at))
        .or_else(|| half_of_month(dates, at))
        .or_else(|| rolling(dates, at))
        .or_else(|| dates.date(at))
        .or_else(|| weekday(dates, at, bound))
        .or_else(|| month(dates, at, bound))
        .or_else(|| quarter(dates, at))
        .or_else(|| year(dates, at, bound))
        .or_else(|| dates.clock(at).map(|(count, minute)| (count, Found::Clock(minute))))
        .or_else(|| bare_hour(dates, at, bound, last))
        .or_else(|| part(dates, at))
}

/// `last 7 days`, `past hour`, `3 days ago`.
fn rolling(dates: &Dates<'_>, at: usize) -> At {
    let (words, time) = (dates.words, dates.time);
    if time.rolling.contains(&words.key(at)) {
        let next = at + usize::from(time.links.contains(&words.key(at + 1))) + 1;
        let inner = usize::from(time.rolling.contains(&words.key(next)));
        let (taken, count, unit) = length(dates, next + inner).or_else(|| {
            let (taken, unit) = words.longest(time.units, next + inner)?;
            Some((taken, 1, unit))
        })?;
        let end = next + inner + taken - at;
        return Some((end, reaching_back(dates, count, unit)));
    }
    let (taken, count, unit) = length(dates, at)?;
    if time.ago.contains(&words.key(at + taken)) {
        let from = calendar::before(dates.now, count, unit);
        let stretch = match (from, unit) {
            (Some(from), Unit::Minute | Unit::Hour) => Some(Stretch::point(from)),
            (Some(from), _) => Stretch::day(from.date()),
            (None, _) => None,
        };
        return Some((taken + 1, stretch.map_or(Found::Everything, Found::Stretch)));
    }
    None
}

fn reaching_back(dates: &Dates<'_>, count: u32, unit: Unit) -> Found {
    match calendar::before(dates.now, count, unit).filter(|start| *start < dates.now) {
        Some(start) => Found::Stretch(Stretch { start, end: dates.now }),
        None if count == 0 => Found::Wrong,
        None => Found::Everything,
    }
}

/// `7 days`, `two weeks`, `24h`: how many words, how many, of what.
fn length(dates: &Dates<'_>, at: usize) -> Option<(usize, u32, Unit)> {
    let (words, time) = (dates.words, dates.time);
    let key = words.key(at);
    let (taken, count) = match words.longest(time.numbers, at) {
        Some(found) => found,
        None => match plain_number(key) {
            Some(count) => (1, count),
            None => {
                let digits = key.trim_end_matches(char::is_alphabetic);
                let unit = time.units.iter().find(|(unit, _)| *unit == &key[digits.len()..])?.1;
                return Some((1, plain_number(digits)?, unit));
            }
        },
    };
    let (more, unit) = words.longest(time.units, at + taken)?;
    Some((taken + more, count, unit))
}

fn span(dates: &Dates<'_>, at: usize) -> At {
    let (count, span) = dates.words.longest(dates.time.spans, at)?;
    let found = match span {
        Span::Default => Found::Default,
        Span::Everything => Found::Everything,
        other => calendar::of_span(other, dates.now).map_or(Found::Wrong, Found::Stretch),
    };
    Some((count, found))
}

fn weekday(dates: &Dates<'_>, at: usize, bound: Option<Bound>) -> At {
    let (words, time) = (dates.words, dates.time);
    let past = usize::from(time.rolling.contains(&words.key(at)));
    let ahead = usize::from(past == 0 && time.next.contains(&words.key(at)));
    let (count, day) = words.longest(time.weekdays, at + past + ahead)?;
    let is_doubtful = time.doubtful.contains(&words.key(at + past + ahead)) && past + ahead == 0;
    if is_doubtful && words.list[at].kind != crate::analyst::words::Kind::Capitalised {
        return None;
    }
    // `since Friday` is not said of the day that is today.
    let is_since = matches!(bound, Some(Bound::Since | Bound::After));
    let date = calendar::weekday(dates.now.date(), day, past == 1 || is_since)?;
    let date = if ahead == 1 { date.checked_add_days(chrono::Days::new(7))? } else { date };
    Some((past + ahead + count, Found::Stretch(Stretch::day(date)?)))
}

/// `in March`, `March 2025`.
fn month(dates: &Dates<'_>, at: usize, bound: Option<Bound>) -> At {
    let (words, time) = (dates.words, dates.time);
    let past = usize::from(time.rolling.contains(&words.key(at)));
    let (count, month) = words.longest(time.months, at + past)?;
    let (more, year) = dates.year_behind(at + past + count);
    let is_doubtful = time.doubtful.contains(&words.key(at)) && more == 0 && bound.is_none();
    if is_doubtful {
        return None;
    }
    let year = match year {
        Some(year) => i32::try_from(year).ok()?,
        None => chrono::Datelike::year(&calendar::latest(dates.now.date(), month, 1)?),
    };
    Some((past + count + more, Stretch::month(year, month).map_or(Found::Wrong, Found::Stretch)))
}

/// `first week of November`.
fn week_of_month(dates: &Dates<'_>, at: usize) -> At {
    let (words, time) = (dates.words, dates.time);
    let (count, week) = words.longest(time.ordinals, at)?;
    let between = time.week.iter().map(|phrase| words.said(phrase, at + count)).find(|count| *count > 0)?;
    let (more, found) = month(dates, at + count + between, Some(Bound::Within))?;
    let Found::Stretch(month) = found else { return None };
    Some((count + between + more, month.week_of(week).map_or(Found::Wrong, Found::Stretch)))
}

/// `first half of November`.
fn half_of_month(dates: &Dates<'_>, at: usize) -> At {
    let (words, time) = (dates.words, dates.time);
    let (count, half) = words.longest(time.halves_of, at)?;
    let between = usize::from(time.links.contains(&words.key(at + count)));
    let (more, found) = month(dates, at + count + between, Some(Bound::Within))?;
    let Found::Stretch(month) = found else { return None };
    Some((count + between + more, month.half(half).map_or(Found::Wrong, Found::Stretch)))
}

/// `Q1 2026`, `first quarter` is not read.
fn quarter(dates: &Dates<'_>, at: usize) -> At {
    let key = dates.words.key(at);
    let quarter = key.strip_prefix('q').and_then(plain_number).filter(|quarter| (1..=4).contains(quarter))?;
    let (more, year) = dates.year_behind(at + 1);
    let year = match year {
        Some(year) => i32::try_from(year).ok()?,
        None => chrono::Datelike::year(&calendar::latest(dates.now.date(), quarter * 3 - 2, 1)?),
    };
    Some((1 + more, Stretch::quarter(year, quarter).map_or(Found::Wrong, Found::Stretch)))
}

/// A year alone needs a word that makes it one.
fn year(dates: &Dates<'_>, at: usize, bound: Option<Bound>) -> At {
    let year = dates.year(at).filter(|_| bound.is_some())?;
    Some((1, Stretch::year(i32::try_from(year).ok()?).map_or(Found::Wrong, Found::Stretch)))
}

/// `8` of `between 8 and 10`, and the `10` behind it.
fn bare_hour(dates: &Dates<'_>, at: usize, bound: Option<Bound>, last: Option<&Item>) -> At {
    let minute = dates.bare_hour(at)?;
    let is_second = matches!(bound, Some(Bound::And | Bound::Until))
        && last.is_some_and(|last| matches!(last.found, Found::Clock(_)) && at - last.at.end <= 2);
    let is_first = bound == Some(Bound::From) && {
        let joined = dates.words.longest(dates.time.bounds, at + 1);
        joined.is_some_and(|(count, bound)| {
            let next = at + 1 + count;
            matches!(bound, Bound::And | Bound::Until)
                && (dates.bare_hour(next).is_some() || dates.clock(next).is_some())
        })
    };
    (is_first || is_second).then_some((1, Found::Clock(minute)))
}

fn part(dates: &Dates<'_>, at: usize) -> At {
    let (count, (from, to)) = dates.words.longest(dates.time.parts, at)?;
    Some((count, Found::Part(from, to)))
}
