//! Events that are told anew, and events that are removed one by one.

use std::{collections::BTreeSet, sync::Arc};

use super::{Place, add, everything, position_of, some_events};
use crate::{
    Comment, ErrorKind, Event, EventStore, Key, Outcome, Position, RawJson, Timestamp,
    store::{Added, Annotation, Stored},
};

/// The event as a better normalizer would tell it; an hour later.
fn told_anew(stored: &Stored) -> Stored {
    let mut event = stored.event.clone();
    event.timestamp = Timestamp::from_ticks(event.timestamp.ticks() + 36_000_000_000);
    event.operation = format!("{}, told anew", event.operation);
    event.actor_display = Some("Somebody Else".into());
    event.target_displays.push("another target".into());
    event.result = Outcome::Partial;
    event.normalizer = "another/2".into();
    Stored { position: stored.position, event }
}

/// Without the annotations that whoever rewrites may have forgotten or made up.
fn annotated_otherwise(mut stored: Stored) -> Stored {
    stored.event.tags = BTreeSet::from(["made up".to_owned()]);
    stored.event.comments.clear();
    stored
}

async fn annotate(store: &dyn EventStore, position: Position) {
    let at = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    let comment = Comment { id: "1".into(), text: "hm".into(), author: "me".into(), at };
    store.annotate(position, Annotation::AddTag("seen".into())).await.unwrap();
    store.annotate(position, Annotation::Comment(comment)).await.unwrap();
}

/// Rewriting changes what is told of an event; its position, key, raw record and annotations stay.
pub async fn a_rewriting_keeps_position_key_record_and_annotations(store: Arc<dyn EventStore>) {
    let positions = add(&*store, &some_events(71, 60)).await;
    annotate(&*store, positions[3]).await;
    let mut expected = everything(&*store).await;
    let head = store.head().await.unwrap();
    for stored in &mut expected[..20] {
        *stored = told_anew(stored);
    }
    let given: Vec<Stored> = expected[..20].iter().cloned().map(annotated_otherwise).collect();
    store.rewrite(&given).await.unwrap();
    assert_eq!(everything(&*store).await, expected);
    assert_eq!(store.read_at(&positions).await.unwrap(), expected);
    assert_eq!(store.get(expected[3].event.dedupe_key.as_str()).await.unwrap(), expected[3..4]);
    let raw = |stored: &Stored| stored.event.raw.text().to_owned();
    assert!(everything(&*store).await.iter().map(raw).eq(expected.iter().map(raw)));
    assert_eq!(store.tagged("seen").await.unwrap(), [positions[3]]);
    assert_eq!(store.tags().await.unwrap().len(), 1, "the tags that were given are not taken");
    assert_eq!(store.head().await.unwrap(), head);
}

/// An event that was rewritten is known when its record comes again, and nothing to rewrite is no error.
pub async fn a_rewritten_event_is_known(store: Arc<dyn EventStore>) {
    let events = some_events(72, 30);
    add(&*store, &events).await;
    let anew: Vec<Stored> = everything(&*store)
        .await
        .iter()
        .map(|stored| Stored {
            event: Event { normalizer: stored.event.normalizer.clone(), ..told_anew(stored).event },
            ..stored.clone()
        })
        .collect();
    store.rewrite(&anew).await.unwrap();
    store.rewrite(&[]).await.unwrap();
    assert!(store.append(&events).await.unwrap().iter().all(|added| *added == Added::Duplicate));
    assert_eq!(everything(&*store).await, anew);
}

