//! Searching by looking at every event: the reference that every index is compared with.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use async_trait::async_trait;

use super::{EventIndex, EventLog, Position, Stored};
use crate::{
    Outcome, Result, Timestamp,
    query::{Bucket, BucketSize, Counted, Facet, Filter, Hits, PageMark, Query, Timeline},
};

/// The most buckets of a timeline whose bucket size was left open.
pub const MOST_BUCKETS: i64 = 200;

/// Searches a log by reading all of it. Slow and plain: for tests, small logs, and as the meaning of a search.
pub struct Scan {
    log: Arc<dyn EventLog>,
}

impl Scan {
    /// Searches this log.
    pub fn new(log: Arc<dyn EventLog>) -> Self {
        Self { log }
    }

    async fn matching(&self, filter: &Filter) -> Result<Vec<Stored>> {
        let horizon = self.log.horizon().await?;
        let (mut found, mut after) = (Vec::new(), Position::default());
        loop {
            let batch = self.log.read_after(after, 1_000).await?;
            let Some(last) = batch.last() else { return Ok(found) };
            after = last.position;
            let kept =
                |stored: &Stored| horizon.is_none_or(|time| stored.event.timestamp.ticks() >= time.ticks());
            found.extend(batch.into_iter().filter(|stored| kept(stored) && filter.matches(&stored.event)));
        }
    }
}

#[async_trait]
impl EventIndex for Scan {
    async fn search(&self, query: &Query) -> Result<Hits> {
        query.check()?;
        let head = self.log.head().await?;
        Ok(page_of(self.matching(&query.filter).await?, query, head))
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        Ok(self.matching(filter).await?.len() as u64)
    }

    async fn facets(&self, filter: &Filter, facets: &[Facet], most: usize) -> Result<Vec<Vec<Counted>>> {
        let found = self.matching(filter).await?;
        let count =
            |facet: &Facet| count_facets(found.iter().flat_map(|stored| facet.values(&stored.event)), most);
        Ok(facets.iter().map(count).collect())
    }

    async fn timeline(&self, filter: &Filter, bucket: Option<BucketSize>) -> Result<Timeline> {
        let found = self.matching(filter).await?;
        let times = found.iter().map(|s| (s.event.timestamp.ticks(), s.event.result == Outcome::Failure));
        Ok(count_timeline(times.collect(), bucket))
    }

    async fn position(&self) -> Result<Position> {
        self.log.head().await
    }

    async fn catch_up(&self) -> Result<Position> {
        self.log.head().await
    }
}

/// The page of all matching events that a query asks for.
pub fn page_of(mut found: Vec<Stored>, query: &Query, head: Position) -> Hits {
    let order = |stored: &Stored| (stored.event.timestamp.ticks(), stored.position);
    let until = query.after.map_or(head, |mark| mark.until);
    found.retain(|stored| stored.position <= until);
    let total = found.len() as u64;
    found.sort_by_key(|stored| std::cmp::Reverse(order(stored)));
    if let Some(mark) = query.after {
        found.retain(|stored| mark.is_before(order(stored).0, stored.position));
    }
    let more = found.len() > query.limit;
    found.truncate(query.limit);
    let mark = |last: &Stored| PageMark { ticks: order(last).0, position: last.position, until };
    let next = found.last().filter(|_| more).map(mark);
    Hits { items: found, total, next }
}

/// Counts values, the most frequent ones first, then by value; at most `most` of them.
pub fn count_facets(values: impl Iterator<Item = String>, most: usize) -> Vec<Counted> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    most_frequent(counts, most)
}

/// The most frequent of counted values, then by value; at most `most` of them.
pub fn most_frequent(counts: impl IntoIterator<Item = (String, u64)>, most: usize) -> Vec<Counted> {
    let mut counted: Vec<Counted> =
        counts.into_iter().map(|(value, count)| Counted { value, count }).collect();
    counted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    counted.truncate(most);
    counted
}

/// Counts times (ticks, and whether it failed) into buckets.
pub fn count_timeline(times: Vec<(i64, bool)>, bucket: Option<BucketSize>) -> Timeline {
    let range = || Some((times.iter().map(|t| t.0).min()?, times.iter().map(|t| t.0).max()?));
    let fitting =
        || range().map_or(BucketSize::Hour, |(from, until)| BucketSize::fitting(from, until, MOST_BUCKETS));
    let bucket = bucket.unwrap_or_else(fitting);
    let mut counts: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for (ticks, failed) in times {
        let entry = counts.entry(bucket.floor(ticks)).or_default();
        *entry = (entry.0 + 1, entry.1 + u64::from(failed));
    }
    let buckets = counts.into_iter().map(|(start, (count, failures))| Bucket {
        start: Timestamp::from_ticks(start),
        count,
        failures,
    });
    Timeline { bucket, buckets: buckets.collect() }
}
