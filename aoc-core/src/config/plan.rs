//! From tables to parts: each table goes to its component.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Config, Span, read, suggestion};
use crate::{
    Error, Feed, Indexing, Kind, LlmProvider, Part, Registry, Result, Sink,
    pipeline::{Batch, Pipeline, Start},
    query::Filter,
    store::{EventIndex, EventStore},
};

/// What a configuration says, built.
pub struct Plan {
    /// `[store]`.
    pub store: Arc<dyn EventStore>,
    /// `[index]`.
    pub index: Arc<dyn EventIndex>,
    /// `[sources.*]` and `[sinks.*]`, ready to start.
    pub pipeline: Pipeline,
}

const EVERY: Span = Span::seconds(300);

/// The keys of a component's table that are not its own.
#[derive(Deserialize, JsonSchema)]
struct Reserved {
    r#type: String,
    profile: Option<String>,
    every: Option<Span>,
    #[serde(default)]
    filter: Filter,
    from: Option<Start>,
    batch_events: Option<usize>,
    batch_bytes: Option<usize>,
    retention: Option<Span>,
}

impl Reserved {
    /// How much a sink gets at once.
    fn batch(&self) -> Result<Batch> {
        let usual = Batch::default();
        let batch = Batch {
            events: self.batch_events.unwrap_or(usual.events),
            bytes: self.batch_bytes.unwrap_or(usual.bytes),
        };
        if !(1..=MOST_EVENTS).contains(&batch.events) {
            let message = format!("{} is not between 1 and {MOST_EVENTS}", batch.events);
            return Err(Error::config(message).at("batch_events"));
        }
        Ok(batch)
    }
}

/// The largest batch.
const MOST_EVENTS: usize = 10_000;

/// The keys of `[llm]` that are not the provider's own. What a model is used for is not this crate's to know.
const LLM_KEYS: &[&str] = &[
    "type",
    "profile",
    "enabled",
    "max_events",
    "planning",
    "pseudonyms",
    "tokens_per_day",
    "tokens_per_caller",
];

/// Which reserved keys a kind of component has, beside `type` and `profile`.
fn reserved_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Source => &["type", "profile", "every"],
        Kind::Sink => &["type", "profile", "filter", "from", "batch_events", "batch_bytes"],
        Kind::Store => &["type", "profile", "retention"],
        Kind::Index | Kind::Evaluator => &["type", "profile"],
        Kind::Llm => LLM_KEYS,
    }
}

impl Config {
    /// Builds all parts. Nothing is connected to and nothing is read yet.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) with the path of the key that is wrong.
    pub async fn plan(&self, registry: &Registry) -> Result<Plan> {
        self.check_profiles(registry)?;
        let (store, reserved) = self.part::<Arc<dyn EventStore>>(registry, "store").await?;
        let (indexing, _) = self.part::<Indexing>(registry, "index").await?;
        let index = indexing.over(store.clone())?;
        let mut pipeline = Pipeline::over(store.clone()).index(index.clone());
        if let Some(retention) = reserved.retention {
            pipeline = pipeline.retention(retention.duration());
        }
        for name in self.names("sources")? {
            let (feed, reserved) = self.part::<Feed>(registry, &format!("sources.{name}")).await?;
            pipeline = pipeline.source_every(
                name,
                feed,
                reserved.every.unwrap_or(EVERY).duration().max(Duration::from_secs(1)),
            );
        }
        for name in self.names("sinks")? {
            let (sink, reserved) = self.part::<Arc<dyn Sink>>(registry, &format!("sinks.{name}")).await?;
            let batch = reserved.batch().map_err(|error| error.at(format!("sinks.{name}")))?;
            let start = reserved.from.unwrap_or_default();
            pipeline = pipeline.sink_in_batches(name, sink, reserved.filter, start, batch);
        }
        Ok(Plan { store, index, pipeline })
    }

    /// Builds the language model of `[llm]`, where that names a type.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) with the path of the key that is wrong.
    pub async fn llm(&self, registry: &Registry) -> Result<Option<Arc<dyn LlmProvider>>> {
        if self.get("llm.type").is_none() {
            return Ok(None);
        }
        Ok(Some(self.part::<Arc<dyn LlmProvider>>(registry, "llm").await?.0))
    }

