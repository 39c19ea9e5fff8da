//! The second loop: from the log to whoever follows it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{
    aside::SetAside,
    backoff::{Backoff, Next},
    status::{Board, Failure, State},
};
use crate::{
    Error, Result, Timestamp,
    store::{EventLog, EventStore, Note, Notebook, Position, Stored},
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

/// How much is handed on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Events, at most.
    pub events: usize,
    /// Bytes of raw records, at most, but one event at least.
    pub bytes: usize,
}

impl Default for Batch {
    /// 500 events of 4 MiB.
    fn default() -> Self {
        Self { events: 500, bytes: 4 << 20 }
    }
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
    /// Where it broke off and why: what is behind this position comes again.
    pub(crate) broken_off: Option<(Position, Error)>,
}

/// Hands on what is in the log.
#[async_trait]
pub(crate) trait Follower: Send + Sync {
    /// Hands on a batch, and says what became of it. After an error the same batch comes again.
    async fn take(&self, batch: &[Stored]) -> Result<Taken>;

    /// For how long after it was stored an event counts for what comes later.
    fn window(&self) -> Duration {
        Duration::ZERO
    }

    /// Forgets what it was shown. Called before [`recall`](Self::recall).
    fn begin(&self) {}

    /// Whether what it remembers is not what it would if it began anew.
    fn is_stale(&self) -> bool {
        false
    }

    /// Shows what was handed on before, and what came of it.
    fn recall(&self, _batch: &[Stored], _until: Position) {}

    /// How much it is given at once.
    fn batch(&self) -> Batch {
        Batch::default()
    }
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
    /// How far it has come; `None` until that is read, and after an error of one that remembers.
    pub(crate) position: Option<Position>,
    pub(crate) aside: SetAside,
}

/// How often the log is looked at when its tail says nothing: another process may have written.
const LOOK_EVERY: Duration = Duration::from_secs(5);

impl Follow {
    pub(crate) async fn run(mut self) {
        let mut tail = self.store.tail();
        let mut backoff = Backoff::default();
        while !*self.stop.borrow() {
            let wait = match self.step().await {
                Ok(true) => {
                    backoff.reset();
                    Duration::ZERO
                }
                Ok(false) => {
                    backoff.reset();
                    LOOK_EVERY
                }
                Err(error) => match self.note_failure(&error, &mut backoff) {
                    Next::After(wait) => wait,
                    Next::Stop => return,
                },
            };
            let mut stop = self.stop.clone();
            tokio::select! {
                _ = stop.changed() => return,
                _ = tail.changed(), if wait == LOOK_EVERY => {}
                () = self.rest(wait) => {}
            }
        }
    }

    /// Waits, but not when somebody asks that something is delivered again: what was wrong may be put right.
    async fn rest(&self, wait: Duration) {
        let mut left = wait;
        while left > LOOK_EVERY {
            tokio::time::sleep(LOOK_EVERY).await;
            left -= LOOK_EVERY;
            if self.is_asked().await {
                return;
            }
        }
        tokio::time::sleep(left).await;
    }

    /// Hands on one batch, and moves the position only afterwards. `false` when there was nothing to hand on.
    async fn step(&mut self) -> Result<bool> {
        let after = match self.position {
            Some(after) if !self.follower.is_stale() => after,
            _ => self.begin().await?,
        };
        let after = self.replay_if_asked(after).await?;
        let Batch { events, bytes } = self.follower.batch();
        let mut batch = self.store.read_after(after, events.max(1)).await?;
        cut(&mut batch, bytes);
        let Some(last) = batch.last().map(|stored| stored.position) else {
            self.board.follower(&self.name, |status| (status.state, status.position) = (State::Ok, after));
            return Ok(false);
        };
        let taken = match self.follower.take(&batch).await {
            Err(error) => {
                self.forget_what_it_was_shown();
                return Err(error);
            }
            Ok(taken) => taken,
        };
        let until = taken.broken_off.as_ref().map_or(last, |(until, _)| *until);
        self.keep(after, until, &taken).await?;
        match taken.broken_off {
            Some((_, error)) => Err(error),
            None => Ok(true),
        }
    }

    /// One that remembers was shown a batch that will come again: it begins anew.
    fn forget_what_it_was_shown(&mut self) {
        if !self.follower.window().is_zero() {
            self.position = None;
        }
    }

