//! Counts: of all events, per value, and over time. Blocks of which all events match are counted by their sums.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use aoc_core::{
    Filter, Position, Result, Timestamp,
    query::{Bucket, BucketSize, Counted, Facet, Timeline},
    store::{MOST_BUCKETS, most_frequent},
};

use super::{
    Shared, View,
    answer::Groups,
    block::{Head, Sums},
    candidates::{Candidate, Plan},
    load::SUMS,
};
use crate::index::{
    answer::{self, Found},
    count,
    layout::Column,
    query::actor_name,
};

pub(super) async fn count(shared: &Arc<Shared>, view: Arc<View>, filter: &Filter) -> Result<u64> {
    let plan = shared.plan(&view, filter, None).await?;
    let mut total: u64 = plan.candidates.iter().filter_map(|candidate| candidate.known).sum();
    let unknown = heads(&plan, |candidate| candidate.known.is_none());
    Groups::new(shared, &view, &plan).each(&unknown, |found| total += found.count()).await?;
    Ok(total)
}

pub(super) async fn facets(
    shared: &Arc<Shared>,
    view: Arc<View>,
    filter: &Filter,
    facets: &[Facet],
    most: usize,
) -> Result<Vec<Vec<Counted>>> {
    let mut counts = columns(shared, &view, filter, facets).await?;
    if facets.contains(&Facet::Tag) {
        counts.insert(Facet::Tag, tags(shared, &view, filter).await?);
    }
    let of = |facet: &Facet| counts.get(facet).cloned().unwrap_or_default();
    Ok(facets.iter().map(|facet| most_frequent(of(facet), most)).collect())
}

type Counts = HashMap<String, u64>;

/// The values of all facets but tags.
async fn columns(
    shared: &Arc<Shared>,
    view: &View,
    filter: &Filter,
    facets: &[Facet],
) -> Result<HashMap<Facet, Counts>> {
    let mut counts: HashMap<Facet, Counts> =
        facets.iter().filter(|facet| **facet != Facet::Tag).map(|facet| (*facet, Counts::new())).collect();
    if counts.is_empty() {
        return Ok(counts);
    }
    let plan = shared.plan(view, filter, None).await?;
    let partly = heads(&plan, |candidate| !candidate.all);
    let by_segments = |found: Found| {
        counts.iter_mut().for_each(|(facet, counts)| add(counts, count::count_column(&found, *facet)));
    };
    Groups::new(shared, view, &plan).each(&partly, by_segments).await?;
    let by_sums = |_: &Head, sums: &Sums| {
        counts.iter_mut().for_each(|(facet, counts)| add(counts, values(sums, *facet)));
    };
    each_sums(shared, view, &plan, by_sums).await?;
    Ok(counts)
}

fn add(counts: &mut Counts, values: impl IntoIterator<Item = (String, u64)>) {
    values.into_iter().for_each(|(value, count)| *counts.entry(value).or_default() += count);
}

/// Only the blocks with events that have tags are read.
async fn tags(shared: &Arc<Shared>, view: &View, filter: &Filter) -> Result<Counts> {
    let tags_of = answer::all_tags(&*shared.store).await?;
    let mut scope = answer::scope(&*shared.store, filter, view.position).await?;
    let with_tag: HashSet<Position> = tags_of.keys().copied().collect();
    scope.tagged = Some(match scope.tagged.take() {
        Some(tagged) => tagged.intersection(&with_tag).copied().collect(),
        None => with_tag,
    });
    let plan = shared.plan_of(view, scope).await?;
    let mut counts = Counts::new();
    let by_segments = |found: Found| add(&mut counts, count::count_tags_of(&found, &tags_of));
    Groups::new(shared, view, &plan).each(&heads(&plan, |_| true), by_segments).await?;
    Ok(counts)
}

fn values(sums: &Sums, facet: Facet) -> impl Iterator<Item = (String, u64)> + '_ {
    let column = count::column_of(facet);
    let name =
        move |name: &str| if column == Column::Actor { actor_name(name).to_owned() } else { name.to_owned() };
    let named = sums.column(column).iter().map(move |(value, count)| (name(value), *count));
    named.filter(|(name, _)| !name.is_empty())
}

