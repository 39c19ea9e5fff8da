//! Indexes that are wrong in one way each.

use std::sync::Arc;

use aoc_core::{
    prelude::*,
    query::{BucketSize, Counted, Facet, Timeline},
    store::Scan,
    testkit::index::{self, Sizes},
};

use super::failure;

#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    /// Finds parts within GUIDs and beyond them: a plain substring search over the record.
    Substring,
    /// Looks at names without case.
    Case,
    /// Counts what came after the first page, too.
    Total,
    /// Sorts facets by value.
    Order,
    /// Counts no failures.
    Failures,
    /// Knows no horizon.
    Horizon,
}

struct Wrong {
    scan: Scan,
    store: Arc<dyn EventStore>,
    mistake: Mistake,
}

#[async_trait]
impl EventIndex for Wrong {
    async fn search(&self, query: &Query) -> Result<Hits> {
        if self.mistake == Mistake::Substring && !query.filter.search.is_empty() {
            let mut found = self.store.read_after(Position(0), usize::MAX).await?;
            found.retain(|stored| {
                let raw = stored.event.raw.text().to_lowercase();
                query.filter.search.parts().iter().all(|part| raw.contains(part))
            });
            return Ok(aoc_core::store::page_of(found, query, self.store.head().await?));
        }
        let mut query = query.clone();
        if self.mistake == Mistake::Case {
            query.filter.service.iter_mut().for_each(|name| *name = name.replace("ü", "Ü?"));
            query.filter.include_tags.iter_mut().for_each(|tag| *tag = tag.to_lowercase());
        }
        let mut hits = self.scan.search(&query).await?;
        if self.mistake == Mistake::Total && query.after.is_some() {
            hits.total = self.scan.count(&query.filter).await?;
        }
        if self.mistake == Mistake::Horizon {
            let all = self.store.read_after(Position(0), usize::MAX).await?;
            let all = all.into_iter().filter(|stored| query.filter.matches(&stored.event)).collect();
            hits = aoc_core::store::page_of(all, &query, self.store.head().await?);
        }
        Ok(hits)
    }
    async fn count(&self, filter: &Filter) -> Result<u64> {
        self.scan.count(filter).await
    }
    async fn facets(&self, filter: &Filter, facets: &[Facet], most: usize) -> Result<Vec<Vec<Counted>>> {
        let mut counted = self.scan.facets(filter, facets, most).await?;
        if self.mistake == Mistake::Order {
            counted.iter_mut().for_each(|facet| facet.sort_by(|a, b| a.value.cmp(&b.value)));
        }
        Ok(counted)
    }
    async fn timeline(&self, filter: &Filter, bucket: Option<BucketSize>) -> Result<Timeline> {
        let mut timeline = self.scan.timeline(filter, bucket).await?;
        if self.mistake == Mistake::Failures {
            timeline.buckets.iter_mut().for_each(|bucket| bucket.failures = 0);
        }
        Ok(timeline)
    }
    async fn position(&self) -> Result<Position> {
        self.scan.position().await
    }
    async fn catch_up(&self) -> Result<Position> {
        self.scan.catch_up().await
    }
}

const SIZES: Sizes = Sizes { events: 200, filters: 150, seed: 3 };

fn wrong(mistake: Mistake) -> (Arc<dyn EventStore>, Arc<dyn EventIndex>) {
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let index = Wrong { scan: Scan::new(store.clone()), store: store.clone(), mistake };
    (store, Arc::new(index))
}

#[tokio::test]
async fn a_plain_substring_search_is_caught() {
    let (store, index) = wrong(Mistake::Substring);
    let said = failure(index::free_text_agrees_with_matches(store, index, SIZES)).await;
    assert!(said.contains("filter {\"search\":") && said.contains("EXTRA at"), "{said}");
    let (store, index) = wrong(Mistake::Substring);
    failure(index::every_search_of_the_table_agrees(store, index, SIZES)).await;
}

#[tokio::test]
async fn names_compared_in_another_way_are_caught() {
    let (store, index) = wrong(Mistake::Case);
    let said = failure(index::searches_agree_with_matches(store, index, SIZES)).await;
    assert!(said.contains("MISSING at"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_total_that_changes_between_pages_is_caught() {
    let (store, index) = wrong(Mistake::Total);
    let said = failure(index::pages_stay_while_events_arrive(store, index, SIZES)).await;
    assert!(said.contains("JoinError") || said.contains("total"), "{said}");
}

#[tokio::test]
async fn facets_in_another_order_are_caught() {
    let (store, index) = wrong(Mistake::Order);
    failure(index::facets_agree_with_matches(store, index, SIZES)).await;
}

#[tokio::test]
async fn a_timeline_without_failures_is_caught() {
    let (store, index) = wrong(Mistake::Failures);
    failure(index::timelines_agree_with_matches(store, index, SIZES)).await;
}

#[tokio::test]
async fn an_index_without_horizon_is_caught() {
    let (store, index) = wrong(Mistake::Horizon);
    failure(index::what_is_forgotten_is_found_no_more(store, index, SIZES)).await;
}
