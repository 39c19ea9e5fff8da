//! The oldest events of a filter, found along the timeline instead of by reading all of them.

use aoc_core::{Event, EventIndex, Filter, Query, Result, Timestamp, query::BucketSize};

/// Buckets with more events than this are looked into more closely.
const CLOSE: u64 = 200;

/// The oldest events, at most `most`, oldest first.
pub(super) async fn oldest(index: &dyn EventIndex, filter: &Filter, most: usize) -> Result<Vec<Event>> {
    let mut found = Vec::new();
    // What is still to be looked at, the earliest last.
    let mut stretches = vec![(filter.clone(), None)];
    while let Some((filter, size)) = stretches.pop() {
        if found.len() >= most {
            break;
        }
        let is_close = match size {
            None => false,
            Some((count, size)) => count <= CLOSE || size == BucketSize::Minute,
        };
        if is_close {
            found.extend(all(index, &filter).await?.into_iter().rev());
            continue;
        }
        let timeline = index.timeline(&filter, None).await?;
        if size.is_some_and(|(_, before)| timeline.bucket >= before) {
            found.extend(all(index, &filter).await?.into_iter().rev());
            continue;
        }
        for bucket in timeline.buckets.iter().rev() {
            let within = cut(&filter, bucket.start, timeline.bucket);
            stretches.push((within, Some((bucket.count, timeline.bucket))));
        }
    }
    found.truncate(most);
    Ok(found)
}

/// The part of the filter's time that lies in the bucket.
fn cut(filter: &Filter, start: Timestamp, size: BucketSize) -> Filter {
    let end = Timestamp::from_ticks(size.next(start.ticks()));
    let later = |set: Timestamp| if set.ticks() > start.ticks() { set } else { start };
    let sooner = |set: Timestamp| if set.ticks() < end.ticks() { set } else { end };
    Filter {
        start: Some(filter.start.map_or(start, later)),
        end: Some(filter.end.map_or(end, sooner)),
        ..filter.clone()
    }
}

/// All events of a filter that has few of them, newest first.
async fn all(index: &dyn EventIndex, filter: &Filter) -> Result<Vec<Event>> {
    newest(index, filter, usize::MAX).await
}

/// The newest events, at most `most`, newest first.
pub(super) async fn newest(index: &dyn EventIndex, filter: &Filter, most: usize) -> Result<Vec<Event>> {
    let mut events: Vec<Event> = Vec::new();
    let mut after = None;
    while events.len() < most {
        let limit = Query::MOST.min(most - events.len());
        let hits = index.search(&Query { filter: filter.clone(), limit, after }).await?;
        events.extend(hits.items.into_iter().map(|stored| stored.event));
        after = hits.next;
        if after.is_none() {
            break;
        }
    }
    Ok(events)
}
