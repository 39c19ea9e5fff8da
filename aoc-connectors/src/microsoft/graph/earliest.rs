//! What a refusal says of the earliest time that may be asked for.

use aoc_core::prelude::*;
use chrono::NaiveDateTime;

/// The time that a refusal names: `Minimum allowed time for activityDateTime is 2/5/2023 12:00:00 AM`.
pub(super) fn earliest_in(message: &str) -> Option<Timestamp> {
    let (_, behind) = message.split_once("llowed time")?;
    let (_, time) = behind.split_once(" is ")?;
    let words: Vec<&str> = time.split_whitespace().take(3).collect();
    let american = || {
        let text = words.join(" ");
        let text = text.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let time = NaiveDateTime::parse_from_str(text, "%m/%d/%Y %I:%M:%S %p").ok()?;
        Some(time.and_utc().into())
    };
    let first = words.first()?.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    Timestamp::parse(first).ok().or_else(american)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_time_is_read_in_both_spellings() {
        let time = |text| Timestamp::parse(text).ok();
        for (message, expected) in [
            (
                "Specified argument was out of the range of valid values. (Parameter 'Minimum allowed time for \
                 activityDateTime is 2/5/2023 12:00:00 AM')",
                time("2023-02-05T00:00:00Z"),
            ),
            (
                "Minimum allowed time for createdDateTime is 12/15/2025 1:02:03 PM",
                time("2025-12-15T13:02:03Z"),
            ),
            ("Minimum allowed time is 2026-01-05T09:00:00.1234567Z.", time("2026-01-05T09:00:00.1234567Z")),
            ("Minimum allowed time is unknown", None),
            ("Minimum allowed time", None),
        ] {
            assert_eq!(earliest_in(message), expected, "{message}");
        }
    }
}
