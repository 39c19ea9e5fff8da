//! JSON Schemas as strict structured outputs want them.

use aoc_core::{Error, Result};
use serde_json::{Map, Value, json};

/// How deep a schema may be nested.
const DEEPEST: usize = 64;
/// How long the name of a schema may be.
const LONGEST_NAME: usize = 64;
/// What is kept of a schema beside what is written anew.
const KEPT: [&str; 3] = ["description", "type", "enum"];

/// The name of a schema: its title, of letters, digits, `_` and `-`.
pub(super) fn name(schema: &Value) -> String {
    let title = schema.get("title").and_then(Value::as_str).unwrap_or_default();
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = title.trim().chars().map(allowed).take(LONGEST_NAME).collect();
    if name.is_empty() { "answer".to_owned() } else { name }
}

/// The schema in the words that strict structured outputs know: objects are closed, all members are required, and what
/// may be left out may be null instead. Definitions stay; keywords that only narrow values are left out.
///
/// # Errors
/// [`Internal`](aoc_core::ErrorKind::Internal) with the place where the schema allows what cannot be said strictly:
/// maps, any value, tuples, or alternatives at the top.
pub(super) fn strict(schema: &Value) -> Result<Value> {
    let root = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            definition(schema, reference).ok_or_else(|| wrong("", "a reference leads nowhere"))?.clone()
        }
        None => schema.clone(),
    };
    let mut made = Maker { root: schema }.object_at_top(&root)?;
    let definitions = ["$defs", "definitions"].into_iter().filter_map(|key| schema.get(key)?.as_object());
    let mut all = Map::new();
    for (name, definition) in definitions.flatten() {
        let made = Maker { root: schema }.any(definition, &format!("/$defs/{name}"), 1)?;
        all.insert(name.clone(), Value::Object(made));
    }
    if !all.is_empty() {
        made.insert("$defs".to_owned(), Value::Object(all));
    }
    Ok(Value::Object(made))
}

fn wrong(place: &str, what: &str) -> Error {
    let place = if place.is_empty() { "its top" } else { place };
    Error::internal(format!("the schema of an answer cannot be made strict: at {place} {what}"))
}

/// Finds `#/$defs/NAME`.
fn definition<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.get(section(reference)?)?.get(target(reference)?)
}

fn section(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/")?.split_once('/').map(|(section, _)| section)
}

fn target(reference: &str) -> Option<&str> {
    let (section, name) = reference.strip_prefix("#/")?.split_once('/')?;
    (["$defs", "definitions"].contains(&section) && !name.contains('/')).then_some(name)
}

struct Maker<'a> {
    root: &'a Value,
}

