//! Events as JSON text. Their records are sent as they came: a number that no float holds and a text that no program can
//! read arrive as they are.

use std::collections::BTreeMap;

use aoc_core::{Error, Event, Result};
use serde_json::value::RawValue;

use crate::format::Format;

/// The members of a document, each as it is written.
pub(crate) type Members = BTreeMap<String, Box<RawValue>>;

/// The event as a JSON document.
///
/// # Errors
/// Those of the format.
pub(crate) fn text(format: Format, event: &Event) -> Result<String> {
    match format {
        Format::Aoc => serde_json::to_string(event)
            .map_err(|cause| Error::internal("an event has no JSON").because(cause)),
        _ => Ok(format.document(event)?.to_string()),
    }
}

/// Sees that a format is JSON.
///
/// # Errors
/// [`Config`](aoc_core::ErrorKind::Config) when it is not.
pub(crate) fn json_format(format: Format) -> Result<()> {
    match format {
        Format::Cef => Err(Error::config("format: `cef` is no JSON, expected aoc, ecs or ocsf")),
        _ => Ok(()),
    }
}
