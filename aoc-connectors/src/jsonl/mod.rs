//! A file of records as a source: replays it, and follows it as it grows.
//!
//! ```toml
//! [sources.replay]
//! type = "jsonl"
//! path = "records.ndjson"
//! ```

mod place;
mod source;

use std::path::PathBuf;

use aoc_core::{Component, Feed, Result};
use schemars::JsonSchema;
use serde::Deserialize;

pub use source::JsonLinesSource;

use crate::AnyRecord;

/// Reads audit records of any source and shape out of a file, and goes on when it grows. Needs nothing but the right to
/// read the file.
///
/// The shape is found by content, record by record. A last line that is still being written waits until it is whole, or until
/// nobody has written to the file for a while.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonLines {
    /// The file: lines of JSON, an array, API pages, an audit export (CSV); gzip and zstd are found by content.
    pub path: PathBuf,
}

impl JsonLines {
    /// Over a file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Component for JsonLines {
    type Built = Feed;
    const TYPE: &'static str = "jsonl";
    const EXAMPLE: &'static str = "path = \"records.ndjson\"";

    async fn build(self) -> Result<Feed> {
        Ok(Feed::new(JsonLinesSource::new(self.path), AnyRecord::new()))
    }
}
