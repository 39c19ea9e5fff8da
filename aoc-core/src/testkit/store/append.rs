//! Appending: each event once, all of a batch or none.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{add, everything, plain, position_of, some_events};
use crate::{Comment, Event, EventStore, Position, RawJson, Timestamp, store::Added};

/// An empty store has nothing, and appending nothing changes nothing.
pub async fn an_empty_append_adds_nothing(store: Arc<dyn EventStore>) {
    assert_eq!(store.head().await.unwrap(), Position::default(), "the head of an empty log");
    assert_eq!(store.append(&[]).await.unwrap(), []);
    assert_eq!(store.head().await.unwrap(), Position::default());
    assert_eq!(store.read_after(Position::default(), 10).await.unwrap(), []);
    assert_eq!(store.horizon().await.unwrap(), None);
    assert_eq!((store.tags().await.unwrap(), store.tagged("seen").await.unwrap()), (vec![], vec![]));
}

/// Every member of an event comes back, and its raw record byte for byte.
pub async fn every_member_survives(store: Arc<dyn EventStore>) {
    let events = some_events(11, 300);
    add(&*store, &events).await;
    let stored = everything(&*store).await;
    assert_eq!(stored.len(), events.len());
    for (stored, event) in stored.iter().zip(&events) {
        assert_same(&stored.event, event);
    }
}

fn assert_same(stored: &Event, event: &Event) {
    assert_eq!(stored.raw.text(), event.raw.text(), "the raw record of {}", event.id);
    let digits = |event: &Event| {
        let times = [Some(event.timestamp), event.available_at, event.ingested_at];
        times.map(|time| time.map(|time| time.to_string()))
    };
    assert_eq!(digits(stored), digits(event), "the digits of times of {}", event.id);
    assert_eq!(*stored, plain(event));
}

/// Positions start above 0 and grow with the order of the batch; the head is the last one.
pub async fn positions_grow_in_the_order_of_the_batch(store: Arc<dyn EventStore>) {
    let events = some_events(12, 40);
    let mut positions = add(&*store, &events[..25]).await;
    positions.extend(add(&*store, &events[25..]).await);
    assert!(positions[0] > Position(0), "0 is before the first event");
    assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "{positions:?}");
    assert_eq!(store.head().await.unwrap(), *positions.last().unwrap());
    let read: Vec<Position> = everything(&*store).await.iter().map(|stored| stored.position).collect();
    assert_eq!(read, positions);
}

/// An event that is known already adds nothing, in the same batch and in later ones.
pub async fn a_known_event_adds_nothing(store: Arc<dyn EventStore>) {
    let events = some_events(13, 4);
    let batch = [&events[0], &events[1], &events[0], &events[1], &events[2]].map(Clone::clone);
    let added = store.append(&batch).await.unwrap();
    assert!(matches!(
        added[..],
        [Added::New(_), Added::New(_), Added::Duplicate, Added::Duplicate, Added::New(_)]
    ));
    let added = store.append(&events).await.unwrap();
    assert!(matches!(added[..], [Added::Duplicate, Added::Duplicate, Added::Duplicate, Added::New(_)]));
    assert_eq!(everything(&*store).await.len(), 4);
}

/// Tags and comments of an appended event are ignored.
pub async fn appended_annotations_are_ignored(store: Arc<dyn EventStore>) {
    let mut event = some_events(14, 1).remove(0);
    event.tags.insert("smuggled".into());
    let at = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    event.comments.push(Comment { id: "1".into(), text: "hello".into(), author: "me".into(), at });
    add(&*store, std::slice::from_ref(&event)).await;
    assert_eq!(everything(&*store).await[0].event, plain(&event));
    assert_eq!((store.tags().await.unwrap(), store.tagged("smuggled").await.unwrap()), (vec![], vec![]));
}

/// A batch may hold thousands of events, and come again.
pub async fn a_large_batch_is_appended(store: Arc<dyn EventStore>) {
    let events = some_events(15, 5_000);
    let positions = add(&*store, &events).await;
    assert!(positions.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(everything(&*store).await.len(), events.len());
    let again = store.append(&events).await.unwrap();
    assert!(again.iter().all(|added| *added == Added::Duplicate), "known events were added again");
    assert_eq!(store.head().await.unwrap(), *positions.last().unwrap());
}

/// Large records, deep ones, long ids and odd characters are kept.
pub async fn big_and_odd_events_are_kept(store: Arc<dyn EventStore>) {
    let mut events = some_events(16, 4);
    events[0].raw =
        RawJson::parse(format!(r#"{{"log":"{}"}}"#, "lorem ipsum \\u00e9 ".repeat(60_000))).unwrap();
    events[1].raw = RawJson::parse(format!("{}\"deep\"{}", "[".repeat(1_000), "]".repeat(1_000))).unwrap();
    let long = Event::new("badge", "0123456789".repeat(400), events[2].timestamp);
    events[2] = Event { raw: RawJson::parse(" [1.50 , 2e0]\n").unwrap(), ..long };
    let odd = Event::new("badge", "nul \u{0} quote ' \" percent % 🔥", events[3].timestamp);
    events[3] = Event { tenant: "tab\tnul\u{0}".into(), operation: String::new(), ..odd };
    add(&*store, &events).await;
    for (stored, event) in everything(&*store).await.iter().zip(&events) {
        assert_same(&stored.event, event);
        assert_eq!(store.get(&event.id).await.unwrap().len(), 1);
    }
    assert!(store.append(&events).await.unwrap().iter().all(|added| *added == Added::Duplicate));
}

/// An append that is cut off added all of its batch or none of it.
pub async fn an_append_that_is_cut_off_adds_all_or_none(store: Arc<dyn EventStore>) {
    let events = some_events(17, 2_400);
    for (round, batch) in events.chunks(120).enumerate() {
        let (writer, batch) = (store.clone(), batch.to_vec());
        let work = tokio::spawn({
            let batch = batch.clone();
            async move { writer.append(&batch).await }
        });
        tokio::time::sleep(Duration::from_micros(200 * round as u64)).await;
        work.abort();
        // An error here is the abort.
        let _ = work.await;
        let added = store.append(&batch).await.unwrap();
        let new = added.iter().filter(|added| matches!(added, Added::New(_))).count();
        assert!(new == 0 || new == batch.len(), "{new} of {} were missing", batch.len());
    }
    assert_eq!(everything(&*store).await.len(), events.len());
}

/// Writers who append the same events at the same time add each of them once.
pub async fn writers_of_the_same_events_add_each_once(store: Arc<dyn EventStore>) {
    let events = some_events(18, 600);
    let writers = (0..4).map(|writer| {
        let (store, mut events) = (store.clone(), events.clone());
        events.rotate_left(writer * 150);
        tokio::spawn(async move {
            let mut new = HashMap::new();
            for batch in events.chunks(40) {
                let added = store.append(batch).await.unwrap();
                let pairs = batch.iter().zip(&added).filter(|(_, added)| matches!(added, Added::New(_)));
                new.extend(pairs.map(|(event, added)| (event.dedupe_key.clone(), position_of(added))));
            }
            new
        })
    });
    let mut all = HashMap::new();
    for writer in writers.collect::<Vec<_>>() {
        for (key, position) in writer.await.unwrap() {
            assert_eq!(all.insert(key, position), None, "an event was new twice");
        }
    }
    let stored = everything(&*store).await;
    assert_eq!(stored.len(), events.len());
    assert!(stored.iter().all(|stored| all.get(&stored.event.dedupe_key) == Some(&stored.position)));
}
