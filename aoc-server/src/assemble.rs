//! From configuration to what runs: the only place that names concrete components.

use std::{path::Path, sync::Arc, time::Duration};

use aoc_connectors::{AnyRecord, microsoft::Hub};
use aoc_core::{
    Error, EventIndex, EventStore, Pipeline, Position, Registry, Result,
    config::{Config, Plan, Span, read},
};
use serde_json::Value;

use crate::{
    config::{AlertsConfig, AskConfig, AuthConfig, SECTIONS, ServerConfig},
    operations::{Asking, Expected, Operations, sinks::ConfiguredSink},
    original,
    rules::Keeper,
};

/// The file that is read where none is named and it is there.
pub const DEFAULT_FILE: &str = "aoc.toml";

/// Every component of this build that a section of the configuration can name.
pub fn registry() -> Registry {
    registry_on(&Hub::new())
}

/// As [`registry`], with the Microsoft sources on this hub.
pub fn registry_on(hub: &Arc<Hub>) -> Registry {
    let mut registry = Registry::new();
    aoc_connectors::register_on(&mut registry, hub);
    aoc_sinks::register_with(&mut registry, Arc::new(AnyRecord::new()));
    aoc_llm::register(&mut registry);
    registry
}

/// The configuration: the file, the environment, the original's environment, our defaults, in this order.
///
/// # Errors
/// [`Config`](aoc_core::ErrorKind::Config), saying where and what would be right. Also when authentication is
/// asked for, which this build does not have yet.
pub fn configuration(file: Option<&Path>) -> Result<Config> {
    let usual = Path::new(DEFAULT_FILE);
    let mut config = Config::load(file.or_else(|| usual.exists().then_some(usual)))?;
    original::apply(&mut config, |name| std::env::var(name).ok())?;
    complete(&mut config)?;
    Ok(config)
}

/// Variables of the original's environment that are set and belong to parts this build does not have yet.
pub fn environment_not_used_yet() -> Vec<&'static str> {
    original::not_used_yet(|name| std::env::var(name).ok())
}

/// What people should know of the original's variables that are set: what they do not do, and why.
pub fn environment_remarks(config: &Config) -> Vec<String> {
    original::remarks(config, |name| std::env::var(name).ok())
}

/// An error of the source at a path, naming the variable of the original that the wrong value comes from.
pub fn explained(config: &Config, path: &str, error: Error) -> Error {
    original::explained(config, path, error, |name| std::env::var(name).ok())
}

/// Fills in the defaults and checks what is not a component's to check.
///
/// # Errors
/// As [`configuration`].
pub fn complete(config: &mut Config) -> Result<()> {
    config.check_sections(&SECTIONS)?;
    AuthConfig::check(config)?;
    ServerConfig::of(config)?;
    AlertsConfig::of(config)?;
    AskConfig::of(config)?;
    check_sinks(config)?;
    config.set_default("store", "type", "sqlite");
    config.set_default("index", "type", "segments");
    if is(config, "store.type", "sqlite") {
        config.set_default("store", "path", "aoc.db");
        let path = config.get("store.path").and_then(Value::as_str).map(|path| format!("{path}.index"));
        if let Some(path) = path.filter(|_| is(config, "index.type", "segments")) {
            config.set_default("index", "path", path);
        }
    }
    if is(config, "store.type", "mongodb") {
        complete_mongodb(config);
    }
    Ok(())
}

/// Sinks are followers of the log, and so are these.
fn check_sinks(config: &Config) -> Result<()> {
    for name in ["alerts", "index"] {
        let path = format!("sinks.{name}");
        if config.get(&path).is_some() {
            return Err(Error::config("a sink cannot have this name, it is that of a part of AOC").at(path));
        }
    }
    Ok(())
}

/// Each process keeps segments in the folder it works in; an index in MongoDB is in the store's database.
fn complete_mongodb(config: &mut Config) {
    config.set_default("store", "database", "micro_soc");
    if is(config, "index.type", "segments") {
        let database = config.get("store.database").and_then(Value::as_str).unwrap_or("aoc").to_owned();
        config.set_default("index", "path", format!("{database}.index"));
    }
    if is(config, "index.type", "mongodb") {
        for key in ["uri", "database"] {
            if let Some(value) = config.get(&format!("store.{key}")).cloned() {
                config.set_default("index", key, value);
            }
        }
    }
}

fn is(config: &Config, path: &str, value: &str) -> bool {
    config.get(path).and_then(Value::as_str) == Some(value)
}

/// What a configuration says, put together but not running.
pub struct Assembled {
    /// The log and the notebook.
    pub store: Arc<dyn EventStore>,
    /// What answers searches.
    pub index: Arc<dyn EventIndex>,
    /// Sources, sinks, index and retention, ready to start.
    pub pipeline: Pipeline,
    /// `[server]`.
    pub server: ServerConfig,
    /// What the sources should prove.
    pub expected: Vec<Expected>,
    /// The alert rules.
    pub rules: Arc<Keeper>,
    /// The sinks of the pipeline.
    pub sinks: Vec<ConfiguredSink>,
    /// Who answers questions.
    pub asking: Asking,
    /// Sources that go on where the original stopped.
    heirs: Vec<original::Heir>,
}

