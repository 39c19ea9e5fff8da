//! An event as the collector takes it.

use std::collections::BTreeMap;

use aoc_core::prelude::*;
use serde_json::value::RawValue;

use super::SplunkHec;
use crate::forward::text;

#[derive(Serialize)]
struct Row<'a> {
    time: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    source: &'a str,
    sourcetype: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<&'a str>,
    event: Box<RawValue>,
    fields: BTreeMap<&'static str, &'a str>,
}

/// Writes the event.
pub(super) fn row(options: &SplunkHec, event: &Event) -> Result<Vec<u8>> {
    let wrong = |cause| Error::internal("an event has no JSON").because(cause);
    let row = Row {
        time: RawValue::from_string(seconds(event.timestamp)).map_err(wrong)?,
        host: options.host.as_deref(),
        source: options.source.as_deref().unwrap_or(&event.source),
        sourcetype: &options.sourcetype,
        index: options.index.as_deref(),
        event: RawValue::from_string(text(options.format, event)?).map_err(wrong)?,
        fields: fields(event),
    };
    serde_json::to_vec(&row).map_err(wrong)
}

/// What can be searched without reading the event. Splunk refuses empty fields.
fn fields(event: &Event) -> BTreeMap<&'static str, &str> {
    let fields = [
        ("aoc_source", event.source.as_str()),
        ("dedupe_key", event.dedupe_key.as_str()),
        ("operation", &event.operation),
        ("result", event.result.as_str()),
        ("service", &event.service),
        ("tenant", &event.tenant),
    ];
    fields.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect()
}

/// Seconds since 1970 with all digits that a float would round; Splunk knows no time before.
fn seconds(time: Timestamp) -> String {
    let ticks = time.ticks().max(0);
    format!("{}.{:07}", ticks / TICKS, ticks % TICKS)
}

/// Units of 100 ns.
const TICKS: i64 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_with_all_their_digits() {
        for (text, expected) in [
            ("2026-01-05T09:00:00.1234567Z", "1767603600.1234567"),
            ("2026-01-05T09:00:00Z", "1767603600.0000000"),
            ("1969-12-31T23:59:59Z", "0.0000000"),
        ] {
            assert_eq!(seconds(Timestamp::parse(text).unwrap()), expected);
        }
    }
}
