//! Rewriting events, and removing them one by one.

use aoc_core::{prelude::*, store::Stored};
use rusqlite::{Transaction, TransactionBehavior, params};

use super::{
    Shared,
    body::Packer,
    failed, retention, row, rows,
    writer::{Writer, add_alias},
};

/// Replaces what is told of these events, all of them or none.
pub(super) fn rewrite(writer: &mut Writer, shared: &Shared, events: &[Stored]) -> Result<()> {
    let Writer { connection, packer, .. } = writer;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    for Stored { position, event } in events {
        let before = rows::read_one(&transaction, shared, *position)?;
        before.ok_or_else(|| Error::not_found("no such event"))?.check_rewrite(event)?;
        // All old aliases go before the first new one comes: one may take another's.
        delete(&transaction, "aliases", *position)?;
    }
    for stored in events {
        replace(&transaction, packer, stored)?;
    }
    transaction.commit().map_err(failed)
}

fn replace(transaction: &Transaction<'_>, packer: &mut Packer, stored: &Stored) -> Result<()> {
    let Stored { position, event } = stored;
    let body = packer.pack(event)?;
    let sql = "UPDATE bodies SET dictionary = ?2, body = ?3 WHERE position = ?1";
    let mut statement = transaction.prepare_cached(sql).map_err(failed)?;
    statement.execute(params![row(*position), packer.dictionary, body]).map_err(failed)?;
    let sql = "UPDATE events SET ticks = ?2 WHERE position = ?1";
    let mut statement = transaction.prepare_cached(sql).map_err(failed)?;
    statement.execute([row(*position), event.timestamp.ticks()]).map_err(failed)?;
    add_alias(transaction, *position, event)
}

/// Removes the events at these positions with all that is kept of them; how many were there.
pub(super) fn remove(writer: &mut Writer, positions: &[Position]) -> Result<u64> {
    let head = row(writer.head);
    let transaction = writer.transaction()?;
    // The last events may be among them, and their positions are not used again.
    retention::raise(&transaction, "head", head)?;
    let mut gone = 0;
    for position in positions {
        for table in retention::TABLES {
            let deleted = delete(&transaction, table, *position)?;
            gone += if table == "events" { deleted } else { 0 };
        }
    }
    transaction.commit().map_err(failed)?;
    Ok(gone)
}

fn delete(transaction: &Transaction<'_>, table: &str, position: Position) -> Result<u64> {
    let sql = format!("DELETE FROM {table} WHERE position = ?1");
    let mut statement = transaction.prepare_cached(&sql).map_err(failed)?;
    statement.execute([row(position)]).map(|deleted| deleted as u64).map_err(failed)
}
