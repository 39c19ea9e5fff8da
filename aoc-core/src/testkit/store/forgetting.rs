//! Retention: what is forgotten is gone everywhere.

use std::{collections::BTreeSet, sync::Arc};

use super::{add, everything, some_events};
use crate::{
    ErrorKind, Event, EventStore, Position, Timestamp,
    store::{Added, Annotation, Stored},
};

/// The middle of the times of events: what lies before it is forgotten.
fn middle(events: &[Event]) -> Timestamp {
    let mut times: Vec<i64> = events.iter().map(|event| event.timestamp.ticks()).collect();
    times.sort_unstable();
    Timestamp::from_ticks(times[times.len() / 2])
}

fn split(all: Vec<Stored>, horizon: Timestamp) -> (Vec<Stored>, Vec<Stored>) {
    all.into_iter().partition(|stored| stored.event.timestamp.ticks() < horizon.ticks())
}

/// Events before the time are gone from every way of reading; those at the time and behind it stay.
pub async fn what_is_forgotten_is_gone(store: Arc<dyn EventStore>) {
    let events = some_events(41, 400);
    add(&*store, &events).await;
    let horizon = middle(&events);
    let (old, young) = split(everything(&*store).await, horizon);
    assert!(young.iter().any(|stored| stored.event.timestamp.ticks() == horizon.ticks()));
    assert_eq!(store.forget_before(horizon).await.unwrap(), old.len() as u64);
    assert_eq!(everything(&*store).await, young);
    let positions: Vec<Position> = old.iter().chain(&young).map(|stored| stored.position).collect();
    assert_eq!(store.read_at(&positions).await.unwrap(), young);
    for stored in &old {
        assert_eq!(store.get(&stored.event.id).await.unwrap(), []);
        assert_eq!(store.get(stored.event.dedupe_key.as_str()).await.unwrap(), []);
    }
    assert_eq!(store.forget_before(horizon).await.unwrap(), 0, "nothing is left to forget");
}

/// Annotations are forgotten with their events.
pub async fn annotations_are_forgotten_with_their_events(store: Arc<dyn EventStore>) {
    let events = some_events(42, 100);
    for position in add(&*store, &events).await {
        store.annotate(position, Annotation::AddTag("seen".into())).await.unwrap();
    }
    let horizon = middle(&events);
    let (old, young) = split(everything(&*store).await, horizon);
    store.forget_before(horizon).await.unwrap();
    let left: Vec<Position> = young.iter().map(|stored| stored.position).collect();
    assert_eq!(store.tagged("seen").await.unwrap(), left);
    assert_eq!(store.tags().await.unwrap()[0].count, left.len() as u64);
    let error = store.annotate(old[0].position, Annotation::AddTag("x".into())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

/// The horizon is the latest time that was given.
pub async fn the_horizon_is_the_latest_time_given(store: Arc<dyn EventStore>) {
    let time = |text: &str| Timestamp::parse(text).unwrap();
    for (given, expected) in [
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("2021-06-01T12:30:00.1234567Z", "2021-06-01T12:30:00.1234567Z"),
        ("2019-01-01T00:00:00Z", "2021-06-01T12:30:00.1234567Z"),
    ] {
        store.forget_before(time(given)).await.unwrap();
        assert_eq!(store.horizon().await.unwrap().map(Timestamp::ticks), Some(time(expected).ticks()));
    }
}

/// A forgotten event that comes again is new, at a position behind all others, without its annotations.
pub async fn a_forgotten_event_that_comes_again_is_new(store: Arc<dyn EventStore>) {
    let events = some_events(43, 60);
    let positions = add(&*store, &events).await;
    store.annotate(positions[0], Annotation::AddTag("seen".into())).await.unwrap();
    let end = Timestamp::parse("9999-12-31T23:59:59.9999999Z").unwrap();
    let kept = events.iter().filter(|event| event.timestamp.ticks() >= end.ticks()).count();
    let forgotten = store.forget_before(end).await.unwrap();
    assert_eq!(forgotten, (events.len() - kept) as u64);
    let added = store.append(&events).await.unwrap();
    let again: Vec<Position> = added
        .iter()
        .filter_map(|added| if let Added::New(position) = added { Some(*position) } else { None })
        .collect();
    assert_eq!(again.len() as u64, forgotten);
    assert!(again.iter().all(|position| *position > positions[59]), "a position was used twice");
    let tags: BTreeSet<String> =
        everything(&*store).await.into_iter().flat_map(|stored| stored.event.tags).collect();
    assert!(tags.is_empty(), "{tags:?}");
}

/// A revision is forgotten like any event, and is a revision again when both records come again.
pub async fn a_forgotten_revision_is_a_revision_again(store: Arc<dyn EventStore>) {
    let first = some_events(44, 1).remove(0);
    let other = Event { raw: crate::RawJson::string("something else"), ..first.clone() };
    let records = [first.clone(), other];
    for round in 0..2 {
        let added = store.append(&records).await.unwrap();
        assert!(matches!(added[..], [Added::New(_), Added::Revision(_)]), "round {round}: {added:?}");
        let behind = Timestamp::from_ticks(first.timestamp.ticks() + 1);
        assert_eq!(store.forget_before(behind).await.unwrap(), 2);
    }
    assert_eq!(everything(&*store).await, []);
}
