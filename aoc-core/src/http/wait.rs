//! How long the other side wants us to wait.

use std::time::{Duration, SystemTime};

/// Reads a `Retry-After` header: seconds, or a date, which counts from the other side's own clock (its `Date`
/// header) where it gives one. A date that is past is no wait at all.
pub fn retry_after(value: &str, date: Option<SystemTime>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok().map(|wait| wait.min(MOST));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = date.unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or_default().min(MOST))
}

/// Nobody is believed who wants us to wait longer than a day.
const MOST: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let date = httpdate::parse_http_date("Sun, 22 Nov 2026 05:00:00 GMT").ok();
        for (value, seconds) in [
            ("120", Some(120)),
            (" 1.5 ", Some(1)),
            ("Sun, 22 Nov 2026 05:00:30 GMT", Some(30)),
            ("Sun, 22 Nov 2026 04:00:00 GMT", Some(0)),
            ("-3", None),
            ("soon", None),
            ("", None),
            ("1e300", None),
            ("99999999", Some(86_400)),
        ] {
            assert_eq!(retry_after(value, date).map(|wait| wait.as_secs()), seconds, "{value}");
        }
    }
}
