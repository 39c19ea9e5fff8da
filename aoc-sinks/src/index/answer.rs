//! Answers from all segments together.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aoc_core::{
    Error, EventStore, Filter, Hits, Position, Query, Result, Timestamp,
    query::{BucketSize, Counted, Facet, PageMark, Timeline},
    store::{MOST_BUCKETS, most_frequent},
};

use super::{
    Shared, View,
    bitmap::Bitmap,
    blocking,
    count::{count_buckets, count_column, count_tags_of},
    query::{Matched, Scope},
    segment::Segment,
};

/// The most events that are read one by one to answer a search.
pub(crate) const MOST_READ: usize = 100_000;
/// How many of them at once.
const READ: usize = 500;

/// The matching events of each segment.
pub(crate) struct Found {
    pub(crate) segments: Vec<(Arc<Segment>, Bitmap)>,
    until: Position,
    /// How many had to be read one by one.
    #[cfg_attr(not(feature = "mongodb"), expect(dead_code, reason = "only blocks are read one by one"))]
    pub(crate) read: usize,
}

impl Found {
    pub(crate) fn count(&self) -> u64 {
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
    let scope = Arc::new(scope(&*shared.store, filter, until).await?);
    find_in(&*shared.store, view, scope, MOST_READ).await
}

/// The events of these segments that match; at most `most` are read one by one.
pub(crate) async fn find_in(
    store: &dyn EventStore,
    view: Arc<View>,
    scope: Arc<Scope>,
    most: usize,
) -> Result<Found> {
    let filter = &scope.filter;
    let matched = {
        let (view, scope) = (view.clone(), scope.clone());
        blocking(move || on_all(&view, |segment| scope.matched(segment))).await?
    };
    let unsure: usize = matched.iter().map(|matched| matched.unsure.count()).sum();
    if unsure > most {
        let message = format!(
            "search: {unsure} events have the pieces of `{}` and would have to be read one by one; add a word, or narrow the time",
            filter.search.as_str()
        );
        return Err(Error::invalid(message));
    }
    let mut segments = Vec::new();
    for (covered, matched) in view.segments.iter().zip(matched) {
        let set = read_unsure(store, &view, &covered.segment, matched, filter).await?;
        segments.push((covered.segment.clone(), set));
    }
    Ok(Found { segments, until: scope.until, read: unsure })
}

async fn read_unsure(
    store: &dyn EventStore,
    view: &View,
    segment: &Segment,
    matched: Matched,
    filter: &Filter,
) -> Result<Bitmap> {
    let Matched { mut sure, unsure } = matched;
    let candidates: Vec<(usize, Position)> =
        unsure.iter().map(|event| (event, segment.position(event))).collect();
    let mut known = view.read_before.known(&filter.search, candidates.iter().map(|(_, position)| *position));
    let unread: Vec<Position> = candidates
        .iter()
        .map(|(_, position)| *position)
        .filter(|position| !known.contains_key(position))
        .collect();
    for chunk in unread.chunks(READ) {
        let events = store.read_at(chunk).await?;
        let answers =
            events.into_iter().map(|stored| (stored.position, filter.search.matches(&stored.event)));
        let answers: Vec<(Position, bool)> = answers.collect();
        view.read_before.note(&filter.search, &answers);
        known.extend(answers);
    }
    let matches = |position: &Position| known.get(position).copied().unwrap_or_default();
    candidates.iter().filter(|(_, position)| matches(position)).for_each(|(event, _)| sure.insert(*event));
    Ok(sure)
}

pub(crate) async fn scope(store: &dyn EventStore, filter: &Filter, until: Position) -> Result<Scope> {
    let horizon = store.horizon().await?;
    let mut tagged: Option<HashSet<Position>> = None;
    for tag in &filter.include_tags {
        let with: HashSet<Position> = store.tagged(tag).await?.into_iter().collect();
        tagged =
            Some(tagged.map_or_else(|| with.clone(), |before| before.intersection(&with).copied().collect()));
    }
    let mut ruled_out = HashSet::new();
    for tag in &filter.exclude_tags {
        ruled_out.extend(store.tagged(tag).await?);
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
pub(crate) fn page(found: &Found, limit: usize, after: Option<PageMark>) -> Vec<(i64, Position)> {
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

/// The tags of every event that has one.
pub(crate) async fn all_tags(store: &dyn EventStore) -> Result<HashMap<Position, Vec<String>>> {
    let mut tags_of: HashMap<Position, Vec<String>> = HashMap::new();
    for Counted { value: tag, .. } in store.tags().await? {
        for position in store.tagged(&tag).await? {
            tags_of.entry(position).or_default().push(tag.clone());
        }
    }
    Ok(tags_of)
}

async fn count_tags(shared: &Shared, found: Arc<Found>) -> Result<HashMap<String, u64>> {
    let tags_of = all_tags(&*shared.store).await?;
    if tags_of.is_empty() {
        return Ok(HashMap::new());
    }
    blocking(move || count_tags_of(&found, &tags_of)).await
}
