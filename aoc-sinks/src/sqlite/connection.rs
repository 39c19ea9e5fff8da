//! Opening the file: settings, schema version, who may write.

use std::{
    fs::{File, TryLockError},
    io::{Read, Write},
    path::Path,
    time::{Duration, Instant},
};

use aoc_core::prelude::*;
use rusqlite::{Connection, TransactionBehavior};

use super::failed;

/// What brings a database from each version to the next; version 0 is an empty file.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// `AOC1` in the file's header says that it is ours.
const APPLICATION_ID: i64 = 0x414f_4331;

/// Opens a connection, makes the file where there is none, and brings its schema up to date.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let at = |error: Error| error.at(path.display());
    let connection = Connection::open(path)
        .map_err(|cause| at(Error::unavailable("cannot open the database").because(cause)))?;
    // What is not ours is not changed, not even its settings.
    refuse_foreign(&connection).map_err(at)?;
    settle_patiently(&connection).map_err(|cause| at(not_ours(cause)))?;
    match version(&connection, MIGRATIONS.len()).map_err(at)? {
        current if current == MIGRATIONS.len() => Ok(connection),
        // Nobody writes to an empty file yet; of several who make the schema one is first.
        0 => migrate(connection, MIGRATIONS).map_err(at),
        _ => {
            let _lock = take_lock(path)?;
            migrate(connection, MIGRATIONS).map_err(at)
        }
    }
}

/// Refuses a file that is none of ours; a database that is busy is looked at later.
fn refuse_foreign(connection: &Connection) -> Result<()> {
    let looked = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    let tables = match looked {
        Err(cause) if is_busy(&cause) => return Ok(()),
        looked => looked.map_err(not_ours)?,
    };
    let id = connection.pragma_query_value(None, "application_id", |row| row.get::<_, i64>(0));
    if tables > 0 && id.is_ok_and(|id| id != APPLICATION_ID) {
        return Err(Error::config("the database is not one of AOC's"));
    }
    Ok(())
}

/// How long a connection waits for others before it gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where several processes turn a new file into one with a write-ahead log at once, SQLite refuses some of them
/// without waiting: to wait there could be a deadlock. So we wait.
fn settle_patiently(connection: &Connection) -> rusqlite::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        match settle(connection) {
            Err(cause) if is_busy(&cause) && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(20));
            }
            settled => return settled,
        }
    }
}

fn is_busy(cause: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(cause.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "page_size", 8192)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -8_192)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn not_ours(cause: rusqlite::Error) -> Error {
    let error = match cause.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => Error::config("the file is not an SQLite database"),
        _ if is_busy(&cause) => Error::unavailable("other processes keep the database locked"),
        _ => Error::config("cannot open the database"),
    };
    error.because(cause)
}

/// The schema's version.
fn version(connection: &Connection, known: usize) -> Result<usize> {
    let pragma =
        |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(failed);
    let version = usize::try_from(pragma("user_version")?).unwrap_or(usize::MAX);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if tables > 0 && pragma("application_id")? != APPLICATION_ID {
        return Err(Error::config("the database is not one of AOC's"));
    }
    if version > known {
        let message =
            format!("written by a newer AOC (schema {version}; this build knows {known}); use that AOC");
        return Err(Error::config(message));
    }
    Ok(version)
}

/// Applies what is missing, each step whole or not at all.
pub(super) fn migrate(mut connection: Connection, migrations: &[&str]) -> Result<Connection> {
    loop {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        // Another process may have been quicker.
        let version = version(&step, migrations.len())?;
        let Some(migration) = migrations.get(version) else { break };
        step.execute_batch(migration).map_err(failed)?;
        step.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        step.pragma_update(None, "user_version", (version + 1) as i64).map_err(failed)?;
        step.commit().map_err(failed)?;
    }
    Ok(connection)
}

/// Takes the lock that the one writing process holds. The system lets go of it when the process ends, however.
pub(super) fn take_lock(database: &Path) -> Result<File> {
    let mut name = database.as_os_str().to_owned();
    name.push("-lock");
    let cannot =
        |cause| Error::unavailable("cannot make the lock file").at(database.display()).because(cause);
    let mut options = File::options();
    let mut file = options.read(true).write(true).create(true).truncate(false).open(&name).map_err(cannot)?;
    if is_taken(&file).map_err(cannot)? {
        let mut holder = String::new();
        let _ = file.read_to_string(&mut holder);
        let holder = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
        let message =
            format!("another process{holder} is writing to this database; stop it first, or use its API");
        return Err(Error::unavailable(message).at(database.display()));
    }
    file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(cannot)?;
    Ok(file)
}

/// Whether somebody else keeps the lock for longer than a moment; else we have it.
fn is_taken(file: &File) -> std::io::Result<bool> {
    for _ in 0..10 {
        match file.try_lock() {
            Ok(()) => return Ok(false),
            Err(TryLockError::Error(cause)) => return Err(cause),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_that_fails_half_way_leaves_the_version_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        drop(open(&path).unwrap());
        let steps = [MIGRATIONS[0], "CREATE TABLE more (a); CREATE TABLE more (b);"];
        assert!(migrate(Connection::open(&path).unwrap(), &steps).is_err());
        let steps = [MIGRATIONS[0], "CREATE TABLE more (a);"];
        let connection = migrate(Connection::open(&path).unwrap(), &steps).unwrap();
        assert_eq!(version(&connection, 2).unwrap(), 2);
        drop(connection);
        let refused = open(&path).unwrap_err().to_string();
        assert!(refused.contains("written by a newer AOC (schema 2; this build knows 1)"), "{refused}");
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(open(&path).unwrap_err().to_string().contains("not one of AOC's"));
        assert_eq!(std::fs::read(&path).unwrap(), before, "not a byte of it is changed");
        let text = folder.path().join("text.db");
        std::fs::write(&text, "no database, but a text that is long enough to be read as a header of one")
            .unwrap();
        assert!(open(&text).unwrap_err().to_string().contains("not an SQLite database"));
    }
}
