//! What is behind the last block, in memory.

use std::sync::Arc;

use aoc_core::{Position, Result, store::Stored};

use crate::index::{blocking, builder::build, files::Covered, merge::merge, segment::Segment};

/// Segments of the events behind the last block; each is larger than the one behind it.
#[derive(Clone, Default)]
pub(super) struct Tail {
    pub(super) segments: Vec<Covered>,
    /// The last event: its position and key.
    pub(super) last: Option<(Position, String)>,
}

impl Tail {
    /// Adds what is in the log up to a position.
    pub(super) async fn push(&mut self, from: Position, to: Position, events: Vec<Stored>) -> Result<()> {
        if let Some(last) = events.last() {
            self.last = Some((last.position, last.event.dedupe_key.to_string()));
        }
        let segment = blocking(move || build(&events)).await??;
        self.segments.push(Covered { segment: Arc::new(segment), from, to });
        while let [.., before, last] = &self.segments[..] {
            if before.segment.len() > 2 * last.segment.len() {
                break;
            }
            let pair = vec![before.clone(), last.clone()];
            let covered = Covered {
                segment: merged(pair).await?,
                from: self.segments[self.segments.len() - 2].from,
                to,
            };
            self.segments.truncate(self.segments.len() - 2);
            self.segments.push(covered);
        }
        Ok(())
    }

    /// All of it in one segment.
    pub(super) async fn whole(&self) -> Result<Arc<Segment>> {
        merged(self.segments.clone()).await
    }
}

async fn merged(parts: Vec<Covered>) -> Result<Arc<Segment>> {
    let merged = blocking(move || {
        let segments: Vec<&Segment> = parts.iter().map(|part| &*part.segment).collect();
        merge(&segments)
    });
    merged.await?.map(Arc::new)
}
