//! The log: appending and reading events.

use aoc_core::{
    TIME_UNREADABLE, Timestamp, UNREADABLE,
    prelude::*,
    query::Counted,
    store::{Added, Annotation, Stored},
};
use rusqlite::{Connection, OptionalExtension, Row};
use tokio::sync::watch;

use super::{
    Shared, SqliteStore, annotations, failed, may_block_here, position, retention, row, slim, writer::Writer,
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
}

fn add(writer: &mut Writer, shared: &Shared, events: &[Event]) -> Result<Vec<Added>> {
    shared.recent.fall_behind();
    let added = writer.append(events, shared).inspect_err(|_| shared.recent.clear())?;
    shared.recent.push(events, &added);
    shared.tail.send_replace(writer.head);
    Ok(added)
}

pub(super) fn head(connection: &Connection) -> Result<Position> {
    let sql = "SELECT max(ifnull((SELECT max(position) FROM events), 0), (SELECT value FROM meta WHERE name = 'head'))";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    statement.query_row([], |row| Ok(position(row.get(0)?))).map_err(failed)
}

pub(super) fn sources(connection: &Connection) -> Result<Vec<String>> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM sources ORDER BY name").map_err(failed)?;
    let names = statement.query_map([], |row| row.get(0)).map_err(failed)?;
    names.collect::<rusqlite::Result<_>>().map_err(failed)
}

fn find(connection: &Connection, key: &Key) -> Result<Option<Position>> {
    let mut statement =
        connection.prepare_cached("SELECT position FROM events WHERE key = ?1").map_err(failed)?;
    statement.query_row([key.digest()], |row| Ok(position(row.get(0)?))).optional().map_err(failed)
}

pub(super) fn read_one(connection: &Connection, shared: &Shared, at: Position) -> Result<Option<Stored>> {
    let sql = "SELECT position, dictionary, body FROM bodies WHERE position = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query([row(at)]).map_err(failed)?;
    let row = rows.next().map_err(failed)?;
    row.map(|row| stored(connection, shared, row)).transpose()
}

/// The body of the next event behind a position, unpacked only, to train a dictionary from.
pub(super) fn read_plain(
    connection: &Connection,
    shared: &Shared,
    after: Position,
) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT position, dictionary, body FROM bodies WHERE position > ?1 ORDER BY position LIMIT 1";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query([row(after)]).map_err(failed)?;
    Ok(rows.next().map_err(failed)?.and_then(|row| plain(connection, shared, row).ok()))
}

fn plain(connection: &Connection, shared: &Shared, row: &Row<'_>) -> Result<Vec<u8>> {
    let dictionary = row.get(1).map_err(failed)?;
    let body = row.get_ref(2).map_err(failed)?;
    let body = body.as_blob().map_err(|cause| Error::internal("a body is no blob").because(cause))?;
    shared.unpackers.unpack(connection, dictionary, body)
}

/// The event of a row. A damaged body becomes an event that says so: it must not stop those who follow.
fn stored(connection: &Connection, shared: &Shared, row: &Row<'_>) -> Result<Stored> {
    let position = position(row.get(0).map_err(failed)?);
    let read = plain(connection, shared, row).and_then(|plain| slim::read(&plain));
    let event = read.unwrap_or_else(|error| {
        tracing::error!(position = position.0, error = error.chain(), "a stored event is damaged");
        damaged(position)
    });
    Ok(Stored { position, event })
}

fn damaged(position: Position) -> Event {
    let mut event = Event::new("damaged", position.0.to_string(), Timestamp::from_ticks(0));
    event.service = UNREADABLE.into();
    event.operation = "Damaged event".into();
    event.display_summary = format!("The event at position {} is damaged in the database", position.0);
    event.flags = vec![TIME_UNREADABLE.into(), "damaged".into()];
    event
}
