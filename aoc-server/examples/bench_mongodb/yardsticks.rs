//! The least that any program pays to put the same documents into MongoDB, and what other settings would give.

use futures::TryStreamExt;
use mongodb::{
    Client, Collection, IndexModel,
    bson::{RawDocumentBuf, doc},
    options::{ClientOptions, Compressor, IndexOptions},
};

use crate::{
    Failure,
    events::BATCH,
    ours::DATABASE,
    server::{Meter, Server},
};

/// What is tried.
struct Trial {
    name: &'static str,
    engine: &'static str,
    is_indexed: bool,
    /// At which level of zstd the wire is compressed.
    wire: Option<i32>,
    /// Members to leave out.
    without: &'static [&'static str],
}

/// Those the original has and our own reading does not need.
const ORIGINALS: [&str; 11] = [
    "id",
    "timestamp",
    "tenant",
    "source",
    "service",
    "operation",
    "result",
    "actor_display",
    "actor_upn",
    "target_displays",
    "display_summary",
];

const PLAIN: Trial = Trial { name: "", engine: "", is_indexed: true, wire: None, without: &[] };
const ZSTD: &str = "block_compressor=zstd";

/// Takes one of ten documents of ours and inserts them elsewhere.
pub(crate) async fn run(server: &Server, most: i64) -> Result<(), Failure> {
    let ours = server.client().await?.database(DATABASE).collection::<RawDocumentBuf>("events");
    let found = ours.find(doc! { "position": { "$mod": [10, 0] } }).limit(most).await?;
    let documents: Vec<RawDocumentBuf> = found.try_collect().await?;
    for trial in [
        Trial { name: "insert_many, no index", is_indexed: false, ..PLAIN },
        Trial { name: "insert_many, our five indexes", ..PLAIN },
        Trial { name: "insert_many, blocks in zstd", engine: ZSTD, ..PLAIN },
        Trial { name: "insert_many, zstd 3 on the wire", wire: Some(3), ..PLAIN },
        Trial { name: "insert_many, zstd 1 on the wire", wire: Some(1), ..PLAIN },
        Trial { name: "insert_many, without the original's members", without: &ORIGINALS, ..PLAIN },
        Trial { name: "insert_many, without them and in zstd", without: &ORIGINALS, engine: ZSTD, ..PLAIN },
    ] {
        try_out(server, &documents, &trial).await?;
    }
    Ok(())
}

async fn try_out(server: &Server, documents: &[RawDocumentBuf], trial: &Trial) -> Result<(), Failure> {
    let documents =
        documents.iter().map(|document| without(document, trial.without)).collect::<Result<Vec<_>, _>>()?;
    let mut options = ClientOptions::parse(server.uri()).await?;
    options.compressors = trial.wire.map(|level| vec![Compressor::Zstd { level: Some(level) }]);
    let client = Client::with_options(options)?;
    let database = client.database("yardstick");
    let engine = doc! { "wiredTiger": { "configString": trial.engine } };
    database.create_collection("events").storage_engine(engine).await?;
    let events = database.collection::<RawDocumentBuf>("events");
    if trial.is_indexed {
        index(&events).await?;
    }
    let meter = Meter::start(server).await?;
    for batch in documents.chunks(BATCH) {
        events.insert_many(batch).ordered(false).await?;
    }
    let count = documents.len() as u64;
    meter.print(trial.name, count).await?;
    let sizes = server.sizes("yardstick").await?;
    let per_event = |bytes: f64| bytes / count as f64;
    let (documents, indexes) = (per_event(sizes.storage), per_event(sizes.indexes));
    println!(
        "  on disk {documents:>6.0} + indexes {indexes:.0} bytes; uncompressed {:.0}",
        per_event(sizes.documents)
    );
    let meter = Meter::start(server).await?;
    let read = events.find(doc! {}).batch_size(1_000).await?.try_fold(0, async |sum, _| Ok(sum + 1)).await?;
    meter.print("  reading them", read).await?;
    database.drop().await?;
    Ok(())
}

/// The indexes that our store has.
async fn index(events: &Collection<RawDocumentBuf>) -> Result<(), Failure> {
    for (key, unique) in
        [("position", true), ("key", true), ("ticks", false), ("alias", false), ("tags", false)]
    {
        let options = IndexOptions::builder().unique(unique).sparse(true).build();
        events.create_index(IndexModel::builder().keys(doc! { key: 1 }).options(options).build()).await?;
    }
    Ok(())
}

fn without(document: &RawDocumentBuf, members: &[&str]) -> Result<RawDocumentBuf, Failure> {
    let mut kept = RawDocumentBuf::new();
    for member in document.iter() {
        let (name, value) = member?;
        if !members.contains(&name.as_str()) {
            kept.append(name, value);
        }
    }
    Ok(kept)
}
