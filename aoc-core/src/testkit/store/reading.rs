//! Reading: after a position, at positions, by id.

use std::{collections::BTreeSet, sync::Arc};

use super::{add, everything, some_events};
use crate::{Event, EventStore, Key, Position};

/// Reading goes on behind a position, in order, and gives at most as many as asked for.
pub async fn reading_goes_on_behind_a_position(store: Arc<dyn EventStore>) {
    let positions = add(&*store, &some_events(21, 50)).await;
    let all = everything(&*store).await;
    for (after, limit, expected) in [(0, 7, 1..8), (7, 1, 8..9), (40, 500, 41..50), (49, 5, 50..50)] {
        let read = store.read_after(positions[after], limit).await.unwrap();
        assert_eq!(read, all[expected], "after the event {after}, at most {limit}");
    }
    assert_eq!(store.read_after(Position(0), usize::MAX).await.unwrap(), all);
    assert_eq!(store.read_after(Position(u64::MAX), 5).await.unwrap(), []);
}

/// Events at positions come in the order asked for; what is not there is left out.
pub async fn events_at_positions_come_in_the_order_asked_for(store: Arc<dyn EventStore>) {
    let positions = add(&*store, &some_events(22, 1_200)).await;
    let all = everything(&*store).await;
    let beyond = Position(positions[1_199].0 + 1_000);
    let asked = [positions[7], beyond, positions[2], Position(0), positions[9]];
    let read = store.read_at(&asked).await.unwrap();
    assert_eq!(read, [&all[7], &all[2], &all[9]].map(Clone::clone));
    assert_eq!(store.read_at(&[]).await.unwrap(), []);
    let backwards: Vec<Position> = positions.iter().rev().copied().collect();
    let read = store.read_at(&backwards).await.unwrap();
    assert!(read.iter().eq(all.iter().rev()), "all of them, backwards");
}

/// An event is found by its id and by its key; what is not there is not found.
pub async fn an_event_is_found_by_its_id_and_by_its_key(store: Arc<dyn EventStore>) {
    let events = some_events(23, 200);
    add(&*store, &events).await;
    for stored in everything(&*store).await {
        let found = store.get(&stored.event.id).await.unwrap();
        assert!(found.contains(&stored), "{} by id", stored.event.id);
        assert_eq!(store.get(stored.event.dedupe_key.as_str()).await.unwrap(), [stored]);
    }
    for id in ["", "no such id", "entra_audit:", "entra_audit:no such id", "%"] {
        assert_eq!(store.get(id).await.unwrap(), [], "{id}");
    }
}

/// An id that two sources use gives two events; each key gives one.
pub async fn an_id_of_two_sources_gives_two_events(store: Arc<dyn EventStore>) {
    let time = some_events(24, 1)[0].timestamp;
    let events = ["entra_audit", "intune_audit"].map(|source| Event::new(source, "same", time));
    add(&*store, &events).await;
    let sources = |found: &[crate::store::Stored]| {
        found.iter().map(|stored| stored.event.source.clone()).collect::<BTreeSet<_>>()
    };
    let found = store.get("same").await.unwrap();
    assert_eq!((found.len(), sources(&found).len()), (2, 2));
    let found = store.get(Key::of("intune_audit", "same").as_str()).await.unwrap();
    assert_eq!((found.len(), &*found[0].event.source), (1, "intune_audit"));
}

/// Ids are told apart by case.
pub async fn ids_are_told_apart_by_case(store: Arc<dyn EventStore>) {
    let time = some_events(25, 1)[0].timestamp;
    add(&*store, &["abc", "ABC", "abc "].map(|id| Event::new("badge", id, time))).await;
    for id in ["abc", "ABC", "abc "] {
        let found = store.get(id).await.unwrap();
        assert_eq!((found.len(), &*found[0].event.id), (1, id));
    }
}
