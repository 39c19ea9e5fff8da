//! A document of the original's that becomes the document of an event.
//!
//! What the original wrote stays as it is. The document gains our own members, and those of the original's that it
//! lacks; `gained` names the latter, so that all of it can be taken back.

use std::collections::HashMap;

use aoc_core::{Timestamp, prelude::*};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, RawBsonRef, RawDocument, RawDocumentBuf, doc};

use super::read;
use crate::mongodb::{
    command::{Update, ask},
    connection::Connection,
    document,
    known::New,
    number,
};

/// Members that are ours whatever the original wrote.
const OURS: [&str; 13] = [
    "position", "token", "attempt", "key", "alias", "print", "ticks", "head", "raw_json", "packed", "length",
    "adopted", "gained",
];
/// Of so many ids it is asked at once whether the original has them.
const IDS: usize = 2_000;

/// A document without a place.
#[derive(Clone)]
pub(in crate::mongodb) struct Owner {
    /// Its `_id`.
    pub(in crate::mongodb) own: Bson,
    has: Vec<String>,
    /// Its tags and comments.
    noted: Document,
    bytes: usize,
    /// What makes lists of annotations that are none, so that one can be added.
    pub(in crate::mongodb) put_right: Vec<Update>,
}

impl Owner {
    pub(in crate::mongodb) fn of(raw: &RawDocument) -> Option<Self> {
        let own = Bson::try_from(raw.get("_id").ok()??).ok()?;
        let names = raw.iter().filter_map(|member| Some(member.ok()?.0.to_string()));
        let put_right = put_right(&own, raw);
        let mut noted = Document::new();
        for name in ["tags", "comments"] {
            if let Ok(Some(list @ RawBsonRef::Array(_))) = raw.get(name) {
                noted.insert(name, Bson::try_from(list).ok()?);
            }
        }
        Some(Self { own, has: names.collect(), noted, bytes: raw.as_bytes().len(), put_right })
    }

    /// Gives it the place of an event.
    pub(in crate::mongodb) fn adopt(
        &self,
        event: &Event,
        at: Position,
        hand: document::Hand,
        print: i64,
    ) -> Result<Update> {
        let mut set = document::place(event, at, hand, print);
        let again = doc! { "position": number(at), "token": hand.0, "key": set.get("key").cloned() };
        let mut told = document::told(event);
        told.insert("dedupe_key", event.dedupe_key.as_str());
        let lacks = |name: &String| name == "ticks" || !self.has.contains(name);
        let told: Document = told.into_iter().filter(|(name, _)| lacks(name)).collect();
        let gained: Vec<String> = told.keys().filter(|name| *name != "ticks").cloned().collect();
        set.extend(told);
        set.extend(body(event, self.bytes)?);
        set.extend(doc! { "adopted": true, "gained": gained });
        // Made twice it finds its own work.
        let free = doc! { "_id": &self.own, "$or": [{ "position": { "$exists": false } }, again] };
        Ok(Update { filter: free, change: doc! { "$set": set }, upsert: false })
    }

    /// What people noted in it is noted at the event that it repeats, too; made twice it adds nothing.
    pub(in crate::mongodb) fn hand_on(&self, event: &Event, head: Position) -> Option<Update> {
        let each = |name: &str| {
            let list = self.noted.get_array(name).ok().filter(|list| !list.is_empty())?;
            Some((name.to_owned(), Bson::from(doc! { "$each": list.clone() })))
        };
        let noted: Document = ["tags", "comments"].into_iter().filter_map(each).collect();
        let filter =
            doc! { "key": document::digest(&event.dedupe_key), "position": { "$lte": number(head) } };
        let change = doc! { "$addToSet": &noted };
        (!noted.is_empty()).then(|| Update { filter, change, upsert: false })
    }

    /// Says of it that its event is known: it gets no place.
    pub(in crate::mongodb) fn repeat(&self, event: &Event) -> Update {
        let filter = doc! { "_id": &self.own, "position": { "$exists": false } };
        Update {
            filter,
            change: doc! { "$set": { "repeat": true, "ticks": event.timestamp.ticks() } },
            upsert: false,
        }
    }
}

fn put_right(own: &Bson, raw: &RawDocument) -> Vec<Update> {
    let mut updates = Vec::new();
    for name in ["tags", "comments"] {
        let value = raw.get(name).ok().flatten().and_then(|value| Bson::try_from(value).ok());
        let list = match &value {
            None | Some(Bson::Array(_)) => continue,
            Some(Bson::Null) => Bson::Array(Vec::new()),
            Some(one) => Bson::Array(vec![one.clone()]),
        };
        let filter = doc! { "_id": own, name: { "$eq": value, "$not": { "$type": "array" } } };
        updates.push(Update { filter, change: doc! { "$set": { name: list } }, upsert: false });
    }
    updates
}

/// An event in a document of the original's, whose `raw_text` may be another.
pub(in crate::mongodb) fn body(event: &Event, beside: usize) -> Result<Document> {
    let mut body = document::body(event, beside)?;
    if !body.contains_key("packed") {
        body.insert("raw_json", event.raw.text());
    }
    Ok(body)
}

/// Makes of adopted documents what they were.
pub(in crate::mongodb) fn as_it_was() -> Vec<Document> {
    let names = doc! { "$concatArrays": [OURS.to_vec(), { "$ifNull": ["$gained", []] }] };
    let theirs = doc! { "$filter": {
    "input": { "$objectToArray": "$$ROOT" }, "cond": { "$not": { "$in": ["$$this.k", names] } } } };
    vec![doc! { "$replaceWith": { "$arrayToObject": theirs } }]
}

/// Documents without a place that are of these events: of the same id, and the same time but for a second.
pub(in crate::mongodb) async fn owners(
    connection: &Connection,
    new: &[New],
) -> Result<HashMap<usize, Owner>> {
    let mut wanted: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, one) in new.iter().enumerate() {
        wanted.entry(one.event.id.as_str()).or_default().push(index);
    }
    let (mut found, ids) = (HashMap::new(), wanted.keys().copied().collect::<Vec<_>>());
    for ids in ids.chunks(IDS) {
        let filter =
            doc! { "id": { "$in": ids }, "position": { "$exists": false }, "repeat": { "$ne": true } };
        let mut cursor = ask(connection.events.find(filter)).await?;
        while let Some(raw) = ask(cursor.try_next()).await? {
            let indexes = raw.get_str("id").ok().and_then(|id| wanted.get(id));
            let free = indexes
                .into_iter()
                .flatten()
                .find(|index| !found.contains_key(*index) && is_at(&raw, new[**index].event.timestamp));
            if let (Some(index), Some(owner)) = (free, Owner::of(&raw)) {
                found.insert(*index, owner);
            }
        }
    }
    Ok(found)
}

/// Whether a document is of this time.
fn is_at(raw: &RawDocumentBuf, time: Timestamp) -> bool {
    let own = raw.get("timestamp").ok().flatten().and_then(|own| read::time(&Bson::try_from(own).ok()?));
    own.is_some_and(|own| (own.ticks() - time.ticks()).abs() < 10_000_000)
}
