//! English words of time.

use crate::analyst::language::{Bound, Span, TimeWords, Unit};

pub(super) const TIME: TimeWords = TimeWords {
    spans: SPANS,
    months: MONTHS,
    weekdays: WEEKDAYS,
    units: UNITS,
    numbers: NUMBERS,
    rolling: &["last", "past", "previous", "within", "recent"],
    ago: &["ago", "back", "earlier"],
    next: &["next", "coming"],
    ordinals: &[("first", 1), ("second", 2), ("third", 3), ("fourth", 4), ("last", 0)],
    halves_of: &[("first half", 1), ("1st half", 1), ("second half", 2), ("2nd half", 2)],
    week: &["week of", "week in"],
    bounds: BOUNDS,
    links: &[
        "the",
        "of",
        "at",
        "day",
        "early",
        "late",
        "start",
        "beginning",
        "around",
        "about",
        "all",
        "whole",
        "st",
        "on",
        "in",
    ],
    clocks: &[("noon", 12), ("midday", 12), ("midnight", 0)],
    halves: &[("am", 0), ("a.m", 0), ("pm", 12), ("p.m", 12), ("o'clock", 0)],
    parts: &[("morning", (6, 12)), ("afternoon", (12, 18)), ("evening", (18, 24)), ("night", (18, 30))],
    doubtful: &["may", "march", "mar", "sun", "sat", "mon"],
};

#[rustfmt::skip]
const SPANS: &[(&str, Span)] = &[
    ("today", Span::Day(0)), ("todays", Span::Day(0)), ("so far today", Span::Day(0)), ("yesterday", Span::Day(-1)),
    ("yesterdays", Span::Day(-1)), ("the day before yesterday", Span::Day(-2)), ("day before yesterday", Span::Day(-2)),
    ("tomorrow", Span::Day(1)), ("day after tomorrow", Span::Day(2)),
    ("this morning", Span::Part(0, 6, 12)), ("this afternoon", Span::Part(0, 12, 18)),
    ("this evening", Span::Part(0, 18, 24)), ("tonight", Span::Part(0, 18, 30)), ("last night", Span::Part(-1, 18, 30)),
    ("last evening", Span::Part(-1, 18, 24)), ("overnight", Span::Part(-1, 18, 30)),
    ("this week", Span::Week(0)), ("current week", Span::Week(0)), ("last week", Span::Week(-1)),
    ("previous week", Span::Week(-1)), ("the week before last", Span::Week(-2)), ("week before last", Span::Week(-2)),
    ("next week", Span::Week(1)),
    ("this months", Span::Month(0)), ("last months", Span::Month(-1)), ("this weeks", Span::Week(0)), ("last weeks", Span::Week(-1)),
    ("mtd", Span::Month(0)), ("month to date", Span::Month(0)), ("ytd", Span::Year(0)), ("year to date", Span::Year(0)),
    ("last business day", Span::Workday), ("previous business day", Span::Workday), ("last working day", Span::Workday),
    ("previous working day", Span::Workday), ("last workday", Span::Workday),
    ("this month", Span::Month(0)), ("current month", Span::Month(0)), ("last month", Span::Month(-1)),
    ("previous month", Span::Month(-1)), ("month before last", Span::Month(-2)), ("next month", Span::Month(1)),
    ("this quarter", Span::Quarter(0)), ("last quarter", Span::Quarter(-1)), ("previous quarter", Span::Quarter(-1)),
    ("this year", Span::Year(0)), ("current year", Span::Year(0)), ("last year", Span::Year(-1)),
    ("previous year", Span::Year(-1)), ("next year", Span::Year(1)),
    ("weekend", Span::Weekend(0)), ("last weekend", Span::Weekend(0)), ("this weekend", Span::Weekend(0)),
    ("weekend before last", Span::Weekend(-1)), ("weekends", Span::Weekend(0)),
    ("up to now", Span::Default), ("until now", Span::Default), ("till now", Span::Default), ("so far", Span::Default),
    ("recently", Span::Default), ("lately", Span::Default), ("recent", Span::Default), ("these days", Span::Default),
    ("half an hour ago", Span::Minutes(30)), ("last half hour", Span::Minutes(30)), ("past half hour", Span::Minutes(30)),
    ("right now", Span::Minutes(60)), ("just now", Span::Minutes(60)), ("currently", Span::Minutes(60)),
    ("at the moment", Span::Minutes(60)), ("now", Span::Minutes(60)),
    ("ever", Span::Everything), ("all time", Span::Everything), ("of all time", Span::Everything),
    ("since the beginning", Span::Everything), ("from the beginning", Span::Everything), ("any time", Span::Everything),
];

