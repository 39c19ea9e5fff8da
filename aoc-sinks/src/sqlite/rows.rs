//! Rows of the log: from tables to events.

use aoc_core::{prelude::*, store::Stored};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Shared, failed, position, row};
use crate::slim;

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

pub(super) fn find(connection: &Connection, key: &Key) -> Result<Option<Position>> {
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
pub(super) fn stored(connection: &Connection, shared: &Shared, row: &Row<'_>) -> Result<Stored> {
    let position = position(row.get(0).map_err(failed)?);
    let read = plain(connection, shared, row).and_then(|plain| slim::read(&plain));
    let event = read.unwrap_or_else(|error| {
        tracing::error!(position = position.0, error = error.chain(), "a stored event is damaged");
        slim::damaged(position)
    });
    Ok(Stored { position, event })
}
