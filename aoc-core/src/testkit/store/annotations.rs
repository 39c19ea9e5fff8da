//! Annotations: what people add, beside the event.

use std::{collections::BTreeSet, sync::Arc};

use super::{add, everything, plain, some_events};
use crate::{
    Comment, ErrorKind, Event, EventStore, Position, Timestamp,
    store::{Annotation, Stored},
    testkit::events::TAGS,
};

async fn annotate(store: &dyn EventStore, position: Position, annotation: Annotation) {
    store.annotate(position, annotation).await.unwrap();
}

async fn at(store: &dyn EventStore, position: Position) -> Stored {
    store.read_at(&[position]).await.unwrap().remove(0)
}

fn set(tags: &[&str]) -> BTreeSet<String> {
    tags.iter().map(|tag| (*tag).to_owned()).collect()
}

/// Tags are set, added and removed; doing it twice is fine.
pub async fn tags_are_set_added_and_removed(store: Arc<dyn EventStore>) {
    let position = add(&*store, &some_events(31, 3)).await[1];
    for (annotation, expected) in [
        (Annotation::AddTag("b".into()), set(&["b"])),
        (Annotation::AddTag("a".into()), set(&["a", "b"])),
        (Annotation::AddTag("a".into()), set(&["a", "b"])),
        (Annotation::RemoveTag("b".into()), set(&["a"])),
        (Annotation::RemoveTag("never there".into()), set(&["a"])),
        (Annotation::Tags(set(TAGS)), set(TAGS)),
        (Annotation::Tags(set(&["x"])), set(&["x"])),
        (Annotation::Tags(set(&[])), set(&[])),
    ] {
        annotate(&*store, position, annotation.clone()).await;
        assert_eq!(at(&*store, position).await.event.tags, expected, "after {annotation:?}");
    }
}

/// Comments are kept in the order in which they were made.
pub async fn comments_are_kept_in_order(store: Arc<dyn EventStore>) {
    let position = add(&*store, &some_events(32, 1)).await[0];
    let time = Timestamp::parse("2026-02-01T10:00:00.120Z").unwrap();
    let comment =
        |id: &str| Comment {
            id: id.into(), text: format!("ünï \"{id}\"\n"), author: "me".into(), at: time
        };
    for id in ["z", "a", "m"] {
        annotate(&*store, position, Annotation::Comment(comment(id))).await;
    }
    let comments = at(&*store, position).await.event.comments;
    assert_eq!(comments, ["z", "a", "m"].map(comment));
    assert_eq!(comments[0].at.to_string(), "2026-02-01T10:00:00.120Z");
}

/// An annotation changes nothing else, of this event and of others, and every way to read shows it.
pub async fn an_annotation_changes_nothing_else(store: Arc<dyn EventStore>) {
    let events = some_events(33, 20);
    let positions = add(&*store, &events).await;
    let head = store.head().await.unwrap();
    annotate(&*store, positions[4], Annotation::AddTag("seen".into())).await;
    let all = everything(&*store).await;
    for (i, (stored, event)) in all.iter().zip(&events).enumerate() {
        let tags = if i == 4 { set(&["seen"]) } else { set(&[]) };
        assert_eq!(stored.event, Event { tags, ..plain(event) });
        assert_eq!(stored.event.raw.text(), event.raw.text());
    }
    assert_eq!(at(&*store, positions[4]).await, all[4]);
    assert_eq!(store.get(events[4].dedupe_key.as_str()).await.unwrap(), all[4..5]);
    assert_eq!(store.head().await.unwrap(), head, "annotations have no position");
}

/// An annotated event that comes again is known and keeps its annotations.
pub async fn annotations_outlive_a_repeat(store: Arc<dyn EventStore>) {
    let events = some_events(34, 1);
    let position = add(&*store, &events).await[0];
    annotate(&*store, position, Annotation::AddTag("seen".into())).await;
    assert_eq!(store.append(&events).await.unwrap(), [crate::store::Added::Duplicate]);
    assert_eq!(at(&*store, position).await.event.tags, set(&["seen"]));
}

/// Annotating what is not there is `NotFound`.
pub async fn annotating_what_is_not_there_is_not_found(store: Arc<dyn EventStore>) {
    let last = *add(&*store, &some_events(35, 2)).await.last().unwrap();
    for position in [Position(0), Position(last.0 + 1), Position(last.0 + 1_000_000)] {
        for annotation in
            [Annotation::AddTag("x".into()), Annotation::RemoveTag("x".into()), Annotation::Tags(set(&[]))]
        {
            let error = store.annotate(position, annotation).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{position:?}");
        }
    }
    assert_eq!(store.tags().await.unwrap(), []);
}

/// Events are found by tag, whole and in their own case; tags are counted.
pub async fn tags_are_found_and_counted(store: Arc<dyn EventStore>) {
    let positions = add(&*store, &some_events(36, 60)).await;
    for (i, position) in positions.iter().enumerate().rev() {
        let tags =
            TAGS.iter().enumerate().filter(|(t, _)| i % (t + 2) == 0).map(|(_, tag)| (*tag).to_owned());
        annotate(&*store, *position, Annotation::Tags(tags.collect())).await;
    }
    annotate(&*store, positions[0], Annotation::RemoveTag(TAGS[1].into())).await;
    let mut counted = Vec::new();
    for (t, tag) in TAGS.iter().enumerate() {
        let tagged = positions.iter().enumerate().filter(|(i, _)| i % (t + 2) == 0 && (*i, t) != (0, 1));
        let expected: Vec<Position> = tagged.map(|(_, position)| *position).collect();
        assert_eq!(store.tagged(tag).await.unwrap(), expected, "{tag}");
        counted.push(((*tag).to_owned(), expected.len() as u64));
    }
    let mut tags: Vec<_> =
        store.tags().await.unwrap().into_iter().map(|tag| (tag.value, tag.count)).collect();
    tags.sort();
    counted.sort();
    assert_eq!(tags, counted);
    for none in ["see", "SEEN", "50_", "%", ""] {
        assert_eq!(store.tagged(none).await.unwrap(), [], "{none}");
    }
}

/// Annotations that are made at the same time are all kept.
pub async fn annotations_made_at_the_same_time_are_all_kept(store: Arc<dyn EventStore>) {
    let position = add(&*store, &some_events(37, 1)).await[0];
    let at_once = (0..40).map(|i| {
        let store = store.clone();
        tokio::spawn(async move { store.annotate(position, Annotation::AddTag(format!("t{i}"))).await })
    });
    for task in at_once.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!(at(&*store, position).await.event.tags.len(), 40);
}
