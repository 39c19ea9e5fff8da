//! Answers from all segments together.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aoc_core::{
    Error, Filter, Hits, Position, Query, Result, Timestamp,
    query::{Bucket, BucketSize, Counted, Facet, PageMark, Timeline},
    store::{MOST_BUCKETS, most_frequent},
};

use super::{
    Shared, View,
    bitmap::Bitmap,
    blocking,
    layout::Column,
    query::{Matched, Scope, actor_name, failure_number},
    segment::Segment,
};

/// The most events that are read one by one to answer a search.
const MOST_READ: usize = 100_000;
/// How many of them at once.
const READ: usize = 500;

/// The matching events of each segment.
struct Found {
    segments: Vec<(Arc<Segment>, Bitmap)>,
    until: Position,
}

impl Found {
    fn count(&self) -> u64 {
        self.segments.iter().map(|(_, set)| set.count() as u64).sum()
    }
}

pub(super) async fn search(shared: &Shared, view: Arc<View>, query: &Query) -> Result<Hits> {
    let until = query.after.map(|mark| mark.until);
    let found = find(shared, view, &query.filter, until).await?;
    let (limit, after, total) = (query.limit, query.after, found.count());
    let until = found.until;
    let mut page = blocking(move || page(&found, limit + 1, after)).await?;
    let more = page.len() > limit;
    page.truncate(limit);
    let mark = |&(ticks, position): &(i64, Position)| PageMark { ticks, position, until };
    let next = page.last().filter(|_| more).map(mark);
    let positions: Vec<Position> = page.into_iter().map(|(_, position)| position).collect();
    Ok(Hits { items: shared.store.read_at(&positions).await?, total, next })
}

pub(super) async fn count(shared: &Shared, view: Arc<View>, filter: &Filter) -> Result<u64> {
    Ok(find(shared, view, filter, None).await?.count())
}

pub(super) async fn facets(
    shared: &Shared,
    view: Arc<View>,
    filter: &Filter,
    facets: &[Facet],
    most: usize,
) -> Result<Vec<Vec<Counted>>> {
    let found = Arc::new(find(shared, view, filter, None).await?);
    let mut answers = Vec::new();
    for facet in facets {
        let found = found.clone();
        let counts = match *facet {
            Facet::Tag => count_tags(shared, found).await?,
            facet => blocking(move || count_column(&found, facet)).await?,
        };
        answers.push(most_frequent(counts, most));
    }
    Ok(answers)
}

pub(super) async fn timeline(
    shared: &Shared,
    view: Arc<View>,
    filter: &Filter,
    bucket: Option<BucketSize>,
) -> Result<Timeline> {
    let found = find(shared, view, filter, None).await?;
    blocking(move || {
        let ends = found.segments.iter().filter_map(|(segment, set)| {
            Some((segment.ticks(set.iter().next()?), segment.ticks(set.iter_back().next()?)))
        });
        let range = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let fitting =
            || range.map_or(BucketSize::Hour, |(from, until)| BucketSize::fitting(from, until, MOST_BUCKETS));
        let bucket = bucket.unwrap_or_else(fitting);
        Timeline { bucket, buckets: count_buckets(&found, bucket) }
    })
    .await
}

/// The events of each segment that match. Those of which the words do not decide are read.
async fn find(shared: &Shared, view: Arc<View>, filter: &Filter, until: Option<Position>) -> Result<Found> {
    let until = until.unwrap_or(view.position);
    let scope = Arc::new(scope(shared, filter, until).await?);
    let matched = {
        let (view, scope) = (view.clone(), scope.clone());
        blocking(move || on_all(&view, |segment| scope.matched(segment))).await?
    };
    let unsure: usize = matched.iter().map(|matched| matched.unsure.count()).sum();
    if unsure > MOST_READ {
        let message = format!(
            "search: {unsure} events have the pieces of `{}` and would have to be read one by one; add a word, or narrow the time",
            filter.search.as_str()
        );
        return Err(Error::invalid(message));
    }
    let mut segments = Vec::new();
    for (covered, matched) in view.segments.iter().zip(matched) {
        let set = read_unsure(shared, &covered.segment, matched, filter).await?;
        segments.push((covered.segment.clone(), set));
    }
    Ok(Found { segments, until })
}

async fn read_unsure(
    shared: &Shared,
    segment: &Segment,
    matched: Matched,
    filter: &Filter,
) -> Result<Bitmap> {
    let Matched { mut sure, unsure } = matched;
    let candidates: Vec<(usize, Position)> =
        unsure.iter().map(|event| (event, segment.position(event))).collect();
    let mut known =
        shared.read_before.known(&filter.search, candidates.iter().map(|(_, position)| *position));
    let unread: Vec<Position> = candidates
        .iter()
        .map(|(_, position)| *position)
        .filter(|position| !known.contains_key(position))
        .collect();
    for chunk in unread.chunks(READ) {
        let events = shared.store.read_at(chunk).await?;
        let answers =
            events.into_iter().map(|stored| (stored.position, filter.search.matches(&stored.event)));
        let answers: Vec<(Position, bool)> = answers.collect();
        shared.read_before.note(&filter.search, &answers);
        known.extend(answers);
    }
    let matches = |position: &Position| known.get(position).copied().unwrap_or_default();
    candidates.iter().filter(|(_, position)| matches(position)).for_each(|(event, _)| sure.insert(*event));
    Ok(sure)
}

