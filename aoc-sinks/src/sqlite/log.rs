//! The log: appending and reading events.

use aoc_core::{
    Timestamp,
    prelude::*,
    query::Counted,
    store::{Added, Annotation, Stored},
};
use tokio::sync::watch;

use super::{
    Shared, SqliteStore, annotations, failed, may_block_here, retention, rewrite, row,
    rows::{find, head, read_one, sources, stored},
    writer::Writer,
};

#[async_trait]
impl EventLog for SqliteStore {
    async fn append(&self, events: &[Event]) -> Result<Vec<Added>> {
        if may_block_here() {
            // Spares copying the events for another thread.
            return tokio::task::block_in_place(|| {
                self.shared.writing(|writer, shared| add(writer, shared, events))
            });
        }
        let events = events.to_vec();
        self.writing(move |writer, shared| add(writer, shared, &events)).await
    }

    async fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Stored>> {
        if let Some(recent) = self.shared.recent.read_after(after, limit) {
            return Ok(recent);
        }
        self.reading(move |connection, shared| {
            let sql = "SELECT position, dictionary, body FROM bodies WHERE position > ?1 ORDER BY position LIMIT ?2";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = statement.query([row(after), limit]).map_err(failed)?;
            let mut found = Vec::new();
            while let Some(row) = rows.next().map_err(failed)? {
                found.push(stored(connection, shared, row)?);
            }
            annotations::fill(connection, &mut found)?;
            Ok(found)
        })
        .await
    }

    async fn read_at(&self, positions: &[Position]) -> Result<Vec<Stored>> {
        let positions = positions.to_vec();
        self.reading(move |connection, shared| {
            let found = positions.iter().map(|position| read_one(connection, shared, *position));
            let mut found: Vec<Stored> = found.filter_map(Result::transpose).collect::<Result<_>>()?;
            annotations::fill(connection, &mut found)?;
            Ok(found)
        })
        .await
    }

    async fn get(&self, id: &str) -> Result<Vec<Stored>> {
        let id = id.to_owned();
        self.reading(move |connection, shared| {
            let mut found = Vec::new();
            if let Some(position) = find(connection, &Key::from(id.clone()))? {
                found.extend(read_one(connection, shared, position)?);
            } else {
                for source in sources(connection)? {
                    if let Some(position) = find(connection, &Key::of(&source, &id))? {
                        found.extend(read_one(connection, shared, position)?);
                    }
                }
            }
            annotations::fill(connection, &mut found)?;
            Ok(found)
        })
        .await
    }

    async fn head(&self) -> Result<Position> {
        self.reading(|connection, _| head(connection)).await
    }

    fn tail(&self) -> watch::Receiver<Position> {
        self.shared.tail.subscribe()
    }

    async fn annotate(&self, position: Position, annotation: Annotation) -> Result<()> {
        self.writing(move |writer, shared| {
            shared.recent.clear();
            annotations::change(writer, position, annotation)
        })
        .await
    }

    async fn tagged(&self, tag: &str) -> Result<Vec<Position>> {
        let tag = tag.to_owned();
        self.reading(move |connection, _| annotations::tagged(connection, &tag)).await
    }

    async fn tags(&self) -> Result<Vec<Counted>> {
        self.reading(|connection, _| annotations::tags(connection)).await
    }

    async fn forget_before(&self, time: Timestamp) -> Result<u64> {
        retention::forget_before(self, time).await
    }

    async fn horizon(&self) -> Result<Option<Timestamp>> {
        self.reading(|connection, _| retention::horizon(connection)).await
    }

    async fn rewrite(&self, events: &[Stored]) -> Result<()> {
        let events = events.to_vec();
        self.writing(move |writer, shared| {
            shared.recent.clear();
            rewrite::rewrite(writer, shared, &events)
        })
        .await
    }

    async fn remove(&self, positions: &[Position]) -> Result<u64> {
        let positions = positions.to_vec();
        self.writing(move |writer, shared| {
            shared.recent.clear();
            rewrite::remove(writer, &positions)
        })
        .await
    }
}

fn add(writer: &mut Writer, shared: &Shared, events: &[Event]) -> Result<Vec<Added>> {
    shared.recent.fall_behind();
    let added = writer.append(events, shared).inspect_err(|_| shared.recent.clear())?;
    shared.recent.push(events, &added);
    shared.tail.send_replace(writer.head);
    Ok(added)
}
