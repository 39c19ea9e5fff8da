//! How rules see records: in the shape of the vendor's API, whatever shape they came in.

use std::sync::Arc;

use aoc_connectors::api_record;
use aoc_core::{Event, alert::detect::Reader};
use serde_json::Value;

/// Reads records.
pub(crate) fn reader() -> Arc<Reader> {
    Arc::new(as_the_api_gives_it)
}

fn as_the_api_gives_it(event: &Event) -> Value {
    serde_json::from_str(&api_record(event)).unwrap_or_default()
}
