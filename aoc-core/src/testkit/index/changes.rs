//! Answers keep up with the log: with what is stored, tagged and forgotten.

use std::{collections::BTreeSet, sync::Arc};

use super::{Oracle, Sizes, all_pages, fill, oracle::difference};
use crate::{
    EventIndex, EventStore, Filter, Position, Query, Timestamp,
    query::Facet,
    store::Annotation,
    testkit::events::{Generator, TAGS},
};

pub(super) async fn assert_all(store: &dyn EventStore, index: &dyn EventIndex, filter: &Filter) {
    let oracle = Oracle::of(store).await;
    let expected = oracle.matching(filter);
    let (found, _) = all_pages(index, filter, 100).await;
    assert!(expected.iter().copied().eq(&found), "{}", difference(filter, &expected, &found));
    assert_eq!(index.count(filter).await.unwrap(), expected.len() as u64);
    let facets = Facet::ALL.map(|facet| Oracle::facet(&expected, facet, 50));
    assert_eq!(index.facets(filter, &Facet::ALL, 50).await.unwrap(), facets);
    let timeline = index.timeline(filter, None).await.unwrap();
    assert_eq!(timeline.buckets, Oracle::timeline(&expected, None).buckets);
}

/// Whoever has appended finds it at once.
pub async fn what_was_appended_is_found_at_once(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    sizes: Sizes,
) {
    let writers = (0..3_u64).map(|writer| {
        let (store, index) = (store.clone(), index.clone());
        tokio::spawn(async move {
            let mut generator = Generator::new(sizes.seed + 5_000 + writer);
            for _ in 0..30 {
                let count = 1 + generator.random().below(6);
                let batch = generator.events(count);
                let added = store.append(&batch).await.unwrap();
                let last = added.iter().map(crate::testkit::store::position_of).max();
                let everything = index.count(&Filter::default()).await.unwrap();
                assert!(everything >= batch.len() as u64);
                assert!(
                    index.position().await.unwrap() >= last.unwrap_or_default(),
                    "the answer was too old"
                );
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_all(&*store, &*index, &Filter::default()).await;
}

/// After catching up the index has read what was in the log, and its position says so.
pub async fn catching_up_reads_all_there_is(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    let mut generator = Generator::new(6);
    let mut before = Position::default();
    for size in [1, 300, 2, 40] {
        store.append(&generator.events(size)).await.unwrap();
        let head = store.head().await.unwrap();
        assert!(index.catch_up().await.unwrap() >= head);
        let position = index.position().await.unwrap();
        assert!(position >= head && position > before, "{position:?} after {before:?}, head {head:?}");
        before = position;
    }
}

/// A tag that is set, moved or taken away counts from the next question on.
pub async fn tags_count_at_once(store: Arc<dyn EventStore>, index: Arc<dyn EventIndex>, sizes: Sizes) {
    let sizes = Sizes { seed: sizes.seed + 6_000, events: sizes.events.min(400), ..sizes };
    let (mut generator, events) = fill(&*store, &*index, sizes).await;
    index.catch_up().await.unwrap();
    let positions: Vec<Position> =
        super::super::store::everything(&*store).await.iter().map(|stored| stored.position).collect();
    for _ in 0..25 {
        let position = *generator.random().pick(&positions);
        let tag = (*generator.random().pick(TAGS)).to_owned();
        let annotation = match generator.random().below(4) {
            0 => Annotation::RemoveTag(tag.clone()),
            1 => Annotation::Tags(BTreeSet::from([tag.clone(), "another".into()])),
            _ => Annotation::AddTag(tag.clone()),
        };
        store.annotate(position, annotation).await.unwrap();
        let with = Filter { include_tags: vec![tag.clone()], ..Filter::default() };
        let without = Filter { exclude_tags: vec![tag], ..generator.filter(&events) };
        assert_all(&*store, &*index, &with).await;
        assert_all(&*store, &*index, &without).await;
    }
    assert_all(&*store, &*index, &Filter::default()).await;
}

/// What is forgotten is found no more, not even when it comes again: it is older than what is kept.
pub async fn what_is_forgotten_is_found_no_more(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    sizes: Sizes,
) {
    let sizes = Sizes { seed: sizes.seed + 7_000, events: sizes.events.min(400), ..sizes };
    let (mut generator, events) = fill(&*store, &*index, sizes).await;
    let mut times: Vec<i64> = events.iter().map(|event| event.timestamp.ticks()).collect();
    times.sort_unstable();
    for part in [8, 4, 2] {
        let horizon = Timestamp::from_ticks(times[times.len() - times.len() / part - 1]);
        store.forget_before(horizon).await.unwrap();
        let hits = index.search(&Query { limit: Query::MOST, ..Query::new() }).await.unwrap();
        assert!(hits.items.iter().all(|stored| stored.event.timestamp.ticks() >= horizon.ticks()));
        for _ in 0..8 {
            let filter = generator.filter(&events);
            assert_all(&*store, &*index, &filter).await;
        }
        assert_all(&*store, &*index, &Filter::default()).await;
    }
    store.append(&events).await.unwrap();
    assert_all(&*store, &*index, &Filter::default()).await;
    assert_all(&*store, &*index, &generator.filter(&events)).await;
}

/// Times less than a tick of 100 ns apart are the same, to the log and to the index.
pub async fn a_horizon_within_a_tick_forgets_nothing_of_that_tick(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    let time = |text: &str| Timestamp::parse(text).unwrap();
    let events = ["09:00:00.1234566", "09:00:00.1234567", "09:00:00.123456789", "09:00:00.1234568"]
        .map(|at| crate::Event::new("badge", at, time(&format!("2026-01-05T{at}Z"))));
    store.append(&events).await.unwrap();
    assert_eq!(store.forget_before(time("2026-01-05T09:00:00.123456755Z")).await.unwrap(), 1);
    assert_eq!(super::super::store::everything(&*store).await.len(), 3);
    assert_all(&*store, &*index, &Filter::default()).await;
    let filter = Filter { start: Some(time("2026-01-05T09:00:00.123456799Z")), ..Filter::default() };
    assert_all(&*store, &*index, &filter).await;
    assert_eq!(index.count(&filter).await.unwrap(), 3);
}

/// Pages go on after their last event was forgotten or tagged.
pub async fn pages_go_on_after_their_mark_is_gone(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    let day = |d: usize| Timestamp::parse(&format!("2026-01-{d:02}T00:00:00Z")).unwrap();
    let events: Vec<_> = (1..=28).map(|d| crate::Event::new("badge", format!("{d:02}"), day(d))).collect();
    store.append(&events).await.unwrap();
    let first = index.search(&Query { limit: 10, ..Query::new() }).await.unwrap();
    store.annotate(first.items[9].position, Annotation::AddTag("seen".into())).await.unwrap();
    let second = index.search(&Query { limit: 10, after: first.next, ..Query::new() }).await.unwrap();
    assert_eq!((&*second.items[0].event.id, second.items.len()), ("18", 10));
    store.forget_before(day(12)).await.unwrap();
    let again = index.search(&Query { limit: 10, after: first.next, ..Query::new() }).await.unwrap();
    assert_eq!((&*again.items[0].event.id, again.items.len(), again.next), ("18", 7, None));
    let third = index.search(&Query { limit: 10, after: second.next, ..Query::new() }).await.unwrap();
    assert_eq!((third.items.len(), third.next), (0, None), "the mark itself is forgotten");
}
