//! The log: reading it, and who may append.

use aoc_core::{
    Timestamp,
    prelude::*,
    query::Counted,
    store::{Added, Annotation, Lead, Stored},
};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use tokio::sync::watch;

use super::{MongoStore, command::ask, document, number};

#[async_trait]
impl EventLog for MongoStore {
    async fn append(&self, events: &[Event]) -> Result<Vec<Added>> {
        let token = self.token().await?;
        let mut writer = self.shared.writer.lock().await;
        writer.append(&self.shared, token, events).await
    }

    async fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Stored>> {
        let known = self.shared.known_head();
        let head = if after < known { known } else { self.shared.head().await? };
        if after >= head || limit == 0 {
            return Ok(Vec::new());
        }
        let between = |head| doc! { "position": { "$gt": number(after), "$lte": number(head) } };
        let found = self.find(between(head), i64::try_from(limit).ok()).await?;
        if !found.is_empty() {
            return Ok(found);
        }
        // All of it was forgotten, or a server answered that does not have it yet; the latter fails here.
        let head = self.shared.head().await?;
        self.find(between(head), i64::try_from(limit).ok()).await
    }

    async fn read_at(&self, positions: &[Position]) -> Result<Vec<Stored>> {
        let mut found = Vec::new();
        for part in positions.chunks(AT_ONCE) {
            let wanted: Vec<i64> = part.iter().map(|position| number(*position)).collect();
            let mut events =
                self.find(self.visible(doc! { "$in": wanted }, part.iter().max()).await?, None).await?;
            events.sort_unstable_by_key(|stored| stored.position);
            for position in part {
                let at = events.binary_search_by_key(position, |stored| stored.position);
                found.extend(at.ok().map(|at| events[at].clone()));
            }
        }
        Ok(found)
    }

    async fn get(&self, id: &str) -> Result<Vec<Stored>> {
        let log = self.shared.connection().await?.log().await?;
        let visible = doc! { "position": { "$lte": number(self.shared.see_head(log.head())) } };
        let key = Key::from(id.to_owned());
        let mut keys: Vec<Bson> =
            log.sources.iter().map(|source| document::digest(&Key::of(source, id))).collect();
        keys.push(document::digest(&key));
        let mut found = self.find(doc! { "$and": [{ "key": { "$in": keys } }, visible] }, None).await?;
        if let Some(one) = found.iter().position(|stored| stored.event.dedupe_key == key) {
            return Ok(vec![found.swap_remove(one)]);
        }
        found.sort_by(|a, b| a.event.source.cmp(&b.event.source));
        Ok(found)
    }

    async fn head(&self) -> Result<Position> {
        self.shared.head().await
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.shared.tail.subscribe()
    }

    async fn annotate(&self, position: Position, annotation: Annotation) -> Result<()> {
        self.change_annotations(position, annotation).await
    }

    async fn tagged(&self, tag: &str) -> Result<Vec<Position>> {
        self.positions_tagged(tag).await
    }

    async fn tags(&self) -> Result<Vec<Counted>> {
        self.all_tags().await
    }

    async fn forget_before(&self, time: Timestamp) -> Result<u64> {
        self.forget(time).await
    }

    async fn horizon(&self) -> Result<Option<Timestamp>> {
        let log = self.shared.connection().await?.log().await?;
        Ok(log.horizon.map(Timestamp::from_ticks))
    }

    async fn rewrite(&self, events: &[Stored]) -> Result<()> {
        self.rewrite_events(events).await
    }

    async fn remove(&self, positions: &[Position]) -> Result<u64> {
        let token = self.token().await?;
        self.shared.check(token).await?;
        self.remove_events(positions).await
    }

    fn lead(&self) -> watch::Receiver<Lead> {
        self.right.stand()
    }

    async fn resign(&self) -> Result<()> {
        self.right.resign().await
    }
}

/// How many positions are asked for at once.
const AT_ONCE: usize = 5_000;

impl MongoStore {
    /// What is asked of positions, as far as they are visible.
    pub(super) async fn visible(&self, mut asked: Document, highest: Option<&Position>) -> Result<Document> {
        let known = self.shared.known_head();
        let head =
            if highest.is_some_and(|highest| *highest <= known) { known } else { self.shared.head().await? };
        asked.insert("$lte", number(head));
        Ok(doc! { "position": asked })
    }

    /// Events in the order of their positions.
    pub(super) async fn find(&self, filter: Document, limit: Option<i64>) -> Result<Vec<Stored>> {
        let events = &self.shared.connection().await?.events;
        let mut asking = events.find(filter).sort(doc! { "position": 1 });
        if let Some(limit) = limit {
            asking = asking.limit(limit).batch_size(u32::try_from(limit).unwrap_or(u32::MAX).min(10_000));
        }
        let mut cursor = ask(asking).await?;
        let mut found = Vec::new();
        while let Some(raw) = ask(cursor.try_next()).await? {
            found.push(document::read(&raw)?);
        }
        Ok(found)
    }
}
