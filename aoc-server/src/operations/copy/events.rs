//! Copying the log, batch by batch.

use std::collections::{BTreeSet, HashSet};

use aoc_core::{
    Event, Key, Position, Result,
    store::{Added, Note, Stored},
};

use super::{PLACE, Place, StoreCopy, places::up_to_mark};
use crate::operations::maintenance::{Merged, Walk, Walked, annotations};

impl StoreCopy {
    /// Copies the events behind the place; `false` when it was stopped before the end.
    ///
    /// `marks` are the places of the source that notes point to.
    pub(super) async fn events(
        &self,
        place: &mut Place,
        marks: BTreeSet<u64>,
        mut watch: impl FnMut(Walked) + Send,
    ) -> Result<bool> {
        let mut walk = Walk::from(&self.source.store, place.position).await?;
        let mut batch = walk.next().await?;
        while !batch.is_empty() {
            if self.stop.is_stopped() {
                return Ok(false);
            }
            let (copied, next) = tokio::join!(self.batch(place, &marks, &batch), walk.next());
            copied?;
            watch(Walked { position: place.position, ..walk.walked });
            batch = next?;
        }
        place.places.settle(marks.range(place.position.0..));
        Ok(true)
    }

    /// Copies a batch, and keeps the place behind it.
    async fn batch(&self, place: &mut Place, marks: &BTreeSet<u64>, batch: &[Stored]) -> Result<()> {
        let positions: Vec<u64> = batch.iter().map(|stored| stored.position.0).collect();
        let mut done = 0;
        while done < batch.len() {
            // Marks where there is no event any more, and those that were reached.
            place.places.settle(marks.range(place.position.0..positions[done]));
            let part = &batch[done..done + up_to_mark(&positions[done..], marks)];
            self.part(place, part).await?;
            done += part.len();
        }
        if let Some(last) = positions.last() {
            place.places.settle(marks.get(last).into_iter());
        }
        self.target.store.write(&[Note::new(PLACE, &*place)?]).await
    }

    async fn part(&self, place: &mut Place, part: &[Stored]) -> Result<()> {
        let added = self.append(part).await?;
        let counts = &mut place.counts;
        counts.read += part.len() as u64;
        for (stored, added) in part.iter().zip(&added) {
            match added {
                Added::Revision(_) if stored.event.revision_of.is_none() => counts.revised += 1,
                Added::New(_) | Added::Revision(_) => counts.new += 1,
                Added::Duplicate => counts.duplicate += 1,
            }
            let merged = self.annotate(stored, *added).await?;
            counts.tags += merged.tags;
            counts.comments += merged.comments;
        }
        if let (Some(last), Some(added)) = (part.last(), added.last()) {
            place.places.reach(self.position_of(&last.event.dedupe_key, *added).await?);
            place.position = last.position;
        }
        Ok(())
    }

    /// Appends. Revisions come as their records came first, so that the target knows them in other shapes, too; where
    /// that would not make the same event of them, they come as they are.
    async fn append(&self, part: &[Stored]) -> Result<Vec<Added>> {
        let mut events = Vec::with_capacity(part.len());
        let mut keys = HashSet::new();
        for Stored { event, .. } in part {
            let first = match first_met(event) {
                Some(first) if keys.contains(&first.dedupe_key) => Some(first),
                Some(first) => self.find(&first.dedupe_key).await?.map(|_| first),
                None => None,
            };
            keys.insert(event.dedupe_key.clone());
            events.push(first.unwrap_or_else(|| event.clone()));
        }
        let mut added = self.target.store.append(&events).await?;
        for (place, Stored { event, .. }) in part.iter().enumerate() {
            let is_taken_for_another = event.revision_of.is_some() && added[place] == Added::Duplicate;
            if is_taken_for_another && self.find(&event.dedupe_key).await?.is_none() {
                added.splice(place..=place, self.target.store.append(std::slice::from_ref(event)).await?);
            }
        }
        Ok(added)
    }

    async fn annotate(&self, stored: &Stored, added: Added) -> Result<Merged> {
        let event = &stored.event;
        if event.tags.is_empty() && event.comments.is_empty() {
            return Ok(Merged::default());
        }
        match self.position_of(&event.dedupe_key, added).await? {
            Some(position) => annotations(&*self.target.store, position, event).await,
            None => Ok(Merged::default()),
        }
    }

    async fn position_of(&self, key: &Key, added: Added) -> Result<Option<Position>> {
        match added {
            Added::New(position) | Added::Revision(position) => Ok(Some(position)),
            Added::Duplicate => self.find(key).await,
        }
    }

    /// Where the target has the event of this key.
    pub(super) async fn find(&self, key: &Key) -> Result<Option<Position>> {
        let found = self.target.store.get(key.as_str()).await?;
        let same = found.into_iter().find(|stored| stored.event.dedupe_key == *key);
        Ok(same.map(|stored| stored.position))
    }
}

/// A revision as its record was when it came, if the same revision would be made of it.
fn first_met(event: &Event) -> Option<Event> {
    let id = event.revision_of.clone()?;
    let mut first = event.clone();
    (first.dedupe_key, first.revision_of) = (Key::of(&event.source, &id), None);
    first.id = id;
    let again = first.clone().into_revision();
    let is_same = again.id == event.id && again.dedupe_key == event.dedupe_key;
    is_same.then_some(first)
}
