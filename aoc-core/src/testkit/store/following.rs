//! Following: positions become visible in order, and the tail says when there are more.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{add, everything, position_of, some_events};
use crate::{EventStore, Position, store::Added};

const WRITERS: usize = 4;

/// Whoever has seen a position never sees a smaller one appear: a reader beside four writers misses nothing.
pub async fn a_reader_beside_writers_sees_every_position_once_and_in_order(store: Arc<dyn EventStore>) {
    let events = some_events(51, 6_000);
    let share = events.len() / WRITERS;
    let writers: Vec<_> = events
        .chunks(share)
        .map(|mine| {
            let (store, mine) = (store.clone(), mine.to_vec());
            tokio::spawn(async move {
                let mut positions = Vec::new();
                for batch in mine.chunks(25) {
                    positions.extend(store.append(batch).await.unwrap().iter().map(position_of));
                    tokio::task::yield_now().await;
                }
                positions
            })
        })
        .collect();
    let reader = tokio::spawn(follow(store.clone(), events.len()));
    let mut written = BTreeSet::new();
    for writer in writers {
        written.extend(writer.await.unwrap());
    }
    assert_eq!(written.len(), events.len(), "positions were given twice");
    let seen = tokio::time::timeout(Duration::from_secs(60), reader).await;
    let seen = seen.expect("the reader missed events: it waited in vain for the rest").unwrap();
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "out of order");
    assert!(written.iter().eq(seen.iter()), "the reader saw other positions than were written");
}

/// Reads on until it has seen so many.
async fn follow(store: Arc<dyn EventStore>, count: usize) -> Vec<Position> {
    let mut seen: Vec<Position> = Vec::new();
    while seen.len() < count {
        let after = seen.last().copied().unwrap_or_default();
        let batch = store.read_after(after, 37).await.unwrap();
        if batch.is_empty() {
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
        seen.extend(batch.iter().map(|stored| stored.position));
        let head = store.head().await.unwrap();
        assert!(seen.last().is_none_or(|last| *last <= head), "events above the head");
    }
    seen
}

/// The head only names events that can be read: no position up to it becomes visible later.
pub async fn nothing_appears_at_or_below_the_head(store: Arc<dyn EventStore>) {
    let events = some_events(52, 3_000);
    let writers: Vec<_> = events
        .chunks(events.len() / WRITERS)
        .map(|mine| {
            let (store, mine) = (store.clone(), mine.to_vec());
            tokio::spawn(async move {
                for batch in mine.chunks(20) {
                    store.append(batch).await.unwrap();
                }
            })
        })
        .collect();
    let mut looks = Vec::new();
    while writers.iter().any(|writer| !writer.is_finished()) {
        let head = store.head().await.unwrap();
        let after = Position(head.0.saturating_sub(60));
        let read = store.read_after(after, 1_000).await.unwrap();
        let read: Vec<Position> = read.iter().map(|stored| stored.position).filter(|p| *p <= head).collect();
        looks.push((after, head, read));
        tokio::task::yield_now().await;
    }
    let all: BTreeSet<Position> = everything(&*store).await.iter().map(|stored| stored.position).collect();
    for (after, head, read) in looks {
        assert!(
            all.iter()
                .filter(|position| (after..=head).contains(position) && **position != after)
                .eq(read.iter()),
            "appeared late, at or below {head:?}"
        );
    }
}

/// The tail wakes who waits for more.
pub async fn the_tail_wakes_who_waits(store: Arc<dyn EventStore>) {
    let events = some_events(53, 3);
    let mut tail = store.tail();
    for event in events {
        tail.borrow_and_update();
        let writer = store.clone();
        let work = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            add(&*writer, &[event]).await[0]
        });
        let woken = tokio::time::timeout(Duration::from_secs(10), tail.changed()).await;
        woken.expect("the tail did not wake").unwrap();
        let position = work.await.unwrap();
        assert_eq!(*tail.borrow(), position);
        assert_eq!(store.read_at(&[position]).await.unwrap().len(), 1);
    }
}

/// Positions are never used twice, whatever is forgotten.
pub async fn positions_are_never_used_twice(store: Arc<dyn EventStore>) {
    let mut events = some_events(54, 30);
    let end = crate::Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    events.retain(|event| event.timestamp < end);
    let mut highest = Position::default();
    for event in events {
        let added = store.append(std::slice::from_ref(&event)).await.unwrap();
        let [Added::New(position)] = added[..] else { panic!("{added:?}") };
        assert!(position > highest, "{position:?} is not behind {highest:?}");
        highest = position;
        store.forget_before(end).await.unwrap();
        assert_eq!(store.read_after(Position(0), 10).await.unwrap(), []);
    }
}
