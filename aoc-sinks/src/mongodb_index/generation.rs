//! Which blocks are ours: those of the generation that the note in the store names. It is the note that ties the
//! segment index to its store, too. To rebuild is to change it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{Error, Result};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::{Shared, View, database::Blocks, follow::Following};
use crate::{
    index::identity::{IDENTITY, new_identity},
    mongodb::connection::client,
};

/// How long an answer may rely on the note as it was read.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Counts up when blocks of an older kind cannot be read any more.
const VERSION: u32 = 1;

impl Shared {
    /// Sees to it that the blocks are open, and that nothing is kept from before a rebuild.
    pub(super) async fn prepare(&self, following: &mut Following) -> Result<()> {
        if following.looked.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return Ok(());
        }
        let now = Instant::now();
        let mut note = self.store.read(IDENTITY).await?;
        if note.is_none() {
            self.store.write(&[new_identity()?]).await?;
            // Another process may have written at the same time.
            note = self.store.read(IDENTITY).await?;
        }
        if following.note != note {
            self.turn_to(following, note).await?;
        }
        following.looked = Some(now);
        Ok(())
    }

    /// Forgets all blocks, and takes those of this note.
    async fn turn_to(&self, following: &mut Following, note: Option<Value>) -> Result<()> {
        let generation = generation(self.size, note.as_ref().unwrap_or(&Value::Null));
        let before = following.blocks.take();
        *following = Following::default();
        self.show(View::default());
        // An earlier try may have come half-way: those are the ones.
        if let Some(before) = before.filter(|before| before.generation != generation) {
            before.remove().await?;
        }
        let client = client(&self.config.uri).await.map_err(|error| error.at("index"))?;
        let blocks = Blocks::open(client.database(&self.config.database), generation).await?;
        following.blocks = Some(Arc::new(blocks));
        following.refresh().await?;
        if self.is_of_another_log(following).await? {
            tracing::warn!("the index is of another log, and is made anew");
            self.store.write(&[new_identity()?]).await?;
            // They are left where they are: it may be their log that is the right one.
            (following.note, following.blocks) = (None, None);
            return Err(made_anew());
        }
        following.note = note;
        Ok(())
    }

    /// Whether the blocks are of another log than there is now, such as an older copy of it.
    async fn is_of_another_log(&self, following: &Following) -> Result<bool> {
        // The log after the blocks, which another process may be writing.
        if following.sealed(self.size) > self.store.head().await? {
            return Ok(true);
        }
        let Some(head) = following.heads.iter().rev().find(|head| head.count > 0) else { return Ok(false) };
        let Some((at, key)) = following.blocks()?.last_event(head.number).await? else { return Ok(false) };
        let stored = self.store.read_at(&[at]).await?;
        Ok(stored.first().is_some_and(|stored| stored.event.dedupe_key.as_str() != key))
    }

    /// Whether the note is still the one of these blocks.
    pub(super) async fn is_current(&self, blocks: &Blocks) -> Result<bool> {
        let note = self.store.read(IDENTITY).await?.unwrap_or(Value::Null);
        Ok(generation(self.size, &note) == blocks.generation)
    }

    /// Whether blocks are still there. What was just read of them means nothing where they are not: they were
    /// removed, and all is forgotten here.
    pub(super) async fn check_there(&self, blocks: &Blocks, number: i64) -> Result<()> {
        if blocks.count_of(number).await?.is_some() {
            return Ok(());
        }
        *self.following.lock().await = Following::default();
        Err(made_anew())
    }

    /// Forgets everything, for all processes.
    pub(super) async fn rebuild(self: Arc<Self>) -> Result<()> {
        // It goes on when the caller stops waiting.
        let work = async move {
            self.store.write(&[new_identity()?]).await?;
            let mut following = self.following.clone().lock_owned().await;
            following.looked = None;
            self.prepare(&mut following).await
        };
        tokio::spawn(work).await.map_err(|cause| Error::internal("the index panicked").because(cause))?
    }
}

pub(super) fn made_anew() -> Error {
    Error::unavailable("the index is made anew; try again soon")
}

fn generation(size: u64, note: &Value) -> u64 {
    xxh3_64(format!("{VERSION} {size} {note}").as_bytes())
}
