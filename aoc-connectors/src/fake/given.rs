//! Records as they are given: JSON, or exact text that is served byte for byte.

use aoc_core::prelude::*;
use hyper::body::Bytes;
use serde_json::{Value, value::RawValue};

use super::log::{Entry, kind_of};

/// A record to be served: JSON, or text that is sent byte for byte.
///
/// ```
/// use aoc_connectors::fake::Given;
/// use aoc_core::Timestamp;
///
/// let late = Given::from(r#"{"id":"a","activityDateTime":"2026-01-05T09:00:00Z"}"#);
/// let late = late.visible_at(Timestamp::parse("2026-01-05T10:00:00Z")?);
/// # Ok::<(), aoc_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Given {
    text: Bytes,
    visible_at: Option<Timestamp>,
    id: Option<String>,
    time: Option<Timestamp>,
}

impl Given {
    /// Hidden until then: a late record.
    #[must_use]
    pub fn visible_at(mut self, at: Timestamp) -> Self {
        self.visible_at = Some(at);
        self
    }

    /// With an id for [`served`](super::Tenant::served) where the text does not say it.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// With a time for filters where the text does not say it.
    #[must_use]
    pub fn time(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    pub(super) fn text(&self) -> &Bytes {
        &self.text
    }

    /// The id that counts: the one given, else the record's own.
    pub(super) fn own_id(&self) -> Option<String> {
        self.id.clone().or_else(|| member(&self.text, "id")).or_else(|| member(&self.text, "Id"))
    }

    /// What the log needs to know; a record without a time is of now.
    pub(super) fn read(self, time: &str, now: i64) -> Entry {
        let own_time = || member(&self.text, time).and_then(|text| Timestamp::parse(&text).ok());
        let ticks = self.time.or_else(own_time).map_or(now, Timestamp::ticks);
        let kinds = kinds(&self.text);
        let visible_at = self.visible_at.map_or(i64::MIN, Timestamp::ticks);
        Entry { ticks, visible_at, kinds, id: self.own_id().unwrap_or_default(), text: self.text }
    }
}

/// A member that is a text, of an object whose other members may be anything, also lone surrogates.
fn member(text: &[u8], name: &str) -> Option<String> {
    let members: std::collections::HashMap<String, &RawValue> = serde_json::from_slice(text).ok()?;
    serde_json::from_str(members.get(name)?.get()).ok()
}

fn kinds(text: &[u8]) -> u8 {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Types {
        sign_in_event_types: Option<Vec<String>>,
    }
    let types: Option<Types> = serde_json::from_slice(text).ok();
    let kinds = types.and_then(|types| types.sign_in_event_types).unwrap_or_default();
    match kinds.iter().filter_map(|name| kind_of(name)).fold(0, |all, one| all | one) {
        0 => super::tenant::INTERACTIVE,
        kinds => kinds,
    }
}

impl From<Value> for Given {
    fn from(value: Value) -> Self {
        value.to_string().into()
    }
}

impl From<&Value> for Given {
    fn from(value: &Value) -> Self {
        value.to_string().into()
    }
}

impl From<&str> for Given {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Given {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<Vec<u8>> for Given {
    fn from(text: Vec<u8>) -> Self {
        Self { text: text.into(), visible_at: None, id: None, time: None }
    }
}
