//! What every index promises: each answer is as [`Filter::matches`] says, on generated events and filters.
//! [`suite!`](crate::suite) makes tests of it:
//!
//! ```
//! use std::sync::Arc;
//! use aoc_core::{EventIndex, EventStore, MemoryStore, store::Scan};
//!
//! // In tests/my_index.rs:
//! aoc_core::suite!(index, || async {
//!     let store = MemoryStore::new();
//!     let index = Arc::new(Scan::new(Arc::new(store.clone()))) as Arc<dyn EventIndex>;
//!     (Arc::new(store) as Arc<dyn EventStore>, index)
//! });
//! ```

mod answers;
mod changes;
mod oracle;
mod pages;
mod rebuilding;
mod words;

use std::sync::Arc;

pub use self::{answers::*, changes::*, oracle::Oracle, pages::*, rebuilding::*, words::*};
use super::{events::Generator, store::position_of};
use crate::{Event, EventIndex, EventStore, Filter, Query, query::Hits, store::Annotation, store::Stored};

/// What a factory of indexes gives: an empty store, an index over it, and what must live as long.
pub trait Indexed: Send + Sync {
    /// The store.
    fn store(&self) -> Arc<dyn EventStore>;
    /// The index.
    fn index(&self) -> Arc<dyn EventIndex>;
}

impl Indexed for (Arc<dyn EventStore>, Arc<dyn EventIndex>) {
    fn store(&self) -> Arc<dyn EventStore> {
        self.0.clone()
    }
    fn index(&self) -> Arc<dyn EventIndex> {
        self.1.clone()
    }
}

impl<Guard: Send + Sync> Indexed for (Arc<dyn EventStore>, Arc<dyn EventIndex>, Guard) {
    fn store(&self) -> Arc<dyn EventStore> {
        self.0.clone()
    }
    fn index(&self) -> Arc<dyn EventIndex> {
        self.1.clone()
    }
}

/// How much the suite tries.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// How many events are searched.
    pub events: usize,
    /// How many filters are tried.
    pub filters: usize,
    /// Which events and filters: another seed gives others.
    pub seed: u64,
}

impl Default for Sizes {
    /// What `AOC_SUITE_EVENTS`, `AOC_SUITE_FILTERS` and `AOC_SUITE_SEED` say, else 600, 200 and 1.
    fn default() -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
        Self {
            events: number("AOC_SUITE_EVENTS").unwrap_or(600),
            filters: number("AOC_SUITE_FILTERS").unwrap_or(200),
            seed: number("AOC_SUITE_SEED").unwrap_or(1) as u64,
        }
    }
}

/// Fills the store with generated events, some of them tagged: in batches of all sizes, while the index reads.
///
/// # Panics
/// When the store or the index fails.
pub async fn fill(store: &dyn EventStore, index: &dyn EventIndex, sizes: Sizes) -> (Generator, Vec<Event>) {
    let mut generator = Generator::new(sizes.seed);
    let events = generator.events(sizes.events);
    let mut rest = &events[..];
    while !rest.is_empty() {
        let size = 1 + generator.random().below(1 + sizes.events / 4);
        let (batch, behind) = rest.split_at(size.min(rest.len()));
        let added = store.append(batch).await.unwrap();
        rest = behind;
        if generator.random().per_mille(600) {
            index.catch_up().await.unwrap();
        }
        for added in &added {
            if generator.random().per_mille(150) {
                let tag = (*generator.random().pick(super::events::TAGS)).to_owned();
                store.annotate(position_of(added), Annotation::AddTag(tag)).await.unwrap();
            }
        }
    }
    (generator, events)
}

/// All pages of a search, with the total of each.
///
/// # Panics
/// When the index fails or a page is larger than asked for.
pub async fn all_pages(index: &dyn EventIndex, filter: &Filter, limit: usize) -> (Vec<Stored>, Vec<u64>) {
    let mut query = Query { filter: filter.clone(), limit, after: None };
    let (mut items, mut totals) = (Vec::new(), Vec::new());
    loop {
        let Hits { items: page, total, next } = index.search(&query).await.unwrap();
        assert!(page.len() <= limit, "{} on a page of {limit}", page.len());
        items.extend(page);
        totals.push(total);
        let Some(next) = next else { return (items, totals) };
        assert_eq!(items.len(), limit * totals.len(), "a page with another behind it is full");
        // As it goes through a URL.
        query.after = Some(next.to_string().parse().unwrap());
    }
}