pub(super) async fn timeline(
    shared: &Arc<Shared>,
    view: Arc<View>,
    filter: &Filter,
    bucket: Option<BucketSize>,
) -> Result<Timeline> {
    let plan = shared.plan(&view, filter, None).await?;
    if bucket == Some(BucketSize::Minute) {
        return minutes(shared, &view, &plan).await;
    }
    let mut hours = Hours::default();
    let partly = heads(&plan, |candidate| !candidate.all);
    Groups::new(shared, &view, &plan).each(&partly, |found| hours.add(&found)).await?;
    each_sums(shared, &view, &plan, |head, sums| hours.add_sums(head, sums)).await?;
    let fitting = || hours.range.map(|(from, until)| BucketSize::fitting(from, until, MOST_BUCKETS));
    match bucket.or_else(fitting).unwrap_or(BucketSize::Hour) {
        // No more than so many minutes: few blocks.
        BucketSize::Minute => minutes(shared, &view, &plan).await,
        bucket => Ok(Timeline { bucket, buckets: hours.buckets(bucket) }),
    }
}

async fn minutes(shared: &Arc<Shared>, view: &View, plan: &Plan) -> Result<Timeline> {
    let mut counts = Hours::default();
    let add = |found: Found| counts.add_buckets(count::count_buckets(&found, BucketSize::Minute));
    Groups::new(shared, view, plan).each(&heads(plan, |_| true), add).await?;
    Ok(Timeline { bucket: BucketSize::Minute, buckets: counts.buckets(BucketSize::Minute) })
}

/// Events and failures per hour, of which longer buckets are made; and the time of the first and last event.
#[derive(Default)]
struct Hours {
    counts: BTreeMap<i64, (u64, u64)>,
    range: Option<(i64, i64)>,
}

impl Hours {
    fn add(&mut self, found: &Found) {
        self.add_buckets(count::count_buckets(found, BucketSize::Hour));
        for (segment, set) in &found.segments {
            if let (Some(first), Some(last)) = (set.iter().next(), set.iter_back().next()) {
                self.widen(segment.ticks(first), segment.ticks(last));
            }
        }
    }

    fn add_sums(&mut self, head: &Head, sums: &Sums) {
        sums.hours.iter().for_each(|(start, count, failures)| self.add_one(*start, *count, *failures));
        self.widen(head.first, head.last);
    }

    fn add_buckets(&mut self, buckets: Vec<Bucket>) {
        buckets.iter().for_each(|bucket| self.add_one(bucket.start.ticks(), bucket.count, bucket.failures));
    }

    fn add_one(&mut self, start: i64, count: u64, failures: u64) {
        let sum = self.counts.entry(start).or_default();
        *sum = (sum.0 + count, sum.1 + failures);
    }

    fn widen(&mut self, first: i64, last: i64) {
        self.range = Some(self.range.map_or((first, last), |(a, b)| (a.min(first), b.max(last))));
    }

    fn buckets(&self, size: BucketSize) -> Vec<Bucket> {
        let mut longer = Self::default();
        self.counts.iter().for_each(|(start, sum)| longer.add_one(size.floor(*start), sum.0, sum.1));
        let bucket =
            |(start, (count, failures))| Bucket { start: Timestamp::from_ticks(start), count, failures };
        longer.counts.into_iter().map(bucket).collect()
    }
}

fn heads(plan: &Plan, which: impl Fn(&Candidate) -> bool) -> Vec<Head> {
    plan.candidates.iter().filter(|candidate| which(candidate)).map(|candidate| candidate.head).collect()
}

/// The sums of the blocks of which all events match.
async fn each_sums(
    shared: &Arc<Shared>,
    view: &View,
    plan: &Plan,
    mut visit: impl FnMut(&Head, &Sums),
) -> Result<()> {
    let Some(blocks) = &view.blocks else { return Ok(()) };
    for some in heads(plan, |candidate| candidate.all).chunks(SUMS) {
        for (head, sums) in shared.sums_of(blocks, some).await? {
            visit(&head, &sums);
        }
    }
    Ok(())
}
