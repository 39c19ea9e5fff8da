//! The collections of one generation of an index.
//!
//! `aoc_index_<generation>_blocks` has a small document per block with its keys, `…_parts` the segments, `…_sums` the
//! sums. A block's own document is written last: where it is, the others have been. All writers of a block write the
//! same, so there is no lock.

use std::collections::HashMap;

use ::mongodb::{
    Collection, Cursor, Database, IndexModel,
    bson::{Binary, Bson, Document, doc, spec::BinarySubtype},
};
use aoc_core::{Position, Result};

use super::{block::Head, grams::Key};
use crate::mongodb::command::{ask, failed, is_duplicate, wait};

/// A document takes 16 MB.
const PART: usize = 12 << 20;
const MOST_PARTS: i64 = 256;

pub(super) struct Blocks {
    database: Database,
    pub(super) generation: u64,
    blocks: Collection<Document>,
    parts: Collection<Document>,
    sums: Collection<Document>,
}

impl Blocks {
    /// The collections; they are made where they are missing.
    pub(super) async fn open(database: Database, generation: u64) -> Result<Self> {
        let collection = |what: &str| database.collection(&format!("aoc_index_{generation:016x}_{what}"));
        let (blocks, parts, sums) = (collection("blocks"), collection("parts"), collection("sums"));
        let opened = Self { database, generation, blocks, parts, sums };
        // The keys are stored twice, in the document and in the index: at least the former compress well.
        let engine = doc! { "wiredTiger": { "configString": "block_compressor=zstd" } };
        let made =
            wait(opened.database.create_collection(opened.blocks.name()).storage_engine(engine)).await?;
        if let Err(cause) = made {
            // It is there already, or it is made without by the next line.
            tracing::debug!(cause = %cause.kind, "the collection of blocks was not made");
        }
        // Both answer without reading a document.
        let heads = doc! { "_id": 1, "next": 1, "first": 1, "last": 1, "count": 1 };
        let models =
            [doc! { "keys": 1, "_id": 1 }, heads].map(|keys| IndexModel::builder().keys(keys).build());
        ask(opened.blocks.create_indexes(models)).await?;
        Ok(opened)
    }

    /// Removes all of it.
    pub(super) async fn remove(&self) -> Result<()> {
        for collection in [&self.blocks, &self.parts, &self.sums] {
            ask(collection.drop()).await?;
        }
        Ok(())
    }

    /// All blocks from a number on, in order.
    pub(super) async fn heads(&self, from: i64) -> Result<Vec<Head>> {
        let wanted = doc! { "_id": 1, "next": 1, "first": 1, "last": 1, "count": 1 };
        let found = self
            .blocks
            .find(doc! { "_id": { "$gte": from } })
            .projection(wanted.clone())
            .hint(::mongodb::options::Hint::Keys(wanted))
            .sort(doc! { "_id": 1 })
            .batch_size(10_000);
        let mut heads = Vec::new();
        each(ask(found).await?, |document| heads.extend(read_head(&document))).await?;
        Ok(heads)
    }

    /// Where the last event of a block is in the log, and its key.
    pub(super) async fn last_event(&self, number: i64) -> Result<Option<(Position, String)>> {
        let found = self.blocks.find_one(doc! { "_id": number }).projection(doc! { "at": 1, "key": 1 });
        let read = |document: Document| {
            let at = document.get_i64("at").ok()?;
            Some((Position(at.unsigned_abs()), document.get_str("key").ok()?.to_owned()))
        };
        Ok(ask(found).await?.and_then(read))
    }

    /// How many events a block has; `None` where there is no such block.
    pub(super) async fn count_of(&self, number: i64) -> Result<Option<i64>> {
        let found = self.blocks.find_one(doc! { "_id": number }).projection(doc! { "count": 1 });
        Ok(ask(found).await?.and_then(|document| document.get_i64("count").ok()))
    }

    /// The numbers of the blocks in a range with a key; `None` when they are more than `most`.
    pub(super) async fn with_key(&self, key: Key, range: (i64, i64), most: i64) -> Result<Option<Vec<i64>>> {
        let filter = doc! { "keys": key, "_id": { "$gte": range.0, "$lte": range.1 } };
        let hint = ::mongodb::options::Hint::Keys(doc! { "keys": 1, "_id": 1 });
        let found = self
            .blocks
            .find(filter)
            .projection(doc! { "_id": 1 })
            .hint(hint)
            .limit(most + 1)
            .batch_size(50_000);
        let mut numbers = Vec::new();
        each(ask(found).await?, |document| numbers.extend(document.get_i64("_id"))).await?;
        Ok((numbers.len() as i64 <= most).then_some(numbers))
    }

