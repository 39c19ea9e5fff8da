//! Adopting the documents of the Python original.
//!
//! Its `events` gain a place in the log, in the order of their `_id`, while collecting goes on: the leader reads those
//! without a place, makes an event of each and appends it as any other, only that its document is there already. So it
//! may be killed at any point; whoever leads next goes on with those that have no place yet.
//!
//! A document whose event is known by then, because another document or a collected record says the same, gets no
//! place: `repeat` says so, and it stays.

mod json;
mod owner;
mod pass;
mod read;
mod source;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use aoc_core::{
    Timestamp,
    prelude::*,
    store::{Added, Note},
};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};

use self::pass::{Pass, patiently};
pub(super) use self::{
    json::{json_of, time_of},
    owner::{Owner, as_it_was, body, owners},
    pass::index_ids,
};
use super::{
    MongoStore,
    append::lost,
    command::{ask, update_all},
    connection::{Connection, LOG},
    number,
};

/// The note that says how far it is.
const NOTE: &str = "adopting/progress";
/// How often it is said.
const SAY: Duration = Duration::from_secs(5);
/// How long to wait after a failure.
const AGAIN: Duration = Duration::from_secs(5);

/// How far adopting is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Adopting {
    /// So many documents have their place.
    pub done: u64,
    /// So many only repeat another and stay without one.
    pub repeats: u64,
    /// Of about so many.
    pub of: u64,
    /// When it began.
    pub began: Option<Timestamp>,
    /// When it came to its end.
    pub ended: Option<Timestamp>,
}

/// A document of the original's, and the event that it becomes.
pub(super) struct Original {
    pub(super) owner: Owner,
    pub(super) event: Event,
}

impl Original {
    pub(super) fn is_in(&self, owns: &HashSet<String>) -> bool {
        owns.contains(&self.owner.own.to_string())
    }
}

/// Those that have no place yet, by their `_id`.
pub(super) async fn free(
    connection: &Connection,
    head: Position,
    found: &[Original],
) -> Result<HashSet<String>> {
    let owns: Vec<_> = found.iter().map(|original| original.owner.own.clone()).collect();
    // What lies behind the head is nobody's; it is in the way, and will be swept.
    let place =
        doc! { "$or": [{ "position": { "$exists": false } }, { "position": { "$gt": number(head) } }] };
    let filter = doc! { "$and": [{ "_id": { "$in": owns } }, place] };
    let events = connection.events.clone_with_type::<Document>();
    let mut cursor = ask(events.find(filter).projection(doc! { "_id": 1 })).await?;
    let mut free = HashSet::new();
    while let Some(document) = ask(cursor.try_next()).await? {
        free.extend(document.get("_id").map(ToString::to_string));
    }
    Ok(free)
}

/// Adopts as long as there is something to adopt, and says why where that fails.
pub(super) async fn keep_adopting(store: MongoStore) {
    while let Err(error) = store.adopt_all(|_| {}).await {
        tracing::warn!(error = error.chain(), "adopting the original's documents failed; it is tried again");
        tokio::time::sleep(AGAIN).await;
    }
}

impl MongoStore {
    /// Adopts all documents of the original's that have no place in the log yet, and says how far it is after each batch.
    /// A process that leads does so by itself, in the background.
    ///
    /// # Errors
    /// [`Unavailable`](aoc_core::ErrorKind::Unavailable) when another process leads, or the database fails; it goes on
    /// where it was when it is called again.
    pub async fn adopt_all(&self, mut progress: impl FnMut(&Adopting) + Send) -> Result<Adopting> {
        // What an earlier leader left half-done is free again.
        self.append(&[]).await?;
        let connection = self.shared.connection().await?;
        if !connection.log().await?.adopting {
            if !pass::is_left(connection).await? {
                return Ok(Adopting::default());
            }
            self.set_adopting(true).await?;
        }
        index_ids(connection).await?;
        let mut report = Report::begin(self).await?;
        while self.adopt_once(&mut report, &mut progress).await? {}
        let ended = self.end(report.now, connection).await?;
        progress(&ended);
        Ok(ended)
    }

