//! The vendor's record, whatever shape it came in.

use aoc_core::{RawJson, text::guids};
use serde_json::{Map, Value};

/// A record's members: Graph's own, those inside of Azure Monitor's envelope, or a row's columns.
pub(super) struct Record(Value);

impl Record {
    /// Reads the record; one that is no object has no members.
    pub(super) fn read(raw: &RawJson) -> Self {
        let value: Value = raw.read().unwrap_or(Value::Null);
        match value.get("properties").and_then(opened) {
            Some(inside) => Self(inside),
            None => Self(value),
        }
    }

    /// The member of this name, in either spelling of its first letter.
    pub(super) fn get(&self, name: &str) -> &Value {
        member(&self.0, name)
    }

    /// The member as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        text(self.get(name))
    }

    /// The first of these members that has a text.
    pub(super) fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    /// The member as an object, also where it is one in a string.
    pub(super) fn object(&self, name: &str) -> Option<Value> {
        opened(self.get(name))
    }

    /// The elements of the member, also where it is a list in a string.
    pub(super) fn list(&self, name: &str) -> Vec<Value> {
        elements(self.get(name))
    }
}

/// The member of this name, in either spelling of its first letter; `null` where there is none.
pub(super) fn member<'a>(object: &'a Value, name: &str) -> &'a Value {
    let other = || {
        let (first, rest) = name.split_at_checked(1)?;
        let swapped = |c: &str| {
            if c.chars().all(char::is_uppercase) { c.to_lowercase() } else { c.to_uppercase() }
        };
        object.get(format!("{}{rest}", swapped(first)))
    };
    object.get(name).or_else(other).unwrap_or(&Value::Null)
}

/// The text of a value that is no object or list; `None` for what says nothing.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The text of any value: objects and lists as JSON.
pub(super) fn any_text(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) if items.is_empty() => None,
        Value::Object(members) if members.is_empty() => None,
        Value::Array(_) | Value::Object(_) => Some(value.to_string()),
        _ => text(value),
    }
}

/// The elements of a list, also of one in a string.
pub(super) fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str(text).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn opened(value: &Value) -> Option<Value> {
    match value {
        Value::Object(_) => Some(value.clone()),
        Value::String(text) if text.trim_start().starts_with('{') => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// A name that can be part of a path: without dots, GUIDs and odd characters, and not long.
pub(super) fn safe_name(name: &str) -> String {
    let mut plain = name.trim().to_owned();
    let places: Vec<_> = guids(&plain).collect();
    for place in places.into_iter().rev() {
        plain.replace_range(place, "guid");
    }
    let keep = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
    let plain: String = plain.chars().take(64).map(keep).collect();
    match plain.rsplit_once('_') {
        _ if plain.is_empty() => "_".to_owned(),
        _ if TELLING.contains(&plain.as_str()) => format!("{plain}-"),
        Some((head, last)) if TELLING.contains(&last) => format!("{head}-{last}"),
        _ => plain,
    }
}

/// Last parts of names by which Elasticsearch's templates tell that a field is an address, a time, a number or a place.
const TELLING: [&str; 13] = [
    "ip",
    "timestamp",
    "created",
    "ingested",
    "start",
    "end",
    "accessed",
    "installed",
    "ctime",
    "mtime",
    "location",
    "usage",
    "score",
];

/// Name and value pairs as an object of texts; a name that comes twice has its values joined.
pub(super) fn joined(pairs: impl IntoIterator<Item = (String, String)>) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in pairs.into_iter().take(MOST_NAMES) {
        let known = object.entry(safe_name(&name)).or_insert_with(|| Value::String(String::new()));
        if let Value::String(text) = known {
            text.push_str(if text.is_empty() { "" } else { "\n" });
            text.push_str(&value);
        }
    }
    object
}

/// How many names one object has at most.
const MOST_NAMES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_name_neither_makes_a_path_nor_tells_a_type() {
        for (name, expected) in [
            ("Role.DisplayName", "Role_DisplayName"),
            ("ip", "ip-"),
            ("client.ip", "client-ip"),
            ("Recipient", "Recipient"),
            (" a b ", "a_b"),
            ("", "_"),
            ("App 11111111-2222-3333-4444-555555555555", "App_guid"),
        ] {
            assert_eq!(safe_name(name), expected);
        }
        assert_eq!(safe_name(&"ü".repeat(99)).chars().count(), 64);
    }

    #[test]
    fn values_of_one_name_are_joined() {
        let pairs = [("a.b", "1"), ("a_b", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(Value::Object(joined(pairs)), serde_json::json!({"a_b": "1\n2"}));
    }
}
