//! Giving an event the annotations of another one.

use aoc_core::{
    Event, EventStore, Position, Result,
    store::{Annotation, Stored},
};

/// How many annotations an event was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::operations) struct Merged {
    pub(in crate::operations) tags: u64,
    pub(in crate::operations) comments: u64,
}

/// Adds the tags and comments that `other` has and the event at `position` lacks.
pub(in crate::operations) async fn annotations(
    store: &dyn EventStore,
    position: Position,
    other: &Event,
) -> Result<Merged> {
    let mut merged = Merged::default();
    if other.tags.is_empty() && other.comments.is_empty() {
        return Ok(merged);
    }
    let Some(Stored { event, .. }) = store.read_at(&[position]).await?.pop() else { return Ok(merged) };
    for tag in other.tags.difference(&event.tags) {
        store.annotate(position, Annotation::AddTag(tag.clone())).await?;
        merged.tags += 1;
    }
    for comment in other.comments.iter().filter(|comment| !event.comments.contains(comment)) {
        store.annotate(position, Annotation::Comment(comment.clone())).await?;
        merged.comments += 1;
    }
    Ok(merged)
}
