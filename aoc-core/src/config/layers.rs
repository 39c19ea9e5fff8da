//! The layers of configuration and how they are merged (by figment).

use std::collections::BTreeSet;

use figment::{
    Figment, Metadata, Profile, Provider,
    value::{Dict, Map as Profiles, Value as Layered},
};
use serde_json::{Map, Value};

use crate::{Error, Result};

const PREFIX: &str = "AOC_";

/// The merged tables, and the paths of those values that are texts from the environment.
pub(super) fn merge(
    text: &str,
    name: &str,
    vars: impl Iterator<Item = (String, String)>,
) -> Result<(Map<String, Value>, BTreeSet<String>)> {
    let file: Dict = toml::from_str(text).map_err(|error| syntax(&error, text, name))?;
    let named: Vec<(String, String)> =
        vars.filter_map(|(name, value)| Some((path_of(&name)?, value))).collect();
    let untyped = named.iter().map(|(path, _)| path.clone()).collect();
    let mut figment = Figment::from(Layer(file));
    for (path, value) in named {
        figment = figment.merge(Layer(nest(&path, value)));
    }
    let tables = figment.extract().map_err(|cause| Error::config(cause.to_string()).at(name))?;
    Ok((tables, untyped))
}

/// `AOC_SERVER__LISTEN` is `server.listen`. Names without a double underscore are not configuration.
fn path_of(variable: &str) -> Option<String> {
    let path = variable.strip_prefix(PREFIX)?.to_lowercase();
    path.contains("__").then(|| path.replace("__", "."))
}

fn nest(path: &str, value: String) -> Dict {
    let mut parts = path.rsplit('.');
    let last = parts.next().unwrap_or_default().to_owned();
    let inner = Dict::from([(last, Layered::from(value))]);
    parts.fold(inner, |dict, part| Dict::from([(part.to_owned(), Layered::from(dict))]))
}

struct Layer(Dict);

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named("configuration")
    }

    fn data(&self) -> Result<Profiles<Profile, Dict>, figment::Error> {
        Ok(Profiles::from([(Profile::Default, self.0.clone())]))
    }
}

fn syntax(error: &toml::de::Error, text: &str, name: &str) -> Error {
    let place = error.span().map(|span| {
        let before = &text[..span.start.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("{name}:{line}:{column}")
    });
    Error::config(error.message()).at(place.unwrap_or_else(|| name.to_owned()))
}

/// Turns a text into the type that the schema's property wants, where that is no text.
pub(super) fn give_type(value: &mut Value, key: &str, schema: &Value) {
    let Some(text) = value.as_str().map(str::to_owned) else { return };
    let wanted = types(&schema["properties"][key], schema);
    let wants = |name: &str| wanted.contains(name);
    let typed = match () {
        () if wants("string") => None,
        () if wants("array") && !text.trim_start().starts_with('[') => {
            Some(text.split(',').map(|part| Value::from(part.trim())).collect())
        }
        () => toml::from_str::<Map<String, Value>>(&format!("v = {text}"))
            .ok()
            .and_then(|mut map| map.remove("v")),
    };
    if let Some(typed) = typed {
        *value = typed;
    }
}

/// The JSON types that a schema allows.
fn types<'a>(schema: &'a Value, root: &'a Value) -> BTreeSet<&'a str> {
    let mut found: BTreeSet<&str> = schema["type"].as_str().into_iter().collect();
    found.extend(schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str));
    for choice in ["anyOf", "oneOf"] {
        let choices = schema[choice].as_array().into_iter().flatten();
        found.extend(choices.flat_map(|choice| types(choice, root)));
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference.trim_start_matches('#');
        found.extend(root.pointer(target).into_iter().flat_map(|schema| types(schema, root)));
    }
    found
}
