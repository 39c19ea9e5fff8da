//! Days, office hours and the moments within them.

use super::people::Person;
use super::random::Random;
use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveTime, SecondsFormat, Utc, Weekday};

/// One calendar day in UTC.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    pub(super) date: NaiveDate,
}

impl Day {
    /// The days that may hold a record between two moments, with one more on either side for the time zones.
    pub(super) fn between(start: DateTime<Utc>, end: DateTime<Utc>) -> impl Iterator<Item = Self> {
        let first = start.date_naive() - Days::new(1);
        let count = (end.date_naive() - first).num_days().max(0) as usize + 2;
        first.iter_days().take(count).map(|date| Self { date })
    }

    /// Saturday and Sunday.
    pub(super) fn is_weekend(self) -> bool {
        matches!(self.date.weekday(), Weekday::Sat | Weekday::Sun)
    }

    /// The second Tuesday of the month, when updates come out.
    pub(super) fn is_patch_day(self) -> bool {
        self.date.weekday() == Weekday::Tue && (8..=14).contains(&self.date.day())
    }

    /// `count` on a working day, a small share of it on a weekend.
    pub(super) fn busy(self, count: usize, random: &mut Random) -> usize {
        let today = if self.is_weekend() { count / 9 } else { count };
        today * (80 + random.below(41)) / 100
    }

    /// The same for what happens only once in a while: `percent` of the working days.
    pub(super) fn seldom(self, percent: usize, random: &mut Random) -> bool {
        !self.is_weekend() && random.chance(percent)
    }

    /// A moment of the day in UTC.
    pub(super) fn at(self, hour: i64, minute: i64, random: &mut Random) -> DateTime<Utc> {
        let start = self.date.and_time(NaiveTime::MIN).and_utc();
        let whole =
            Duration::hours(hour) + Duration::minutes(minute) + Duration::seconds(random.between(0, 59));
        start + whole + Duration::nanoseconds(random.between(0, 9_999_999) * 100)
    }

    /// A moment in the person's working hours; lunch and the late afternoon are quieter.
    pub(super) fn at_work(self, person: &Person, random: &mut Random) -> DateTime<Utc> {
        let (from, to) = person.shift;
        let mut hour = random.between(from, to - 1);
        if (hour == 12 || hour == to - 1) && random.chance(55) {
            hour = random.between(from, from + 3);
        }
        let minute = random.between(0, 59);
        self.at(hour - person.home.site.offset, minute, random)
    }

    /// A moment when nobody works in Europe.
    pub(super) fn at_night(self, random: &mut Random) -> DateTime<Utc> {
        let (hour, minute) = (random.between(0, 4), random.between(0, 59));
        self.at(hour, minute, random)
    }
}

/// A moment some seconds later.
pub(super) fn later(at: DateTime<Utc>, seconds: i64, random: &mut Random) -> DateTime<Utc> {
    at + Duration::seconds(seconds) + Duration::nanoseconds(random.between(0, 9_999_999) * 100)
}

/// The way Microsoft Graph writes a moment: seven digits after the second.
pub(super) fn graph_time(at: DateTime<Utc>) -> String {
    format!("{}.{:07}Z", at.format("%Y-%m-%dT%H:%M:%S"), at.timestamp_subsec_nanos() / 100)
}

/// The way the Management Activity API writes a moment: whole seconds, no zone.
pub(super) fn activity_time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Whole seconds with a Z, as dates inside of property values are written.
pub(super) fn plain_time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> Day {
        Day { date: NaiveDate::from_ymd_opt(year, month, day).unwrap() }
    }

    #[test]
    fn patch_day_is_the_second_tuesday() {
        assert!(day(2026, 11, 10).is_patch_day());
        assert!(!day(2026, 11, 3).is_patch_day() && !day(2026, 11, 17).is_patch_day());
    }

    #[test]
    fn graph_times_have_seven_digits() {
        let mut random = Random::of(&["t"]);
        let at = day(2026, 11, 10).at(9, 5, &mut random);
        assert_eq!(graph_time(at).len(), "2026-11-10T09:05:00.1234567Z".len());
        assert_eq!(graph_time(at).parse::<DateTime<Utc>>().unwrap(), at);
    }
}
