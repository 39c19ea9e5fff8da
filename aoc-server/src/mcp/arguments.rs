//! Arguments of tools: their schema, and reading them so that a mistake is named.

use std::sync::Arc;

use aoc_core::{Error, Result, config};
use rmcp::model::JsonObject;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    operations::given::{self, TIMES},
    words::did_you_mean,
};

/// The largest page: a model reads every word of it.
const MOST: usize = 100;

/// Which page.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Page {
    /// How many at most.
    #[schemars(range(min = 1, max = 100))]
    pub(super) page_size: usize,
    /// Where the page starts, as `next_cursor` of the page before said; all other arguments stay as they were.
    pub(super) cursor: Option<String>,
}

impl Default for Page {
    fn default() -> Self {
        Self { page_size: 20, cursor: None }
    }
}

impl Page {
    /// Checks how much is asked for.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) when it is too much, or nothing.
    pub(super) fn check(&self) -> Result<()> {
        match self.page_size {
            1..=MOST => Ok(()),
            other => Err(Error::invalid(format!("page_size: {other} is not between 1 and {MOST}"))),
        }
    }
}

/// The schema of arguments, with everything in its place: models do not look up references.
pub(super) fn schema_of<T: JsonSchema>() -> JsonObject {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = plain(settings.into_generator().into_root_schema_for::<T>().to_value());
    let Value::Object(mut schema) = schema else { return JsonObject::new() };
    let properties = schema.remove("properties").unwrap_or_else(|| json!({}));
    let required = schema.remove("required");
    let mut object = JsonObject::new();
    object.insert("type".into(), "object".into());
    object.insert("properties".into(), described(properties));
    if let Some(required) = required {
        object.insert("required".into(), required);
    }
    object.insert("additionalProperties".into(), false.into());
    object
}

/// The schema of the arguments of both.
pub(super) fn schema_of_both<A: JsonSchema, B: JsonSchema>() -> JsonObject {
    let (mut one, mut other) = (schema_of::<A>(), schema_of::<B>());
    if let (Some(Value::Object(all)), Some(Value::Object(more))) =
        (one.get_mut("properties"), other.remove("properties"))
    {
        all.extend(more);
    }
    one
}

/// Times may be dates, too.
fn described(mut properties: Value) -> Value {
    for name in TIMES {
        let Some(Value::Object(time)) = properties.get_mut(name) else { continue };
        time.remove("format");
        let text = time.get("description").and_then(Value::as_str).unwrap_or_default();
        let text = format!("{text} RFC 3339, or a date: its midnight UTC.");
        time.insert("description".into(), text.into());
    }
    properties
}

/// The schema of an answer.
pub(super) fn answer_schema_of<T: JsonSchema>() -> Arc<JsonObject> {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    let schema = plain(schema);
    let Value::Object(mut schema) = schema else { return Arc::default() };
    schema.remove("$schema");
    schema.remove("title");
    schema.insert("type".into(), "object".into());
    Arc::new(schema)
}

/// Without the formats of numbers, which are Rust's own: clients warn of what they do not know.
fn plain(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(members) => {
            members.retain(|name, value| name != "format" || *value == "date-time");
            members.values_mut().for_each(|value| *value = plain(value.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = plain(item.take())),
        _ => {}
    }
    schema
}

/// Reads arguments.
///
/// # Errors
/// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the argument that is wrong.
pub(super) fn read<T: DeserializeOwned + JsonSchema>(given: JsonObject) -> Result<T> {
    let known = names_of(&schema_of::<T>());
    as_type(checked(given, &known)?)
}

/// Reads the arguments of both.
///
/// # Errors
/// As [`read`].
pub(super) fn read_both<A, B>(given: JsonObject) -> Result<(A, B)>
where
    A: DeserializeOwned + JsonSchema,
    B: DeserializeOwned + JsonSchema,
{
    let (one, other) = (names_of(&schema_of::<A>()), names_of(&schema_of::<B>()));
    let given = checked(given, &[one.clone(), other].concat())?;
    let (first, second) = given.into_iter().partition(|(name, _)| one.contains(name));
    Ok((as_type(first)?, as_type(second)?))
}

fn names_of(schema: &JsonObject) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
}

/// Arguments that say something, all of which are known.
fn checked(given: JsonObject, known: &[String]) -> Result<JsonObject> {
    let given = given::plain(given)?;
    match given.keys().find(|name| !known.contains(name)) {
        Some(name) => Err(unknown(name, known)),
        None => Ok(given),
    }
}

fn unknown(name: &str, known: &[String]) -> Error {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let there = match known.is_empty() {
        true => "it takes none".to_owned(),
        false => format!("there are: {}", known.join(", ")),
    };
    Error::invalid(format!("there is no argument `{name}`{}; {there}", did_you_mean(name, &known)))
}

fn as_type<T: DeserializeOwned>(given: JsonObject) -> Result<T> {
    config::read(Value::Object(given)).map_err(|error| Error::invalid(error.to_string()))
}
