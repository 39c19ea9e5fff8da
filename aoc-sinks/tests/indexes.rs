//! The indexes answer as every index promises.

use std::sync::Arc;

use aoc_core::{Event, EventIndex, EventStore, Filter, MemoryStore, Query, Timestamp, query::Facet};
use aoc_sinks::{SegmentIndex, SqliteStore};

mod segments_in_memory {
    use super::*;
    aoc_core::suite!(index, || async {
        let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
        let index: Arc<dyn EventIndex> = Arc::new(SegmentIndex::new(store.clone(), None));
        (store, index)
    });
}

mod segments_over_sqlite {
    use super::*;
    aoc_core::suite!(index, || async {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn EventStore> = Arc::new(SqliteStore::new(folder.path().join("aoc.db")));
        let index: Arc<dyn EventIndex> =
            Arc::new(SegmentIndex::new(store.clone(), Some(folder.path().join("index"))));
        (store, index, folder)
    });
}

#[tokio::test]
async fn an_actor_whose_name_holds_odd_characters_is_found_by_it() {
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let index = SegmentIndex::new(store.clone(), None);
    let names = ["John\nDoe", "John Doe", "7:John", ":", "Jöhn"];
    let events = names.iter().enumerate().map(|(i, name)| {
        let mut event = Event::new("badge", i.to_string(), Timestamp::from_ticks(i as i64));
        event.actor_display = Some((*name).to_owned());
        event.actor_upn = Some("upn".into());
        event
    });
    store.append(&events.collect::<Vec<_>>()).await.unwrap();
    for name in names {
        let filter = Filter { actor: Some(name.to_owned()), ..Filter::default() };
        let hits = index.search(&Query { filter: filter.clone(), ..Query::default() }).await.unwrap();
        assert!(hits.items.iter().all(|stored| filter.matches(&stored.event)), "{name:?}");
        assert!(
            hits.items.iter().any(|stored| stored.event.actor_display.as_deref() == Some(name)),
            "{name:?}"
        );
    }
    let facets = index.facets(&Filter::default(), &[Facet::Actor], 10).await.unwrap();
    assert_eq!(facets[0].len(), names.len());
}

#[tokio::test]
async fn searches_that_take_turns_do_not_mix_what_they_read() {
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let index = SegmentIndex::new(store.clone(), None);
    let long = |words: &str| format!("{} {words} {}", "x".repeat(60), "y".repeat(60));
    let events = ["red hat", "hat red", "red hat"].iter().enumerate().map(|(i, words)| {
        let mut event = Event::new("badge", i.to_string(), Timestamp::from_ticks(i as i64));
        event.display_summary = long(words);
        event
    });
    store.append(&events.collect::<Vec<_>>()).await.unwrap();
    for _ in 0..3 {
        let count = async |text: &str| {
            index.count(&Filter { search: text.into(), ..Filter::default() }).await.unwrap()
        };
        let (a, b) = tokio::join!(count("\"red hat\""), count("\"hat red\""));
        assert_eq!((a, b), (2, 1));
    }
}