impl Maker<'_> {
    fn object_at_top(&self, schema: &Value) -> Result<Map<String, Value>> {
        let made = self.any(schema, "", 0)?;
        if made.get("type") != Some(&json!("object")) {
            return Err(wrong("", "there is no object"));
        }
        Ok(made)
    }

    fn any(&self, schema: &Value, place: &str, depth: usize) -> Result<Map<String, Value>> {
        let Some(schema) = schema.as_object().filter(|schema| !schema.is_empty()) else {
            return Err(wrong(place, "any value is allowed"));
        };
        if depth > DEEPEST {
            return Err(wrong(place, "it is nested too deeply"));
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.reference(reference, place);
        }
        if let Some(only) = schema.get("allOf").and_then(Value::as_array) {
            let [only] = only.as_slice() else {
                return Err(wrong(place, "several schemas must hold at once"));
            };
            return self.any(only, place, depth + 1);
        }
        if let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
            return self.choices(schema, choices, place, depth);
        }
        let mut made: Map<String, Value> =
            KEPT.iter().filter_map(|key| Some(((*key).to_owned(), schema.get(*key)?.clone()))).collect();
        if let Some(value) = schema.get("const") {
            made.insert("enum".to_owned(), json!([value]));
        }
        if let (Some(values), None) = (made.get("enum").and_then(Value::as_array), made.get("type")) {
            let kinds = kinds(values);
            made.insert("type".to_owned(), kinds);
        }
        if is_of(schema, "object") || schema.contains_key("properties") {
            self.members(schema, &mut made, place, depth)?;
        }
        if is_of(schema, "array") {
            let items = schema.get("items").ok_or_else(|| wrong(place, "items have no schema"))?;
            let items = self.any(items, &format!("{place}/items"), depth + 1)?;
            made.insert("items".to_owned(), Value::Object(items));
        }
        if made.contains_key("type") { Ok(made) } else { Err(wrong(place, "any value is allowed")) }
    }

    /// A reference stands alone: nothing may be beside it.
    fn reference(&self, reference: &str, place: &str) -> Result<Map<String, Value>> {
        if reference == "#" {
            return Ok(Map::from_iter([("$ref".to_owned(), json!(reference))]));
        }
        definition(self.root, reference).ok_or_else(|| wrong(place, "a reference leads nowhere"))?;
        let name = target(reference).unwrap_or_default();
        Ok(Map::from_iter([("$ref".to_owned(), json!(format!("#/$defs/{name}")))]))
    }

    fn choices(
        &self,
        schema: &Map<String, Value>,
        choices: &[Value],
        place: &str,
        depth: usize,
    ) -> Result<Map<String, Value>> {
        if place.is_empty() {
            return Err(wrong(place, "there are alternatives"));
        }
        let made = choices.iter().enumerate().map(|(number, choice)| {
            self.any(choice, &format!("{place}/anyOf/{number}"), depth + 1).map(Value::Object)
        });
        let made: Vec<Value> = made.collect::<Result<_>>()?;
        let mut all = Map::new();
        if let Some(description) = schema.get("description") {
            all.insert("description".to_owned(), description.clone());
        }
        all.insert("anyOf".to_owned(), Value::Array(made));
        Ok(all)
    }

    fn members(
        &self,
        schema: &Map<String, Value>,
        made: &mut Map<String, Value>,
        place: &str,
        depth: usize,
    ) -> Result<()> {
        let none = Map::new();
        let members = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let is_map = match schema.get("additionalProperties") {
            None => members.is_empty(),
            Some(Value::Bool(open)) => *open,
            Some(_) => true,
        };
        if is_map || schema.contains_key("patternProperties") {
            return Err(wrong(place, "there is a map, whose members have no names"));
        }
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut all = Map::new();
        for (name, member) in members {
            let made = self.any(member, &format!("{place}/properties/{name}"), depth + 1)?;
            let made = if required.contains(&name.as_str()) { made } else { or_null(made) };
            all.insert(name.clone(), Value::Object(made));
        }
        made.entry("type").or_insert_with(|| json!("object"));
        made.insert("required".to_owned(), all.keys().cloned().collect());
        made.insert("properties".to_owned(), Value::Object(all));
        made.insert("additionalProperties".to_owned(), json!(false));
        Ok(())
    }
}

/// Whether the type is this one, or one of several.
fn is_of(schema: &Map<String, Value>, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(several)) => several.iter().any(|one| one == kind),
        _ => false,
    }
}

/// The types of these values.
fn kinds(values: &[Value]) -> Value {
    let mut kinds: Vec<&str> = values.iter().map(kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if let [only] = kinds.as_slice() { json!(only) } else { json!(kinds) }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The schema, or null.
fn or_null(mut schema: Map<String, Value>) -> Map<String, Value> {
    let nothing = || json!({"type": "null"});
    if schema.contains_key("$ref") {
        return Map::from_iter([("anyOf".to_owned(), json!([schema, nothing()]))]);
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        let has_null = |choice: &Value| choice.as_object().is_some_and(|choice| is_of(choice, "null"));
        if !choices.iter().any(has_null) {
            choices.push(nothing());
        }
        return schema;
    }
    if is_of(&schema, "null") {
        return schema;
    }
    match schema.get_mut("type") {
        Some(Value::Array(several)) => several.push(json!("null")),
        Some(one) => *one = json!([one.take(), "null"]),
        None => {}
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
    schema
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
