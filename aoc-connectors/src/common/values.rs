//! Values of modified properties.

use std::borrow::Cow;

use aoc_core::Outcome;
use serde_json::Value;

use super::members::{Raw, unquote};

/// The value of a modified property. JSON in a string is decoded; a number in a string stays a string, as it may be
/// an id that must not lose digits. `<null>` is how some services write null.
pub(crate) fn decode(raw: Raw<'_>) -> Value {
    let Some(whole) = raw.whole() else { return Value::Null };
    if !whole.starts_with('"') {
        return serde_json::from_str(whole).unwrap_or_else(|_| Value::String(whole.to_owned()));
    }
    decode_text(unquote(whole))
}

fn decode_text(text: Cow<'_, str>) -> Value {
    let trimmed = text.trim();
    let is_json = match trimmed.as_bytes().first() {
        Some(b'{' | b'[' | b'"') => true,
        Some(b't' | b'f' | b'n') => matches!(trimmed, "true" | "false" | "null"),
        Some(b'<') => trimmed == "<null>",
        _ => false,
    };
    if !is_json {
        return Value::String(text.into_owned());
    }
    if trimmed == "<null>" {
        return Value::Null;
    }
    serde_json::from_str(trimmed).unwrap_or_else(|_| Value::String(text.into_owned()))
}

/// How it ended, in any of the words that the services use; `None` for a word that is new.
pub(crate) fn outcome(word: &str) -> Option<Outcome> {
    const SUCCESS: [&str; 8] =
        ["success", "succeeded", "true", "successful", "ok", "completed", "succeed", "1"];
    const FAILURE: [&str; 9] =
        ["failure", "failed", "false", "fail", "error", "timeout", "denied", "unsuccessful", "clienterror"];
    const PARTIAL: [&str; 5] =
        ["partiallysucceeded", "partialsuccess", "partial", "partiallysuccessful", "interrupted"];
    const UNKNOWN: [&str; 5] = ["unknownfuturevalue", "unknown", "none", "other", "notset"];
    let word = word.trim();
    let is_in = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    match () {
        () if is_in(&SUCCESS) => Some(Outcome::Success),
        () if is_in(&FAILURE) => Some(Outcome::Failure),
        () if is_in(&PARTIAL) => Some(Outcome::Partial),
        () if is_in(&UNKNOWN) => Some(Outcome::Unknown),
        () => None,
    }
}