impl Assembled {
    /// Builds every part of a configuration. Nothing is connected to and nothing is read yet.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) with the path of the key that is wrong.
    pub async fn of(config: &Config, registry: &Registry) -> Result<Self> {
        let plan = config.plan(registry).await.map_err(|error| {
            let text = error.to_string();
            explained(config, text.split(": ").next().unwrap_or_default(), error)
        });
        let Plan { store, index, pipeline } = plan?;
        let expected = expected(config, &pipeline);
        let rules = Keeper::new(AlertsConfig::of(config)?, store.clone());
        let mut pipeline = pipeline.silence_alarm();
        if rules.config().enabled {
            pipeline = pipeline.alerts("alerts", rules.evaluator());
        }
        let (heirs, sinks) = (original::heirs(config), sinks(config));
        let server = ServerConfig::of(config)?;
        let asking = AskConfig::of(config)?;
        let model = if asking.enabled { config.llm(registry).await } else { Ok(None) };
        let model = model.map_err(|error| explained(config, "llm", error))?;
        let asking = Asking::new(&asking, model, (store.clone(), index.clone()));
        Ok(Self { store, index, pipeline, server, expected, rules, sinks, asking, heirs })
    }

    /// As [`of`](Self::of), to read what is there: a database that is not there yet is not made.
    ///
    /// # Errors
    /// As [`of`](Self::of); [`NotFound`](aoc_core::ErrorKind::NotFound) where there is no database.
    pub async fn to_read(config: &Config, registry: &Registry) -> Result<Self> {
        let assembled = Self::of(config, registry).await?;
        let path =
            config.get("store.path").and_then(Value::as_str).filter(|_| is(config, "store.type", "sqlite"));
        match path.filter(|path| !Path::new(path).exists()) {
            Some(path) => {
                let message = format!(
                    "there is no database at `{path}`; `aoc import`, `aoc fetch` and `aoc serve` make one"
                );
                Err(Error::not_found(message).at("store"))
            }
            None if is(config, "store.type", "mongodb") => assembled.with_a_log(config).await,
            None => Ok(assembled),
        }
    }

    /// Refuses a database of which nothing is ours: a name that was typed wrong makes none.
    async fn with_a_log(self, config: &Config) -> Result<Self> {
        let (head, identity) = tokio::try_join!(self.store.head(), self.store.read("index/identity"))?;
        if head == Position::default() && identity.is_none() {
            let database = config.get("store.database").and_then(Value::as_str).unwrap_or_default();
            let message = format!(
                "there is no log of AOC in the database `{database}`; `aoc import`, `aoc fetch` and `aoc serve` make one"
            );
            return Err(Error::not_found(message).at("store"));
        }
        Ok(self)
    }

    /// The operations over it, with nothing running: for the command line.
    pub fn at_rest(&self) -> Arc<Operations> {
        let operations = Operations::new(self.store.clone(), self.index.clone());
        let operations = operations.expecting(self.expected.clone()).ruled_by(self.rules.clone());
        Arc::new(operations.forwarding(self.sinks.clone()).asked(self.asking.clone()))
    }

    /// Notes where the sources begin, if the store is a database of the Python original and it says how far it had
    /// collected; does nothing where that is noted. Reads the alert rules, also those of the original. To be called before
    /// the pipeline starts: no event is to be missed by a rule.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn take_up(&self) -> Result<()> {
        original::take_up(&*self.store, &self.heirs).await?;
        self.rules.begin().await?;
        self.asking.begin().await
    }

    /// The operations over it, with everything running. Needs a tokio runtime.
    pub fn start(self) -> Arc<Operations> {
        let running = self.pipeline.start();
        self.rules.watch();
        let operations = Operations::new(self.store, self.index).expecting(self.expected).with(running);
        Arc::new(operations.ruled_by(self.rules).forwarding(self.sinks).asked(self.asking).audited())
    }
}

/// What the sources of a configuration should prove. Those that can be examined ask a vendor for stretches of time, and
/// keep a ledger; files do not.
fn expected(config: &Config, pipeline: &Pipeline) -> Vec<Expected> {
    let every = |source: &str| {
        let text = config.get(&format!("sources.{source}.every")).and_then(Value::as_str);
        text.and_then(|text| text.parse::<Span>().ok()).map_or(EVERY, Span::duration)
    };
    let loops = pipeline.feeds().flat_map(|(source, feed)| {
        feed.sources.iter().map(move |(content, _)| Expected {
            source: source.to_owned(),
            content: content.clone(),
            keeps_ledger: feed.checkup.is_some(),
            every: every(source),
        })
    });
    loops.collect()
}

/// The sinks of a configuration that could be built.
fn sinks(config: &Config) -> Vec<ConfiguredSink> {
    let tables = config.get("sinks").and_then(Value::as_object);
    let sink = |(name, table): (&String, &Value)| ConfiguredSink {
        name: name.clone(),
        r#type: table["type"].as_str().unwrap_or_default().to_owned(),
        filter: table.get("filter").cloned().and_then(|filter| read(filter).ok()).unwrap_or_default(),
    };
    tables.into_iter().flatten().map(sink).collect()
}

/// How often a source is asked that does not say.
const EVERY: Duration = Duration::from_secs(300);
