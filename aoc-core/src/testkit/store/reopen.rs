//! Stores that outlive the program: everything is there after opening them again.

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use serde_json::json;

use super::{add, everything, some_events};
use crate::{
    Comment, EventStore, Position, Timestamp,
    store::{Added, Annotation, Note},
};

/// A place where a store lives. It is empty at first; each opening gives a store over what is there.
#[async_trait]
pub trait Place: Send + Sync {
    /// Opens it; the store opened before was dropped.
    async fn open(&self) -> Arc<dyn EventStore>;
}

#[async_trait]
impl<F, Opening> Place for F
where
    F: Fn() -> Opening + Send + Sync,
    Opening: Future<Output = Arc<dyn EventStore>> + Send,
{
    async fn open(&self) -> Arc<dyn EventStore> {
        self().await
    }
}

/// Events, annotations, notes and the horizon survive.
pub async fn everything_survives(place: impl Place) {
    let events = some_events(61, 300);
    let store = place.open().await;
    let positions = add(&*store, &events).await;
    store.annotate(positions[3], Annotation::AddTag("seen".into())).await.unwrap();
    let at = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let comment = Comment { id: "1".into(), text: "hm".into(), author: "me".into(), at };
    store.annotate(positions[4], Annotation::Comment(comment)).await.unwrap();
    store.write(&[Note::new("cursor/x", json!({"deep": [1]})).unwrap()]).await.unwrap();
    store.forget_before(Timestamp::parse("1700-01-01T00:00:00Z").unwrap()).await.unwrap();
    let (before, head, horizon) =
        (everything(&*store).await, store.head().await.unwrap(), store.horizon().await.unwrap());
    drop(store);
    let store = place.open().await;
    assert_eq!(everything(&*store).await, before);
    let raw = |stored: &crate::store::Stored| stored.event.raw.text().to_owned();
    assert!(everything(&*store).await.iter().map(raw).eq(before.iter().map(raw)));
    assert_eq!((store.head().await.unwrap(), store.horizon().await.unwrap()), (head, horizon));
    assert_eq!(store.read("cursor/x").await.unwrap(), Some(json!({"deep": [1]})));
    assert_eq!(store.tagged("seen").await.unwrap(), [positions[3]]);
}

/// What was known is known: events and revisions that come again add nothing.
pub async fn what_was_known_is_known(place: impl Place) {
    let mut events = some_events(62, 50);
    let revisions: Vec<_> = events[..5]
        .iter()
        .map(|event| crate::Event { raw: crate::RawJson::string(&event.id), ..event.clone() })
        .collect();
    events.extend(revisions);
    let store = place.open().await;
    let added = store.append(&events).await.unwrap();
    assert_eq!(added.iter().filter(|added| matches!(added, Added::Revision(_))).count(), 5);
    drop(store);
    for _ in 0..2 {
        let store = place.open().await;
        assert!(store.append(&events).await.unwrap().iter().all(|added| *added == Added::Duplicate));
    }
}

/// Positions go on where they were, even when all events have been forgotten.
pub async fn positions_go_on_where_they_were(place: impl Place) {
    let mut events = some_events(63, 40);
    let end = Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    events.retain(|event| event.timestamp < end);
    let mut highest = Position::default();
    for batch in events.chunks(7) {
        let store = place.open().await;
        let positions = add(&*store, batch).await;
        assert!(positions[0] > highest, "a position was used twice");
        highest = *positions.last().unwrap();
        store.forget_before(end).await.unwrap();
    }
}

/// The tail of a store that was opened again wakes with the next event.
pub async fn the_tail_wakes_after_opening_again(place: impl Place) {
    let events = some_events(64, 20);
    let store = place.open().await;
    add(&*store, &events[..10]).await;
    drop(store);
    let store = place.open().await;
    let mut tail = store.tail();
    tail.borrow_and_update();
    let last = *add(&*store, &events[10..]).await.last().unwrap();
    let woken = tokio::time::timeout(std::time::Duration::from_secs(10), tail.changed()).await;
    woken.expect("the tail did not wake").unwrap();
    assert_eq!(*tail.borrow(), last);
}