    /// Keeps how far it has come, and which events were set aside on the way.
    async fn keep(&mut self, after: Position, until: Position, taken: &Taken) -> Result<()> {
        let mut notes = self.aside.notes_of(&self.name, after, until, &taken.refused)?;
        notes.push(Note::new(key_of(&self.name), until)?);
        if let Err(error) = self.store.write(&notes).await {
            self.forget_what_it_was_shown();
            return Err(error);
        }
        if let Some(Refused { position, reason }) = taken.refused.first() {
            let (follower, count) = (&self.name, taken.refused.len());
            tracing::warn!(
                follower,
                count,
                position = position.0,
                reason = reason.chain(),
                "events were refused for good, and set aside"
            );
        }
        self.aside.took(after, until, &taken.refused);
        self.position = Some(until);
        let set_aside = self.aside.len();
        self.board.follower(&self.name, |status| {
            (status.state, status.position, status.set_aside) = (State::Ok, until, set_aside);
            if taken.broken_off.is_none() {
                status.last_error = None;
            }
            status.delivered += taken.delivered;
            status.rejected += taken.refused.len() as u64;
        });
        Ok(())
    }

    /// The position it has come to; a new follower's is kept at once, so that a restart misses nothing.
    async fn begin(&mut self) -> Result<Position> {
        self.follower.begin();
        self.aside = SetAside::read(&*self.store, &self.name).await?;
        let set_aside = self.aside.len();
        let position = match position_of(&*self.store, &self.name).await? {
            Some(position) => position,
            None => self.begin_new().await?,
        };
        self.board.follower(&self.name, |status| (status.set_aside, status.position) = (set_aside, position));
        self.begun = None;
        self.recall(position).await?;
        self.position = Some(position);
        Ok(position)
    }

    async fn begin_new(&self) -> Result<Position> {
        let position = match self.start {
            Start::Now => self.store.head().await?,
            Start::Beginning => Position::default(),
        };
        self.store.write(&[Note::new(key_of(&self.name), position)?]).await?;
        Ok(position)
    }

    /// Shows a follower that remembers what was stored in its window, and what came of it, which may stand behind the
    /// position.
    async fn recall(&self, position: Position) -> Result<()> {
        let window = self.follower.window();
        if window.is_zero() {
            return Ok(());
        }
        let (mut after, head) = (self.window_before(position, window).await?, self.store.head().await?);
        while after < head {
            let batch = self.store.read_after(after, Batch::default().events).await?;
            let Some(last) = batch.last() else { break };
            after = last.position;
            self.follower.recall(&batch, position);
        }
        Ok(())
    }

    /// The position behind which everything stands that was stored in the window before the event at `position`.
    async fn window_before(&self, position: Position, window: Duration) -> Result<Position> {
        let window = chrono::TimeDelta::from_std(window).unwrap_or(chrono::TimeDelta::MAX);
        let at = match self.store.read_at(&[position]).await?.pop() {
            Some(stored) => Some(stored),
            None => self.store.read_after(position, 1).await?.pop(),
        };
        let stored_at = at.and_then(|stored| stored.event.ingested_at);
        match stored_at.and_then(|at| at.instant().checked_sub_signed(window)) {
            Some(start) => Ok(position_at(&*self.store, start.into()).await?.min(position)),
            None => Ok(Position::default()),
        }
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

/// Leaves so much of a batch as may be handed on at once.
fn cut(batch: &mut Vec<Stored>, bytes: usize) {
    let mut used = 0;
    let over = batch.iter().position(|stored| {
        used += stored.event.raw.text().len();
        used > bytes
    });
    batch.truncate(over.unwrap_or(batch.len()).max(1));
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

/// How far apart the times are at which events are stored, against the order of their positions: several sources append
/// side by side, and the clocks of leaders differ.
const DISORDER: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// A position behind which everything stands that was stored at this time or later. Some of what was stored in the hour
/// before it stands there, too: times of storing follow the positions only roughly.
///
/// # Errors
/// Those of the log.
pub async fn position_at(store: &(impl EventLog + ?Sized), time: Timestamp) -> Result<Position> {
    let time = time.instant().checked_sub_signed(DISORDER).map_or(time, Timestamp::from);
    let (mut low, mut high) = (0, store.head().await?.0);
    while low < high {
        let middle = low + (high - low) / 2;
        let next = store.read_after(Position(middle), 1).await?;
        let before = |stored: &Stored| stored.event.ingested_at.is_some_and(|at| at.ticks() < time.ticks());
        match next.first() {
            Some(stored) if before(stored) => low = stored.position.0,
            _ => high = middle,
        }
    }
    Ok(Position(low))
}

pub(super) fn key_of(name: &str) -> String {
    format!("position/{name}")
}
