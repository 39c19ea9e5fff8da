//! Two sets of options that stand in one table of configuration.

use std::borrow::Cow;

use aoc_core::prelude::*;
use schemars::{Schema, SchemaGenerator};
use serde::{Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::{Map, Value};

/// Two structs whose keys stand side by side in one table. (`serde(flatten)` cannot refuse unknown keys, and loses
/// the place of an error.)
#[derive(Clone, Debug, Default)]
pub(crate) struct Joined<A, B> {
    pub(crate) first: A,
    pub(crate) second: B,
}

fn keys<T: JsonSchema>() -> Map<String, Value> {
    let schema = schemars::schema_for!(T);
    schema.as_value()["properties"].as_object().cloned().unwrap_or_default()
}

impl<'de, A, B> Deserialize<'de> for Joined<A, B>
where
    A: DeserializeOwned + JsonSchema,
    B: DeserializeOwned + JsonSchema,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = Map::<String, Value>::deserialize(deserializer)?;
        let (of_first, of_second) = (keys::<A>(), keys::<B>());
        let is_known = |key: &&String| of_first.contains_key(*key) || of_second.contains_key(*key);
        if let Some(unknown) = table.keys().find(|key| !is_known(key)) {
            let known: Vec<&str> = of_second.keys().chain(of_first.keys()).map(String::as_str).collect();
            let message = format!("unknown field `{unknown}`, expected one of `{}`", known.join("`, `"));
            return Err(D::Error::custom(message));
        }
        let (first, second): (Map<_, _>, Map<_, _>) =
            table.into_iter().partition(|(key, _)| of_first.contains_key(key));
        Ok(Self { first: read(first).map_err(D::Error::custom)?, second: read(second).map_err(D::Error::custom)? })
    }
}

/// Reads a table; an error names the key.
fn read<T: DeserializeOwned>(table: Map<String, Value>) -> Result<T, String> {
    serde_path_to_error::deserialize(Value::Object(table)).map_err(|error| match error.path().to_string() {
        path if path == "." => error.into_inner().to_string(),
        path => format!("{path}: {}", error.into_inner()),
    })
}

impl<A: JsonSchema, B: JsonSchema> JsonSchema for Joined<A, B> {
    fn schema_name() -> Cow<'static, str> {
        B::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let first = A::json_schema(generator);
        let mut joined = B::json_schema(generator);
        for key in ["properties", "required"] {
            let Some(of_first) = first.get(key).cloned() else { continue };
            match (joined.ensure_object().entry(key).or_insert_with(|| of_first.clone()), of_first) {
                (Value::Object(all), Value::Object(more)) => all.extend(more),
                (Value::Array(all), Value::Array(more)) => more.into_iter().for_each(|key| {
                    if !all.contains(&key) {
                        all.push(key);
                    }
                }),
                _ => {}
            }
        }
        joined
    }
}
