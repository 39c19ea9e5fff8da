//! Secrets: values that cannot be printed.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::{Error, Result};

/// A secret value. In configuration it is a text, `{ env = "NAME" }` or `{ file = "/path" }`; the last two
/// are read when the configuration is. It has no `Display`, and its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// This text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What the environment variable holds.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when there is no such variable.
    pub fn env(name: &str) -> Result<Self> {
        let text = std::env::var(name);
        text.map(Self).map_err(|_| Error::config(format!("the environment variable {name} is not set")))
    }

    /// What the file holds, but for line breaks at its end.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when it cannot be read.
    pub fn file(path: &str) -> Result<Self> {
        let text = std::fs::read_to_string(path);
        let text = text
            .map_err(|cause| Error::config(format!("cannot read the secret file {path}")).because(cause))?;
        Ok(Self(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// The value, to be handed to the other side and nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    env: Option<String>,
    file: Option<String>,
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> de::Visitor<'de> for Visit {
            type Value = Secret;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a secret: a text, { env = \"NAME\" } or { file = \"/path\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret::new(text))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Secret, A::Error> {
                let from = From::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let secret = match (from.env, from.file) {
                    (Some(name), None) => Secret::env(&name),
                    (None, Some(path)) => Secret::file(&path),
                    _ => Err(Error::config("expected either `env` or `file`")),
                };
                secret.map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |name: &str| serde_json::json!({"type": "object", "properties": {name: {"type": "string"}}, "required": [name], "additionalProperties": false});
        json_schema!({
            "description": "a secret: a text, { env = \"NAME\" } or { file = \"/path\" }",
            "anyOf": [{"type": "string"}, one("env"), one("file")],
            "writeOnly": true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }

    #[test]
    fn a_secret_comes_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2\r\n").unwrap();
        let secret: Secret = serde_json::from_value(serde_json::json!({"file": file.path()})).unwrap();
        assert_eq!(secret.expose(), "hunter2");
        let error = serde_json::from_str::<Secret>(r#"{"env":"AOC_NOT_SET_ANYWHERE"}"#).unwrap_err();
        assert!(error.to_string().contains("AOC_NOT_SET_ANYWHERE is not set"), "{error}");
        assert!(serde_json::from_str::<Secret>(r#"{"env":"A","file":"b"}"#).is_err());
    }
}
