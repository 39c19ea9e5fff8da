//! Selections: maps of lines, of which all must hold; lists, of which one must; and words that stand anywhere.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use super::{
    item::{Words, item},
    node::Node,
};
use crate::{Error, Result};

/// The selections of a rule by name.
pub(super) type Selections = BTreeMap<String, Arc<Node>>;

/// Reads everything of a `detection` but its condition.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) saying where.
pub(super) fn selections(detection: &Map<String, Value>, words: Words<'_>) -> Result<Selections> {
    let mut all = Selections::new();
    for (name, value) in detection.iter().filter(|(name, _)| *name != "condition") {
        if name == "timeframe" {
            return Err(
                Error::invalid("`timeframe` is not supported; a correlation has a `timespan`").at(name)
            );
        }
        all.insert(name.clone(), Arc::new(selection(value, words).map_err(|error| error.at(name))?));
    }
    Ok(all)
}

fn selection(value: &Value, words: Words<'_>) -> Result<Node> {
    let Value::Array(elements) = value else { return element(value, words) };
    let (lines, keywords): (Vec<&Value>, Vec<&Value>) =
        elements.iter().partition(|element| matches!(element, Value::Object(_) | Value::Array(_)));
    let mut nodes = lines.into_iter().map(|line| element(line, words)).collect::<Result<Vec<_>>>()?;
    if !keywords.is_empty() {
        nodes.push(anywhere(keywords.into_iter().cloned().collect(), words)?);
    }
    match nodes.len() {
        0 => Err(Error::invalid("an empty list selects nothing")),
        1 => Ok(nodes.remove(0)),
        _ => Ok(Node::Any(nodes.into())),
    }
}

fn element(value: &Value, words: Words<'_>) -> Result<Node> {
    match value {
        Value::Object(lines) => map(lines, words),
        Value::Array(_) => Err(Error::invalid("a list within a list is not supported")),
        keyword => anywhere(vec![keyword.clone()], words),
    }
}

/// Words that stand anywhere in the record.
fn anywhere(keywords: Vec<Value>, words: Words<'_>) -> Result<Node> {
    if keywords.iter().any(Value::is_null) {
        return Err(Error::invalid("null is no word to look for"));
    }
    Ok(Node::Leaf(Arc::new(item("", &Value::Array(keywords), words)?)))
}

fn map(lines: &Map<String, Value>, words: Words<'_>) -> Result<Node> {
    if lines.is_empty() {
        return Err(Error::invalid("an empty map selects everything; give it fields"));
    }
    let line = |(key, value): (&String, &Value)| {
        let leaf = item(key, value, words).map_err(|error| error.at(format!("`{key}`")))?;
        Ok(Node::Leaf(Arc::new(leaf)))
    };
    let mut nodes = lines.iter().map(line).collect::<Result<Vec<_>>>()?;
    Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes.into()) })
}
