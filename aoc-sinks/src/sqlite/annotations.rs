//! Tags and comments.

use aoc_core::{
    prelude::*,
    query::Counted,
    store::{Annotation, Stored},
};
use rusqlite::{Connection, Transaction, params};

use super::{failed, position, row, writer::Writer};

pub(super) fn change(writer: &mut Writer, at: Position, annotation: Annotation) -> Result<()> {
    let transaction = writer.transaction()?;
    let there = transaction
        .query_row("SELECT count(*) FROM events WHERE position = ?1", [row(at)], |row| row.get::<_, i64>(0));
    if there.map_err(failed)? == 0 {
        return Err(Error::not_found("no such event"));
    }
    write(&transaction, row(at), annotation)?;
    transaction.commit().map_err(failed)
}

fn write(transaction: &Transaction<'_>, at: i64, annotation: Annotation) -> Result<()> {
    const ADD: &str = "INSERT OR IGNORE INTO tags (tag, position) VALUES (?1, ?2)";
    let done = match annotation {
        Annotation::AddTag(tag) => transaction.execute(ADD, params![tag, at]).map(drop),
        Annotation::RemoveTag(tag) => transaction
            .execute("DELETE FROM tags WHERE tag = ?1 AND position = ?2", params![tag, at])
            .map(drop),
        Annotation::Tags(tags) => {
            transaction.execute("DELETE FROM tags WHERE position = ?1", [at]).and_then(|_| {
                tags.into_iter().try_for_each(|tag| transaction.execute(ADD, params![tag, at]).map(drop))
            })
        }
        Annotation::Comment(comment) => {
            let json = serde_json::to_string(&comment).map_err(Error::internal)?;
            let sql = "INSERT INTO comments (position, number, comment)
                       SELECT ?1, 1 + ifnull(max(number), 0), ?2 FROM comments WHERE position = ?1";
            transaction.execute(sql, params![at, json]).map(drop)
        }
    };
    done.map_err(failed)
}

/// Fills in what is noted about the events.
pub(super) fn fill(connection: &Connection, events: &mut [Stored]) -> Result<()> {
    let (Some(first), Some(last)) =
        (events.iter().map(|s| s.position).min(), events.iter().map(|s| s.position).max())
    else {
        return Ok(());
    };
    // Most stretches of the log have no annotation at all.
    let sql = "SELECT EXISTS (SELECT 1 FROM tags WHERE position BETWEEN ?1 AND ?2)
                   OR EXISTS (SELECT 1 FROM comments WHERE position BETWEEN ?1 AND ?2)";
    let mut any = connection.prepare_cached(sql).map_err(failed)?;
    if !any.query_row([row(first), row(last)], |row| row.get(0)).map_err(failed)? {
        return Ok(());
    }
    let mut tags = connection.prepare_cached("SELECT tag FROM tags WHERE position = ?1").map_err(failed)?;
    let mut comments = connection
        .prepare_cached("SELECT comment FROM comments WHERE position = ?1 ORDER BY number")
        .map_err(failed)?;
    for Stored { position, event } in events {
        let found = tags.query_map([row(*position)], |row| row.get(0)).map_err(failed)?;
        event.tags = found.collect::<rusqlite::Result<_>>().map_err(failed)?;
        let found = comments.query_map([row(*position)], |row| row.get::<_, String>(0)).map_err(failed)?;
        let texts: Vec<String> = found.collect::<rusqlite::Result<_>>().map_err(failed)?;
        event.comments = texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    }
    Ok(())
}

pub(super) fn tagged(connection: &Connection, tag: &str) -> Result<Vec<Position>> {
    let mut statement = connection
        .prepare_cached("SELECT position FROM tags WHERE tag = ?1 ORDER BY position")
        .map_err(failed)?;
    let found = statement.query_map([tag], |row| Ok(position(row.get(0)?))).map_err(failed)?;
    found.collect::<rusqlite::Result<_>>().map_err(failed)
}

pub(super) fn tags(connection: &Connection) -> Result<Vec<Counted>> {
    let sql = "SELECT tag, count(*) AS number FROM tags GROUP BY tag ORDER BY number DESC, tag";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let found = statement
        .query_map([], |row| Ok(Counted { value: row.get(0)?, count: row.get::<_, i64>(1)?.unsigned_abs() }));
    found.map_err(failed)?.collect::<rusqlite::Result<_>>().map_err(failed)
}