async fn scope(shared: &Shared, filter: &Filter, until: Position) -> Result<Scope> {
    let horizon = shared.store.horizon().await?;
    let mut tagged: Option<HashSet<Position>> = None;
    for tag in &filter.include_tags {
        let with: HashSet<Position> = shared.store.tagged(tag).await?.into_iter().collect();
        tagged =
            Some(tagged.map_or_else(|| with.clone(), |before| before.intersection(&with).copied().collect()));
    }
    let mut ruled_out = HashSet::new();
    for tag in &filter.exclude_tags {
        ruled_out.extend(shared.store.tagged(tag).await?);
    }
    let from = [filter.start, horizon].into_iter().flatten().map(Timestamp::ticks).max().unwrap_or(i64::MIN);
    let before = filter.end.map_or(i64::MAX, Timestamp::ticks);
    Ok(Scope { filter: filter.clone(), from, before, until, tagged, ruled_out })
}

/// Asks all segments, on as many threads as there are processors.
fn on_all<T: Send>(view: &View, ask: impl Fn(&Segment) -> T + Sync) -> Vec<T> {
    let segments = &view.segments;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(segments.len() / 2);
    if threads < 2 {
        return segments.iter().map(|covered| ask(&covered.segment)).collect();
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut answers = Vec::new();
        loop {
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(covered) = segments.get(at) else { return answers };
            answers.push((at, ask(&covered.segment)));
        }
    };
    let mut answers: Vec<(usize, T)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut answers = work();
        for other in others {
            match other.join() {
                Ok(more) => answers.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        answers
    });
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Times and positions of the first `limit` events behind a mark, newest first.
fn page(found: &Found, limit: usize, after: Option<PageMark>) -> Vec<(i64, Position)> {
    let mut page = Vec::new();
    for (segment, set) in &found.segments {
        let behind = |event: &usize| {
            after.is_none_or(|mark| mark.is_before(segment.ticks(*event), segment.position(*event)))
        };
        let until = after.map_or(segment.len(), |mark| segment.first_from(mark.ticks.saturating_add(1)));
        let events = set.iter_back_below(until).filter(behind).take(limit);
        page.extend(events.map(|event| (segment.ticks(event), segment.position(event))));
    }
    page.sort_unstable_by_key(|place| Reverse(*place));
    page.truncate(limit);
    page
}

fn count_column(found: &Found, facet: Facet) -> HashMap<String, u64> {
    let column = match facet {
        Facet::Service => Column::Service,
        Facet::Operation => Column::Operation,
        Facet::Result => Column::Result,
        Facet::Source => Column::Source,
        Facet::Tenant => Column::Tenant,
        Facet::Actor | Facet::Tag => Column::Actor,
    };
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for (segment, set) in &found.segments {
        for (name, count) in segment.names(column).iter().zip(count_values(segment, set, column)) {
            let name = if column == Column::Actor { actor_name(name) } else { name };
            if count > 0 && !name.is_empty() {
                *counts.entry(name).or_default() += count;
            }
        }
    }
    counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

/// Per value of a column, how many events of the set have it.
fn count_values(segment: &Segment, set: &Bitmap, column: Column) -> Vec<u64> {
    let mut counts = vec![0_u64; segment.names(column).len()];
    let values = segment.column(column);
    let mut count = |value: &[u8; 2]| {
        if let Some(count) = counts.get_mut(usize::from(u16::from_le_bytes(*value))) {
            *count += 1;
        }
    };
    if set.is_full() {
        values.iter().for_each(count);
    } else {
        set.iter().filter_map(|event| values.get(event)).for_each(&mut count);
    }
    counts
}

async fn count_tags(shared: &Shared, found: Arc<Found>) -> Result<HashMap<String, u64>> {
    let mut tags_of: HashMap<Position, Vec<String>> = HashMap::new();
    for Counted { value: tag, .. } in shared.store.tags().await? {
        for position in shared.store.tagged(&tag).await? {
            tags_of.entry(position).or_default().push(tag.clone());
        }
    }
    if tags_of.is_empty() {
        return Ok(HashMap::new());
    }
    blocking(move || {
        let mut counts = HashMap::new();
        for (segment, set) in &found.segments {
            let tagged = segment.all_positions().enumerate().filter(|(event, _)| set.contains(*event));
            for tag in tagged.filter_map(|(_, position)| tags_of.get(&position)).flatten() {
                *counts.entry(tag.clone()).or_default() += 1;
            }
        }
        counts
    })
    .await
}

fn count_buckets(found: &Found, bucket: BucketSize) -> Vec<Bucket> {
    let mut counts: std::collections::BTreeMap<i64, (u64, u64)> = std::collections::BTreeMap::new();
    for (segment, set) in &found.segments {
        let failure = failure_number(segment);
        let results = segment.column(Column::Result);
        let ticks: Vec<i64> = segment.all_ticks().collect();
        // Events are in order of time: the bucket changes seldom.
        let (mut start, mut end, mut sums) = (0, i64::MIN, (0, 0));
        for event in set.iter() {
            if ticks[event] >= end {
                add(&mut counts, start, sums);
                start = bucket.floor(ticks[event]);
                (end, sums) = (bucket.next(start), (0, 0));
            }
            sums =
                (sums.0 + 1, sums.1 + u64::from(failure.is_some() && results.get(event) == failure.as_ref()));
        }
        add(&mut counts, start, sums);
    }
    let bucket = |(start, (count, failures))| Bucket { start: Timestamp::from_ticks(start), count, failures };
    counts.into_iter().map(bucket).collect()
}

fn add(counts: &mut std::collections::BTreeMap<i64, (u64, u64)>, start: i64, sums: (u64, u64)) {
    if sums.0 > 0 {
        let sum = counts.entry(start).or_default();
        *sum = (sum.0 + sums.0, sum.1 + sums.1);
    }
}
