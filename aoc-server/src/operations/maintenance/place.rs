//! Where a renormalisation is, so that the next run goes on.

use std::sync::Arc;

use aoc_core::{EventStore, Position, Result, Timestamp, store::Note};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::report::Renormalized;

const KEY: &str = "maintenance/renormalize";
/// What the events behind the place were normalised by.
const BUILD: &str = env!("CARGO_PKG_VERSION");

/// The note.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    /// All events up to here are done.
    pub(super) position: Position,
    started: Timestamp,
    build: String,
    /// Whether events were rewritten, so that the index has to be rebuilt.
    pub(super) rewrote: bool,
    pub(super) report: Renormalized,
}

impl Place {
    /// The beginning of the log.
    pub(super) fn start() -> Self {
        let (position, started) = (Position::default(), Timestamp::now());
        Self { position, started, build: BUILD.into(), rewrote: false, report: Renormalized::default() }
    }

    /// Where an interrupted run was, else the beginning. What another build has done is done again.
    pub(super) async fn read(store: &Arc<dyn EventStore>) -> Result<Self> {
        let Some(note) = store.read(KEY).await? else { return Ok(Self::start()) };
        let place = serde_json::from_value::<Self>(note).ok().filter(|place| place.build == BUILD);
        let Some(mut place) = place else { return Ok(Self { rewrote: true, ..Self::start() }) };
        if place.position > Position::default() {
            place.report.continued_at = Some(place.position);
        }
        Ok(place)
    }

    /// Keeps it.
    pub(super) async fn write(&self, store: &Arc<dyn EventStore>) -> Result<()> {
        store.write(&[Note::new(KEY, self)?]).await
    }

    /// Erases it.
    pub(super) async fn erase(store: &Arc<dyn EventStore>) -> Result<()> {
        store.write(&[Note { key: KEY.into(), value: Value::Null }]).await
    }
}
