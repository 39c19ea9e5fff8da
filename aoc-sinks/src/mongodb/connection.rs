//! Connecting, and making what a database of ours has.

use std::time::Duration;

use aoc_core::prelude::*;
use mongodb::{
    Client, Collection, Database, IndexModel,
    bson::{Document, RawDocumentBuf, doc},
    options::{ClientOptions, Compressor, ConnectionString, IndexOptions, ReadConcern, WriteConcern},
};
use serde::Deserialize;

use super::{
    command::{ask, failed, patiently, wait},
    position,
};

/// Databases of the server itself.
const SYSTEM: [&str; 3] = ["admin", "local", "config"];
/// The document there is one of.
pub(super) const LOG: &str = "log";
/// The version of what we write; a database of a newer one is refused.
const SCHEMA: i64 = 1;
/// Finding a primary may take so long; an election takes about ten seconds at most.
const SELECTION: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(5);
const POOL: u32 = 20;
const LEASE_POOL: u32 = 2;
/// The server's code for an option that does not go with an index that is there, or with a sharded collection.
const CANNOT_CREATE_INDEX: i32 = 67;
/// And those for an index that is there with other options, or under another name.
const INDEX_IS_THERE: [i32; 2] = [85, 86];

pub(super) struct Connection {
    pub(super) database: Database,
    pub(super) events: Collection<RawDocumentBuf>,
    pub(super) log: Collection<Document>,
    /// The same, by connections of its own: whatever else is asked for must not keep the lease waiting.
    pub(super) lease: Collection<Document>,
    pub(super) notes: Collection<Document>,
}

/// What is in the one document of the log.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Log {
    head: i64,
    pub(super) attempt: i64,
    pub(super) seed: i64,
    schema: i64,
    #[serde(default)]
    pub(super) horizon: Option<i64>,
    #[serde(default)]
    pub(super) sources: Vec<String>,
    #[serde(default)]
    pub(super) adopting: bool,
}

impl Log {
    pub(super) fn head(&self) -> Position {
        position(self.head)
    }
}

/// Checks what can be checked of an address without asking anybody.
pub(crate) fn check(uri: &Secret, database: &str) -> Result<()> {
    // The driver's sentence may quote the address, and with it a password.
    if ConnectionString::parse(uri.expose()).is_err() {
        return Err(Error::config(wrong(uri.expose())).at("uri"));
    }
    let is_odd = |character: char| character.is_whitespace() || "/\\.\"$*<>:|?\0".contains(character);
    if !(1..64).contains(&database.len()) || database.contains(is_odd) || SYSTEM.contains(&database) {
        let message = format!(
            "`{database}` cannot be the database, expected 1 to 63 letters, digits, `_` and `-`, and not {}",
            SYSTEM.join(", ")
        );
        return Err(Error::config(message).at("database"));
    }
    Ok(())
}

/// What is wrong with an address, without a word of it.
fn wrong(uri: &str) -> String {
    let rest = uri.strip_prefix("mongodb://").or_else(|| uri.strip_prefix("mongodb+srv://"));
    let hint = match rest {
        None => "it must begin with mongodb:// or mongodb+srv://",
        Some(rest)
            if rest.matches('@').count() > 1
                || rest.split('@').next().is_some_and(|user| user.contains('/')) =>
        {
            "in user and password, `@`, `/`, `:` and `%` are written %40, %2F, %3A and %25"
        }
        Some(_) => {
            "a host, a port or an option makes no sense, or a sign in user or password is not percent-encoded"
        }
    };
    format!("not an address of MongoDB: {hint}; expected such as `mongodb://db1,db2/?replicaSet=rs0`")
}

/// A client as we want it.
pub(crate) async fn client(uri: &Secret) -> Result<Client> {
    client_of(uri, POOL).await
}

async fn client_of(uri: &Secret, pool: u32) -> Result<Client> {
    let mut options = ClientOptions::parse(uri.expose()).await.map_err(failed)?;
    options.app_name.get_or_insert_with(|| "aoc".into());
    options.server_selection_timeout.get_or_insert(SELECTION);
    options.connect_timeout.get_or_insert(CONNECT);
    options.max_pool_size.get_or_insert(pool);
    options.compressors.get_or_insert_with(|| vec![Compressor::Zstd { level: Some(1) }]);
    // Whatever the address says: what is not on most of the servers may be undone.
    options.read_concern = Some(ReadConcern::majority());
    options.write_concern = Some(WriteConcern::majority());
    options.selection_criteria = None;
    Client::with_options(options).map_err(failed)
}

