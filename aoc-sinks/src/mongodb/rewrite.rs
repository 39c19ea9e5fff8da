//! Rewriting what is told of events.

use std::collections::HashMap;

use aoc_core::{prelude::*, store::Stored};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};

use super::{
    MongoStore,
    adopt::body,
    command::{Update, ask, update_all},
    document, number,
};

/// How many positions are asked for at once.
const AT_ONCE: usize = 5_000;

impl MongoStore {
    /// All is checked before the first is rewritten. Where the server fails in the middle, some are and some are not;
    /// whoever rewrites does it again.
    pub(super) async fn rewrite_events(&self, events: &[Stored]) -> Result<()> {
        let token = self.token().await?;
        let positions: Vec<Position> = events.iter().map(|stored| stored.position).collect();
        let found = self.read_at(&positions).await?;
        let before: HashMap<Position, &Stored> =
            found.iter().map(|stored| (stored.position, stored)).collect();
        let adopted = self.adopted(&positions).await?;
        let mut updates = Vec::new();
        for Stored { position, event } in events {
            let before = before.get(position).ok_or_else(|| Error::not_found("no such event"))?;
            before.check_rewrite(event)?;
            let (set, other) = match adopted.get(position) {
                Some(gained) => change_adopted(event, gained)?,
                None => change(&before.event, event)?,
            };
            let filter = doc! { "position": number(*position), "key": document::digest(&event.dedupe_key) };
            updates.push(Update { filter, change: doc! { "$set": set, "$unset": other }, upsert: false });
        }
        self.shared.check(token).await?;
        update_all(&self.shared.connection().await?.database, "events", updates).await.map(drop)
    }

    /// Those of the original's documents that are at these positions, and the members they have gained.
    async fn adopted(&self, positions: &[Position]) -> Result<HashMap<Position, Vec<String>>> {
        let events = self.shared.connection().await?.events.clone_with_type::<Document>();
        let mut found = HashMap::new();
        for part in positions.chunks(AT_ONCE) {
            let wanted: Vec<i64> = part.iter().map(|position| number(*position)).collect();
            let filter = doc! { "position": { "$in": wanted }, "adopted": true };
            let mut cursor = ask(events.find(filter).projection(doc! { "position": 1, "gained": 1 })).await?;
            while let Some(document) = ask(cursor.try_next()).await? {
                let gained = document.get_array("gained").into_iter().flatten();
                let gained = gained.filter_map(|name| name.as_str().map(str::to_owned)).collect();
                found.extend(document.get_i64("position").ok().map(|at| (super::position(at), gained)));
            }
        }
        Ok(found)
    }
}

/// What is set of an event told anew, and what goes: before it may have been short, or long.
fn change(before: &Event, event: &Event) -> Result<(Document, Document)> {
    let mut set = document::members(event)?;
    if event.revision_of.is_some() {
        set.insert("alias", document::digest(&event.alias()));
    }
    if set.contains_key("packed") {
        return Ok((set, doc! { "head": "" }));
    }
    if document::members(before)?.contains_key("packed") {
        set.insert("raw_text", event.raw.text());
    }
    Ok((set, doc! { "packed": "", "length": "" }))
}

/// The same of a document of the original's: what it wrote stays, but for the members that its document has gained.
fn change_adopted(event: &Event, gained: &[String]) -> Result<(Document, Document)> {
    let is_ours = |name: &String| name == "ticks" || gained.contains(name);
    let mut set: Document = document::told(event).into_iter().filter(|(name, _)| is_ours(name)).collect();
    // The original keeps the raw record, too, maybe twice.
    set.extend(body(event, 2 * event.raw.text().len())?);
    if event.revision_of.is_some() {
        set.insert("alias", document::digest(&event.alias()));
    }
    let other = if set.contains_key("packed") {
        doc! { "head": "", "raw_json": "" }
    } else {
        doc! { "packed": "", "length": "" }
    };
    Ok((set, other))
}
