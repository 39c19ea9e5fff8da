//! What the original noted: how far it had collected, and its rules. Its collections stay as they are.

use aoc_core::{Timestamp, prelude::*};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};

use super::{
    adopt::{json_of, time_of},
    command::{Update, ask, update_all},
    connection::Connection,
};

/// Members that may name what a watermark is of.
const NAMES: [&str; 4] = ["source", "name", "key", "_id"];
/// Members that may be the time of a watermark.
const TIMES: [&str; 6] = ["last_fetch", "last_timestamp", "timestamp", "watermark", "value", "updated_at"];

impl Connection {
    /// Notes the original's watermarks as `original/watermark/{name}` and its rules as `original/rule/{id}`, where that
    /// is not noted yet.
    pub(super) async fn inherit(&self) -> Result<()> {
        let watermarks = self.all("watermarks").await?;
        let mut notes: Vec<Update> = watermarks.iter().filter_map(watermark).collect();
        notes.extend(self.all("rules").await?.iter().map(rule));
        update_all(&self.database, "aoc_notes", notes).await.map(drop)
    }

    async fn all(&self, collection: &str) -> Result<Vec<Document>> {
        let collection = self.database.collection::<Document>(collection);
        let found = ask(collection.find(doc! {})).await?;
        ask(found.try_collect()).await
    }
}

fn watermark(document: &Document) -> Option<Update> {
    let name = NAMES.iter().find_map(|name| document.get_str(name).ok())?;
    let time = TIMES.iter().find_map(|name| time(document.get(name)?))?;
    Some(note(&format!("original/watermark/{name}"), &serde_json::Value::from(time.to_string()).to_string()))
}

fn time(value: &Bson) -> Option<Timestamp> {
    match value {
        Bson::DateTime(date) => time_of(*date),
        Bson::String(text) => Timestamp::parse(text).ok(),
        _ => None,
    }
}

fn rule(document: &Document) -> Update {
    let id = match document.get("id").or_else(|| document.get("_id")) {
        Some(Bson::String(id)) => id.clone(),
        Some(Bson::ObjectId(id)) => id.to_hex(),
        other => other.map(ToString::to_string).unwrap_or_default(),
    };
    note(&format!("original/rule/{id}"), &json_of(document))
}

/// Writes a note that is not there.
fn note(key: &str, text: &str) -> Update {
    let change = doc! { "$setOnInsert": { "text": text, "seq": 0_i64 } };
    Update { filter: doc! { "_id": key }, change, upsert: true }
}
