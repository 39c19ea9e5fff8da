//! Embeds AOC: stores the records of a file, each once, and searches them. Run it in the folder `examples`.

use aoc_connectors::JsonLines;
use aoc_core::prelude::*;

#[tokio::main]
async fn main() -> Result<()> {
    let store = MemoryStore::new();
    let file = JsonLines::new("records/contoso.ndjson").build().await?;
    let running = Pipeline::new(store.clone()).source("contoso", file).start();
    running.fetch_now("contoso").await?;
    let hits = store.search(&Query::new().text("\"Global Administrator\"")).await?;
    for hit in hits.items {
        println!("{} {}", hit.event.timestamp, hit.event.display_summary);
    }
    running.stop().await
}
