//! Pages of events.

use std::{cmp::Reverse, sync::Arc};

use aoc_core::{Hits, Position, Query, Result, query::PageMark};

use super::{
    Shared, View,
    block::Head,
    candidates::{Candidate, Plan, check_loads},
};
use crate::index::{
    View as Segments,
    answer::{self, Found, MOST_READ},
    query::Scope,
};

/// The segments of so many blocks are in memory at once, beside those in the cache.
const GROUP: usize = 8;

/// Reads the segments of blocks group by group, and hands on which of their events match.
pub(super) struct Groups<'a> {
    shared: &'a Arc<Shared>,
    view: &'a View,
    scope: &'a Arc<Scope>,
    /// How many events may still be read one by one.
    left: usize,
}

impl<'a> Groups<'a> {
    pub(super) fn new(shared: &'a Arc<Shared>, view: &'a View, plan: &'a Plan) -> Self {
        Self { shared, view, scope: &plan.scope, left: MOST_READ }
    }

    /// What is behind the blocks.
    pub(super) async fn tail(&mut self) -> Result<Found> {
        self.find(self.view.tail.clone()).await
    }

    /// These blocks.
    pub(super) async fn blocks(&mut self, heads: &[Head]) -> Result<Found> {
        let segments = match &self.view.blocks {
            Some(blocks) => self.shared.load(blocks, heads).await?,
            None => Vec::new(),
        };
        self.find(segments).await
    }

    /// What is behind the blocks, and then all of these.
    pub(super) async fn each(&mut self, heads: &[Head], mut visit: impl FnMut(Found)) -> Result<()> {
        check_loads(heads.len(), self.shared.size)?;
        visit(self.tail().await?);
        for group in heads.chunks(GROUP) {
            visit(self.blocks(group).await?);
        }
        Ok(())
    }

    async fn find(&mut self, segments: Vec<crate::index::files::Covered>) -> Result<Found> {
        let read_before = self.view.read_before.clone();
        let segments = Segments { segments, position: self.view.position, read_before };
        let store = &*self.shared.store;
        let found = answer::find_in(store, Arc::new(segments), self.scope.clone(), self.left).await?;
        self.left -= found.read.min(self.left);
        Ok(found)
    }
}

pub(super) async fn search(shared: &Arc<Shared>, view: Arc<View>, query: &Query) -> Result<Hits> {
    let plan = shared.plan(&view, &query.filter, query.after.map(|mark| mark.until)).await?;
    let mut page = Page { limit: query.limit + 1, after: query.after, places: Vec::new(), total: 0 };
    page.fill(Groups::new(shared, &view, &plan), &plan.candidates).await?;
    let Page { mut places, total, .. } = page;
    let more = places.len() > query.limit;
    places.truncate(query.limit);
    let until = plan.scope.until;
    let mark = |&(ticks, position): &(i64, Position)| PageMark { ticks, position, until };
    let next = places.last().filter(|_| more).map(mark);
    let positions: Vec<Position> = places.into_iter().map(|(_, position)| position).collect();
    Ok(Hits { items: shared.store.read_at(&positions).await?, total, next })
}

/// The newest events behind a mark, and how many there are over all pages.
struct Page {
    limit: usize,
    after: Option<PageMark>,
    places: Vec<(i64, Position)>,
    total: u64,
}

impl Page {
    async fn fill(&mut self, mut groups: Groups<'_>, candidates: &[Candidate]) -> Result<()> {
        let mut rest = candidates.to_vec();
        rest.sort_unstable_by_key(|candidate| Reverse(candidate.head.last));
        check_loads(rest.iter().filter(|candidate| candidate.known.is_none()).count(), groups.shared.size)?;
        self.add(&groups.tail().await?);
        let (mut rest, mut size) = (&rest[..], 1);
        while !rest.is_empty() {
            let mut heads = Vec::new();
            while let (Some((candidate, behind)), true) = (rest.split_first(), heads.len() < size) {
                match candidate.known {
                    Some(known) if !self.needs(&candidate.head) => self.total += known,
                    _ => heads.push(candidate.head),
                }
                rest = behind;
            }
            self.add(&groups.blocks(&heads).await?);
            size = (2 * size).min(GROUP);
        }
        Ok(())
    }

    /// Whether an event of the block may be on the page, by its times.
    fn needs(&self, head: &Head) -> bool {
        let is_behind = self.after.is_none_or(|mark| head.first <= mark.ticks);
        let oldest = self.places.get(self.limit - 1);
        is_behind && oldest.is_none_or(|(ticks, _)| head.last >= *ticks)
    }

    fn add(&mut self, found: &Found) {
        self.total += found.count();
        self.places.extend(answer::page(found, self.limit, self.after));
        self.places.sort_unstable_by_key(|place| Reverse(*place));
        self.places.truncate(self.limit);
    }
}