#[rustfmt::skip]
const MONTHS: &[(&str, u32)] = &[
    ("january", 1), ("jan", 1), ("february", 2), ("feb", 2), ("march", 3), ("mar", 3), ("april", 4), ("apr", 4),
    ("may", 5), ("june", 6), ("jun", 6), ("july", 7), ("jul", 7), ("august", 8), ("aug", 8), ("september", 9),
    ("sep", 9), ("sept", 9), ("october", 10), ("oct", 10), ("november", 11), ("nov", 11), ("december", 12), ("dec", 12),
];

#[rustfmt::skip]
const WEEKDAYS: &[(&str, u32)] = &[
    ("monday*", 0), ("mon", 0), ("tuesday*", 1), ("tue", 1), ("tues", 1), ("wednesday*", 2), ("wed", 2),
    ("thursday*", 3), ("thu", 3), ("thurs", 3), ("friday*", 4), ("fri", 4), ("saturday*", 5), ("sat", 5),
    ("sunday*", 6), ("sun", 6),
];

#[rustfmt::skip]
const UNITS: &[(&str, Unit)] = &[
    ("minute*", Unit::Minute), ("min", Unit::Minute), ("mins", Unit::Minute), ("hour*", Unit::Hour), ("hr", Unit::Hour),
    ("hrs", Unit::Hour), ("h", Unit::Hour), ("day", Unit::Day), ("days", Unit::Day), ("d", Unit::Day),
    ("week", Unit::Week), ("weeks", Unit::Week), ("wk", Unit::Week), ("wks", Unit::Week), ("w", Unit::Week),
    ("fortnight*", Unit::Fortnight), ("month", Unit::Month), ("months", Unit::Month), ("year", Unit::Year),
    ("years", Unit::Year), ("yr", Unit::Year), ("yrs", Unit::Year),
];

#[rustfmt::skip]
const NUMBERS: &[(&str, u32)] = &[
    ("a", 1), ("an", 1), ("one", 1), ("two", 2), ("couple", 2), ("couple of", 2), ("a couple of", 2), ("three", 3),
    ("few", 3), ("a few", 3), ("four", 4), ("five", 5), ("six", 6), ("seven", 7), ("eight", 8), ("nine", 9), ("ten", 10),
    ("eleven", 11), ("twelve", 12), ("fourteen", 14), ("fifteen", 15), ("twenty", 20), ("twenty four", 24),
    ("thirty", 30), ("forty eight", 48), ("sixty", 60), ("ninety", 90), ("hundred", 100),
];

#[rustfmt::skip]
const BOUNDS: &[(&str, Bound)] = &[
    ("on", Bound::Within), ("in", Bound::Within), ("during", Bound::Within), ("at", Bound::Within),
    ("over", Bound::Within), ("throughout", Bound::Within), ("since", Bound::Since), ("starting", Bound::Since),
    ("from", Bound::From), ("between", Bound::From), ("after", Bound::After), ("later than", Bound::After),
    ("before", Bound::Before), ("earlier than", Bound::Before), ("prior to", Bound::Before),
    ("until", Bound::Until), ("till", Bound::Until), ("up to", Bound::Until), ("by", Bound::Until),
    ("through", Bound::And), ("to", Bound::And), ("and", Bound::And), ("or", Bound::And), ("-", Bound::And),
];