    /// Goes through all documents without a place once; `false` when there were none.
    async fn adopt_once(
        &self,
        report: &mut Report,
        progress: &mut (impl FnMut(&Adopting) + Send),
    ) -> Result<bool> {
        let mut pass = Pass::begin(self.shared.connection().await?, self.shared.normalizer.clone()).await?;
        let mut found = pass.next().await?;
        let is_some = !found.is_empty();
        while !found.is_empty() {
            let (added, next) = tokio::join!(self.adopt_batch(&found), pass.next());
            report.count(&added?);
            report.say(self).await?;
            progress(&report.now);
            found = next?;
        }
        Ok(is_some)
    }

    async fn adopt_batch(&self, found: &[Original]) -> Result<Vec<Option<Added>>> {
        let token = self.token().await?;
        let added = self.shared.writer.lock().await.adopt(&self.shared, token, found).await?;
        let (mut updates, mut noted) = (Vec::new(), Vec::new());
        for (original, added) in found.iter().zip(&added) {
            if *added == Some(Added::Duplicate) {
                noted.extend(original.owner.hand_on(&original.event, self.shared.known_head()));
                updates.push(original.owner.repeat(&original.event));
            }
        }
        let database = &self.shared.connection().await?.database;
        // First, so that it is done before the document is done with.
        update_all(database, "events", noted).await?;
        update_all(database, "events", updates).await?;
        Ok(added)
    }

    /// Nothing without a place is left but what repeats.
    async fn end(&self, mut now: Adopting, connection: &Connection) -> Result<Adopting> {
        let count = async |of: Document| patiently(connection.events.count_documents(of)).await;
        now.done = count(doc! { "adopted": true }).await?;
        now.repeats = count(doc! { "repeat": true }).await?;
        now.ended = Some(Timestamp::now());
        self.write(&[Note::new(NOTE, &now)?]).await?;
        pass::drop_index(connection).await?;
        self.set_adopting(false).await?;
        let (done, repeats) = (now.done, now.repeats);
        tracing::info!(done, repeats, "all documents of the original are adopted");
        Ok(now)
    }

    /// From the next append on it is known whether documents of the original's are left.
    async fn set_adopting(&self, adopting: bool) -> Result<()> {
        let token = self.token().await?;
        let mut writer = self.shared.writer.lock().await;
        writer.forget_place();
        let ours = doc! { "_id": LOG, "token": token };
        let log = &self.shared.connection().await?.log;
        let changed = ask(log.update_one(ours, doc! { "$set": { "adopting": adopting } })).await?;
        if changed.matched_count == 0 { Err(lost()) } else { Ok(()) }
    }
}

/// Says how far it is.
struct Report {
    now: Adopting,
    started: Instant,
    said: Instant,
    since_start: u64,
}

impl Report {
    /// Goes on from what was noted, where that had no end.
    async fn begin(store: &MongoStore) -> Result<Self> {
        let noted = store.read(NOTE).await?.and_then(|note| serde_json::from_value(note).ok());
        let noted = noted.filter(|noted: &Adopting| noted.ended.is_none());
        let mut now =
            noted.unwrap_or_else(|| Adopting { began: Some(Timestamp::now()), ..Default::default() });
        now.of = ask(store.shared.connection().await?.events.estimated_document_count()).await?;
        store.write(&[Note::new(NOTE, &now)?]).await?;
        tracing::info!(of = now.of, done = now.done, "adopting the documents of the original");
        let started = Instant::now();
        Ok(Self { now, started, said: started, since_start: 0 })
    }

    fn count(&mut self, added: &[Option<Added>]) {
        let repeats = added.iter().filter(|added| **added == Some(Added::Duplicate)).count() as u64;
        let done = added.iter().flatten().count() as u64 - repeats;
        self.now.done += done;
        self.now.repeats += repeats;
        self.since_start += done + repeats;
    }

    async fn say(&mut self, store: &MongoStore) -> Result<()> {
        if self.said.elapsed() < SAY {
            return Ok(());
        }
        self.said = Instant::now();
        let Adopting { done, repeats, of, .. } = self.now;
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let per_second = self.since_start * 1_000 / millis;
        tracing::info!(done, repeats, of, per_second, "adopting the documents of the original");
        store.write(&[Note::new(NOTE, &self.now)?]).await
    }
}
