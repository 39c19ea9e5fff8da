//! Which blocks may hold events that match, found without reading a segment.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aoc_core::{Error, Filter, Position, Result};
use tokio::task::JoinSet;

use super::{
    Shared, View,
    block::{Head, Sums},
    database::Blocks,
    grams::{self, Key, Need},
    load::SUMS,
};
use crate::index::{
    answer,
    layout::{COLUMNS, Column},
    query::Scope,
};

/// The segments of more blocks are not read for one search.
const MOST_LOADED: usize = 2_000;
/// A key that more blocks have does not narrow a search.
const MOST_WITH_KEY: i64 = 20_000;
/// So many keys are looked up for one list of keys, and for one search.
const KEYS_OF_LIST: usize = 6;
const KEYS_OF_SEARCH: usize = 48;
/// So few blocks are read without looking up keys.
const FEW: usize = 4;

/// A block that may hold events that match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) head: Head,
    /// All of its events match.
    pub(super) all: bool,
    /// How many match, as far as that is known without its segment.
    pub(super) known: Option<u64>,
}

/// What is asked, and the blocks that may answer.
pub(super) struct Plan {
    pub(super) scope: Arc<Scope>,
    pub(super) candidates: Vec<Candidate>,
}

impl Shared {
    /// Finds the blocks for a filter.
    pub(super) async fn plan(&self, view: &View, filter: &Filter, until: Option<Position>) -> Result<Plan> {
        let scope = answer::scope(&*self.store, filter, until.unwrap_or(view.position)).await?;
        self.plan_of(view, scope).await
    }

    /// Finds the blocks for what is asked.
    pub(super) async fn plan_of(&self, view: &View, scope: Scope) -> Result<Plan> {
        let mut heads = self.in_range(view, &scope);
        if let (Some(blocks), true) = (&view.blocks, heads.len() > FEW) {
            heads = self.with_keys(blocks, heads, &grams::of_filter(&scope.filter)).await?;
        }
        let touched = self.numbers(scope.ruled_out.iter().chain(scope.tagged.iter().flatten()));
        let judge = Judge { scope: &scope, size: self.size, restricted: restricted(&scope.filter), touched };
        let mut candidates = Vec::new();
        if judge.restricted.is_empty() {
            candidates.extend(heads.iter().map(|head| judge.whole(head, None)));
        } else if let Some(blocks) = &view.blocks {
            for some in heads.chunks(SUMS) {
                let sums = self.sums_of(blocks, some).await?;
                candidates.extend(sums.iter().filter_map(|(head, sums)| judge.by_sums(head, sums)));
            }
        }
        Ok(Plan { scope: Arc::new(scope), candidates })
    }

    /// The blocks with events of these times, positions and tags.
    fn in_range(&self, view: &View, scope: &Scope) -> Vec<Head> {
        let tagged = scope.tagged.as_ref().map(|tagged| self.numbers(tagged));
        let may = |head: &&Head| {
            head.count > 0
                && head.first < scope.before
                && head.last >= scope.from
                && head.from(self.size) < scope.until
                && tagged.as_ref().is_none_or(|tagged| tagged.contains(&head.number))
        };
        view.heads.iter().filter(may).copied().collect()
    }

    /// The numbers of the blocks that hold these positions.
    fn numbers<'a>(&self, positions: impl IntoIterator<Item = &'a Position>) -> HashSet<i64> {
        let number = |position: &Position| (position.0.saturating_sub(1) / self.size).cast_signed();
        positions.into_iter().map(number).collect()
    }

    /// Keeps the blocks that have the keys needed.
    async fn with_keys(
        &self,
        blocks: &Arc<Blocks>,
        mut heads: Vec<Head>,
        needs: &[Need],
    ) -> Result<Vec<Head>> {
        let (Some(first), Some(last), false) = (heads.first(), heads.last(), needs.is_empty()) else {
            return Ok(heads);
        };
        let keys: HashSet<Key> =
            needs.iter().flatten().flat_map(|list| chosen(list)).take(KEYS_OF_SEARCH).collect();
        let (first, last) = (first.number, last.number);
        let found = look_up(blocks, keys, (first, last)).await?;
        for need in needs {
            heads.retain(|head| need.iter().any(|list| has_all(head, list, &found)));
        }
        self.check_there(blocks, first).await?;
        self.check_there(blocks, last).await?;
        Ok(heads)
    }
}

