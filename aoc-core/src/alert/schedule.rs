//! Times of the week.

use super::rule::{Day, Schedule, When};
use crate::{Error, Result, Timestamp};

/// A schedule that is ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    when: When,
    /// By day of the week from Monday on.
    days: [bool; 7],
    /// Minutes of the day; `until` may be on the next one.
    from: i64,
    until: i64,
    /// Minutes before UTC.
    offset: i64,
    words: String,
}

const DAY: i64 = 1_440;

impl Times {
    /// Of this schedule.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) naming the member that is no time.
    pub(crate) fn of(schedule: &Schedule) -> Result<Self> {
        let from = minutes(&schedule.from).filter(|from| *from < DAY);
        let from = from.ok_or_else(|| not_a_time("from", &schedule.from, "`00:00` to `23:59`"))?;
        let until = minutes(&schedule.until);
        let until = until.ok_or_else(|| not_a_time("until", &schedule.until, "`00:00` to `24:00`"))?;
        let offset = offset(&schedule.utc_offset);
        let offset =
            offset.ok_or_else(|| not_a_time("utc_offset", &schedule.utc_offset, "such as `+02:00`"))?;
        let days = std::array::from_fn(|day| {
            schedule.days.is_empty() || schedule.days.iter().any(|other| number(*other) == day)
        });
        let until = if until <= from { until + DAY } else { until };
        Ok(Self { when: schedule.when, days, from, until, offset, words: words(schedule) })
    }

    /// Whether it is the time.
    pub(crate) fn holds(&self, time: Timestamp) -> bool {
        let local = time.ticks().div_euclid(600_000_000) + self.offset;
        let (day, minute) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        // 1970 began on a Thursday.
        let on = |day: i64| usize::try_from((day + 3).rem_euclid(7)).is_ok_and(|day| self.days[day]);
        let today = on(day) && self.from <= minute && minute < self.until;
        let since_yesterday = on(day - 1) && minute + DAY < self.until;
        (today || since_yesterday) == (self.when == When::Within)
    }

    /// The schedule as a condition.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }
}

/// How the condition of every schedule begins.
pub(crate) const HAPPENED: &str = "happened ";

fn words(schedule: &Schedule) -> String {
    let side = match schedule.when {
        When::Within => "within",
        When::Outside => "outside of",
    };
    let days: Vec<&str> = schedule.days.iter().map(|day| NAMES[number(*day)]).collect();
    let days = if days.is_empty() { String::new() } else { format!("{} ", days.join(", ")) };
    let Schedule { from, until, utc_offset, .. } = schedule;
    format!("{HAPPENED}{side} {days}{from} to {until} (UTC{utc_offset})")
}

const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn number(day: Day) -> usize {
    match day {
        Day::Mon => 0,
        Day::Tue => 1,
        Day::Wed => 2,
        Day::Thu => 3,
        Day::Fri => 4,
        Day::Sat => 5,
        Day::Sun => 6,
    }
}

fn not_a_time(member: &str, text: &str, expected: &str) -> Error {
    Error::invalid(format!("not a time: `{text}`, expected {expected}")).at(member)
}

/// Minutes of `HH:MM`, up to 24:00.
fn minutes(text: &str) -> Option<i64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    let &[a, b, b':', c, d] = text.as_bytes() else { return None };
    let (hours, minutes) = (digit(a)? * 10 + digit(b)?, digit(c)? * 10 + digit(d)?);
    (minutes < 60 && hours * 60 + minutes <= DAY).then_some(hours * 60 + minutes)
}

fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ if text == "Z" => return Some(0),
        _ => return None,
    };
    // The furthest there are.
    minutes(rest).filter(|minutes| *minutes <= 14 * 60).map(|minutes| sign * minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(schedule: &str, time: &str) -> bool {
        let schedule: Schedule = serde_json::from_str(schedule).unwrap();
        Times::of(&schedule).unwrap().holds(Timestamp::parse(time).unwrap())
    }

    #[test]
    fn a_stretch_over_midnight_belongs_to_the_day_it_begins_on() {
        // 2026-01-05 is a Monday.
        let night = r#"{"days":["mon"],"from":"22:00","until":"06:00","utc_offset":"+02:00"}"#;
        for (time, expected) in [
            ("2026-01-05T19:59:59Z", false),
            ("2026-01-05T20:00:00Z", true),
            ("2026-01-06T03:59:59Z", true),
            ("2026-01-06T04:00:00Z", false),
            ("2026-01-05T01:00:00Z", false),
            ("2026-01-06T21:00:00Z", false),
        ] {
            assert_eq!(holds(night, time), expected, "{time}");
        }
    }

    #[test]
    fn outside_is_all_the_rest() {
        let office =
            r#"{"when":"outside","days":["mon","fri"],"from":"08:00","until":"18:00","utc_offset":"-05:00"}"#;
        for (time, expected) in [
            ("2026-01-05T13:00:00Z", false),
            ("2026-01-05T12:59:00Z", true),
            ("2026-01-05T23:00:00Z", true),
            ("2026-01-06T15:00:00Z", true),
        ] {
            assert_eq!(holds(office, time), expected, "{time}");
        }
        assert!(holds(r#"{"days":["sun"]}"#, "2026-01-04T23:59:59Z"));
        assert!(!holds(r#"{"days":["sun"]}"#, "2026-01-05T00:00:00Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (member, text) in
            [("from", "24:00"), ("until", "25:00"), ("from", "8:00"), ("utc_offset", "+15:00")]
        {
            let schedule: Schedule = serde_json::from_value(serde_json::json!({ member: text })).unwrap();
            let error = Times::of(&schedule).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{member}: not a time: `{text}`")), "{error}");
        }
    }
}
