//! The way of the Python original, with the driver we use: its documents, its indexes, its upserts, its questions.
//!
//! Written from its description (`raw` embedded and again as `raw_text`; indexes on `dedupe_key`, `timestamp`,
//! `service` and `id`). What it is measured with is kinder to it than Python is.

use aoc_core::{Event, Filter, RawJson};
use futures::TryStreamExt;
use mongodb::{
    Collection, Database, IndexModel,
    bson::{Bson, Document, doc},
    options::IndexOptions,
};

use crate::{Failure, contest::Ask};

/// A collection of the original's.
pub(crate) struct Original {
    database: Database,
    events: Collection<Document>,
}

impl Original {
    pub(crate) async fn open(database: Database) -> Result<Self, Failure> {
        let events: Collection<Document> = database.collection("events");
        for name in ["dedupe_key", "timestamp", "service", "id"] {
            let options = IndexOptions::builder().unique(name == "dedupe_key").build();
            events
                .create_index(IndexModel::builder().keys(doc! { name: 1 }).options(options).build())
                .await?;
        }
        Ok(Self { database, events })
    }

    pub(crate) async fn forget(&self) -> Result<(), Failure> {
        Ok(self.database.drop().await?)
    }

    /// One command for all.
    pub(crate) async fn upsert_all(&self, events: &[Event]) -> Result<(), Failure> {
        let updates: Vec<Document> = events.iter().map(upsert).collect();
        if !updates.is_empty() {
            let command = doc! { "update": "events", "updates": updates, "ordered": false };
            self.database.run_command(command).await?;
        }
        Ok(())
    }

    /// One command for each.
    pub(crate) async fn upsert_each(&self, events: &[Event]) -> Result<(), Failure> {
        for event in events {
            let filter = doc! { "dedupe_key": event.dedupe_key.as_str() };
            let change = doc! { "$setOnInsert": document(event) };
            self.events.update_one(filter, change).upsert(true).await?;
        }
        Ok(())
    }

    /// Answers a question; says how many match, or how many were given.
    pub(crate) async fn ask(&self, ask: Ask, filter: &Filter) -> Result<u64, Failure> {
        let filter = condition(filter);
        match ask {
            Ask::Page(most) => {
                let newest = doc! { "timestamp": -1 };
                let found = self.events.find(filter).sort(newest).limit(most as i64).await?;
                Ok(found.try_collect::<Vec<_>>().await?.len() as u64)
            }
            Ask::Count => Ok(self.events.count_documents(filter).await?),
            Ask::Facets => {
                let group = |name: &str| {
                    let by = doc! { "_id": format!("${name}"), "count": { "$sum": 1 } };
                    vec![
                        doc! { "$group": by },
                        doc! { "$sort": { "count": -1, "_id": 1 } },
                        doc! { "$limit": 200 },
                    ]
                };
                // All four in one pass, which is quicker than one after another.
                let facets = doc! {
                    "service": group("service"), "operation": group("operation"), "result": group("result"),
                    "actor": group("actor_display"),
                };
                self.aggregate(vec![doc! { "$match": filter }, doc! { "$facet": facets }]).await
            }
            Ask::Timeline => {
                let failed = doc! { "$cond": [{ "$eq": ["$result", "failure"] }, 1, 0] };
                let group = doc! {
                    "_id": { "$substrBytes": ["$timestamp", 0, 13] },
                    "count": { "$sum": 1 }, "failures": { "$sum": failed },
                };
                let sort = doc! { "$sort": { "_id": 1 } };
                self.aggregate(vec![doc! { "$match": filter }, doc! { "$group": group }, sort]).await
            }
        }
    }

    /// The four facets one after another.
    pub(crate) async fn facets_apart(&self, filter: &Filter) -> Result<u64, Failure> {
        let mut answers = 0;
        for name in ["service", "operation", "result", "actor_display"] {
            let by = doc! { "_id": format!("${name}"), "count": { "$sum": 1 } };
            let sort = doc! { "$sort": { "count": -1, "_id": 1 } };
            answers += self
                .aggregate(vec![doc! { "$match": condition(filter) }, doc! { "$group": by }, sort])
                .await?;
        }
        Ok(answers)
    }

    /// A page behind a time.
    pub(crate) async fn page_before(&self, time: &str) -> Result<u64, Failure> {
        let older = doc! { "timestamp": { "$lt": time } };
        let found = self.events.find(older).sort(doc! { "timestamp": -1 }).limit(50).await?;
        Ok(found.try_collect::<Vec<_>>().await?.len() as u64)
    }

    pub(crate) async fn get(&self, id: &str) -> Result<u64, Failure> {
        Ok(u64::from(self.events.find_one(doc! { "id": id }).await?.is_some()))
    }

    async fn aggregate(&self, stages: Vec<Document>) -> Result<u64, Failure> {
        let found = self.events.aggregate(stages).allow_disk_use(true).await?;
        Ok(found.try_collect::<Vec<_>>().await?.len() as u64)
    }
}

fn upsert(event: &Event) -> Document {
    let filter = doc! { "dedupe_key": event.dedupe_key.as_str() };
    doc! { "q": filter, "u": { "$setOnInsert": document(event) }, "upsert": true }
}

fn document(event: &Event) -> Document {
    let text = |text: &Option<String>| text.clone().map_or(Bson::Null, Bson::String);
    doc! {
        "id": &event.id,
        "timestamp": event.timestamp.to_string(),
        "service": &event.service,
        "operation": &event.operation,
        "result": event.result.as_str(),
        "actor_display": text(&event.actor_display),
        "actor_upn": text(&event.actor_upn),
        "actor": embedded(&event.actor),
        "target_displays": &event.target_displays,
        "targets": event.targets.iter().map(embedded).collect::<Vec<_>>(),
        "display_summary": &event.display_summary,
        "dedupe_key": event.dedupe_key.as_str(),
        "tags": Vec::<Bson>::new(),
        "comments": Vec::<Bson>::new(),
        "raw": embedded(&event.raw),
        "raw_text": event.raw.text(),
    }
}

fn embedded(json: &RawJson) -> Bson {
    json.read::<Bson>().unwrap_or(Bson::Null)
}

/// A filter as the original put it: parts of names and of the raw text by expressions, case ignored.
fn condition(filter: &Filter) -> Document {
    let mut all = Vec::new();
    if !filter.service.is_empty() {
        all.push(doc! { "service": { "$in": &filter.service } });
    }
    if !filter.result.is_empty() {
        let results: Vec<&str> = filter.result.iter().map(|result| result.as_str()).collect();
        all.push(doc! { "result": { "$in": results } });
    }
    for (operator, time) in [("$gte", filter.start), ("$lt", filter.end)] {
        all.extend(time.map(|time| doc! { "timestamp": { operator: time.to_string() } }));
    }
    if let Some(actor) = &filter.actor {
        let either = ["actor_display", "actor_upn"].map(|name| doc! { name: contains(actor) });
        all.push(doc! { "$or": either.to_vec() });
    }
    all.extend(filter.search.parts().iter().map(|part| doc! { "raw_text": contains(part) }));
    if all.is_empty() {
        Document::new()
    } else {
        doc! { "$and": all }
    }
}

fn contains(text: &str) -> Document {
    let mut pattern = String::new();
    for character in text.chars() {
        if character.is_ascii_punctuation() {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    doc! { "$regex": pattern, "$options": "i" }
}
