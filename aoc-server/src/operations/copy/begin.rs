//! Where a copy begins, and whether it may.

use aoc_core::{Error, Position, Result, Timestamp};
use serde::de::DeserializeOwned;

use super::{Counts, DONE, Done, PLACE, Place, Places, StoreCopy};

/// The note by which an index knows its store.
const IDENTITY: &str = "index/identity";

impl StoreCopy {
    /// The place to go on from.
    pub(super) async fn begin(&self) -> Result<Place> {
        self.refuse_itself().await?;
        // Claims the right to write before anything is read.
        self.target.store.append(&[]).await?;
        if let Some(place) = self.target_note::<Place>(PLACE).await? {
            if place.from == self.source.identity {
                return Ok(place);
            }
            self.refuse_unless_merging(&format!("half a copy of {} is in the target", place.from))?;
        }
        let holds_others = self.holds_others().await?;
        if holds_others {
            self.refuse_unless_merging("the target holds events that no copy of this source has brought")?;
        }
        let horizon = if holds_others { None } else { self.forget().await? };
        let place = Place {
            from: self.source.identity.clone(),
            started: Timestamp::now(),
            position: Position::default(),
            keeps_notes: holds_others,
            counts: Counts::default(),
            horizon,
            places: Places::default(),
        };
        Ok(place)
    }

    async fn refuse_itself(&self) -> Result<()> {
        if self.source.identity == self.target.identity {
            return Err(Error::invalid(format!("both are the same store: {}", self.source.identity)));
        }
        let source = self.source.store.read(IDENTITY).await?;
        if source.is_some() && source == self.target.store.read(IDENTITY).await? {
            self.refuse_unless_merging("both are the same store, or one is a copy of the other's file")?;
        }
        Ok(())
    }

    fn refuse_unless_merging(&self, sentence: &str) -> Result<()> {
        match self.merge {
            true => Ok(()),
            false => Err(Error::invalid(format!("{sentence}; --merge copies nevertheless"))),
        }
    }

    /// Whether there are events that no copy of this source has brought.
    async fn holds_others(&self) -> Result<bool> {
        let target = &self.target.store;
        if target.read_after(Position::default(), 1).await?.is_empty() {
            return Ok(false);
        }
        let done = self.target_note::<Done>(DONE).await?.filter(|done| done.from == self.source.identity);
        let head = target.head().await?;
        Ok(done.is_none_or(|done| done.head != head))
    }

    /// Forgets in the target what the source has forgotten.
    async fn forget(&self) -> Result<Option<Timestamp>> {
        let horizon = self.source.store.horizon().await?;
        if let Some(horizon) = horizon {
            self.target.store.forget_before(horizon).await?;
        }
        Ok(horizon)
    }

    async fn target_note<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(note) = self.target.store.read(key).await? else { return Ok(None) };
        let unreadable = |cause| Error::internal(format!("the note {key} has another shape")).because(cause);
        serde_json::from_value(note).map(Some).map_err(unreadable)
    }
}
