//! An event as a row.

use aoc_core::prelude::*;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    format::Format,
    forward::{Members, text},
};

/// How many bytes of a field Azure keeps, less a margin for how it counts.
const FIELD: usize = 60_000;

/// Writes the event.
pub(super) fn row(format: Format, event: &Event) -> Result<Vec<u8>> {
    let wrong = |cause| Error::internal("an event has no JSON").because(cause);
    let document = text(format, event)?;
    let mut members: Members = serde_json::from_str(&document).map_err(wrong)?;
    let long: Vec<String> =
        members.iter().filter(|(_, value)| value.get().len() > FIELD).map(|(name, _)| name.clone()).collect();
    for name in long {
        let cut = members.get(&name).map(|value| beginning(value)).unwrap_or_default();
        members.insert(format!("{name}_truncated"), to_raw_value(&true).map_err(wrong)?);
        members.insert(name, to_raw_value(&cut).map_err(wrong)?);
    }
    members.insert("TimeGenerated".to_owned(), to_raw_value(&event.timestamp).map_err(wrong)?);
    serde_json::to_vec(&members).map_err(wrong)
}

/// As much of the text as Azure keeps; it would cut the rest without a word.
fn beginning(value: &RawValue) -> String {
    let mut text = serde_json::from_str::<String>(value.get()).unwrap_or_else(|_| value.get().to_owned());
    text.truncate(text.floor_char_boundary(FIELD));
    text
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        let time = Timestamp::parse("2026-01-05T09:00:00.1234567Z").unwrap();
        let mut event = Event::new("entra_audit", "1", time);
        event.operation = "Add user".into();
        event.raw = RawJson::of(&serde_json::json!({"long": "ä".repeat(40_000)})).unwrap();
        let row: Value = serde_json::from_slice(&row(Format::Aoc, &event).unwrap()).unwrap();
        let raw = row["raw"].as_str().unwrap();
        assert!(raw.len() <= FIELD && raw.len() > FIELD - 4 && raw.starts_with("{\"long\":\"ä"));
        assert_eq!(row["raw_truncated"], true);
        assert_eq!((&row["operation"], row.get("operation_truncated")), (&"Add user".into(), None));
        assert_eq!(row["TimeGenerated"], "2026-01-05T09:00:00.1234567Z");
    }
}