    /// Builds the part whose table is at the path.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) with the path of the key that is wrong.
    async fn part<P: Part>(&self, registry: &Registry, path: &str) -> Result<(P, Reserved)> {
        let at = |error: Error| error.at(path);
        let table = self.get(path).cloned().unwrap_or_else(|| Value::Object(Map::new()));
        let Value::Object(table) = table else { return Err(at(Error::config("expected a table"))) };
        let (mine, own): (Map<_, _>, Map<_, _>) =
            table.into_iter().partition(|(key, _)| reserved_of(P::KIND).contains(&key.as_str()));
        let mine = self.typed(path, Value::Object(mine), schemars::schema_for!(Reserved).as_value());
        let reserved: Reserved = read(mine).map_err(at)?;
        let entry = registry.find(P::KIND, &reserved.r#type).map_err(at)?;
        let mut options = own;
        if let Some(name) = &reserved.profile {
            self.add_profile(&mut options, name, entry.schema.as_value()).map_err(at)?;
        }
        let options = self.typed(path, Value::Object(options), entry.schema.as_value());
        let built = registry.build(&reserved.r#type, options).await.map_err(at)?;
        Ok((built, reserved))
    }

    /// The keys of the profile that the component knows and that its own table does not give.
    fn add_profile(&self, options: &mut Map<String, Value>, name: &str, schema: &Value) -> Result<()> {
        let path = format!("profiles.{name}");
        let Some(Value::Object(profile)) = self.get(&path) else {
            let names = self.names("profiles")?;
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            return Err(Error::config(format!("there is no [{path}]{}", suggestion(name, &names))));
        };
        let known = schema["properties"].as_object();
        let typed = self.typed(&path, Value::Object(profile.clone()), schema);
        for (key, value) in typed.as_object().into_iter().flatten() {
            if known.is_some_and(|known| known.contains_key(key)) {
                options.entry(key).or_insert_with(|| value.clone());
            }
        }
        Ok(())
    }

    /// Every key of a profile must be known to a component that uses the profile.
    fn check_profiles(&self, registry: &Registry) -> Result<()> {
        let mut tables = vec![("store".to_owned(), Kind::Store), ("index".into(), Kind::Index)];
        tables.push(("llm".into(), Kind::Llm));
        for (section, kind) in [("sources", Kind::Source), ("sinks", Kind::Sink)] {
            tables.extend(self.names(section)?.iter().map(|name| (format!("{section}.{name}"), kind)));
        }
        let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, kind) in tables {
            let table = self.get(&path);
            let text = |key: &str| table.and_then(|table| table.get(key)).and_then(Value::as_str);
            let (Some(profile), Some(component)) = (text("profile"), text("type")) else { continue };
            let Ok(entry) = registry.find(kind, component) else { continue };
            let keys = entry.schema.as_value()["properties"].as_object();
            let keys = keys.into_iter().flat_map(|properties| properties.keys().cloned());
            known.entry(profile.to_owned()).or_default().extend(keys);
        }
        for (profile, known) in known {
            let path = format!("profiles.{profile}");
            let keys = self.get(&path).and_then(Value::as_object).into_iter().flat_map(Map::keys);
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            if let Some(unknown) = keys.into_iter().find(|key| !known.contains(&key.as_str())) {
                let list = known.join("`, `");
                let message = format!(
                    "unknown field `{unknown}`, expected one of `{list}`{}",
                    suggestion(unknown, &known)
                );
                return Err(Error::config(message).at(path));
            }
        }
        Ok(())
    }

    /// The names in a section of named tables.
    fn names(&self, section: &str) -> Result<Vec<String>> {
        match self.get(section) {
            None => Ok(Vec::new()),
            Some(Value::Object(tables)) => Ok(tables.keys().cloned().collect()),
            Some(_) => Err(Error::config(format!("expected tables such as [{section}.name]")).at(section)),
        }
    }
}
