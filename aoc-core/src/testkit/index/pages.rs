//! Pages: complete and stable, whatever arrives meanwhile.

use std::{collections::BTreeSet, sync::Arc};

use super::{Oracle, Sizes, all_pages};
use crate::{
    ErrorKind, Event, EventIndex, EventStore, Filter, Position, Query, Timestamp, store::Stored,
    testkit::events::Generator,
};

/// Readers who page through the log while more events arrive see every old event once, and their totals stay.
pub async fn pages_stay_while_events_arrive(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    sizes: Sizes,
) {
    let mut generator = Generator::new(sizes.seed + 4_000);
    let (old, more) = (generator.events(sizes.events), generator.events(sizes.events));
    store.append(&old).await.unwrap();
    let head = store.head().await.unwrap();
    let readers =
        [7, 23].map(|limit| tokio::spawn(page_through(index.clone(), limit.max(sizes.events / 40))));
    for batch in more.chunks(1 + sizes.events / 50) {
        store.append(batch).await.unwrap();
        tokio::task::yield_now().await;
    }
    let all = Oracle::of(&*store).await;
    let all = all.matching(&Filter::default());
    for reader in readers {
        let (items, until) = reader.await.unwrap();
        assert!(until >= head, "the first page did not know what was in the log");
        let expected = all.iter().filter(|stored| stored.position <= until);
        assert!(expected.map(|stored| stored.position).eq(items.iter().map(|stored| stored.position)));
    }
}

/// All pages, and the last position there was when the first one was made.
async fn page_through(index: Arc<dyn EventIndex>, limit: usize) -> (Vec<Stored>, Position) {
    let (mut items, mut query) = (Vec::new(), Query { limit, ..Query::new() });
    let (mut until, mut total) = (None, None);
    loop {
        let hits = index.search(&query).await.unwrap();
        items.extend(hits.items);
        assert_eq!(*total.get_or_insert(hits.total), hits.total, "the total changed between pages");
        let Some(next) = hits.next else { break };
        assert_eq!(
            *until.get_or_insert(next.until),
            next.until,
            "a mark forgot when the first page was made"
        );
        query.after = Some(next);
        tokio::task::yield_now().await;
    }
    let seen: BTreeSet<Position> = items.iter().map(|stored| stored.position).collect();
    assert_eq!(seen.len(), items.len(), "an event stood on two pages");
    assert_eq!(seen.len() as u64, total.unwrap_or_default(), "the total is what the pages hold");
    (items, until.unwrap_or(Position(u64::MAX)))
}

/// Events of the same time come by position, the last one first, on pages of every size.
pub async fn events_of_the_same_time_come_by_position(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    // They differ by less than a tick of 100 ns, which is no difference.
    let time = |i: usize| Timestamp::parse(&format!("2026-01-05T09:00:00.12345670{}Z", i * 7 % 10)).unwrap();
    let event = |i: usize| Event::new("badge", format!("{i}"), time(i));
    let events: Vec<Event> = (0..120).map(event).collect();
    for batch in events.chunks(50) {
        store.append(batch).await.unwrap();
        index.catch_up().await.unwrap();
    }
    for limit in [1, 7, 40, 119, 120, 121] {
        let (items, _) = all_pages(&*index, &Filter::default(), limit).await;
        let ids = items.iter().map(|stored| stored.event.id.as_str());
        assert!(ids.eq(events.iter().rev().map(|event| event.id.as_str())), "pages of {limit}");
    }
}

/// An event that comes late stands where its time says.
pub async fn late_events_stand_where_their_time_says(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    let day = |d: usize| Timestamp::parse(&format!("2026-01-{d:02}T00:00:00Z")).unwrap();
    for d in [20, 5, 28, 1, 14, 9] {
        store.append(&[Event::new("badge", format!("{d:02}"), day(d))]).await.unwrap();
        index.catch_up().await.unwrap();
    }
    for limit in [1, 2, 10] {
        let (items, _) = all_pages(&*index, &Filter::default(), limit).await;
        let ids: Vec<&str> = items.iter().map(|stored| stored.event.id.as_str()).collect();
        assert_eq!(ids, ["28", "20", "14", "09", "05", "01"]);
    }
    let filter = Filter { start: Some(day(5)), end: Some(day(20)), ..Filter::default() };
    let (items, _) = all_pages(&*index, &filter, 10).await;
    let ids: Vec<&str> = items.iter().map(|stored| stored.event.id.as_str()).collect();
    assert_eq!(ids, ["14", "09", "05"], "from the start on, before the end");
}

/// A page of nothing and a page of too many are `Invalid`.
pub async fn the_limit_of_a_page_is_checked(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    store.append(&Generator::new(5).events(3)).await.unwrap();
    for limit in [0, Query::MOST + 1, usize::MAX] {
        let error = index.search(&Query { limit, ..Query::new() }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{limit}");
    }
    for limit in [1, Query::MOST] {
        let hits = index.search(&Query { limit, ..Query::new() }).await.unwrap();
        assert_eq!((hits.items.len(), hits.total), (limit.min(3), 3));
        assert_eq!(hits.next.is_some(), limit < 3);
    }
}