/// Refuses to read too much.
pub(super) fn check_loads(loads: usize, size: u64) -> Result<()> {
    if loads <= MOST_LOADED {
        return Ok(());
    }
    let (events, most) = (loads as u64 * size, MOST_LOADED as u64 * size);
    Err(Error::invalid(format!(
        "search: {events} events would have to be looked through, {most} are the most; narrow the time, or add a longer word"
    )))
}

/// Some of the keys of a list, from all of its length.
fn chosen(list: &[Key]) -> impl Iterator<Item = Key> + '_ {
    let step = list.len().div_ceil(KEYS_OF_LIST).max(1);
    list.iter().step_by(step).copied()
}

/// Per key, the blocks with it; none for keys that too many have.
type Found = HashMap<Key, HashSet<i64>>;

async fn look_up(blocks: &Arc<Blocks>, keys: HashSet<Key>, range: (i64, i64)) -> Result<Found> {
    let mut asking = JoinSet::new();
    for key in keys {
        let blocks = blocks.clone();
        asking.spawn(async move { Ok::<_, Error>((key, blocks.with_key(key, range, MOST_WITH_KEY).await?)) });
    }
    let mut found = Found::new();
    while let Some(answer) = asking.join_next().await {
        let (key, numbers) =
            answer.map_err(|cause| Error::internal("the index panicked").because(cause))??;
        found.extend(numbers.map(|numbers| (key, numbers.into_iter().collect())));
    }
    Ok(found)
}

fn has_all(head: &Head, list: &[Key], found: &Found) -> bool {
    list.iter().all(|key| found.get(key).is_none_or(|numbers| numbers.contains(&head.number)))
}

/// The columns that a filter asks for.
fn restricted(filter: &Filter) -> Vec<Column> {
    let asks = |column: &Column| match column {
        Column::Service => !filter.service.is_empty(),
        Column::Operation => !filter.operation.is_empty(),
        Column::Result => !filter.result.is_empty(),
        Column::Source => !filter.source.is_empty(),
        Column::Tenant => !filter.tenant.is_empty(),
        Column::Actor => filter.actor.as_ref().is_some_and(|actor| !actor.is_empty()),
    };
    COLUMNS.into_iter().filter(asks).collect()
}

/// Says what is known of blocks.
struct Judge<'a> {
    scope: &'a Scope,
    size: u64,
    restricted: Vec<Column>,
    /// The blocks of which the tags asked for say something.
    touched: HashSet<i64>,
}

impl Judge<'_> {
    /// A block of which the columns restrict nothing, or leave so many events.
    fn whole(&self, head: &Head, left: Option<u64>) -> Candidate {
        let inside = head.first >= self.scope.from
            && head.last < self.scope.before
            && head.until(self.size) <= self.scope.until
            && self.scope.filter.search.is_empty()
            && !self.touched.contains(&head.number);
        let known = left.unwrap_or(head.count);
        Candidate { head: *head, all: inside && left.is_none(), known: inside.then_some(known) }
    }

    /// `None` for a block without an event that matches.
    fn by_sums(&self, head: &Head, sums: &Sums) -> Option<Candidate> {
        let mut partly = Vec::new();
        for column in &self.restricted {
            let allowed = |(name, _): &&(String, u64)| self.scope.allows(*column, name);
            let left: u64 = sums.column(*column).iter().filter(allowed).map(|(_, count)| count).sum();
            if left == 0 {
                return None;
            }
            if left < head.count {
                partly.push(left);
            }
        }
        Some(match partly[..] {
            [] => self.whole(head, None),
            [left] => self.whole(head, Some(left)),
            _ => Candidate { known: None, ..self.whole(head, Some(0)) },
        })
    }
}
