//! Forgetting events that are too old.

use aoc_core::{Timestamp, prelude::*};
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::{SqliteStore, failed, row, writer::Writer};

/// How many events are forgotten in one transaction, so that appends get their turn.
const BATCH: i64 = 10_000;
/// All that is kept of an event, by its position.
pub(super) const TABLES: [&str; 5] = ["bodies", "aliases", "tags", "comments", "events"];

pub(super) async fn forget_before(store: &SqliteStore, time: Timestamp) -> Result<u64> {
    // The horizon first: from here on no search finds what is about to go.
    store.writing(move |writer, _| raise_horizon(writer, time.ticks())).await?;
    let mut forgotten = 0;
    loop {
        let gone = store
            .writing(move |writer, shared| {
                shared.recent.clear();
                forget_some(writer, time.ticks())
            })
            .await?;
        forgotten += gone;
        if gone < BATCH.unsigned_abs() {
            return Ok(forgotten);
        }
    }
}

fn raise_horizon(writer: &mut Writer, ticks: i64) -> Result<()> {
    let head = row(writer.head);
    let transaction = writer.transaction()?;
    raise(&transaction, "horizon", ticks)?;
    raise(&transaction, "head", head)?;
    transaction.commit().map_err(failed)
}

/// Keeps a number that only grows.
pub(super) fn raise(transaction: &Transaction<'_>, name: &str, value: i64) -> Result<()> {
    let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)";
    transaction.execute(sql, (name, value)).map(drop).map_err(failed)
}

fn forget_some(writer: &mut Writer, ticks: i64) -> Result<u64> {
    let transaction = writer.transaction()?;
    transaction
        .execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS going (position INTEGER PRIMARY KEY); DELETE FROM going;",
        )
        .map_err(failed)?;
    let chosen = transaction
        .execute("INSERT INTO going SELECT position FROM events WHERE ticks < ?1 LIMIT ?2", [ticks, BATCH])
        .map_err(failed)?;
    for table in TABLES {
        let sql = format!("DELETE FROM {table} WHERE position IN (SELECT position FROM going)");
        transaction.execute(&sql, []).map_err(failed)?;
    }
    transaction.commit().map_err(failed)?;
    Ok(chosen as u64)
}

pub(super) fn horizon(connection: &Connection) -> Result<Option<Timestamp>> {
    let sql = "SELECT value FROM meta WHERE name = 'horizon'";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let ticks = statement.query_row([], |row| row.get(0)).optional().map_err(failed)?;
    Ok(ticks.map(Timestamp::from_ticks))
}
