//! What all normalizers share: lenient reading of members, addresses, values, names and sentences.

pub(crate) mod address;
pub(crate) mod members;
pub(crate) mod names;
pub(crate) mod sentence;
pub(crate) mod values;

use aoc_core::{Record, TIME_UNREADABLE, Timestamp};

use members::Raw;

/// Reads the record's time; one that cannot be read becomes the time since which the record is known, and two flags.
pub(crate) fn time(raw: Raw<'_>, record: &Record, flags: &mut Vec<String>) -> Timestamp {
    let text = raw.text();
    if let Some(time) = text.as_deref().and_then(|text| Timestamp::parse(text).ok()) {
        return time;
    }
    flags.push(TIME_UNREADABLE.to_owned());
    match raw.whole() {
        Some(whole) => flags.push(format!("time_text: {}", text.as_deref().unwrap_or(whole))),
        None => flags.push("time_absent".to_owned()),
    }
    record.known_since()
}

/// Reads an address; one that is there and is none becomes a flag.
pub(crate) fn address(text: &str, flags: &mut Vec<String>) -> Option<String> {
    let clean = address::clean(text);
    if clean.is_none() && !address::says_none(text) {
        flags.push("address_unreadable".to_owned());
    }
    clean
}

/// Adds a flag once.
pub(crate) fn flag(flags: &mut Vec<String>, text: &str) {
    if !flags.iter().any(|known| known == text) {
        flags.push(text.to_owned());
    }
}
