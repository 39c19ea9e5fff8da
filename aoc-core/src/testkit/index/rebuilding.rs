//! A rebuilt index answers as the log is now: with events told anew, and without those that were removed.

use std::sync::Arc;

use super::{Sizes, changes::assert_all, fill};
use crate::{
    Event, EventIndex, EventStore, Filter, Outcome, Position, Query, Timestamp,
    store::Stored,
    testkit::{events::Generator, store::everything},
};

/// The event with what is told of another one; its key and its raw record stay.
fn told_as(stored: &Stored, other: &Event) -> Stored {
    let event = Event {
        id: stored.event.id.clone(),
        source: stored.event.source.clone(),
        dedupe_key: stored.event.dedupe_key.clone(),
        revision_of: stored.event.revision_of.clone(),
        raw: stored.event.raw.clone(),
        ..other.clone()
    };
    Stored { position: stored.position, event }
}

/// Too long to be kept whole by an index; the same words in each round, and only in some rounds [`ORDERED`].
fn summary(round: usize) -> String {
    let said = if round.is_multiple_of(2) { "thing told anew" } else { "anew told thing" };
    format!("{} ({said}) {}", "x".repeat(60), "y".repeat(60))
}

const ORDERED: &str = "\"hing told an\"";

/// Asks what is remembered most: texts that are found by reading the events.
async fn ask(index: &dyn EventIndex, generator: &mut Generator, events: &[Event]) -> Vec<Filter> {
    let mut filters: Vec<Filter> = (0..12).map(|_| generator.filter(events)).collect();
    filters.push(Filter::default());
    filters.push(Filter { search: ORDERED.into(), ..Filter::default() });
    for filter in &filters {
        index.count(filter).await.unwrap();
    }
    filters
}

/// After a rewriting and a rebuild every answer is as the events are told now.
pub async fn rewritten_events_are_found_as_they_are_told_now(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    sizes: Sizes,
) {
    let sizes = Sizes { seed: sizes.seed + 8_000, events: sizes.events.min(400), ..sizes };
    let (mut generator, events) = fill(&*store, &*index, sizes).await;
    for round in 0..3 {
        let filters = ask(&*index, &mut generator, &events).await;
        let mut anew = everything(&*store).await;
        anew.retain(|_| generator.random().per_mille(300));
        let others = generator.events(anew.len());
        for (stored, other) in anew.iter_mut().zip(&others) {
            *stored = told_as(stored, other);
            stored.event.display_summary = summary(round);
        }
        store.rewrite(&anew).await.unwrap();
        index.rebuild().await.unwrap();
        for filter in &filters {
            assert_all(&*store, &*index, filter).await;
        }
    }
}

/// After a removal and a rebuild the removed events are found no more; those that come again are.
pub async fn removed_events_are_found_no_more(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    sizes: Sizes,
) {
    let sizes = Sizes { seed: sizes.seed + 9_000, events: sizes.events.min(400), ..sizes };
    let (mut generator, events) = fill(&*store, &*index, sizes).await;
    for part in [300, 500, 1_000] {
        let filters = ask(&*index, &mut generator, &events).await;
        let all = everything(&*store).await.into_iter().map(|stored| stored.position);
        let gone: Vec<Position> = all.filter(|_| generator.random().per_mille(part)).collect();
        assert_eq!(store.remove(&gone).await.unwrap(), gone.len() as u64);
        index.rebuild().await.unwrap();
        for filter in &filters {
            assert_all(&*store, &*index, filter).await;
        }
    }
    assert_eq!(index.count(&Filter::default()).await.unwrap(), 0);
    assert_eq!(index.catch_up().await.unwrap(), store.head().await.unwrap());
    store.append(&events).await.unwrap();
    assert_all(&*store, &*index, &Filter::default()).await;
}

/// A time that a rewriting gives orders pages and fills buckets, also where nothing else has changed.
pub async fn a_rewritten_time_moves_an_event(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    let day = |d: i64| Timestamp::from_ticks(17_000_000_000_000_000 + d * 864_000_000_000);
    let events: Vec<Event> = (0..9).map(|d| Event::new("badge", format!("{d}"), day(d))).collect();
    store.append(&events).await.unwrap();
    assert_all(&*store, &*index, &Filter::default()).await;
    let mut first = everything(&*store).await.remove(0);
    first.event.timestamp = day(20);
    first.event.result = Outcome::Failure;
    store.rewrite(std::slice::from_ref(&first)).await.unwrap();
    index.rebuild().await.unwrap();
    let newest = index.search(&Query { limit: 1, ..Query::new() }).await.unwrap();
    assert_eq!(newest.items, [first]);
    for filter in [
        Filter::default(),
        Filter { end: Some(day(9)), ..Filter::default() },
        Filter { result: vec![Outcome::Failure], ..Filter::default() },
    ] {
        assert_all(&*store, &*index, &filter).await;
    }
}

/// An index that is rebuilt while more is appended answers on, and misses none of it.
pub async fn a_rebuild_while_more_is_appended_misses_nothing(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    sizes: Sizes,
) {
    let mut generator = Generator::new(sizes.seed + 10_000);
    let writer = {
        let (store, batches) = (store.clone(), (0..40).map(|_| generator.events(25)).collect::<Vec<_>>());
        tokio::spawn(async move {
            for batch in batches {
                store.append(&batch).await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            }
        })
    };
    let known = generator.events(100);
    while !writer.is_finished() {
        let mut anew = everything(&*store).await;
        anew.retain(|_| generator.random().per_mille(200));
        let gone: Vec<Position> = anew.iter().skip(30).take(3).map(|stored| stored.position).collect();
        for stored in &mut anew {
            stored.event.operation = "Told anew".into();
        }
        store.rewrite(&anew).await.unwrap();
        store.remove(&gone).await.unwrap();
        index.rebuild().await.unwrap();
        let filter = generator.filter(&known);
        let hits = index.search(&Query { filter: filter.clone(), ..Query::new() }).await.unwrap();
        assert!(hits.items.iter().all(|stored| filter.matches(&stored.event)), "{filter:?}");
        let operation = Filter { operation: vec!["Told anew".into()], ..Filter::default() };
        assert!(index.count(&operation).await.unwrap() as usize + gone.len() >= anew.len());
    }
    writer.await.unwrap();
    assert_all(&*store, &*index, &Filter::default()).await;
    for _ in 0..5 {
        assert_all(&*store, &*index, &generator.filter(&known)).await;
    }
}
