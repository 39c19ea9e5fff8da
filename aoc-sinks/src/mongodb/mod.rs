//! Keeps events in MongoDB: `type = "mongodb"`.
//!
//! ```toml
//! [store]
//! type = "mongodb"
//! uri = { env = "MONGO_URI" }
//! database = "micro_soc"
//! ```
//!
//! A standalone server, a replica set or a cluster behind mongos will do. Several processes may share the database:
//! one of them, the leader, appends; all others read and annotate, and one of them takes over when the leader is gone.
//!
//! How it is kept that nobody misses an event (`docs/decisions/0016`): the leader holds a lease with a token in the
//! one document of `aoc_log`. It inserts events behind the *head*, which is in the same document, and then moves the
//! head over them, which only the holder of the token can. Nobody reads behind the head.

mod adopt;
mod annotations;
mod append;
pub(crate) mod command;
pub(crate) mod connection;
mod document;
mod inherit;
mod known;
mod lease;
mod log;
mod notebook;
#[cfg(feature = "testkit")]
pub mod originals;
mod retention;
mod rewrite;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use aoc_core::{prelude::*, store::Position};
use tokio::sync::{Mutex, OnceCell, watch};

pub use self::adopt::Adopting;
use self::{append::Writer, connection::Connection, lease::Lease, notebook::Unapplied};

/// Keeps events in MongoDB, from one process or many.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MongoDb {
    /// The address, such as `mongodb://db1,db2,db3/?replicaSet=rs0` or `mongodb+srv://cluster.example.net`, with user
    /// and password where the server asks for them.
    pub uri: Secret,
    /// The database; it is made where there is none.
    pub database: String,
}

impl Default for MongoDb {
    fn default() -> Self {
        Self { uri: Secret::new("mongodb://127.0.0.1:27017"), database: "micro_soc".into() }
    }
}

impl Component for MongoDb {
    type Built = Arc<dyn EventStore>;
    const TYPE: &'static str = "mongodb";
    const EXAMPLE: &'static str = "uri = \"mongodb://127.0.0.1:27017\"";
    async fn build(self) -> Result<Self::Built> {
        Ok(Arc::new(MongoStore::new(self.uri, self.database)?))
    }
}

impl MongoDb {
    /// As [`build`](Component::build); documents of the Python original are read by this normalizer.
    pub(crate) fn build_reading(self, normalizer: Arc<dyn Normalizer>) -> Result<Arc<dyn EventStore>> {
        Ok(Arc::new(MongoStore::reading(self.uri, self.database, normalizer)?))
    }
}

/// A store in a MongoDB database. Clones share it.
///
/// Whoever appends through it takes the lead, if nobody has it; [`EventLog::lead`] stands for it for good.
#[derive(Clone)]
pub struct MongoStore {
    shared: Arc<Shared>,
    right: Right,
}

/// By what right something is appended.
#[derive(Clone)]
enum Right {
    /// Whatever lease this process has or can get.
    Lease(Arc<Lease>),
    /// This one only.
    Token(i64),
}

struct Shared {
    uri: Secret,
    database: String,
    /// Reads the raw records of the original's documents.
    normalizer: Option<Arc<dyn Normalizer>>,
    connection: OnceCell<Connection>,
    /// Whether all that is needed to write is there.
    prepared: OnceCell<()>,
    writer: Mutex<Writer>,
    unapplied: Mutex<Unapplied>,
    /// The last head that was seen; it only grows.
    head: AtomicU64,
    tail: watch::Sender<Position>,
}

impl MongoStore {
    /// A store in this database. Nothing is connected to before the first call.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) when the address makes no sense.
    pub fn new(uri: Secret, database: impl Into<String>) -> Result<Self> {
        Self::with(uri, database.into(), None)
    }

    /// As [`new`](Self::new); what is adopted of the Python original is made of raw records that this normalizer reads,
    /// and only where it cannot read one, of what the original made of it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn reading(
        uri: Secret,
        database: impl Into<String>,
        normalizer: Arc<dyn Normalizer>,
    ) -> Result<Self> {
        Self::with(uri, database.into(), Some(normalizer))
    }

    fn with(uri: Secret, database: String, normalizer: Option<Arc<dyn Normalizer>>) -> Result<Self> {
        connection::check(&uri, &database)?;
        let shared = Arc::new(Shared {
            uri,
            database,
            prepared: OnceCell::new(),
            normalizer,
            connection: OnceCell::new(),
            writer: Mutex::default(),
            unapplied: Mutex::default(),
            head: AtomicU64::new(0),
            tail: watch::Sender::new(Position::default()),
        });
        let lease = Lease::new(shared.clone());
        Ok(Self { shared, right: Right::Lease(lease) })
    }

    /// The token to append with.
    async fn token(&self) -> Result<i64> {
        match &self.right {
            Right::Lease(lease) => lease.hold().await,
            Right::Token(token) => Ok(*token),
        }
    }
}

impl Shared {
    async fn connection(&self) -> Result<&Connection> {
        self.connection.get_or_try_init(|| Connection::open(&self.uri, &self.database)).await
    }

    /// The same, to write: what is missing is made.
    async fn prepared(&self) -> Result<&Connection> {
        let connection = self.connection().await?;
        self.prepared.get_or_try_init(|| connection.prepare()).await?;
        Ok(connection)
    }

    fn known_head(&self) -> Position {
        Position(self.head.load(Ordering::Acquire))
    }

    /// The head was seen to be here.
    fn see_head(&self, head: Position) -> Position {
        let before = self.head.fetch_max(head.0, Ordering::AcqRel);
        if head.0 > before {
            self.tail.send_replace(head);
        }
        Position(head.0.max(before))
    }

    /// Asks for the head.
    async fn head(&self) -> Result<Position> {
        let before = self.known_head();
        let log = self.connection().await?.log().await?;
        if log.head() < before {
            // For a moment so after an election; for good where an older copy was put back.
            return Err(Error::unavailable(
                "the log in MongoDB ends before events that were seen in it; where the database was restored or \
                 dropped, start this process anew",
            ));
        }
        Ok(self.see_head(log.head()))
    }
}

/// A position as MongoDB stores it; it has no unsigned numbers.
fn number(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

fn position(number: i64) -> Position {
    Position(number.cast_unsigned())
}
