//! Configuration: TOML, then the environment; then each table to its component.

mod layers;
mod plan;
mod secret;
mod span;

use std::{collections::BTreeSet, path::Path};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use self::{plan::Plan, secret::Secret, span::Span};
use crate::{Error, Result};

/// Tables of configuration, merged from a TOML text and the environment.
///
/// Every key can come from the environment as `AOC_SECTION__NAME__KEY`.
#[derive(Clone, Debug, Default)]
pub struct Config {
    tables: Map<String, Value>,
    /// Paths (`server.listen`) whose values are texts from the environment, still without a type.
    untyped: BTreeSet<String>,
}

impl Config {
    /// Reads a file, or nothing where no path is given, and the process's environment.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) with the file's name, line and column.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Self::read("", "", std::env::vars()) };
        let name = path.display();
        let text = std::fs::read_to_string(path);
        let text =
            text.map_err(|cause| Error::config(format!("{name}: cannot read the file")).because(cause))?;
        Self::read(&text, &name.to_string(), std::env::vars())
    }

    /// Reads a TOML text, called `name` in errors, and these environment variables.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) with line and column.
    pub fn read(text: &str, name: &str, vars: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let (tables, untyped) = layers::merge(text, name, vars)?;
        Ok(Self { tables, untyped })
    }

    /// A section, or its default where there is none.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) with the path of the key that is wrong.
    pub fn section<T: DeserializeOwned + Default + JsonSchema>(&self, name: &str) -> Result<T> {
        let Some(table) = self.tables.get(name) else { return Ok(T::default()) };
        let table = self.typed(name, table.clone(), schemars::schema_for!(T).as_value());
        read(table).map_err(|error| error.at(name))
    }

    /// These keys of a section that has others, too.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) with the path of the key that is wrong.
    pub fn keys_of<T: DeserializeOwned + Default + JsonSchema>(
        &self,
        name: &str,
        keys: &[&str],
    ) -> Result<T> {
        let mut table = self.tables.get(name).cloned().unwrap_or_else(|| Value::Object(Map::new()));
        if let Value::Object(table) = &mut table {
            table.retain(|key, _| keys.contains(&key.as_str()));
        }
        let table = self.typed(name, table, schemars::schema_for!(T).as_value());
        read(table).map_err(|error| error.at(name))
    }

    /// The value at a path such as `store.path`.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.tables.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    /// Sets the value at `section.key` where there is none.
    pub fn set_default(&mut self, section: &str, key: &str, value: impl Into<Value>) {
        let table = self.tables.entry(section).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(table) = table {
            table.entry(key).or_insert_with(|| value.into());
        }
    }

    /// Refuses sections that are none of these.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) naming the section, with a suggestion.
    pub fn check_sections(&self, known: &[&str]) -> Result<()> {
        let unknown = self.tables.keys().find(|name| !known.contains(&name.as_str()));
        let Some(unknown) = unknown else { return Ok(()) };
        let list = known.iter().map(|name| format!("[{name}]")).collect::<Vec<_>>().join(" ");
        Err(Error::config(format!(
            "there is no section [{unknown}]{}; sections are {list}",
            suggestion(unknown, known)
        )))
    }

    /// Gives texts from the environment the types that the schema asks for.
    fn typed(&self, path: &str, mut table: Value, schema: &Value) -> Value {
        if let Value::Object(keys) = &mut table {
            for (key, value) in keys {
                if self.untyped.contains(&format!("{path}.{key}")) {
                    layers::give_type(value, key, schema);
                }
            }
        }
        table
    }
}

/// Reads a table as a type; an error says at which key, and what may have been meant.
///
/// # Errors
/// [`Config`](crate::ErrorKind::Config) with the path of the key that is wrong.
pub fn read<T: DeserializeOwned>(table: Value) -> Result<T> {
    serde_path_to_error::deserialize(table).map_err(|error| {
        let path = error.path().to_string();
        let message = with_suggestion(&error.into_inner().to_string());
        let error = Error::config(message);
        if path == "." || path == "?" { error } else { error.at(path.trim_end_matches(".?")) }
    })
}

/// Adds a suggestion to serde's ``unknown field `x`, expected one of `a`, `b` ``.
fn with_suggestion(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.split_first() {
        Some((unknown, known)) if message.starts_with("unknown ") => {
            format!("{message}{}", suggestion(unknown, known))
        }
        _ => message.to_owned(),
    }
}

/// `; did you mean …?` where one of the names is near.
pub(crate) fn suggestion(unknown: &str, known: &[&str]) -> String {
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(unknown, name), name));
    match near.min() {
        Some((distance, name)) if distance <= 1 + name.len() / 4 => format!("; did you mean `{name}`?"),
        _ => String::new(),
    }
}
