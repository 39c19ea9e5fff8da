//! The one connection that writes.

use std::{collections::HashSet, fs::File, path::Path};

use aoc_core::{
    prelude::*,
    store::{Added, Known, recognise},
};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{
    Shared,
    body::{self, Packer},
    connection, failed, position, row, rows,
};

/// After so many events the store trains its first dictionary, and each further one after four times as many:
/// what was typical of the first events need not be typical of the next.
const TRAIN_AFTER: u64 = 2_000;
/// From so many events spread over the whole log, and as many of the latest.
const SAMPLES: u64 = 1_000;

pub(super) struct Writer {
    pub(super) connection: Connection,
    /// Held as long as this lives.
    _lock: File,
    pub(super) packer: Packer,
    seed: u64,
    pub(super) head: Position,
    sources: HashSet<String>,
}

impl Writer {
    pub(super) fn open(path: &Path) -> Result<Self> {
        // The file and its schema first: an older schema is brought up to date under the same lock.
        let connection = connection::open(path)?;
        let lock = connection::take_lock(path)?;
        connection.pragma_update(None, "cache_size", -16_384).map_err(failed)?;
        let seed: i64 = connection
            .query_row("SELECT value FROM meta WHERE name = 'seed'", [], |row| row.get(0))
            .map_err(failed)?;
        let head = rows::head(&connection)?;
        let packer = Packer::new(&connection)?;
        let sources = rows::sources(&connection)?.into_iter().collect();
        Ok(Self { connection, _lock: lock, packer, seed: seed.cast_unsigned(), head, sources })
    }

    /// Begins a transaction that is undone unless it is committed.
    pub(super) fn transaction(&mut self) -> Result<Transaction<'_>> {
        self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)
    }

    /// Appends the events that are not known, all or none of them.
    pub(super) fn append(&mut self, events: &[Event], shared: &Shared) -> Result<Vec<Added>> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let (mut head, mut sources) = (self.head, Vec::new());
        let mut batch = Batch {
            transaction: &transaction,
            packer: &mut self.packer,
            shared,
            seed: self.seed,
            head: &mut head,
        };
        let mut added = Vec::with_capacity(events.len());
        for event in events {
            if !self.sources.contains(&event.source) && !sources.contains(&&event.source) {
                batch.add_source(&event.source)?;
                sources.push(&event.source);
            }
            added.push(batch.add(event)?);
        }
        transaction.commit().map_err(failed)?;
        self.head = head;
        self.sources.extend(sources.into_iter().cloned());
        if head.0 >= TRAIN_AFTER.saturating_mul(4_u64.saturating_pow(self.packer.dictionary)) {
            // The events are safe; the next append tries again.
            if let Err(error) = self.train(shared) {
                tracing::warn!(error = error.chain(), "no compression dictionary could be trained");
            }
        }
        Ok(added)
    }

    fn train(&mut self, shared: &Shared) -> Result<()> {
        let (id, head) = (self.packer.dictionary + 1, self.head.0);
        let mut samples = Vec::new();
        for place in (0..SAMPLES).map(|i| head / SAMPLES * i).chain(head.saturating_sub(SAMPLES)..head) {
            samples.extend(rows::read_plain(&self.connection, shared, Position(place))?);
        }
        // Events that are too few or too alike train no dictionary; they do not need one either.
        let bytes = body::train(&samples).unwrap_or_default();
        self.connection
            .execute("INSERT INTO dictionaries (id, bytes) VALUES (?1, ?2)", params![id, bytes])
            .map_err(failed)?;
        self.packer = Packer::with(id, &bytes)?;
        Ok(())
    }
}

/// One append under way.
struct Batch<'a> {
    transaction: &'a Transaction<'a>,
    packer: &'a mut Packer,
    shared: &'a Shared,
    seed: u64,
    head: &'a mut Position,
}

impl Batch<'_> {
    fn add(&mut self, event: &Event) -> Result<Added> {
        if let Some(position) = self.insert(event)? {
            return Ok(Added::New(position));
        }
        let lost = || Error::internal("an event is known and cannot be found");
        let (_, print) = self.find(&event.dedupe_key)?.ok_or_else(lost)?;
        if print == self.print(event) {
            return Ok(Added::Duplicate);
        }
        let revision = match recognise(event, |key| self.stored(key))? {
            Known::Revision(revision) => revision,
            Known::Repeat => return Ok(Added::Duplicate),
            Known::New => return Err(lost()),
        };
        self.insert(&revision)?.map(Added::Revision).ok_or_else(lost)
    }

    /// Inserts the event, unless its key is there.
    fn insert(&mut self, event: &Event) -> Result<Option<Position>> {
        let next = Position(self.head.0 + 1);
        let sql = "INSERT INTO events (position, key, ticks, print) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (key) DO NOTHING";
        let mut statement = self.transaction.prepare_cached(sql).map_err(failed)?;
        let key = event.dedupe_key.digest();
        let inserted = statement
            .execute(params![row(next), key, event.timestamp.ticks(), self.print(event)])
            .map_err(failed)?;
        if inserted == 0 {
            return Ok(None);
        }
        let body = self.packer.pack(event)?;
        let sql = "INSERT INTO bodies (position, dictionary, body) VALUES (?1, ?2, ?3)";
        let mut statement = self.transaction.prepare_cached(sql).map_err(failed)?;
        statement.execute(params![row(next), self.packer.dictionary, body]).map_err(failed)?;
        add_alias(self.transaction, next, event)?;
        *self.head = next;
        Ok(Some(next))
    }

    fn print(&self, event: &Event) -> i64 {
        xxh3_64_with_seed(event.raw.text().as_bytes(), self.seed).cast_signed()
    }

    /// Position and print of the event with this key.
    fn find(&self, key: &Key) -> Result<Option<(Position, i64)>> {
        let mut statement = self
            .transaction
            .prepare_cached("SELECT position, print FROM events WHERE key = ?1")
            .map_err(failed)?;
        statement
            .query_row([key.digest()], |r| Ok((position(r.get(0)?), r.get(1)?)))
            .optional()
            .map_err(failed)
    }

    /// The event with this key, or with this alias.
    fn stored(&self, key: &Key) -> Result<Option<Event>> {
        let found = match self.find(key)? {
            Some((position, _)) => Some(position),
            None => {
                let sql = "SELECT position FROM aliases WHERE key = ?1";
                let mut statement = self.transaction.prepare_cached(sql).map_err(failed)?;
                statement.query_row([key.digest()], |r| Ok(position(r.get(0)?))).optional().map_err(failed)?
            }
        };
        let Some(found) = found else { return Ok(None) };
        Ok(rows::read_one(self.transaction, self.shared, found)?.map(|stored| stored.event))
    }

    fn add_source(&self, name: &str) -> Result<()> {
        let mut statement = self
            .transaction
            .prepare_cached("INSERT OR IGNORE INTO sources (name) VALUES (?1)")
            .map_err(failed)?;
        statement.execute([name]).map(drop).map_err(failed)
    }
}

/// A revision is found by what it says, too, wherever it became one.
pub(super) fn add_alias(transaction: &Transaction<'_>, position: Position, event: &Event) -> Result<()> {
    if event.revision_of.is_none() {
        return Ok(());
    }
    let sql = "INSERT OR IGNORE INTO aliases (key, position) VALUES (?1, ?2)";
    let mut statement = transaction.prepare_cached(sql).map_err(failed)?;
    statement.execute(params![event.alias().digest(), row(position)]).map(drop).map_err(failed)
}
