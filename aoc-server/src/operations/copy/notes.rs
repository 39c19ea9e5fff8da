//! Copying the notebook. Notes that hold places of the source's log get those of the target's.

use std::collections::{BTreeSet, HashSet};

use aoc_core::{Position, Result, store::Note};

use super::{Copied, Place, StoreCopy};

/// Notes of a store's own: its index, its maintenance, copies into it.
const OWN: [&str; 3] = ["index", "maintenance", "copy"];
/// How far a follower has come.
const POSITION: &str = "position";
/// Events that a follower could not hand on, by their places.
const REJECTED: &str = "rejected";
/// How many notes are written at once.
const AT_ONCE: usize = 500;

fn kind(key: &str) -> &str {
    key.split('/').next().unwrap_or_default()
}

/// The place of the source that a note points to.
fn mark(note: &Note) -> Option<u64> {
    match kind(&note.key) {
        POSITION => note.value.as_u64(),
        REJECTED => note.key.rsplit('/').next()?.parse().ok(),
        _ => None,
    }
}

/// The places of the source that notes point to.
pub(super) fn marks(notes: &[Note]) -> BTreeSet<u64> {
    notes.iter().filter_map(mark).collect()
}

impl StoreCopy {
    /// Copies the notes that were read before the events.
    pub(super) async fn notes(&self, place: &Place, notes: Vec<Note>, copied: &mut Copied) -> Result<()> {
        let mut known = HashSet::new();
        if place.keeps_notes {
            known.extend(self.target.store.list("").await?.into_iter().map(|note| note.key));
        }
        let mut ready = Vec::new();
        for note in notes.into_iter().filter(|note| !OWN.contains(&kind(&note.key))) {
            let key = note.key.clone();
            match self.translated(place, note).await? {
                None => copied.unreadable_notes.push(key),
                Some(note) if known.contains(&note.key) => copied.kept_notes += 1,
                Some(note) => ready.push(note),
            }
        }
        for notes in ready.chunks(AT_ONCE) {
            self.target.store.write(notes).await?;
        }
        copied.notes = ready.len() as u64;
        Ok(())
    }

    /// The note as the target has to have it; nothing when it should name a place and does not.
    async fn translated(&self, place: &Place, note: Note) -> Result<Option<Note>> {
        if ![POSITION, REJECTED].contains(&kind(&note.key)) {
            return Ok(Some(note));
        }
        let Some(mark) = mark(&note) else { return Ok(None) };
        let position = self.position_for(place, mark).await?;
        if kind(&note.key) == POSITION {
            return Note::new(note.key, position).map(Some);
        }
        let name = note.key.rsplit_once('/').map_or(REJECTED, |(name, _)| name);
        Ok(Some(Note { key: format!("{name}/{:020}", position.0), value: note.value }))
    }

    /// What a place of the source has become. One that was not watched (the source went on while the copy was
    /// interrupted) is looked up by its event, else it is one before it.
    async fn position_for(&self, place: &Place, mark: u64) -> Result<Position> {
        if let Some(position) = place.places.get(mark) {
            return Ok(position);
        }
        let event = self.source.store.read_at(&[Position(mark)]).await?.pop();
        let found = match event {
            Some(stored) => self.find(&stored.event.dedupe_key).await?,
            None => None,
        };
        Ok(found.unwrap_or_else(|| place.places.before(mark)))
    }
}
