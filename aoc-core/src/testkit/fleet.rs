//! What every component promises as it stands in configuration: names, docs, examples, secrets.

use std::fmt;

use serde_json::{Map, Value};

use crate::{Entry, Kind, Registry, config::Config};

/// What is asked of every component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Its type is in snake case.
    SnakeCase,
    /// It has a description, and so has each of its options.
    Documented,
    /// None of its options is called like a key that every table of its kind has.
    NotReserved,
    /// Its example builds.
    ExampleBuilds,
    /// A key that it does not know is refused, with a suggestion where one is near.
    UnknownKeyRefused,
    /// An option called `secret`, `password`, `token` or `key` is a [`Secret`](crate::Secret).
    SecretsAreSecret,
}

/// What is wrong with a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The component, such as `source/entra_audit`.
    pub component: String,
    /// What it breaks.
    pub rule: Rule,
    /// How; the option's name where it is about one.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}: {}", self.component, self.rule, self.detail)
    }
}

/// A fault we live with.
#[derive(Clone, Copy, Debug)]
pub struct Waiver {
    /// The component, such as `sink/webhook`.
    pub component: &'static str,
    /// What it may break.
    pub rule: Rule,
    /// Part of the fault's detail, such as the option's name.
    pub detail: &'static str,
    /// Why.
    pub reason: &'static str,
}

impl Waiver {
    fn covers(&self, fault: &Fault) -> bool {
        self.component == fault.component && self.rule == fault.rule && fault.detail.contains(self.detail)
    }
}

