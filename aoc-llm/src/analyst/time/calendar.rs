//! Stretches of the calendar around a present, in local time.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};

use crate::analyst::language::{Span, Unit};

/// A stretch of local time with its start and without its end. A point has both at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) start: NaiveDateTime,
    pub(super) end: NaiveDateTime,
}

impl Stretch {
    /// All of the days from one to the other, which is left out.
    fn days(first: NaiveDate, behind: NaiveDate) -> Self {
        Self { start: first.and_time(NaiveTime::MIN), end: behind.and_time(NaiveTime::MIN) }
    }

    /// One day.
    pub(super) fn day(date: NaiveDate) -> Option<Self> {
        Some(Self::days(date, date.checked_add_days(Days::new(1))?))
    }

    /// One month.
    pub(super) fn month(year: i32, month: u32) -> Option<Self> {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        Some(Self::days(first, first.checked_add_months(Months::new(1))?))
    }

    /// Seven days of a month, counted from its first; 0 is its last seven.
    pub(super) fn week_of(self, week: u32) -> Option<Self> {
        let first = match week {
            0 => self.end.checked_sub_signed(TimeDelta::days(7))?,
            week => self.start.checked_add_signed(TimeDelta::days(i64::from(week - 1) * 7))?,
        };
        Some(Self { start: first, end: first.checked_add_signed(TimeDelta::days(7))? })
    }

    /// Half of a month: until its 15th, or from its 16th on.
    pub(super) fn half(self, half: u32) -> Option<Self> {
        let middle = self.start.checked_add_signed(TimeDelta::days(15))?;
        Some(if half == 1 { Self { end: middle, ..self } } else { Self { start: middle, ..self } })
    }

    /// Three months; the first quarter is 1.
    pub(super) fn quarter(year: i32, quarter: u32) -> Option<Self> {
        let first = NaiveDate::from_ymd_opt(year, quarter.checked_mul(3)?.checked_sub(2)?, 1)?;
        Some(Self::days(first, first.checked_add_months(Months::new(3))?))
    }

    /// One year.
    pub(super) fn year(year: i32) -> Option<Self> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
        Some(Self::days(first, NaiveDate::from_ymd_opt(year + 1, 1, 1)?))
    }

    /// A moment.
    pub(super) fn point(at: NaiveDateTime) -> Self {
        Self { start: at, end: at }
    }

    /// Hours of a day; those above 24 are the next day's.
    pub(super) fn hours(date: NaiveDate, from: u32, to: u32) -> Option<Self> {
        Some(Self { start: at_minute(date, from * 60)?, end: at_minute(date, to * 60)? })
    }

    /// Whether it is a moment.
    pub(super) fn is_point(self) -> bool {
        self.start == self.end
    }
}

/// The minute of a day, counted from midnight.
pub(super) fn at_minute(date: NaiveDate, minute: u32) -> Option<NaiveDateTime> {
    date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(minute.into()))
}

/// What a phrase means at this present. `None` for the phrases that are no stretch, and beyond the calendar.
pub(super) fn of_span(span: Span, now: NaiveDateTime) -> Option<Stretch> {
    let today = now.date();
    match span {
        Span::Day(days) => Stretch::day(shifted(today, days)?),
        Span::Part(days, from, to) => Stretch::hours(shifted(today, days)?, from, to),
        Span::Week(weeks) => {
            let monday = shifted(today, weeks * 7 - i64::from(today.weekday().num_days_from_monday()))?;
            Some(Stretch::days(monday, shifted(monday, 7)?))
        }
        Span::Weekend(weeks) => {
            let since = i64::from(today.weekday().num_days_from_monday() + 2) % 7;
            let saturday = shifted(today, weeks * 7 - since)?;
            Some(Stretch::days(saturday, shifted(saturday, 2)?))
        }
        Span::Month(months) => {
            let index = today.year() * 12 + i32::try_from(today.month0()).ok()? + months;
            Stretch::month(index.div_euclid(12), u32::try_from(index.rem_euclid(12)).ok()? + 1)
        }
        Span::Quarter(quarters) => {
            let index = today.year() * 4 + i32::try_from(today.month0() / 3).ok()? + quarters;
            Stretch::quarter(index.div_euclid(4), u32::try_from(index.rem_euclid(4)).ok()? + 1)
        }
        Span::Year(years) => Stretch::year(today.year() + years),
        Span::Workday => {
            let back = match today.weekday() {
                Weekday::Mon => 3,
                Weekday::Sun => 2,
                _ => 1,
            };
            Stretch::day(shifted(today, -back)?)
        }
        Span::Minutes(minutes) => {
            Some(Stretch { start: now.checked_sub_signed(TimeDelta::minutes(minutes))?, end: now })
        }
        Span::Default | Span::Everything => None,
    }
}

fn shifted(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    date.checked_add_signed(TimeDelta::try_days(days)?)
}

/// The moment that is so many units before another.
pub(super) fn before(now: NaiveDateTime, count: u32, unit: Unit) -> Option<NaiveDateTime> {
    let minutes = |each: i64| now.checked_sub_signed(TimeDelta::try_minutes(each * i64::from(count))?);
    match unit {
        Unit::Minute => minutes(1),
        Unit::Hour => minutes(60),
        Unit::Day => minutes(24 * 60),
        Unit::Week => minutes(7 * 24 * 60),
        Unit::Fortnight => minutes(14 * 24 * 60),
        Unit::Month => now.checked_sub_months(Months::new(count)),
        Unit::Year => now.checked_sub_months(Months::new(count.checked_mul(12)?)),
    }
}

/// The last day of this name: today's, when today has it and `past` does not ask for the one before.
pub(super) fn weekday(today: NaiveDate, weekday: u32, past: bool) -> Option<NaiveDate> {
    let since = (today.weekday().num_days_from_monday() + 7 - weekday) % 7;
    shifted(today, -i64::from(if since == 0 && past { 7 } else { since }))
}

/// The last day of this number that is not in the future.
pub(super) fn latest_day(today: NaiveDate, day: u32) -> Option<NaiveDate> {
    (0..=2)
        .filter_map(|back| today.checked_sub_months(Months::new(back))?.with_day(1)?.with_day(day))
        .find(|date| *date <= today)
}

/// The day in the latest year in which it is not in the future.
pub(super) fn latest(today: NaiveDate, month: u32, day: u32) -> Option<NaiveDate> {
    // A 29 February may be up to eight years back.
    (0..=8)
        .filter_map(|back| NaiveDate::from_ymd_opt(today.year() - back, month, day))
        .find(|date| *date <= today)
}
