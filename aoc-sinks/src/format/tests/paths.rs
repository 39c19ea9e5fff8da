//! Documents as paths and types.

use std::collections::BTreeMap;

use serde_json::Value;

/// The type that each path has, and what clashed. An element of a list has the path of the list.
#[derive(Default)]
pub(super) struct Paths {
    types: BTreeMap<String, &'static str>,
    pub(super) clashes: Vec<String>,
}

impl Paths {
    pub(super) fn add(&mut self, path: &str, value: &Value) {
        let kind = match value {
            Value::Object(members) => {
                for (name, member) in members {
                    assert!(!name.contains('.'), "{path}: {name}");
                    self.add(&format!("{path}.{name}"), member);
                }
                "object"
            }
            Value::Array(items) => return items.iter().for_each(|item| self.add(path, item)),
            Value::String(_) => "text",
            Value::Bool(_) => "truth",
            Value::Number(number) if number.is_f64() => "decimal",
            Value::Number(_) => "integer",
            Value::Null => "null",
        };
        let known = *self.types.entry(path.to_owned()).or_insert(kind);
        if known != kind || kind == "null" {
            self.clashes.push(format!("{path}: {known} and {kind}"));
        }
    }
}

/// Whether the path, or one of its alternatives, leads to a value.
pub(super) fn leads(document: &Value, path: &str) -> bool {
    path.split('|').any(|path| {
        let value = path.split('.').try_fold(document, |value, name| value.get(name));
        value.is_some_and(|value| !value.is_null())
    })
}
