//! Every answer agrees with `Filter::matches`.

use std::sync::Arc;

use super::{Oracle, Sizes, all_pages, fill, oracle::difference};
use crate::{
    Event, EventIndex, EventStore, Filter, Timestamp,
    query::{BucketSize, Facet, Hits, Query, Timeline},
};

/// A log without events has empty answers.
pub async fn an_empty_log_has_empty_answers(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    let head = store.head().await.unwrap();
    assert_eq!((index.catch_up().await.unwrap(), index.position().await.unwrap()), (head, head));
    for filter in [Filter::default(), Query::new().text("anything at all").filter] {
        let query = Query { filter: filter.clone(), ..Query::new() };
        assert_eq!(index.search(&query).await.unwrap(), Hits::default());
        assert_eq!(index.count(&filter).await.unwrap(), 0);
        assert_eq!(index.facets(&filter, &Facet::ALL, 5).await.unwrap(), vec![Vec::new(); 7]);
        assert_eq!(index.facets(&filter, &[], 5).await.unwrap(), Vec::<Vec<_>>::new());
        assert_eq!(index.timeline(&filter, None).await.unwrap().buckets, []);
        let timeline = index.timeline(&filter, Some(BucketSize::Day)).await.unwrap();
        assert_eq!(timeline, Timeline { bucket: BucketSize::Day, buckets: vec![] });
    }
}

/// Searches and counts agree, over all pages.
pub async fn searches_agree_with_matches(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    sizes: Sizes,
) {
    let (mut generator, events) = fill(&*store, &*index, sizes).await;
    let oracle = Oracle::of(&*store).await;
    for _ in 0..sizes.filters {
        let filter = generator.filter(&events);
        let limit = 1 + generator.random().below(Query::MOST).min(30 + sizes.events / 5);
        assert_search(&oracle, &*index, &filter, limit.max(sizes.events / 20)).await;
    }
    assert_search(&oracle, &*index, &Filter::default(), 100).await;
}

/// Free text searches agree: parts of words, of GUIDs, over borders, in any case.
pub async fn free_text_agrees_with_matches(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    sizes: Sizes,
) {
    let sizes = Sizes { seed: sizes.seed + 1_000, ..sizes };
    let (mut generator, events) = fill(&*store, &*index, sizes).await;
    let oracle = Oracle::of(&*store).await;
    for _ in 0..sizes.filters {
        let filter = Filter { search: generator.search_text(&events), ..Filter::default() };
        assert_search(&oracle, &*index, &filter, Query::MOST).await;
    }
}

async fn assert_search(oracle: &Oracle, index: &dyn EventIndex, filter: &Filter, limit: usize) {
    let expected = oracle.matching(filter);
    let (found, totals) = all_pages(index, filter, limit).await;
    assert!(
        expected.iter().copied().eq(&found),
        "a search differs\n{}",
        difference(filter, &expected, &found)
    );
    let total = expected.len() as u64;
    assert!(totals.iter().all(|t| *t == total), "totals {totals:?}, expected {total}: {filter:?}");
    assert_eq!(index.count(filter).await.unwrap(), total, "the count of {filter:?}");
}

/// Facets agree: values, counts, order, and where they are cut.
pub async fn facets_agree_with_matches(store: Arc<dyn EventStore>, index: Arc<dyn EventIndex>, sizes: Sizes) {
    let sizes = Sizes { seed: sizes.seed + 2_000, ..sizes };
    let (mut generator, events) = fill(&*store, &*index, sizes).await;
    let oracle = Oracle::of(&*store).await;
    for i in 0..sizes.filters {
        let filter = if i == 0 { Filter::default() } else { generator.filter(&events) };
        let found = oracle.matching(&filter);
        let most = [usize::MAX, 10, 3, 1, 0][generator.random().below(5)];
        let mut facets = Facet::ALL;
        facets.rotate_left(generator.random().below(7));
        let facets = &facets[..1 + generator.random().below(7)];
        let expected: Vec<_> = facets.iter().map(|facet| Oracle::facet(&found, *facet, most)).collect();
        let counted = index.facets(&filter, facets, most).await.unwrap();
        assert_eq!(counted, expected, "facets {facets:?}, at most {most}, of {filter:?}");
    }
}

/// Timelines agree, in every bucket size and where it is left open.
pub async fn timelines_agree_with_matches(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    sizes: Sizes,
) {
    let sizes = Sizes { seed: sizes.seed + 3_000, ..sizes };
    let (mut generator, events) = fill(&*store, &*index, sizes).await;
    let oracle = Oracle::of(&*store).await;
    for i in 0..sizes.filters {
        let filter = if i == 0 { Filter::default() } else { generator.filter(&events) };
        let found = oracle.matching(&filter);
        let bucket = generator.random().pick(&[None, Some(0), Some(1), Some(2), Some(3), Some(4)]);
        let bucket = bucket.map(|size| BucketSize::ALL[size]);
        let timeline = index.timeline(&filter, bucket).await.unwrap();
        let expected = Oracle::timeline(&found, bucket);
        assert_eq!(timeline.buckets, expected.buckets, "a timeline by {bucket:?} of {filter:?}");
        assert!(found.is_empty() || timeline.bucket == expected.bucket, "{:?} {filter:?}", timeline.bucket);
    }
}

/// A timeline whose bucket size is left open has no more than 200 buckets, wherever its range starts.
pub async fn an_open_timeline_has_at_most_200_buckets(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    let start = Timestamp::parse("2026-01-05T09:00:59Z").unwrap().ticks();
    let at = |seconds: i64| Timestamp::from_ticks(start + seconds * 10_000_000);
    // 200 minutes but for a second: they touch 201 minutes.
    let events: Vec<Event> =
        (0..200).map(|i| Event::new("badge", format!("{i}"), at(i * 11_999 / 199))).collect();
    store.append(&events).await.unwrap();
    for (end, bucket) in [(11_999, BucketSize::Hour), (11_940, BucketSize::Minute), (1, BucketSize::Minute)] {
        let filter = Filter { end: Some(at(end)), start: Some(at(0)), ..Filter::default() };
        let timeline = index.timeline(&filter, None).await.unwrap();
        assert!(timeline.buckets.len() <= 200, "{} buckets", timeline.buckets.len());
        let all = Filter { end: Some(at(end + 1)), ..filter };
        assert_eq!(index.timeline(&all, None).await.unwrap().bucket, bucket, "up to {end} seconds");
    }
}
