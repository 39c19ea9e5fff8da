//! Looking at events.

use aoc_core::{
    Error, Event, Query, Result, Timestamp,
    query::{Bucket, BucketSize, Counted, Facet, Filter, Timeline},
    store::Stored,
};

use super::{
    Operations,
    types::{CountOverTime, EventPage, FilterOptions, Listed, SearchEvents, Summary, TimelineAnswer},
};
use crate::auth::{Caller, Permission};

/// The most values of a facet.
const MOST_OPTIONS: usize = 200;
/// The most buckets of a timeline whose bucket size was left open.
const MOST_BUCKETS: i64 = 200;
/// The most buckets of a timeline whose bucket size was given.
const MOST_BUCKETS_ASKED: i64 = 5_000;
/// The most days of a summary.
const MOST_DAYS: u32 = 3_660;

impl Operations {
    /// A page of events, newest first.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) when the page size is; those of the index.
    pub async fn search(&self, caller: &Caller, request: SearchEvents) -> Result<EventPage> {
        caller.require(Permission::Read)?;
        let SearchEvents { filter, page_size, cursor, raw } = request;
        filter.check()?;
        let query = Query { filter, limit: page_size, after: cursor };
        query.check()?;
        let hits = self.index.search(&query).await?;
        Ok(EventPage {
            items: hits.items.into_iter().map(|stored| Listed::new(stored.event, raw)).collect(),
            total: hits.total,
            page_size,
            next_cursor: hits.next.map(|mark| mark.to_string()),
        })
    }

    /// The event of an id or dedupe key; a source tells which, where several use the id.
    ///
    /// # Errors
    /// [`NotFound`](aoc_core::ErrorKind::NotFound) when there is none,
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the sources when there are several.
    pub async fn get(&self, caller: &Caller, id: &str, source: Option<&str>) -> Result<Event> {
        caller.require(Permission::Read)?;
        let mut found = self.store.get(id).await?;
        found.retain(|stored| source.is_none_or(|source| stored.event.source == source));
        match found.len() {
            0 => Err(Error::not_found("no event of this id")),
            1 => Ok(found.swap_remove(0).event),
            _ => Err(ambiguous(&found)),
        }
    }

    /// What values the events of a filter have.
    ///
    /// # Errors
    /// Those of the index.
    pub async fn filter_options(&self, caller: &Caller, filter: &Filter) -> Result<FilterOptions> {
        caller.require(Permission::Read)?;
        filter.check()?;
        let counted = self.index.facets(filter, &Facet::ALL, MOST_OPTIONS).await?;
        let mut options = FilterOptions::default();
        for (facet, values) in Facet::ALL.into_iter().zip(counted) {
            *member_of(&mut options, facet) = values;
        }
        Ok(options)
    }

    /// How many events over time, without gaps: from the filter's start, else the first event, to the filter's
    /// end, else the last event.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) when the bucket is too small for the range; those of the index.
    pub async fn timeline(&self, caller: &Caller, request: CountOverTime) -> Result<TimelineAnswer> {
        caller.require(Permission::Read)?;
        let CountOverTime { filter, bucket } = request;
        filter.check()?;
        let timeline = self.index.timeline(&filter, bucket.or_else(|| fitting(&filter))).await?;
        let most = if bucket.is_some() { MOST_BUCKETS_ASKED } else { 2 * MOST_BUCKETS };
        fill(timeline, &filter, bucket, most)
    }

    /// What happened in the last days.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) when the days are; those of the index.
    pub async fn summary(&self, caller: &Caller, days: u32) -> Result<Summary> {
        caller.require(Permission::Read)?;
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Error::invalid(format!("days: {days} is not between 1 and {MOST_DAYS}")));
        }
        let filter = Query::new().last_days(days).filter;
        let facets = [Facet::Service, Facet::Operation, Facet::Result, Facet::Actor];
        let (total, counted) =
            tokio::try_join!(self.index.count(&filter), self.index.facets(&filter, &facets, MOST_OPTIONS))?;
        let mut counted = counted.into_iter();
        let mut next = || counted.next().unwrap_or_default();
        let (by_service, by_operation, by_result, by_actor) = (next(), next(), next(), next());
        Ok(Summary { days, total, by_service, by_operation, by_result, by_actor })
    }
}

