//! How the index follows the log: segments in memory, and blocks once the log has passed their ends.

use std::{sync::Arc, time::Instant};

use aoc_core::{Error, Position, Result, store::Stored};
use serde_json::Value;

use super::{
    Shared, View,
    block::{Head, Sums},
    database::Blocks,
    generation::made_anew,
    grams, packed,
    tail::Tail,
};
use crate::index::{blocking, builder::build, read_before::ReadBefore, segment::Segment};

/// How many events are read at once.
const BATCH: usize = 1_000;

/// What only the one task that follows at a time may touch.
#[derive(Default)]
pub(super) struct Following {
    /// The note that names the generation, and when it was read.
    pub(super) note: Option<Value>,
    pub(super) looked: Option<Instant>,
    pub(super) blocks: Option<Arc<Blocks>>,
    /// All blocks, in order and without a gap.
    pub(super) heads: Arc<Vec<Head>>,
    tail: Tail,
    read_before: Arc<ReadBefore>,
}

impl Following {
    pub(super) fn blocks(&self) -> Result<&Arc<Blocks>> {
        self.blocks.as_ref().ok_or_else(|| Error::internal("the index is not open"))
    }

    /// The number of the first block that is not there.
    fn next(&self) -> i64 {
        self.heads.last().map_or(0, |head| head.next)
    }

    /// Where the last block ends.
    pub(super) fn sealed(&self, size: u64) -> Position {
        Position(self.next().unsigned_abs() * size)
    }

    fn position(&self, size: u64) -> Position {
        self.tail.segments.last().map_or(self.sealed(size), |last| last.to)
    }

    fn view(&self, size: u64) -> View {
        View {
            blocks: self.blocks.clone(),
            heads: self.heads.clone(),
            tail: self.tail.segments.clone(),
            position: self.position(size),
            read_before: self.read_before.clone(),
        }
    }

    /// Takes over the blocks that others have written; they are in the place of what is in memory here.
    pub(super) async fn refresh(&mut self) -> Result<()> {
        let next = self.next();
        for head in self.blocks()?.heads(next).await? {
            if head.number != self.next() {
                // One is missing in between; it is made anew.
                break;
            }
            Arc::make_mut(&mut self.heads).push(head);
        }
        if self.next() != next {
            self.tail = Tail::default();
        }
        Ok(())
    }
}

impl Shared {
    /// Reads on until all that is in the log now is indexed. Goes on when the caller stops waiting.
    pub(super) async fn catch_up(self: Arc<Self>) -> Result<Position> {
        let work = async move {
            let head = self.store.head().await?;
            let mut following = self.following.clone().lock_owned().await;
            self.prepare(&mut following).await?;
            if following.position(self.size) < head {
                following.refresh().await?;
            }
            while following.position(self.size) < head {
                self.step(&mut following, head).await?;
                self.show(following.view(self.size));
            }
            self.show(following.view(self.size));
            Ok(following.position(self.size))
        };
        tokio::spawn(work).await.map_err(|cause| Error::internal("the index panicked").because(cause))?
    }

    /// Indexes the next batch.
    async fn step(&self, following: &mut Following, head: Position) -> Result<()> {
        let from = following.position(self.size);
        let end = Position(following.sealed(self.size).0 + self.size);
        let mut events = self.store.read_after(from, BATCH).await?;
        let within = events.partition_point(|stored| stored.position <= end);
        let behind = events.split_off(within);
        // Positions become visible in order: up to here nothing is added any more.
        let to = match (behind.first(), events.last()) {
            (Some(_), _) => end,
            (None, Some(last)) => last.position,
            (None, None) => head.min(end),
        };
        if following.tail.segments.is_empty() && events.is_empty() {
            let next = behind.first().map_or(head, |first| Position(first.position.0 - 1));
            let next = (next.0 / self.size).cast_signed();
            if next > following.next() {
                return self.skip(following, next).await;
            }
        }
        following.tail.push(from, to, events).await?;
        if to >= end { self.seal(following).await } else { Ok(()) }
    }

    /// There is nothing up to a block.
    async fn skip(&self, following: &mut Following, next: i64) -> Result<()> {
        let head = Head { number: following.next(), next, first: 0, last: 0, count: 0 };
        following.blocks()?.add(&head, Vec::new(), None).await?;
        following.refresh().await
    }

    /// Makes a block of what is in memory.
    async fn seal(&self, following: &mut Following) -> Result<()> {
        let number = following.next();
        let blocks = following.blocks()?.clone();
        let segment = following.tail.whole().await?;
        let head = Head::new(number, number + 1, &segment);
        if !self.is_current(&blocks).await? {
            following.looked = None;
            return Err(made_anew());
        }
        self.write(&blocks, number, &segment).await?;
        let keys = blocking({
            let segment = segment.clone();
            move || grams::of_segment(&segment)
        });
        blocks.add(&head, keys.await?, following.tail.last.clone()).await?;
        self.segments.put((blocks.generation, number), segment.clone(), segment.bytes().len());
        following.refresh().await?;
        self.forget(following).await
    }

    /// Writes the segment and the sums of a block.
    pub(super) async fn write(&self, blocks: &Blocks, number: i64, segment: &Arc<Segment>) -> Result<()> {
        if segment.len() == 0 {
            return Ok(());
        }
        let segment = segment.clone();
        let packed = blocking(move || {
            Ok::<_, Error>((packed::pack(segment.bytes())?, Sums::of(&segment).to_bytes()?))
        });
        let (packed, sums) = packed.await??;
        blocks.put_segment(number, &packed).await?;
        blocks.put_sums(number, &sums).await
    }

    /// Removes the blocks of which all events have been forgotten.
    async fn forget(&self, following: &mut Following) -> Result<()> {
        let Some(horizon) = self.store.horizon().await? else { return Ok(()) };
        let is_old = |head: &Head| head.count > 0 && head.last < horizon.ticks();
        if !following.heads.iter().any(is_old) {
            return Ok(());
        }
        let blocks = following.blocks()?.clone();
        for head in Arc::make_mut(&mut following.heads).iter_mut().filter(|head| is_old(head)) {
            blocks.empty(head.number).await?;
            head.count = 0;
        }
        Ok(())
    }

    /// The segment of a block, made anew from the log.
    pub(super) async fn make_anew(&self, head: &Head) -> Result<Arc<Segment>> {
        let (mut from, until) = (head.from(self.size), head.until(self.size));
        let mut events: Vec<Stored> = Vec::new();
        while from < until {
            let mut batch = self.store.read_after(from, BATCH).await?;
            from = batch.last().map_or(until, |last| last.position);
            batch.retain(|stored| stored.position <= until);
            events.extend(batch);
        }
        blocking(move || build(&events)).await?.map(Arc::new)
    }
}