/// A rewriting that names an event that is gone, another key or another record changes nothing at all.
pub async fn a_rewriting_is_done_whole_or_not_at_all(store: Arc<dyn EventStore>) {
    add(&*store, &some_events(73, 9)).await;
    add(&*store, &[shape(r#"{"a":1}"#, "entra_audit/1")]).await;
    let before = everything(&*store).await;
    let last = told_anew(&before[9]);
    let blanks = RawJson::parse(r#"{ "a": 1 }"#).unwrap();
    let wrong = [
        (ErrorKind::NotFound, Stored { position: Position(last.position.0 + 1), ..last.clone() }),
        (ErrorKind::NotFound, Stored { position: Position(0), ..last.clone() }),
        (ErrorKind::Invalid, Stored { position: before[8].position, ..last.clone() }),
        (ErrorKind::Invalid, with(&last, |event| event.dedupe_key = Key::of("badge", "another"))),
        (ErrorKind::Invalid, with(&last, |event| event.raw = RawJson::string("another"))),
        (ErrorKind::Invalid, with(&last, |event| event.raw = blanks)),
    ];
    for (kind, wrong) in wrong {
        let batch = [told_anew(&before[0]), wrong, told_anew(&before[1])];
        let error = store.rewrite(&batch).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(everything(&*store).await, before, "{error}");
    }
}

fn with(stored: &Stored, change: impl FnOnce(&mut Event)) -> Stored {
    let mut stored = stored.clone();
    change(&mut stored.event);
    stored
}

/// The time that a rewriting gives counts from then on: for reading and for forgetting.
pub async fn a_rewritten_time_counts_for_forgetting(store: Arc<dyn EventStore>) {
    let day = |day: u32| Timestamp::parse(&format!("2026-01-{day:02}T00:00:00Z")).unwrap();
    let events = [1, 2, 20, 21].map(|at| Event::new("badge", format!("{at}"), day(at)));
    add(&*store, &events).await;
    let all = everything(&*store).await;
    let (later, earlier) =
        (with(&all[0], |event| event.timestamp = day(25)), with(&all[3], |event| event.timestamp = day(3)));
    store.rewrite(&[later.clone(), earlier]).await.unwrap();
    assert_eq!(store.forget_before(day(10)).await.unwrap(), 2);
    assert_eq!(everything(&*store).await, [later, all[2].clone()]);
}

fn shape(raw: &str, normalizer: &str) -> Event {
    let time = Timestamp::parse("2026-01-05T09:00:00Z").unwrap();
    let mut event = Event::new("entra_audit", "Directory_1", time);
    event.raw = RawJson::parse(raw).unwrap();
    event.normalizer = normalizer.into();
    event
}

/// A revision that was told anew is known in another shape by what is told of it now, and not by what was.
pub async fn a_rewritten_revision_is_known_by_what_it_says_now(store: Arc<dyn EventStore>) {
    let revision = Event { operation: "Old".into(), ..shape(r#"{"a":2}"#, "entra_audit/1") };
    store.append(&[shape(r#"{"a":1}"#, "entra_audit/1"), revision]).await.unwrap();
    let all = everything(&*store).await;
    store.rewrite(&[with(&all[1], |event| event.operation = "New".into())]).await.unwrap();
    let other = |operation: &str| Event {
        operation: operation.into(),
        ..shape(&format!(r#"{{"p":"{operation}"}}"#), "entra_audit.azure_monitor/1")
    };
    assert_eq!(store.append(&[other("New")]).await.unwrap(), [Added::Duplicate]);
    assert!(matches!(store.append(&[other("Old")]).await.unwrap()[..], [Added::Revision(_)]));
}

/// Revisions that swap what they say in one rewriting are each known by what they say now.
pub async fn revisions_that_swap_what_they_say_are_known(store: Arc<dyn EventStore>) {
    let revision =
        |operation: &str, raw: &str| Event { operation: operation.into(), ..shape(raw, "entra_audit/1") };
    let records = [shape("{}", "entra_audit/1"), revision("A", r#"{"a":1}"#), revision("B", r#"{"a":2}"#)];
    store.append(&records).await.unwrap();
    let all = everything(&*store).await;
    let told = |stored: &Stored, operation: &str| with(stored, |event| event.operation = operation.into());
    store.rewrite(&[told(&all[1], "B"), told(&all[2], "C")]).await.unwrap();
    for operation in ["B", "C"] {
        let other =
            Event { operation: operation.into(), ..shape(r#"{"p":1}"#, "entra_audit.azure_monitor/1") };
        assert_eq!(store.append(&[other]).await.unwrap(), [Added::Duplicate], "{operation}");
    }
}

/// A revision that was copied from another store is known in another shape, like one that was made here.
pub async fn a_copied_revision_is_known_in_another_shape(store: Arc<dyn EventStore>) {
    let changed = Event { operation: "Changed".into(), ..shape(r#"{"a":2}"#, "entra_audit/1") };
    let copies = [shape(r#"{"a":1}"#, "entra_audit/1"), changed.clone().into_revision()];
    add(&*store, &copies).await;
    let other = Event { operation: "Changed".into(), ..shape(r#"{"p":2}"#, "entra_audit.azure_monitor/1") };
    assert_eq!(store.append(&[other, changed]).await.unwrap(), [Added::Duplicate, Added::Duplicate]);
    assert_eq!(everything(&*store).await.len(), 2);
}

/// Removed events are gone from every way of reading, and only those that were there are counted.
pub async fn what_is_removed_is_gone(store: Arc<dyn EventStore>) {
    let positions = add(&*store, &some_events(74, 90)).await;
    for position in &positions[..40] {
        annotate(&*store, *position).await;
    }
    let all = everything(&*store).await;
    let (gone, kept): (Vec<Stored>, Vec<Stored>) =
        all.into_iter().partition(|stored| stored.position.0 % 3 == 0);
    let places = |stored: &[Stored]| stored.iter().map(|stored| stored.position).collect::<Vec<_>>();
    let mut named = places(&gone);
    named.extend([gone[0].position, Position(0), Position(positions[89].0 + 5)]);
    assert_eq!(store.remove(&named).await.unwrap(), gone.len() as u64);
    assert_eq!(store.remove(&named).await.unwrap(), 0, "nothing is left to remove");
    assert_eq!(everything(&*store).await, kept);
    assert_eq!(store.read_at(&positions).await.unwrap(), kept);
    for stored in &gone {
        assert_eq!(store.get(&stored.event.id).await.unwrap(), []);
        assert_eq!(store.get(stored.event.dedupe_key.as_str()).await.unwrap(), []);
        let annotation = Annotation::AddTag("x".into());
        let error = store.annotate(stored.position, annotation).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    let seen: Vec<Position> = places(&kept).into_iter().filter(|at| *at <= positions[39]).collect();
    assert_eq!(store.tagged("seen").await.unwrap(), seen);
    assert_eq!(store.tags().await.unwrap()[0].count, seen.len() as u64);
}

/// A removed event that comes again is new, at a position behind all others, without its annotations.
pub async fn a_removed_event_that_comes_again_is_new(store: Arc<dyn EventStore>) {
    let events = some_events(75, 20);
    let positions = add(&*store, &events).await;
    annotate(&*store, positions[19]).await;
    let head = store.head().await.unwrap();
    assert_eq!(store.remove(&[positions[18], positions[19]]).await.unwrap(), 2);
    assert_eq!(store.head().await.unwrap(), head, "the head stays");
    let added = store.append(&events).await.unwrap();
    assert!(added[..18].iter().all(|added| *added == Added::Duplicate), "{added:?}");
    assert!(matches!(added[18..], [Added::New(a), Added::New(b)] if head < a && a < b), "{added:?}");
    let again = store.read_at(&[position_of(&added[19])]).await.unwrap();
    assert_eq!((&again[0].event.tags, &again[0].event.comments), (&BTreeSet::new(), &Vec::new()));
    assert_eq!(store.tagged("seen").await.unwrap(), []);
}

/// Where the first event under an id is removed and its revision stays, the first one is new when it comes again,
/// and the revision is known.
pub async fn a_removed_first_event_is_new_beside_its_revision(store: Arc<dyn EventStore>) {
    let records = [shape(r#"{"a":1}"#, "entra_audit/1"), shape(r#"{"a":2}"#, "entra_audit/1")];
    let added = store.append(&records).await.unwrap();
    assert!(matches!(added[..], [Added::New(_), Added::Revision(_)]), "{added:?}");
    assert_eq!(store.remove(&[position_of(&added[0])]).await.unwrap(), 1);
    let again = store.append(&records).await.unwrap();
    assert!(matches!(again[..], [Added::New(_), Added::Duplicate]), "{again:?}");
    let ids = everything(&*store).await.into_iter().map(|stored| stored.event.id).collect::<Vec<_>>();
    assert_eq!(ids, [records[1].clone().into_revision().id, "Directory_1".into()]);
}

/// A revision that was removed is a revision again, in whatever shape it comes.
pub async fn a_removed_revision_is_a_revision_again(store: Arc<dyn EventStore>) {
    let changed = Event { operation: "Changed".into(), ..shape(r#"{"a":2}"#, "entra_audit/1") };
    let other = Event { operation: "Changed".into(), ..shape(r#"{"p":2}"#, "entra_audit.azure_monitor/1") };
    let added = store.append(&[shape(r#"{"a":1}"#, "entra_audit/1"), changed]).await.unwrap();
    assert_eq!(store.remove(&[position_of(&added[1])]).await.unwrap(), 1);
    assert!(matches!(store.append(&[other]).await.unwrap()[..], [Added::Revision(_)]));
}

/// What was rewritten and removed is so after opening again, and no position is used twice.
pub async fn rewritings_and_removals_survive(place: impl Place) {
    let events = some_events(76, 30);
    let store = place.open().await;
    let positions = add(&*store, &events[..20]).await;
    let mut expected = everything(&*store).await;
    expected.truncate(15);
    expected[4] = told_anew(&expected[4]);
    store.rewrite(&expected[4..5]).await.unwrap();
    assert_eq!(store.remove(&positions[15..]).await.unwrap(), 5);
    drop(store);
    let store = place.open().await;
    assert_eq!(everything(&*store).await, expected);
    let after = add(&*store, &events[20..]).await;
    assert!(after[0] > positions[19], "a position was used twice");
}