fn ambiguous(found: &[Stored]) -> Error {
    let mut sources: Vec<&str> = found.iter().map(|stored| stored.event.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    Error::invalid(format!(
        "several events have this id; say which with `source`, one of: {}",
        sources.join(", ")
    ))
}

fn member_of(options: &mut FilterOptions, facet: Facet) -> &mut Vec<Counted> {
    match facet {
        Facet::Service => &mut options.services,
        Facet::Operation => &mut options.operations,
        Facet::Result => &mut options.results,
        Facet::Actor => &mut options.actors,
        Facet::Source => &mut options.sources,
        Facet::Tenant => &mut options.tenants,
        Facet::Tag => &mut options.tags,
    }
}

/// The bucket size for a filter that says from when; the index knows best for others.
fn fitting(filter: &Filter) -> Option<BucketSize> {
    let from = filter.start?.ticks();
    let until = filter.end.unwrap_or_else(Timestamp::now).ticks();
    Some(BucketSize::fitting(from, until, MOST_BUCKETS))
}

/// Adds the buckets in which nothing happened.
///
/// The filter's range widens the answer only as far as `most` buckets allow. Events that lie further apart than
/// that are an error where the bucket was asked for, and else keep their gaps.
fn fill(timeline: Timeline, filter: &Filter, asked: Option<BucketSize>, most: i64) -> Result<TimelineAnswer> {
    let Timeline { bucket, buckets } = timeline;
    let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else {
        return Ok(TimelineAnswer { bucket, buckets });
    };
    let (first, last) = (first.start.ticks(), last.start.ticks());
    let inner = steps(bucket, first, last);
    if inner > most && asked.is_none() {
        return Ok(TimelineAnswer { bucket, buckets });
    }
    if inner > most {
        return Err(Error::invalid(format!(
            "bucket: too small, it gives {inner} of them and {most} is the most"
        )));
    }
    let from = filter.start.map_or(first, |start| bucket.floor(start.ticks()).min(first));
    let end = filter.end.or(filter.start.map(|_| Timestamp::now()));
    let until = end.map_or(last, |end| bucket.floor(end.ticks() - 1).max(last));
    let range = if steps(bucket, from, until) > most { (first, last) } else { (from, until) };
    Ok(TimelineAnswer { bucket, buckets: without_gaps(bucket, buckets, range) })
}

fn without_gaps(size: BucketSize, buckets: Vec<Bucket>, (from, until): (i64, i64)) -> Vec<Bucket> {
    let mut full = buckets.into_iter().peekable();
    let starts = std::iter::successors(Some(from), |start| Some(size.next(*start)));
    starts
        .take_while(|start| *start <= until)
        .map(|start| {
            let there = full.next_if(|bucket| bucket.start.ticks() == start);
            there.unwrap_or(Bucket { start: Timestamp::from_ticks(start), count: 0, failures: 0 })
        })
        .collect()
}

/// About how many buckets lie between two starts, both included.
fn steps(size: BucketSize, from: i64, until: i64) -> i64 {
    let length = (size.next(size.floor(from)) - size.floor(from)).max(1);
    until.saturating_sub(from) / length + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn timeline(starts: &[&str]) -> Timeline {
        let bucket = |start: &&str| Bucket { start: at(start), count: 1, failures: 0 };
        Timeline { bucket: BucketSize::Day, buckets: starts.iter().map(bucket).collect() }
    }

    #[test]
    fn gaps_of_a_timeline_are_filled_with_zeros() {
        let sparse = timeline(&["2026-01-02T00:00:00Z", "2026-01-05T00:00:00Z"]);
        let counts = |filter: &Filter| -> Vec<u64> {
            fill(sparse.clone(), filter, None, 400)
                .unwrap()
                .buckets
                .iter()
                .map(|bucket| bucket.count)
                .collect()
        };
        assert_eq!(counts(&Filter::default()), [1, 0, 0, 1]);
        let filter = Filter {
            start: Some(at("2026-01-01T12:00:00Z")),
            end: Some(at("2026-01-07T00:00:00Z")),
            ..Filter::default()
        };
        assert_eq!(counts(&filter), [0, 1, 0, 0, 1, 0]);
    }

    #[test]
    fn a_range_of_ages_does_not_widen_the_timeline() {
        let sparse = timeline(&["2026-01-02T00:00:00Z"]);
        let filter = Filter { start: Some(at("0001-01-01T00:00:00Z")), ..Filter::default() };
        assert_eq!(fill(sparse, &filter, None, 400).unwrap().buckets.len(), 1);
    }

    #[test]
    fn a_bucket_too_small_for_the_events_is_refused() {
        let wide = timeline(&["2016-01-02T00:00:00Z", "2026-01-05T00:00:00Z"]);
        let error =
            fill(wide.clone(), &Filter::default(), Some(BucketSize::Day), 400).unwrap_err().to_string();
        assert!(error.starts_with("bucket: too small"), "{error}");
        let sparse = fill(wide, &Filter::default(), None, 400).unwrap();
        assert_eq!(sparse.buckets.len(), 2, "nobody asked for this bucket: it keeps its gap");
    }

    #[test]
    fn the_last_month_of_time_ends_a_timeline() {
        let end = at("9999-12-01T00:00:00Z");
        let last = Timeline {
            bucket: BucketSize::Month,
            buckets: vec![Bucket { start: end, count: 1, failures: 0 }],
        };
        let filter = Filter { start: Some(at("9990-01-01T00:00:00Z")), ..Filter::default() };
        assert_eq!(fill(last, &filter, Some(BucketSize::Month), 2_000).unwrap().buckets.len(), 120);
    }
}
