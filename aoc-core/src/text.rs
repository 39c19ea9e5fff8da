//! Free text search: what it means that a text is found in an event.
//!
//! Every blank-separated part of the query must occur somewhere in one of the event's [values](each_value),
//! case ignored; `"…"` keeps blanks together. An occurrence may not start inside a GUID: GUIDs match whole or
//! from their start. This file is the meaning; an index only has to be faster.

use std::{borrow::Cow, ops::Range};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Event, Result};

/// The text of a search, split into parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(with = "String")]
pub struct SearchText {
    text: String,
    parts: Vec<String>,
}

impl SearchText {
    /// The longest text that is searched for.
    pub const MOST_CHARACTERS: usize = 8_000;
    /// The most parts that are searched for.
    pub const MOST_PARTS: usize = 64;

    /// Splits the text. A quote that is never closed reaches to the end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let mut parts: Vec<String> = Vec::new();
        for (i, piece) in text.split('"').enumerate() {
            let quoted = i % 2 == 1;
            let found = if quoted { vec![piece] } else { piece.split_whitespace().collect() };
            parts.extend(
                found.into_iter().filter(|part| !part.trim().is_empty()).map(|part| fold(part).into_owned()),
            );
        }
        parts.sort();
        parts.dedup();
        Self { text, parts }
    }

    /// Checks that it is not too much to search for.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when it is.
    pub fn check(&self) -> Result<()> {
        let (characters, parts) = (self.text.chars().count(), self.parts.len());
        if characters <= Self::MOST_CHARACTERS && parts <= Self::MOST_PARTS {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "search: {characters} characters in {parts} parts; {} in {} are the most",
            Self::MOST_CHARACTERS,
            Self::MOST_PARTS
        )))
    }

    /// The parts, folded to lower case, each once.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// Whether nothing is searched for.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether every part occurs in the event.
    pub fn matches(&self, event: &Event) -> bool {
        let mut missing: Vec<&String> = self.parts.iter().collect();
        if !missing.is_empty() {
            each_value(event, &mut |value| {
                if !missing.is_empty() {
                    let folded = fold(value);
                    missing.retain(|part| !occurs(part, &folded));
                }
            });
        }
        missing.is_empty()
    }
}

impl From<String> for SearchText {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for SearchText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<SearchText> for String {
    fn from(text: SearchText) -> Self {
        text.text
    }
}

/// Calls `visit` with each value of an event that a search looks into: the values of the raw record, the
/// event's own names, and its summary.
pub fn each_value(event: &Event, visit: &mut dyn FnMut(&str)) {
    event.raw.each_leaf(visit);
    let names = [&event.actor_display, &event.actor_upn, &event.actor_ip];
    names.into_iter().flatten().for_each(|name| visit(name));
    event.target_displays.iter().for_each(|name| visit(name));
    [&event.service, &event.operation, &event.display_summary].into_iter().for_each(|value| visit(value));
}

/// The text in lower case, character by character (`ẞ` and `ß` stay what they are to each other in Unicode).
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
}

/// Whether the folded part occurs in the folded value at a place that is not inside a GUID.
pub fn occurs(part: &str, value: &str) -> bool {
    let finder = memchr::memmem::Finder::new(part);
    let mut guid_ranges = None;
    let mut from = 0;
    while let Some(skip) = value.as_bytes().get(from..).and_then(|rest| finder.find(rest)) {
        let start = from + skip;
        let ranges = guid_ranges.get_or_insert_with(|| guids(value).collect::<Vec<_>>());
        match ranges.iter().find(|guid| guid.start < start && start < guid.end) {
            Some(_) => from = start + 1,
            None => return true,
        }
    }
    false
}

const GUID_LENGTH: usize = 36;

/// Where GUIDs stand in a text: `8-4-4-4-12` hex digits with no letter or digit on either side.
pub fn guids(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = text.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(skip) = memchr::memchr(b'-', bytes.get(from..)?) {
            let dash = from + skip;
            from = dash + 1;
            let Some(start) = dash.checked_sub(8) else { continue };
            if is_guid_at(bytes, start) {
                from = start + GUID_LENGTH;
                return Some(start..start + GUID_LENGTH);
            }
        }
        None
    })
}

fn is_guid_at(bytes: &[u8], start: usize) -> bool {
    let Some(window) = bytes.get(start..start + GUID_LENGTH) else { return false };
    let bounded = |at: Option<&u8>| !at.is_some_and(u8::is_ascii_alphanumeric);
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    let digits = window.iter().enumerate().all(|(i, byte)| match i {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    digits && bounded(before) && bounded(bytes.get(start + GUID_LENGTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

    #[test]
    fn a_query_splits_at_blanks_outside_quotes() {
        let parts = |text: &str| SearchText::new(text).parts().to_vec();
        assert_eq!(parts(r#" Add  "to Role" add"#), ["add", "to role"]);
        assert_eq!(parts(r#"open "quote to the end"#), ["open", "quote to the end"]);
        assert!(parts("  \"\" ").is_empty());
    }

    #[test]
    fn guids_match_whole_or_from_their_start() {
        let value = format!("directory_{GUID}_abc");
        for part in [GUID, "0f1e2d3c", "0f1e2d3c-4b", "_0f1e", "tory_", "0_abc", "_abc", &value] {
            assert_eq!(occurs(part, &value), part != "0_abc", "{part}");
        }
        assert!(!occurs("4b5a", &value) && !occurs("1e2d", &value));
        assert!(occurs("4b5a", &format!("x{value}4b5a")));
    }

    #[test]
    fn an_occurrence_that_overlaps_one_inside_a_guid_counts() {
        let value = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa-aa";
        assert!(!occurs("a-aa", value));
        assert!(occurs("-aa", "00000000-aaaa-aaaa-aaaa-aaaaaaaaaaa0-aa"));
    }

    #[test]
    fn guids_have_bounds() {
        assert_eq!(guids(&format!("{GUID},x{GUID},{GUID}")).count(), 2);
        assert_eq!(guids("é-é--------").count(), 0);
    }
}