/// Checks all components of a registry.
///
/// # Panics
/// When a component has a fault that no waiver covers, when a waiver covers none, or says no reason.
pub async fn check(registry: &Registry, waivers: &[Waiver]) {
    let found = faults(registry).await;
    let waived = |fault: &&Fault| waivers.iter().any(|waiver| waiver.covers(fault));
    let mut wrong: Vec<String> = found.iter().filter(|fault| !waived(fault)).map(Fault::to_string).collect();
    for waiver in waivers {
        if waiver.reason.trim().is_empty() {
            wrong.push(format!("a waiver without a reason: {waiver:?}"));
        }
        if !found.iter().any(|fault| waiver.covers(fault)) {
            wrong.push(format!("a stale waiver, there is no such fault any more: {waiver:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} faults in the fleet:\n{}", wrong.len(), wrong.join("\n"));
}

/// All faults of all components.
pub async fn faults(registry: &Registry) -> Vec<Fault> {
    let mut faults = Vec::new();
    for entry in registry.entries() {
        let component = format!("{}/{}", kind_name(entry.kind), entry.name);
        let mut found = names(entry);
        found.extend(docs(entry));
        found.extend(secrets(entry));
        found.extend(example(entry).await);
        found.extend(unknown_key(entry).await);
        let fault = |(rule, detail)| Fault { component: component.clone(), rule, detail };
        faults.extend(found.into_iter().map(fault));
    }
    faults
}

type Found = Vec<(Rule, String)>;

/// The kind as it stands before the slash.
fn kind_name(kind: Kind) -> String {
    format!("{kind:?}").to_lowercase()
}

fn names(entry: &Entry) -> Found {
    let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let proper = entry.name.starts_with(|c: char| c.is_ascii_lowercase())
        && entry.name.chars().all(snake)
        && !entry.name.contains("__")
        && !entry.name.ends_with('_');
    let mut found: Found = Vec::new();
    if !proper {
        found.push((Rule::SnakeCase, entry.name.clone()));
    }
    let reserved: &[&str] = match entry.kind {
        Kind::Source => &["type", "profile", "every"],
        Kind::Sink => &["type", "profile", "filter", "from"],
        Kind::Store => &["type", "profile", "retention"],
        Kind::Index | Kind::Evaluator | Kind::Llm => &["type", "profile"],
    };
    let taken = properties(entry.schema.as_value()).map(|(name, _)| name);
    found.extend(
        taken.filter(|name| reserved.contains(name)).map(|name| (Rule::NotReserved, name.to_owned())),
    );
    found
}

fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let properties = schema["properties"].as_object();
    properties.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
}

/// The component's own schema and those of the tables within it.
fn tables(entry: &Entry) -> impl Iterator<Item = (&str, &Value)> {
    let root = entry.schema.as_value();
    let inner = root["$defs"].as_object().into_iter().flatten();
    let ours = inner.filter(|(name, _)| !["Secret", "Span", "Filter"].contains(&name.as_str()));
    std::iter::once(("", root)).chain(ours.map(|(name, schema)| (name.as_str(), schema)))
}

fn docs(entry: &Entry) -> Found {
    let silent = |schema: &Value| schema["description"].as_str().is_none_or(|text| text.trim().is_empty());
    let mut found: Found = Vec::new();
    if silent(entry.schema.as_value()) {
        found.push((Rule::Documented, "the component has no description".to_owned()));
    }
    for (table, schema) in tables(entry) {
        let undocumented = properties(schema).filter(|(_, schema)| silent(schema));
        let at = |name: &str| if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
        found.extend(
            undocumented.map(|(name, _)| (Rule::Documented, format!("`{}` has no description", at(name)))),
        );
    }
    found
}

fn secrets(entry: &Entry) -> Found {
    let root = entry.schema.as_value();
    let open = tables(entry).flat_map(|(_, schema)| {
        properties(schema).filter(|(name, schema)| sounds_secret(name) && !is_secret(schema, root))
    });
    open.map(|(name, _)| (Rule::SecretsAreSecret, format!("`{name}` is no Secret"))).collect()
}

/// Whether the last word of a name is one of those that secrets are called by.
fn sounds_secret(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or(name).trim_end_matches('s');
    ["secret", "password", "token", "key"].contains(&last)
}

fn is_secret(schema: &Value, root: &Value) -> bool {
    let choices =
        ["anyOf", "oneOf"].into_iter().flat_map(|choice| schema[choice].as_array().into_iter().flatten());
    let target = schema["$ref"].as_str().and_then(|path| root.pointer(path.trim_start_matches('#')));
    schema["writeOnly"] == true
        || choices.into_iter().any(|choice| is_secret(choice, root))
        || target.is_some_and(|schema| is_secret(schema, root))
}

/// The options of an entry's example. A secret from the environment or a file is replaced by a text.
fn example_options(entry: &Entry) -> Result<Value, String> {
    let text = format!("[example]\n{}", entry.example);
    let config = Config::read(&text, "example", std::iter::empty()).map_err(|error| error.to_string())?;
    let mut options = config.get("example").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    fill_secrets(&mut options);
    Ok(options)
}

fn fill_secrets(value: &mut Value) {
    match value {
        Value::Object(members)
            if members.len() == 1 && (members.contains_key("env") || members.contains_key("file")) =>
        {
            *value = Value::from("a secret of the fleet test");
        }
        Value::Object(members) => members.values_mut().for_each(fill_secrets),
        Value::Array(items) => items.iter_mut().for_each(fill_secrets),
        _ => {}
    }
}

async fn example(entry: &Entry) -> Found {
    let built = match example_options(entry) {
        Ok(options) => entry.build(options).await.map_err(|error| error.chain()).map(|_| ()),
        Err(error) => Err(error),
    };
    built.err().map(|error| (Rule::ExampleBuilds, error)).into_iter().collect()
}

async fn unknown_key(entry: &Entry) -> Found {
    let Ok(Value::Object(mut options)) = example_options(entry) else { return Vec::new() };
    // One letter too many: near enough for a suggestion.
    let near = properties(entry.schema.as_value()).map(|(name, _)| name).filter(|name| name.len() > 3).min();
    let unknown = format!("{}x", near.unwrap_or("nonsense"));
    options.insert(unknown.clone(), Value::Null);
    let message = match entry.build(Value::Object(options)).await {
        Ok(_) => return vec![(Rule::UnknownKeyRefused, format!("`{unknown}` was taken"))],
        Err(error) => error.to_string(),
    };
    let suggested = near.is_none_or(|name| message.contains(&format!("did you mean `{name}`?")));
    if message.contains(&format!("unknown field `{unknown}`")) && suggested {
        return Vec::new();
    }
    vec![(Rule::UnknownKeyRefused, format!("`{unknown}` is not named, or nothing is suggested: {message}"))]
}
