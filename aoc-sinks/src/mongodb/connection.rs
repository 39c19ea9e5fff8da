//! Connecting, and making what a database of ours has.

use std::time::Duration;

use aoc_core::prelude::*;
use mongodb::{
    Client, Collection, Database, IndexModel,
    bson::{Document, RawDocumentBuf, doc},
    options::{ClientOptions, ConnectionString, IndexOptions, ReadConcern, WriteConcern},
};
use serde::Deserialize;

use super::{
    command::{ask, failed},
    position,
};

/// The document there is one of.
pub(super) const LOG: &str = "log";
/// The version of what we write; a database of a newer one is refused.
const SCHEMA: i64 = 1;
/// Finding a primary may take so long; an election takes about ten seconds at most.
const SELECTION: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(5);
const POOL: u32 = 20;
/// The server's code for an option that does not go with an index that is there, or with a sharded collection.
const CANNOT_CREATE_INDEX: i32 = 67;

pub(super) struct Connection {
    pub(super) database: Database,
    pub(super) events: Collection<RawDocumentBuf>,
    pub(super) log: Collection<Document>,
    pub(super) notes: Collection<Document>,
}

/// What is in the one document of the log.
#[derive(Debug, Deserialize)]
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
pub(crate) fn check(uri: &Secret) -> Result<()> {
    // The driver's sentence may quote the address, and with it a password.
    ConnectionString::parse(uri.expose()).map(drop).map_err(|_| {
        Error::config("not an address of MongoDB, expected such as `mongodb://db1,db2/?replicaSet=rs0`")
            .at("uri")
    })
}

/// A client as we want it.
pub(crate) async fn client(uri: &Secret) -> Result<Client> {
    let mut options = ClientOptions::parse(uri.expose()).await.map_err(failed)?;
    options.app_name.get_or_insert_with(|| "aoc".into());
    options.server_selection_timeout.get_or_insert(SELECTION);
    options.connect_timeout.get_or_insert(CONNECT);
    options.max_pool_size.get_or_insert(POOL);
    // Whatever the address says: what is not on most of the servers may be undone.
    options.read_concern = Some(ReadConcern::majority());
    options.write_concern = Some(WriteConcern::majority());
    options.selection_criteria = None;
    Client::with_options(options).map_err(failed)
}

impl Connection {
    pub(super) async fn open(uri: &Secret, name: &str) -> Result<Self> {
        let database = client(uri).await?.database(name);
        let connection = Self {
            events: database.collection("events"),
            log: database.collection("aoc_log"),
            notes: database.collection("aoc_notes"),
            database,
        };
        connection.prepare().await?;
        Ok(connection)
    }

    /// Makes what is missing; several processes may do that at once.
    async fn prepare(&self) -> Result<()> {
        let seed = i64::from_le_bytes(*uuid_bytes().first_chunk().unwrap_or(&[7; 8]));
        let first = doc! {
            "schema": SCHEMA, "seed": seed, "head": 0_i64, "attempt": 0_i64, "seq": 0_i64, "token": 0_i64,
            "holder": "", "expires": mongodb::bson::DateTime::MIN, "sources": [],
            "adopting": self.is_the_originals().await?,
        };
        let make = self.log.update_one(doc! { "_id": LOG }, doc! { "$setOnInsert": first }).upsert(true);
        match make.await {
            Err(cause) if super::command::is_duplicate(&cause) => {}
            made => drop(made.map_err(failed)?),
        }
        let log = self.log().await?;
        if log.schema > SCHEMA {
            let message = format!(
                "written by a newer AOC (schema {}; this build knows {SCHEMA}); use that AOC",
                log.schema
            );
            return Err(Error::config(message));
        }
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
        match self.events.create_index(model(unique)).await {
            Err(cause) if unique && is_sharded(&cause) => {
                // There `_id` keeps positions apart; a unique index must begin with the shard key.
                ask(self.events.create_index(model(false))).await.map(drop)
            }
            made => made.map(drop).map_err(failed),
        }
    }

    /// The log's document as it is now.
    pub(super) async fn log(&self) -> Result<Log> {
        let wanted = doc! { "head": 1, "attempt": 1, "seed": 1, "schema": 1, "horizon": 1, "sources": 1, "adopting": 1 };
        let found = ask(self.log.find_one(doc! { "_id": LOG }).projection(wanted)).await?;
        read_log(found.ok_or_else(|| Error::unavailable("the database has no log"))?)
    }
}

pub(super) fn read_log(document: Document) -> Result<Log> {
    mongodb::bson::deserialize_from_document(document)
        .map_err(|cause| Error::internal("the document of the log is damaged").because(cause))
}

fn is_sharded(cause: &mongodb::error::Error) -> bool {
    matches!(cause.kind.as_ref(), mongodb::error::ErrorKind::Command(command) if command.code == CANNOT_CREATE_INDEX)
}

/// Random bytes.
pub(super) fn uuid_bytes() -> [u8; 16] {
    mongodb::bson::Uuid::new().bytes()
}
