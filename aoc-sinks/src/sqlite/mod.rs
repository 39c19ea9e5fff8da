//! Keeps events in one SQLite file: `type = "sqlite"`.
//!
//! ```toml
//! [store]
//! type = "sqlite"
//! path = "aoc.db"
//! retention = "90d"
//! ```
//!
//! Any number of processes may read; one may write: the first that writes holds a lock beside the file until
//! it ends. Every append is one durable transaction. Bodies are compressed with zstd, by dictionaries trained
//! from the store's own events as it grows.

mod annotations;
mod body;
mod connection;
mod log;
mod notebook;
mod recent;
mod retention;
mod rewrite;
mod rows;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use aoc_core::{prelude::*, store::Position};
use rusqlite::Connection;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::watch,
};

use self::{body::Unpackers, recent::Recent, writer::Writer};

/// Keeps events in one SQLite file on this machine. The default.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sqlite {
    /// The database file; it is made where there is none.
    pub path: String,
}

impl Default for Sqlite {
    fn default() -> Self {
        Self { path: "aoc.db".into() }
    }
}

impl Component for Sqlite {
    type Built = Arc<dyn EventStore>;
    const TYPE: &'static str = "sqlite";
    const EXAMPLE: &'static str = "path = \"aoc.db\"";
    async fn build(self) -> Result<Self::Built> {
        Ok(Arc::new(SqliteStore::new(self.path)))
    }
}

/// A store in an SQLite file. Clones share it.
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    writer: Mutex<Option<Writer>>,
    readers: Mutex<Vec<Connection>>,
    unpackers: Unpackers,
    recent: Recent,
    tail: watch::Sender<Position>,
}

impl SqliteStore {
    /// A store in this file. Nothing is opened before the first call.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let shared = Shared {
            path: path.as_ref().to_owned(),
            writer: Mutex::default(),
            readers: Mutex::default(),
            unpackers: Unpackers::default(),
            recent: Recent::default(),
            tail: watch::Sender::new(Position::default()),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Runs something on a connection that reads, on a thread that may block.
    async fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Shared) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let shared = self.shared.clone();
        blocking(move || {
            let pooled = lock(&shared.readers).pop();
            let connection = pooled.map_or_else(|| connection::open(&shared.path), Ok)?;
            let done = work(&connection, &shared);
            lock(&shared.readers).push(connection);
            done
        })
        .await
    }

    /// Runs something on the connection that writes; the first time, takes the lock.
    async fn writing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer, &Shared) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let shared = self.shared.clone();
        blocking(move || shared.writing(work)).await
    }
}

impl Shared {
    fn writing<T>(&self, work: impl FnOnce(&mut Writer, &Self) -> Result<T>) -> Result<T> {
        let mut place = lock(&self.writer);
        let writer = match &mut *place {
            Some(writer) => writer,
            None => place.insert(Writer::open(&self.path)?),
        };
        work(writer, self)
    }
}

/// Whether a task may block the thread it is on, because others take its place.
fn may_block_here() -> bool {
    Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|cause| Error::internal("the database thread panicked").because(cause))?
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Whatever a panic left half-done in the database is undone by its transaction.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an error of SQLite means to us: a full or failing disk, or a locked file, passes by itself; damage does not.
fn failed(cause: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    let error = match cause.sqlite_error_code() {
        Some(DatabaseCorrupt | NotADatabase) => {
            Error::internal("the database is damaged; restore it from a copy")
        }
        _ => Error::unavailable("the database failed"),
    };
    error.because(cause)
}

/// A position as SQLite stores it; it has no unsigned numbers.
fn row(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

fn position(row: i64) -> Position {
    Position(row.cast_unsigned())
}