    /// Makes a block known, unless somebody was quicker.
    pub(super) async fn add(
        &self,
        head: &Head,
        keys: Vec<Key>,
        last: Option<(Position, String)>,
    ) -> Result<()> {
        let mut document = doc! {
            "_id": head.number, "next": head.next, "first": head.first, "last": head.last,
            "count": head.count.cast_signed(),
            "keys": keys.into_iter().map(Bson::Int64).collect::<Vec<_>>(),
        };
        if let Some((at, key)) = last {
            document.extend(doc! { "at": at.0.cast_signed(), "key": key });
        }
        match wait(self.blocks.insert_one(document)).await? {
            Err(cause) if is_duplicate(&cause) => Ok(()),
            added => added.map(drop).map_err(failed),
        }
    }

    /// All of its events have been forgotten.
    pub(super) async fn empty(&self, number: i64) -> Result<()> {
        let change = doc! { "$set": { "count": 0_i64, "keys": [] }, "$unset": { "at": "", "key": "" } };
        ask(self.blocks.update_one(doc! { "_id": number }, change)).await?;
        ask(self.parts.delete_many(parts_of(number))).await?;
        ask(self.sums.delete_one(doc! { "_id": number })).await?;
        Ok(())
    }

    pub(super) async fn put_segment(&self, number: i64, packed: &[u8]) -> Result<()> {
        for (part, bytes) in (0..MOST_PARTS).zip(packed.chunks(PART)) {
            put(&self.parts, number * MOST_PARTS + part, bytes).await?;
        }
        // What was there may have been longer.
        let parts = i64::try_from(packed.len().div_ceil(PART)).unwrap_or(MOST_PARTS);
        let rest = doc! { "_id": { "$gte": number * MOST_PARTS + parts, "$lt": (number + 1) * MOST_PARTS } };
        ask(self.parts.delete_many(rest)).await.map(drop)
    }

    pub(super) async fn put_sums(&self, number: i64, packed: &[u8]) -> Result<()> {
        put(&self.sums, number, packed).await
    }

    /// What was put; empty where it is gone.
    pub(super) async fn segment(&self, number: i64) -> Result<Vec<u8>> {
        let found = self.parts.find(parts_of(number)).sort(doc! { "_id": 1 });
        let mut bytes = Vec::new();
        each(ask(found).await?, |document| bytes.extend_from_slice(data(&document))).await?;
        Ok(bytes)
    }

    /// What was put, of many blocks; those that are gone are left out.
    pub(super) async fn sums(&self, numbers: &[i64]) -> Result<HashMap<i64, Vec<u8>>> {
        let found = self.sums.find(doc! { "_id": { "$in": numbers } }).batch_size(1_000);
        let mut sums = HashMap::new();
        each(ask(found).await?, |document| {
            sums.extend(document.get_i64("_id").ok().map(|number| (number, data(&document).to_vec())));
        })
        .await?;
        Ok(sums)
    }
}

fn parts_of(number: i64) -> Document {
    doc! { "_id": { "$gte": number * MOST_PARTS, "$lt": (number + 1) * MOST_PARTS } }
}

fn data(document: &Document) -> &[u8] {
    document.get_binary_generic("data").map(Vec::as_slice).unwrap_or_default()
}

async fn put(collection: &Collection<Document>, id: i64, bytes: &[u8]) -> Result<()> {
    let data = Binary { subtype: BinarySubtype::Generic, bytes: bytes.to_vec() };
    let replaced = collection.replace_one(doc! { "_id": id }, doc! { "data": data }).upsert(true);
    match wait(replaced).await? {
        // Somebody else put the same at the same time.
        Err(cause) if is_duplicate(&cause) => Ok(()),
        put => put.map(drop).map_err(failed),
    }
}

fn read_head(document: &Document) -> Option<Head> {
    let number = |key: &str| document.get_i64(key).ok();
    let count = number("count")?.unsigned_abs();
    Some(Head {
        number: number("_id")?,
        next: number("next")?,
        first: number("first")?,
        last: number("last")?,
        count,
    })
}

async fn each(mut cursor: Cursor<Document>, mut visit: impl FnMut(Document)) -> Result<()> {
    while ask(cursor.advance()).await? {
        visit(cursor.deserialize_current().map_err(failed)?);
    }
    Ok(())
}
