//! Sources: where records come from, page by page.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Error, RawJson, Result, Timestamp, ledger::Coverage};

/// One item as the vendor sent it, with what is known about it from outside.
///
/// The same record gives the same event, today and when it is normalised again years later: whatever a
/// normalizer may need beside the item itself stands here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// The item. What is no JSON stands here as a JSON string.
    pub raw: RawJson,
    /// The tenant it was asked of, where the item itself may not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// When the vendor made it available, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_at: Option<Timestamp>,
    /// When it reached us.
    pub received_at: Timestamp,
}

impl Record {
    /// A record that has just arrived.
    pub fn new(raw: RawJson) -> Self {
        Self { raw, tenant: None, available_at: None, received_at: Timestamp::now() }
    }

    /// The item's text, where it is a string.
    pub fn as_str(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.raw.as_str()
    }

    /// The time of an event whose own time cannot be read: when it became available, else when it reached us.
    pub fn known_since(&self) -> Timestamp {
        self.available_at.unwrap_or(self.received_at)
    }
}

impl From<&str> for Record {
    /// A line of text, as a JSON string.
    fn from(line: &str) -> Self {
        Self::new(RawJson::string(line))
    }
}

/// A source's own "continue here". Only the source that made it can read it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Cursor(Value);

impl Cursor {
    /// Keeps what the source wants to remember.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when it has no JSON.
    pub fn of(state: impl Serialize) -> Result<Self> {
        serde_json::to_value(state)
            .map(Self)
            .map_err(|cause| Error::internal("a cursor has no JSON").because(cause))
    }

    /// Reads it back.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when it was made by another source or version.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.0).map_err(|cause| Error::internal("a cursor of another shape").because(cause))
    }
}

/// Where a fetch starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bookmark {
    /// Behind everything already stored.
    At(Cursor),
    /// At this time.
    Since(Timestamp),
}

/// What one fetch brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// The records, in any order.
    pub records: Vec<Record>,
    /// Where to go on once they are stored.
    pub next: Cursor,
    /// Whether more waits there already.
    pub more: bool,
    /// Which stretches of the source's timeline this page proves complete, and what is known to be missing.
    #[serde(default)]
    pub coverage: Vec<Coverage>,
    /// What people should know of: sentences, such as that a window was cut short.
    #[serde(default)]
    pub warnings: Vec<String>,
}

impl Page {
    /// These records, with nothing waiting behind them.
    pub fn new(records: Vec<Record>, next: Cursor) -> Self {
        Self { records, next, more: false, coverage: Vec::new(), warnings: Vec::new() }
    }
}

/// Fetches records from one place.
///
/// The pipeline calls `fetch` again as soon as a page says `more`, otherwise after the configured interval.
/// `page.next` is kept only once every record of the page is in the store, so after a crash the same
/// bookmark is asked for again: returning a record twice is fine, skipping one is not. The next page may be
/// asked for while this one is being stored. A failed fetch is repeated with the same bookmark; what its
/// error means is in the table of [`ErrorKind`](crate::ErrorKind).
#[async_trait]
pub trait Source: Send + Sync {
    /// Brings the page that starts at the bookmark. Nothing new is an empty page, not an error.
    async fn fetch(&self, from: &Bookmark) -> Result<Page>;
}