impl Connection {
    pub(super) async fn open(uri: &Secret, name: &str) -> Result<Self> {
        let database = client(uri).await?.database(name);
        let lease = client_of(uri, LEASE_POOL).await?.database(name).collection("aoc_log");
        let connection = Self {
            events: database.collection("events"),
            log: database.collection("aoc_log"),
            lease,
            notes: database.collection("aoc_notes"),
            database,
        };
        Ok(connection)
    }

    /// Makes what is missing, before something is written; several processes may do that at once. Who only reads makes
    /// nothing.
    pub(super) async fn prepare(&self) -> Result<()> {
        let seed = i64::from_le_bytes(*uuid_bytes().first_chunk().unwrap_or(&[7; 8]));
        let first = doc! {
            "schema": SCHEMA, "seed": seed, "head": 0_i64, "attempt": 0_i64, "seq": 0_i64, "token": 0_i64,
            "holder": "", "expires": mongodb::bson::DateTime::MIN, "sources": [],
            "adopting": self.is_the_originals().await?,
        };
        let make = self.log.update_one(doc! { "_id": LOG }, doc! { "$setOnInsert": first }).upsert(true);
        match wait(make).await? {
            Err(cause) if super::command::is_duplicate(&cause) => {}
            made => drop(made.map_err(failed)?),
        }
        let log = self.log().await?;
        for (keys, unique) in
            [("position", true), ("key", true), ("ticks", false), ("alias", false), ("tags", false)]
        {
            self.index(keys, unique).await?;
        }
        if log.adopting { self.inherit().await } else { Ok(()) }
    }

    /// Whether there are documents, but no log that would be ours.
    async fn is_the_originals(&self) -> Result<bool> {
        let has_log = ask(self.log.find_one(doc! { "_id": LOG })).await?.is_some();
        Ok(!has_log && ask(self.events.find_one(doc! {})).await?.is_some())
    }

    /// Documents that we have not adopted yet lack these members: the indexes leave them out.
    async fn index(&self, key: &str, unique: bool) -> Result<()> {
        let model = |unique: bool| {
            let options =
                IndexOptions::builder().unique(unique).sparse(true).name(format!("aoc_{key}")).build();
            IndexModel::builder().keys(doc! { key: 1 }).options(options).build()
        };
        match patiently(self.events.create_index(model(unique))).await? {
            Err(cause) if unique && is_sharded(&cause) => {
                // There `_id` keeps positions apart; a unique index must begin with the shard key.
                patiently(self.events.create_index(model(false))).await?.map(drop).map_err(failed)
            }
            // One of other options does as well.
            Err(cause) if !unique && is_there(&cause) => Ok(()),
            made => made.map(drop).map_err(failed),
        }
    }

    /// The log's document as it is now; where nothing was ever written, there is none.
    pub(super) async fn log(&self) -> Result<Log> {
        let wanted = doc! { "head": 1, "attempt": 1, "seed": 1, "schema": 1, "horizon": 1, "sources": 1, "adopting": 1 };
        let found = ask(self.log.find_one(doc! { "_id": LOG }).projection(wanted)).await?;
        let Some(found) = found else { return Ok(Log::default()) };
        let log = read_log(found)?;
        if log.schema > SCHEMA {
            let message = format!(
                "written by a newer AOC (schema {}; this build knows {SCHEMA}); use that AOC",
                log.schema
            );
            return Err(Error::config(message));
        }
        Ok(log)
    }
}

pub(super) fn read_log(document: Document) -> Result<Log> {
    mongodb::bson::deserialize_from_document(document)
        .map_err(|cause| Error::internal("the document of the log is damaged").because(cause))
}

fn is_there(cause: &mongodb::error::Error) -> bool {
    matches!(cause.kind.as_ref(), mongodb::error::ErrorKind::Command(command) if INDEX_IS_THERE.contains(&command.code))
}

fn is_sharded(cause: &mongodb::error::Error) -> bool {
    matches!(cause.kind.as_ref(), mongodb::error::ErrorKind::Command(command) if command.code == CANNOT_CREATE_INDEX)
}

/// Random bytes.
pub(super) fn uuid_bytes() -> [u8; 16] {
    mongodb::bson::Uuid::new().bytes()
}
