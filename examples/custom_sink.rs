//! A sink of one's own: appends events to a file, a line each. Run it in the folder `examples`.

use aoc_connectors::JsonLines;
use aoc_core::{pipeline::Start, prelude::*};
use std::{sync::Arc, time::Duration};
use tokio::io::AsyncWriteExt;

/// Appends every event to a file, as a line of JSON.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonFile {
    /// The file; it is made where there is none.
    pub path: String,
}

impl Component for JsonFile {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "json_file";
    const EXAMPLE: &'static str = "path = \"events.ndjson\"";

    async fn build(self) -> Result<Self::Built> {
        Ok(Arc::new(self))
    }
}

#[async_trait]
impl Sink for JsonFile {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        let mut lines = String::new();
        for event in events {
            // A record may have come with line breaks; in JSON they only stand between values.
            lines.push_str(&RawJson::of(event)?.text().replace(['\r', '\n'], " "));
            lines.push('\n');
        }
        let written = append(&self.path, &lines).await;
        written.map_err(|cause| Error::unavailable("cannot write").at(&self.path).because(cause))?;
        Ok(Delivered::default())
    }
}

/// `Ok` promises that the events are safe, so the file is synced. An empty text only asks whether it can be opened.
async fn append(path: &str, text: &str) -> std::io::Result<()> {
    let mut file = tokio::fs::OpenOptions::new().create(true).append(true).open(path).await?;
    file.write_all(text.as_bytes()).await?;
    file.flush().await?;
    file.sync_all().await
}

#[tokio::main]
async fn main() -> Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "events.ndjson".into());
    let file = JsonLines::new("records/contoso.ndjson").build().await?;
    let sink = JsonFile { path: path.clone() }.build().await?;
    let failures = Filter { result: vec![Outcome::Failure], ..Filter::default() };
    let store = MemoryStore::new();
    let pipeline = Pipeline::new(store.clone()).source("contoso", file);
    let running = pipeline.sink_from("failures", sink, failures, Start::Beginning).start();
    running.fetch_now("contoso").await?;
    while running.status().followers["failures"].position < store.head().await? {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!("all failures are in {path}");
    running.stop().await
}
