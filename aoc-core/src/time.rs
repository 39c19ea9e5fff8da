//! Points in time as audit records give them.

use std::{borrow::Cow, cmp::Ordering, fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

/// A point in time, UTC, with as many fraction digits as the source gave.
///
/// Two timestamps are equal when they are the same instant, whatever their digits. Stores and indexes order
/// and compare by [`ticks`](Timestamp::ticks) of 100 ns.
///
/// Invariant: the year is between 0 and 9999, so that its text can be read again; constructors that are given
/// another one take the nearest there is.
#[derive(Clone, Copy)]
pub struct Timestamp {
    instant: DateTime<Utc>,
    digits: u8,
}

impl Timestamp {
    /// The instant with `digits` (0 to 9) fraction digits; what lies beyond them is cut off.
    pub fn new(instant: DateTime<Utc>, digits: u8) -> Self {
        let (instant, digits) = (within_years(instant), digits.min(9));
        let unit = 10_i64.pow(9 - u32::from(digits));
        let excess = i64::from(instant.timestamp_subsec_nanos() % 1_000_000_000) % unit;
        Self { instant: instant - TimeDelta::nanoseconds(excess), digits }
    }

    /// The present, in milliseconds.
    pub fn now() -> Self {
        Self::new(Utc::now(), 3)
    }

    /// The instant that is `ticks` of 100 ns after 1970, with 7 digits at most, trailing zeros cut.
    pub fn from_ticks(ticks: i64) -> Self {
        let (seconds, rest) = (ticks.div_euclid(10_000_000), ticks.rem_euclid(10_000_000));
        let nanos = u32::try_from(rest * 100).unwrap_or(0);
        let furthest = if seconds < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        let instant = within_years(DateTime::from_timestamp(seconds, nanos).unwrap_or(furthest));
        let digits = (0..7_u8).find(|d| rest % 10_i64.pow(7 - u32::from(*d)) == 0).unwrap_or(7);
        Self { instant, digits }
    }

    /// The instant.
    pub fn instant(self) -> DateTime<Utc> {
        self.instant
    }

    /// Units of 100 ns since 1970, rounded down.
    pub fn ticks(self) -> i64 {
        self.instant.timestamp() * 10_000_000 + i64::from(self.instant.timestamp_subsec_nanos() / 100)
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction][zone]`; 0 to 9 fraction digits, a blank for the `T` is fine,
    /// and no zone means UTC, as Office 365 means it.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when the text is no such time or there is no such date.
    pub fn parse(text: &str) -> Result<Self> {
        read(text.trim().as_bytes()).ok_or_else(|| {
            Error::invalid(format!("not a time: `{text}`, expected RFC 3339 such as `2026-01-31T09:30:00Z`"))
        })
    }
}

fn read(text: &[u8]) -> Option<Timestamp> {
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let fits = |(c, s): (&u8, &u8)| match s {
        b'd' => c.is_ascii_digit(),
        b'T' => matches!(c, b'T' | b't' | b' '),
        other => c == other,
    };
    if text.len() < shape.len() || !text.iter().zip(shape).all(fits) {
        return None;
    }
    let number =
        |from: usize, to: usize| text[from..to].iter().fold(0_u32, |n, c| n * 10 + u32::from(c - b'0'));
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)).ok()?, number(5, 7), number(8, 10))?;
    let (nanos, digits, zone) = fraction(&text[19..])?;
    let local = date.and_hms_nano_opt(number(11, 13), number(14, 16), number(17, 19), nanos)?;
    let instant = local.and_utc().checked_sub_signed(TimeDelta::minutes(offset(zone)?))?;
    (within_years(instant) == instant).then_some(Timestamp { instant, digits })
}

/// The instant, or the nearest one whose year has four digits.
fn within_years(instant: DateTime<Utc>) -> DateTime<Utc> {
    // Seconds since 1970 of the first and the last second of the years 0000 to 9999.
    let edge = |seconds, nanos| DateTime::from_timestamp(seconds, nanos).unwrap_or(DateTime::UNIX_EPOCH);
    instant.clamp(edge(-62_167_219_200, 0), edge(253_402_300_799, 999_999_999))
}

/// Nanoseconds, digits, and what follows them.
fn fraction(text: &[u8]) -> Option<(u32, u8, &[u8])> {
    let Some(rest) = text.strip_prefix(b".") else { return Some((0, 0, text)) };
    let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    if !(1..=9).contains(&digits) {
        return None;
    }
    let value = rest[..digits].iter().fold(0_u32, |n, c| n * 10 + u32::from(c - b'0'));
    let digits_u8 = u8::try_from(digits).ok()?;
    Some((value * 10_u32.pow(9 - u32::from(digits_u8)), digits_u8, &rest[digits..]))
}

/// Minutes east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let digit = |c: &u8| c.is_ascii_digit().then(|| i64::from(c - b'0'));
    let (hours, minutes) = match rest {
        [a, b, b':', c, d] | [a, b, c, d] => (digit(a)? * 10 + digit(b)?, digit(c)? * 10 + digit(d)?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.instant.format("%Y-%m-%dT%H:%M:%S"))?;
        if self.digits > 0 {
            let nanos = self.instant.timestamp_subsec_nanos() / 10_u32.pow(9 - u32::from(self.digits));
            write!(f, ".{nanos:0width$}", width = usize::from(self.digits))?;
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.instant == other.instant
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.instant.cmp(&other.instant)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    /// With as many digits as the instant needs, down to milliseconds, microseconds or nanoseconds.
    fn from(instant: DateTime<Utc>) -> Self {
        let digits = match instant.timestamp_subsec_nanos() {
            0 => 0,
            n if n % 1_000_000 == 0 => 3,
            n if n % 1_000 == 0 => 6,
            _ => 9,
        };
        Self::new(instant, digits)
    }
}

impl FromStr for Timestamp {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_records_give_them() {
        for (text, expected) in [
            ("2021-05-18T21:13:33", "2021-05-18T21:13:33Z"),
            ("2018-01-09T21:20:02.7215374Z", "2018-01-09T21:20:02.7215374Z"),
            ("2019-06-24T09:21:27.3694184+00:00", "2019-06-24T09:21:27.3694184Z"),
            ("2022-01-01T00:30:00.120-08:00", "2022-01-01T08:30:00.120Z"),
            ("2022-01-01 00:30:00+0200", "2021-12-31T22:30:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("2024-02-29T23:59:59.123456789z", "2024-02-29T23:59:59.123456789Z"),
            ("2024-07-17T11:06:48.0000000Z", "2024-07-17T11:06:48.0000000Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2023-10-10T17:08:65",
            "2025-04-11:21:02.3387000Z",
            "2023-02-29T00:00:00Z",
            "yesterday",
            "2023-01-01T00:00:00.Z",
            "2023-01-01T00:00:00.1234567890Z",
            "2023-01-01T00:00:00+25:00",
            "9999-12-31T23:59:59-08:00",
            "0000-01-01T00:00:00+00:01",
            "2023-01-01",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ticks_go_there_and_back() {
        for text in [
            "1969-12-31T23:59:59.9999999Z",
            "2026-01-31T09:30:00.5Z",
            "9999-12-31T23:59:59Z",
            "0001-01-01T00:00:00Z",
        ] {
            let time = Timestamp::parse(text).unwrap();
            assert_eq!(Timestamp::from_ticks(time.ticks()).to_string(), text);
        }
    }
}
