//! The second loop: from the log to whoever follows it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{
    backoff::{Backoff, Next},
    status::{Board, Failure, State},
};
use crate::{
    Error, Event, Result,
    store::{EventStore, Note, Notebook, Position, Stored},
};

/// Where a follower starts when it is first added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// With the next event that is stored.
    #[default]
    Now,
    /// With the first event there is.
    Beginning,
}

/// An event that a follower could not hand on, and never can.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) position: Position,
    pub(crate) reason: Error,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// How many events were handed on.
    pub(crate) delivered: u64,
    /// Events refused for good.
    pub(crate) refused: Vec<Refused>,
}

/// Hands on what is in the log.
#[async_trait]
pub(crate) trait Follower: Send + Sync {
    /// Hands on a batch, and says what became of it. After an error the same batch comes again.
    async fn take(&self, batch: &[Stored]) -> Result<Taken>;

    /// How far back, in event time, it must see events again after a restart.
    fn window(&self) -> Duration;
}

pub(crate) struct Follow {
    pub(crate) name: String,
    pub(crate) follower: Arc<dyn Follower>,
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) start: Start,
    pub(crate) board: Board,
    pub(crate) stop: watch::Receiver<bool>,
    /// Dropped as soon as it is known where it starts: the sources wait for that.
    pub(crate) begun: Option<watch::Sender<()>>,
}

const BATCH: usize = 500;
/// How often the log is looked at when its tail says nothing: another process may have written.
const LOOK_EVERY: Duration = Duration::from_secs(5);

impl Follow {
    pub(crate) async fn run(mut self) {
        let mut tail = self.store.tail();
        let mut backoff = Backoff::default();
        let mut position = None;
        while !*self.stop.borrow() {
            let wait = match self.step(&mut position).await {
                Ok(true) => Duration::ZERO,
                Ok(false) => {
                    backoff.reset();
                    LOOK_EVERY
                }
                Err(error) => match self.note_failure(&error, &mut backoff) {
                    Next::After(wait) => wait,
                    Next::Stop => return,
                },
            };
            tokio::select! {
                _ = self.stop.changed() => return,
                _ = tail.changed(), if wait == LOOK_EVERY => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Hands on one batch, and moves the position only afterwards. `false` when there was nothing to hand on.
    async fn step(&mut self, position: &mut Option<Position>) -> Result<bool> {
        let after = match *position {
            Some(after) => after,
            None => self.begin().await?,
        };
        *position = Some(after);
        let batch = self.store.read_after(after, BATCH).await?;
        let Some(last) = batch.last().map(|stored| stored.position) else {
            self.board.follower(&self.name, |status| (status.state, status.position) = (State::Ok, after));
            return Ok(false);
        };
        let Taken { delivered, refused } = self.follower.take(&batch).await?;
        self.store.write(&self.notes(last, &refused)?).await?;
        *position = Some(last);
        self.board.follower(&self.name, |status| {
            (status.state, status.position, status.last_error) = (State::Ok, last, None);
            status.delivered += delivered;
            status.rejected += refused.len() as u64;
        });
        Ok(true)
    }

    /// The position it has come to; a new follower's is kept at once, so that a restart misses nothing.
    async fn begin(&mut self) -> Result<Position> {
        if let Some(position) = position_of(&*self.store, &self.name).await? {
            self.begun = None;
            return self.window_before(position).await;
        }
        let position = match self.start {
            Start::Now => self.store.head().await?,
            Start::Beginning => Position::default(),
        };
        self.store.write(&[Note::new(key_of(&self.name), position)?]).await?;
        self.begun = None;
        Ok(position)
    }

    /// The position from which on every event of the window before `position` is seen.
    ///
    /// An event is stored after it happened, so what happened in the window was stored since its start; and
    /// events are stored in the order of their positions.
    async fn window_before(&self, position: Position) -> Result<Position> {
        let window = chrono::TimeDelta::from_std(self.follower.window()).unwrap_or_default();
        let last = self.store.read_at(&[position]).await?;
        let Some(last) = last.first().filter(|_| !window.is_zero()) else { return Ok(position) };
        // A time ahead of the clock must not hide the window.
        let time = last.event.ingested_at.map_or(last.event.timestamp, |at| at.min(last.event.timestamp));
        let Some(start) = time.instant().checked_sub_signed(window) else {
            return Ok(Position(0));
        };
        let (mut low, mut high) = (0, position.0);
        while low < high {
            let middle = low + (high - low) / 2;
            let next = self.store.read_after(Position(middle), 1).await?;
            let before = |stored: &Stored| stored.event.ingested_at.is_some_and(|at| at.instant() < start);
            match next.first() {
                Some(stored) if before(stored) => low = stored.position.0,
                _ => high = middle,
            }
        }
        Ok(Position(low))
    }

    fn notes(&self, position: Position, refused: &[Refused]) -> Result<Vec<Note>> {
        let aside = |refused: &Refused| {
            Note::new(format!("rejected/{}/{:020}", self.name, refused.position.0), &refused.reason)
        };
        let mut notes: Vec<Note> = refused.iter().map(aside).collect::<Result<_>>()?;
        notes.push(Note::new(key_of(&self.name), position)?);
        Ok(notes)
    }

    fn note_failure(&self, error: &Error, backoff: &mut Backoff) -> Next {
        let next = backoff.after(error);
        tracing::warn!(follower = self.name, error = error.chain(), ?next, "events could not be handed on");
        self.board.follower(&self.name, |status| {
            status.state = if next == Next::Stop { State::Stopped } else { State::Failing };
            status.last_error = Some(Failure::of(error));
        });
        next
    }
}

/// How far a follower has come, in whatever process it runs; nothing where none of this name ever ran.
///
/// # Errors
/// Those of the notebook; [`Internal`](crate::ErrorKind::Internal) when the note is no position.
pub async fn position_of(store: &(impl Notebook + ?Sized), name: &str) -> Result<Option<Position>> {
    let Some(value) = store.read(&key_of(name)).await? else { return Ok(None) };
    let wrong = |cause| Error::internal("a position of another shape").because(cause);
    serde_json::from_value(value).map(Some).map_err(wrong)
}

fn key_of(name: &str) -> String {
    format!("position/{name}")
}

/// The events of a batch.
pub(crate) fn events(batch: &[Stored]) -> Vec<Event> {
    batch.iter().map(|stored| stored.event.clone()).collect()
}
