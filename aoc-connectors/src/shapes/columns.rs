//! Columns of a Log Analytics row.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::common::members::unquote;

/// The columns of a row in their order.
pub(super) struct Columns<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Columns<'a> {
    /// Reads a row; `None` when the text is no object.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The JSON text of a column; blanks and null are none.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.each().find(|(column, _)| *column == name).map(|(_, value)| value)
    }

    /// The columns that say something.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, &'a str)> {
        let filled = |value: &&str| !matches!(*value, "null" | "\"\"");
        self.0
            .iter()
            .map(|(name, value)| (name.as_ref(), value.get()))
            .filter(move |(_, value)| filled(value))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Columns<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ColumnsVisitor)
    }
}

struct ColumnsVisitor;

impl<'de> Visitor<'de> for ColumnsVisitor {
    type Value = Columns<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut columns = Vec::with_capacity(64);
        while let Some(column) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            columns.push(column);
        }
        Ok(Columns(columns))
    }
}

/// A JSON object under construction.
pub(super) struct Object {
    text: String,
}

impl Object {
    /// Without members.
    pub(super) fn new() -> Self {
        Self { text: String::with_capacity(1024) }
    }

    /// Adds a member whose value is JSON text.
    pub(super) fn add(&mut self, name: &str, json: &str) {
        self.text.push_str(if self.text.is_empty() { "{" } else { "," });
        self.text.push_str(&serde_json::Value::from(name).to_string());
        self.text.push(':');
        self.text.push_str(json);
    }

    /// Adds a member, if there is JSON text for it.
    pub(super) fn add_some(&mut self, name: &str, json: Option<&str>) {
        if let Some(json) = json {
            self.add(name, json);
        }
    }

    /// The text.
    pub(super) fn end(mut self) -> String {
        self.text.push_str(if self.text.is_empty() { "{}" } else { "}" });
        self.text
    }
}

/// The value of a column that holds JSON, often as text.
pub(super) fn decoded(json: &str) -> Cow<'_, str> {
    if !json.starts_with('"') {
        return Cow::Borrowed(json);
    }
    let text = unquote(json);
    let is_json =
        text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(&text).is_ok();
    if is_json { text } else { Cow::Borrowed(json) }
}
