//! Documents that grow member by member.

use serde_json::{Map, Value};

/// A JSON object that holds nothing empty: nulls, empty texts, lists and objects are left out.
#[derive(Default)]
pub(super) struct Tree(Map<String, Value>);

impl Tree {
    /// Sets the member at the end of a dotted path.
    pub(super) fn put(&mut self, path: &str, value: impl Into<Value>) {
        let value = value.into();
        if !is_empty(&value) {
            put(&mut self.0, path, value);
        }
    }

    /// Sets it where there is something to say.
    pub(super) fn maybe<T: Into<Value>>(&mut self, path: &str, value: Option<T>) {
        if let Some(value) = value {
            self.put(path, value);
        }
    }

    /// The object.
    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

impl From<Tree> for Value {
    fn from(tree: Tree) -> Self {
        tree.into_value()
    }
}

fn put(object: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((head, rest)) = path.split_once('.') else {
        object.insert(path.to_owned(), value);
        return;
    };
    let inner = object.entry(head).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// The texts, each once and in their order, as a list.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    let mut unique: Vec<&str> = Vec::new();
    for text in texts {
        if !text.trim().is_empty() && !unique.contains(&text) {
            unique.push(text);
        }
    }
    Value::from(unique)
}
