//! The notebook: small JSON under keys.

use aoc_core::{prelude::*, store::Note};
use rusqlite::{OptionalExtension, Row};
use serde_json::Value;

use super::{SqliteStore, failed};

#[async_trait]
impl Notebook for SqliteStore {
    async fn read(&self, key: &str) -> Result<Option<Value>> {
        let key = key.to_owned();
        self.reading(move |connection, _| {
            let mut statement =
                connection.prepare_cached("SELECT key, value FROM notes WHERE key = ?1").map_err(failed)?;
            Ok(statement.query_row([key], note).optional().map_err(failed)?.map(|note| note.value))
        })
        .await
    }

    async fn write(&self, notes: &[Note]) -> Result<()> {
        let notes = notes.to_vec();
        self.writing(move |writer, _| {
            let transaction = writer.transaction()?;
            for Note { key, value } in notes {
                let done = match value {
                    Value::Null => transaction.execute("DELETE FROM notes WHERE key = ?1", [key]),
                    value => transaction.execute(
                        "INSERT INTO notes (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                        [key, value.to_string()],
                    ),
                };
                done.map_err(failed)?;
            }
            transaction.commit().map_err(failed)
        })
        .await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Note>> {
        let prefix = prefix.to_owned();
        self.reading(move |connection, _| {
            let sql = "SELECT key, value FROM notes WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 ORDER BY key";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let found = statement.query_map([prefix], note).map_err(failed)?;
            found.collect::<rusqlite::Result<_>>().map_err(failed)
        })
        .await
    }
}

fn note(row: &Row<'_>) -> rusqlite::Result<Note> {
    let text: String = row.get(1)?;
    let wrong = |cause: serde_json::Error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, cause.into())
    };
    Ok(Note { key: row.get(0)?, value: serde_json::from_str(&text).map_err(wrong)? })
}
