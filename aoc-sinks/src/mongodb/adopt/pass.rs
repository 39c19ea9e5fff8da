//! Going through the documents that have no place.

use std::{future::IntoFuture, sync::Arc};

use aoc_core::prelude::*;
use futures::TryStreamExt;
use mongodb::{
    Cursor, IndexModel,
    bson::{Document, RawDocumentBuf, doc},
    options::{Hint, IndexOptions},
};

use super::{Original, Owner, read};
use crate::mongodb::{
    command::{self, failed},
    connection::Connection,
};

/// How many documents become events at once, and how many bytes of them.
const AT_ONCE: usize = 500;
const MOST_BYTES: usize = 16 << 20;
/// The index by which documents are found whose records are collected meanwhile.
const IDS: &str = "aoc_id";
/// The server's codes for an index, and for a collection, that is not there.
const NOT_THERE: [i32; 2] = [27, 26];

/// Waits for an answer that may take long.
pub(super) async fn patiently<T>(question: impl IntoFuture<Output = mongodb::error::Result<T>>) -> Result<T> {
    command::patiently(question).await?.map_err(failed)
}

fn without_place() -> Document {
    doc! { "position": { "$exists": false }, "repeat": { "$ne": true } }
}

/// Whether there are documents without a place. Ours have numbers for their `_id` and are not looked at.
pub(super) async fn is_left(connection: &Connection) -> Result<bool> {
    let by_id = doc! { "_id": 1 };
    let found =
        connection.events.find(without_place()).min(doc! { "_id": "" }).hint(Hint::Keys(by_id)).limit(1);
    let mut found = patiently(found).await?;
    Ok(patiently(found.try_next()).await?.is_some())
}

/// One way through all of them.
pub(super) struct Pass {
    cursor: Cursor<RawDocumentBuf>,
    normalizer: Option<Arc<dyn Normalizer>>,
}

impl Pass {
    pub(super) async fn begin(
        connection: &Connection,
        normalizer: Option<Arc<dyn Normalizer>>,
    ) -> Result<Self> {
        let by_id = doc! { "_id": 1 };
        let batch = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
        let found = connection
            .events
            .find(without_place())
            .sort(by_id.clone())
            .hint(Hint::Keys(by_id))
            .batch_size(batch);
        Ok(Self { cursor: patiently(found).await?, normalizer })
    }

    /// The next ones and their events; none at the end.
    pub(super) async fn next(&mut self) -> Result<Vec<Original>> {
        let (mut found, mut bytes) = (Vec::new(), 0);
        while found.len() < AT_ONCE && bytes < MOST_BYTES {
            let Some(raw) = patiently(self.cursor.try_next()).await? else { break };
            bytes += raw.as_bytes().len();
            found.push(raw);
        }
        let normalizer = self.normalizer.clone();
        let make = move || found.iter().filter_map(|raw| original(raw, normalizer.as_deref())).collect();
        let made = tokio::task::spawn_blocking(make).await;
        made.map_err(|cause| Error::internal("making events of documents failed").because(cause))
    }
}

fn original(raw: &RawDocumentBuf, normalizer: Option<&dyn Normalizer>) -> Option<Original> {
    let owner = Owner::of(raw)?;
    Some(Original { event: read::event(raw, normalizer), owner })
}

/// Sees to it that documents are found by their `id` while they are adopted.
pub(in crate::mongodb) async fn index_ids(connection: &Connection) -> Result<()> {
    let mut indexes = patiently(connection.events.list_indexes()).await?;
    while let Some(index) = patiently(indexes.try_next()).await? {
        if index.keys.keys().next().is_some_and(|first| first == "id") {
            return Ok(());
        }
    }
    let options = IndexOptions::builder().sparse(true).name(IDS.to_owned()).build();
    let model = IndexModel::builder().keys(doc! { "id": 1 }).options(options).build();
    patiently(connection.events.create_index(model)).await.map(drop)
}

/// Takes the index away that was only for adopting.
pub(super) async fn drop_index(connection: &Connection) -> Result<()> {
    match command::patiently(connection.events.drop_index(IDS)).await? {
        Err(cause) if is_not_there(&cause) => Ok(()),
        dropped => dropped.map_err(failed),
    }
}

fn is_not_there(cause: &mongodb::error::Error) -> bool {
    matches!(cause.kind.as_ref(), mongodb::error::ErrorKind::Command(command) if NOT_THERE.contains(&command.code))
}
