//! Configuration: what is read, and what is said when it is wrong.
#![allow(clippy::unwrap_used, reason = "tests panic to fail")]
#![cfg(feature = "config")]

mod environment;
mod mistakes;
mod plans;

use std::sync::{Arc, Mutex};

use aoc_core::{
    Indexing,
    config::{Config, Plan},
    prelude::*,
    store::Scan,
    testkit::fakes::{Numbered, Recorder},
};

/// The options that a test component was built from.
static BUILT: Mutex<Vec<Counter>> = Mutex::new(Vec::new());

/// Counts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Counter {
    /// Whose numbers.
    tenant: String,
    /// How many.
    #[serde(default)]
    limit: u64,
    /// Whether at all.
    #[serde(default)]
    on: bool,
    /// Which ones.
    #[serde(default)]
    content: Vec<String>,
    /// How much of each.
    #[serde(default)]
    share: Option<f64>,
    /// The secret.
    #[serde(default)]
    client_secret: Option<Secret>,
}

impl Component for Counter {
    type Built = Feed;
    const TYPE: &'static str = "counter";
    const EXAMPLE: &'static str = "tenant = \"contoso\"";
    async fn build(self) -> Result<Feed> {
        BUILT.lock().unwrap().push(self);
        Ok(Numbered::new(3).feed())
    }
}

/// Takes everything.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nowhere {
    /// Where to.
    #[serde(default)]
    url: String,
}

impl Component for Nowhere {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "nowhere";
    const EXAMPLE: &'static str = "url = \"https://nowhere.example\"";
    async fn build(self) -> Result<Self::Built> {
        if self.url == "refused" {
            Err(Error::config("not a URL").at("url"))
        } else {
            Ok(Arc::new(Recorder::new()))
        }
    }
}

/// Keeps everything.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Keeper {
    /// Where.
    folder: String,
}

impl Component for Keeper {
    type Built = Arc<dyn EventStore>;
    const TYPE: &'static str = "keeper";
    const EXAMPLE: &'static str = "folder = \"/data\"";
    async fn build(self) -> Result<Self::Built> {
        assert!(!self.folder.is_empty());
        Ok(Arc::new(MemoryStore::new()))
    }
}

/// Looks at everything.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Looking {}

impl Component for Looking {
    type Built = Indexing;
    const TYPE: &'static str = "scan";
    const EXAMPLE: &'static str = "";
    async fn build(self) -> Result<Indexing> {
        Ok(Indexing::new(|store| Ok(Arc::new(Scan::new(store)))))
    }
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.add::<Counter>().add::<Nowhere>().add::<Keeper>().add::<Looking>();
    registry
}

fn read(text: &str, vars: &[(&str, &str)]) -> Result<Config> {
    let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut config = Config::read(text, "aoc.toml", vars)?;
    config.set_default("store", "type", "memory");
    config.set_default("index", "type", "scan");
    Ok(config)
}

async fn plan(text: &str, vars: &[(&str, &str)]) -> Result<Plan> {
    read(text, vars)?.plan(&registry()).await
}

/// The sentence that is said about a text.
async fn mistake(text: &str, vars: &[(&str, &str)]) -> String {
    match plan(text, vars).await {
        Ok(_) => panic!("it was taken:\n{text}"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
            error.to_string()
        }
    }
}

/// The options of the counter of a tenant, as they were built last.
fn built(tenant: &str) -> Counter {
    let built = BUILT.lock().unwrap();
    built.iter().rfind(|counter| counter.tenant == tenant).cloned().expect("it was built")
}
