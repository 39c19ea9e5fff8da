//! Reading blocks: from memory, from the database, and from the log where they are damaged.

use std::{collections::HashMap, sync::Arc};

use aoc_core::{Error, Result};
use tokio::task::JoinSet;

use super::{
    Shared,
    block::{Head, Sums},
    database::Blocks,
    packed,
};
use crate::index::{blocking, files::Covered, segment::Segment};

/// The sums of so many blocks are read at once.
pub(super) const SUMS: usize = 500;

impl Shared {
    /// The segments of these blocks, read side by side.
    pub(super) async fn load(self: &Arc<Self>, blocks: &Arc<Blocks>, heads: &[Head]) -> Result<Vec<Covered>> {
        let mut reading = JoinSet::new();
        for head in heads {
            let (shared, blocks, head) = (self.clone(), blocks.clone(), *head);
            reading.spawn(async move {
                let segment = shared.segment(&blocks, &head).await?;
                Ok::<_, Error>(Covered { segment, from: head.from(shared.size), to: head.until(shared.size) })
            });
        }
        let mut loaded = Vec::new();
        while let Some(read) = reading.join_next().await {
            loaded.push(read.map_err(|cause| Error::internal("the index panicked").because(cause))??);
        }
        Ok(loaded)
    }

    async fn segment(&self, blocks: &Blocks, head: &Head) -> Result<Arc<Segment>> {
        let key = (blocks.generation, head.number);
        if let Some(known) = self.segments.get(key) {
            return Ok(known);
        }
        let packed = blocks.segment(head.number).await?;
        let read = blocking(move || Segment::checked(packed::unpack(&packed)?).ok()).await?;
        let segment = match read {
            Some(segment) => Arc::new(segment),
            None => self.repair(blocks, head).await?,
        };
        self.segments.put(key, segment.clone(), segment.bytes().len());
        Ok(segment)
    }

    /// Makes a block that is damaged or lost anew.
    async fn repair(&self, blocks: &Blocks, head: &Head) -> Result<Arc<Segment>> {
        let segment = self.make_anew(head).await?;
        // Where it is not known (any more), somebody has forgotten it or rebuilds the index.
        if blocks.count_of(head.number).await?.is_some_and(|count| count > 0) {
            tracing::warn!(block = head.number, "a damaged block of the index is made anew");
            self.write(blocks, head.number, &segment).await?;
        }
        Ok(segment)
    }

    /// The sums of these blocks.
    pub(super) async fn sums_of(&self, blocks: &Blocks, heads: &[Head]) -> Result<Vec<(Head, Sums)>> {
        let key = |head: &Head| (blocks.generation, head.number);
        let mut known: HashMap<i64, Arc<[u8]>> = HashMap::new();
        let mut missing = Vec::new();
        for head in heads {
            match self.sums.get(key(head)) {
                Some(packed) => drop(known.insert(head.number, packed)),
                None => missing.push(head.number),
            }
        }
        if !missing.is_empty() {
            let read = blocks.sums(&missing).await?;
            known.extend(read.into_iter().map(|(number, packed)| (number, packed.into())));
        }
        let mut sums = Vec::new();
        for head in heads {
            let packed = known.remove(&head.number).unwrap_or_default();
            match Sums::from_bytes(&packed) {
                Some(read) => {
                    self.sums.put(key(head), packed.clone(), packed.len());
                    sums.push((*head, read));
                }
                None => sums.push((*head, Sums::of(&*self.repair(blocks, head).await?))),
            }
        }
        Ok(sums)
    }
}
