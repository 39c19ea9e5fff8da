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
        Ok(Self {
            first: read(first).map_err(D::Error::custom)?,
            second: read(second).map_err(D::Error::custom)?,
        })
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
    fn inline_schema() -> bool {
        true
    }

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, default)]
    struct Own {
        content: Vec<String>,
        overlap: u32,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Shared {
        tenant_id: String,
        #[serde(default)]
        cloud: String,
    }

    fn joined(table: Value) -> Result<Joined<Shared, Own>, String> {
        Joined::deserialize(table).map_err(|error| error.to_string())
    }

    #[test]
    fn each_gets_its_keys() {
        let both = joined(json!({"tenant_id": "t", "content": ["a"], "cloud": "c"})).unwrap();
        assert_eq!((both.first.tenant_id.as_str(), both.first.cloud.as_str()), ("t", "c"));
        assert_eq!((both.second.content.len(), both.second.overlap), (1, 0));
    }

    #[test]
    fn an_unknown_key_is_refused_with_all_that_are_known() {
        let error = joined(json!({"tenant_id": "t", "tenant": "t"})).unwrap_err();
        let expected = "unknown field `tenant`, expected one of `content`, `overlap`, `cloud`, `tenant_id`";
        assert_eq!(error, expected);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_by_its_key() {
        for (table, says) in [
            (json!({"tenant_id": 5}), "tenant_id: invalid type: integer `5`"),
            (json!({"tenant_id": "t", "overlap": "x"}), "overlap: invalid type: string \"x\""),
            (json!({"tenant_id": "t", "content": ["a", 1]}), "content[1]: invalid type: integer `1`"),
            (json!({}), "missing field `tenant_id`"),
            (json!([]), "invalid type"),
        ] {
            let error = joined(table).unwrap_err();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[test]
    fn the_schema_has_the_properties_of_both() {
        let schema = schemars::schema_for!(Joined<Shared, Own>);
        let schema = schema.as_value();
        let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 4, "{keys:?}");
        assert_eq!(schema["required"], json!(["tenant_id"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["title"], "Own");
    }
}
