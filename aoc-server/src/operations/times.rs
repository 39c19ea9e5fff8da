//! Times as people and programs write them in a request.

use aoc_core::{Result, Timestamp};

/// Reads a time: RFC 3339, or a date, which means its midnight UTC.
///
/// A `+` that became a blank on its way through a query string is understood.
///
/// # Errors
/// [`Invalid`](aoc_core::ErrorKind::Invalid) when it is none.
pub fn read_time(text: &str) -> Result<Timestamp> {
    let text = text.trim();
    let is_date = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_date {
        return Timestamp::parse(&format!("{text}T00:00:00Z")).map_err(|_| wrong(text));
    }
    let read = match text.rsplit_once(' ') {
        Some((time, zone)) if time.len() >= 19 => Timestamp::parse(&format!("{time}+{zone}")),
        _ => Timestamp::parse(text),
    };
    read.map_err(|_| wrong(text))
}

fn wrong(text: &str) -> aoc_core::Error {
    aoc_core::Error::invalid(format!(
        "not a time: `{text}`, expected RFC 3339 such as `2026-01-31T09:30:00Z`, or a date such as `2026-01-31`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_dates_are_read() {
        for (text, expected) in [
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00Z"),
            ("2026-01-31T09:30:00 02:00", "2026-01-31T07:30:00Z"),
            ("2026-01-31 09:30:00", "2026-01-31T09:30:00Z"),
            ("2026-01-31T09:30:00.250+00:00", "2026-01-31T09:30:00.250Z"),
        ] {
            assert_eq!(read_time(text).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "yesterday", "2026-02-30", "2026-1-1", "2026-01-31T09:30"] {
            assert!(read_time(text).unwrap_err().to_string().contains("expected RFC 3339"), "{text}");
        }
    }
}
