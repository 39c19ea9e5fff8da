//! Events that a receiver refused for good, and delivering again what was delivered before.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::follow::{Follow, Refused, Taken, key_of};
use crate::{
    Error, Result, Timestamp,
    store::{EventStore, Note, Notebook, Position, Stored},
};

/// Delivering again, as it is asked of a follower: a note `replay/{name}/…` each time. Whoever runs the follower does it,
/// soon or when it is started, and then erases the note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replay {
    /// What is behind this position.
    pub from: Position,
    /// Of that, only what the receiver refused.
    pub only_rejected: bool,
}

impl Replay {
    /// Asks a follower for it.
    ///
    /// # Errors
    /// Those of the notebook.
    pub async fn ask(self, store: &(impl Notebook + ?Sized), name: &str) -> Result<()> {
        let now = Timestamp::now().ticks();
        let key =
            format!("{}{now:020}-{}-{}", replay_prefix(name), self.from.0, u8::from(self.only_rejected));
        store.write(&[Note::new(key, self)?]).await
    }
}

/// An event that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rejected {
    /// Its position in the log.
    pub position: Position,
    /// What the receiver said.
    pub reason: serde_json::Value,
}

/// What a follower has set aside, by position.
///
/// # Errors
/// Those of the notebook.
pub async fn rejected(store: &(impl Notebook + ?Sized), name: &str) -> Result<Vec<Rejected>> {
    let prefix = aside_prefix(name);
    let notes = store.list(&prefix).await?;
    let rejected = notes.into_iter().filter_map(|note| {
        let position = note.key.strip_prefix(&prefix)?.parse().ok()?;
        Some(Rejected { position: Position(position), reason: note.value })
    });
    Ok(rejected.collect())
}

/// The positions of the events that a follower has set aside, as its notes say.
#[derive(Default)]
pub(crate) struct SetAside(BTreeSet<Position>);

impl SetAside {
    pub(super) async fn read(store: &dyn EventStore, name: &str) -> Result<Self> {
        Ok(Self(rejected(store, name).await?.into_iter().map(|rejected| rejected.position).collect()))
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// The notes that tell what became of the events behind `after` up to `until`: those that are refused are set
    /// aside, those that were once and are not any more are not.
    pub(super) fn notes_of(
        &self,
        name: &str,
        after: Position,
        until: Position,
        refused: &[Refused],
    ) -> Result<Vec<Note>> {
        let is_refused = |position: &Position| refused.iter().any(|refused| refused.position == *position);
        let mended = self.between(after, until).filter(|position| !is_refused(position));
        let mended = mended.map(|position| Note::new(aside_key(name, position), ()));
        let aside = |refused: &Refused| Note::new(aside_key(name, refused.position), &refused.reason);
        mended.chain(refused.iter().map(aside)).collect()
    }

    pub(super) fn took(&mut self, after: Position, until: Position, refused: &[Refused]) {
        let known: Vec<Position> = self.between(after, until).collect();
        known.iter().for_each(|position| {
            self.0.remove(position);
        });
        self.0.extend(refused.iter().map(|refused| refused.position));
    }

    fn between(&self, after: Position, until: Position) -> impl Iterator<Item = Position> {
        let some = (after < until).then(|| self.0.range(Position(after.0 + 1)..=until));
        some.into_iter().flatten().copied()
    }
}

/// How many events that were set aside are offered again at once.
const AGAIN: usize = 100;

impl Follow {
    /// Does what notes ask for; gives the position to go on behind.
    pub(super) async fn replay_if_asked(&mut self, after: Position) -> Result<Position> {
        let asked = self.store.list(&replay_prefix(&self.name)).await?;
        if asked.is_empty() {
            return Ok(after);
        }
        let mut from = after;
        // Only what was read is erased: more may be asked for in the meantime.
        let mut notes = Vec::new();
        for note in asked {
            let wrong = |cause| Error::internal("a replay of another shape").because(cause);
            let replay: Replay = serde_json::from_value(note.value).map_err(wrong)?;
            tracing::info!(follower = self.name, ?replay, "delivering again");
            match replay.only_rejected {
                true => self.offer_again(replay.from).await?,
                false => from = from.min(replay.from),
            }
            notes.push(Note::new(note.key, ())?);
        }
        notes.push(Note::new(key_of(&self.name), from)?);
        // Whatever becomes of the write, how far it came is what the note says then.
        self.position = None;
        self.store.write(&notes).await?;
        self.position = Some(from);
        Ok(from)
    }

    /// Whether something is asked for.
    pub(super) async fn is_asked(&self) -> bool {
        let asked = self.store.list(&replay_prefix(&self.name)).await;
        asked.is_ok_and(|asked| !asked.is_empty())
    }

    /// Offers what was set aside behind a position once more.
    async fn offer_again(&mut self, from: Position) -> Result<()> {
        let aside: Vec<Position> = self.aside.between(from, Position(u64::MAX)).collect();
        for positions in aside.chunks(AGAIN) {
            let events = self.store.read_at(positions).await?;
            let taken =
                if events.is_empty() { Taken::default() } else { self.follower.take(&events).await? };
            self.keep_again(positions, &events, &taken).await?;
            if let Some((_, error)) = taken.broken_off {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Keeps what became of events that were offered again. Those that are gone are set aside no longer.
    async fn keep_again(&mut self, positions: &[Position], events: &[Stored], taken: &Taken) -> Result<()> {
        let until = taken.broken_off.as_ref().map_or(Position(u64::MAX), |(until, _)| *until);
        let mut notes = Vec::new();
        let done: Vec<Position> = positions.iter().copied().filter(|position| *position <= until).collect();
        for position in &done {
            let refused = taken.refused.iter().find(|refused| refused.position == *position);
            notes.push(match refused {
                Some(refused) => Note::new(aside_key(&self.name, *position), &refused.reason)?,
                None => Note::new(aside_key(&self.name, *position), ())?,
            });
        }
        self.store.write(&notes).await?;
        let is_refused = |position: &Position| taken.refused.iter().any(|one| one.position == *position);
        done.iter().filter(|position| !is_refused(position)).for_each(|position| {
            self.aside.0.remove(position);
        });
        let set_aside = self.aside.len();
        self.board.follower(&self.name, |status| {
            status.set_aside = set_aside;
            status.delivered += taken.delivered.min(events.len() as u64);
        });
        Ok(())
    }
}

fn replay_prefix(name: &str) -> String {
    format!("replay/{name}/")
}

fn aside_prefix(name: &str) -> String {
    format!("rejected/{name}/")
}

fn aside_key(name: &str, position: Position) -> String {
    format!("{}{:020}", aside_prefix(name), position.0)
}
