//! Forgetting, and removing.

use aoc_core::{Timestamp, prelude::*};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};

use super::{MongoStore, append::lost, command::ask, connection::LOG, number};

/// How many events are deleted at once, so that nobody waits for long.
const AT_ONCE: i64 = 5_000;

impl MongoStore {
    pub(super) async fn forget(&self, time: Timestamp) -> Result<u64> {
        let token = self.token().await?;
        let connection = self.shared.connection().await?;
        // First nobody finds them any more.
        let ours = doc! { "_id": LOG, "token": token };
        let changed =
            ask(connection.log.update_one(ours, doc! { "$max": { "horizon": time.ticks() } })).await?;
        if changed.matched_count == 0 {
            return Err(lost());
        }
        let mut filter = self.visible(doc! { "$gt": 0_i64 }, None).await?;
        filter.insert("ticks", doc! { "$lt": time.ticks() });
        // Documents of the original's that only repeat another have no place, but a time.
        let repeats = doc! { "repeat": true, "ticks": { "$lt": time.ticks() } };
        let gone = self.delete_all(token, filter).await?;
        self.delete_all(token, repeats).await?;
        Ok(gone)
    }

    /// Deletes documents, the oldest first, some at a time.
    async fn delete_all(&self, token: i64, filter: Document) -> Result<u64> {
        let events = self.shared.connection().await?.events.clone_with_type::<Document>();
        let mut gone = 0;
        loop {
            let asking = events.find(filter.clone()).sort(doc! { "ticks": 1 }).limit(AT_ONCE);
            let mut cursor = ask(asking.projection(doc! { "_id": 1 })).await?;
            let mut ids = Vec::new();
            while let Some(document) = ask(cursor.try_next()).await? {
                ids.extend(document.get("_id").cloned());
            }
            if ids.is_empty() {
                return Ok(gone);
            }
            self.shared.check(token).await?;
            // Nobody appends meanwhile: it would be taken for known what is going.
            let mut writer = self.shared.writer.lock().await;
            writer.forget_place();
            gone += ask(events.delete_many(doc! { "_id": { "$in": ids } })).await?.deleted_count;
        }
    }

    pub(super) async fn remove_events(&self, positions: &[Position]) -> Result<u64> {
        let events = &self.shared.connection().await?.events;
        let wanted: Vec<i64> = positions.iter().map(|position| number(*position)).collect();
        let filter = self.visible(doc! { "$in": wanted }, positions.iter().max()).await?;
        let mut writer = self.shared.writer.lock().await;
        writer.forget_place();
        Ok(ask(events.delete_many(filter)).await?.deleted_count)
    }
}
