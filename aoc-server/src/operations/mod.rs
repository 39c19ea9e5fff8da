//! What people and machines can do with the events: one verb per method, the caller first.
//!
//! HTTP, MCP and the command line are thin adapters over [`Operations`]. Permissions are asked for in
//! here, so that no face can forget one.
//!
//! Invariant: no type of an HTTP or RPC library appears below this module.

mod ask;
pub mod audit;
pub mod copy;
mod events;
mod expected;
mod export;
mod fetch;
mod gaps;
pub(crate) mod given;
mod health;
pub mod maintenance;
mod meta;
mod metrics;
mod reconcile;
pub mod rules;
pub mod sinks;
mod status;
mod times;
pub mod types;
mod webhook;

use std::sync::Arc;

use aoc_core::{EventIndex, EventStore, Result, Running};
use tokio::sync::{RwLock, Semaphore};

use crate::{
    config::{AlertsConfig, AskConfig},
    rules::Keeper,
};

pub use self::{
    ask::{AskAnswer, AskQuestion, Asking, OnText, QueryInfo},
    expected::Expected,
    export::Exported,
    reconcile::{Difference, Differs, Reconciled, Reconciliation},
    times::read_time,
};

/// What can be done. Shared by all faces of the server.
pub struct Operations {
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    /// What runs beside it; nothing on the command line, and nothing any more once it was stopped.
    running: RwLock<Option<Running>>,
    /// What the configured sources should prove; nothing where that is not known.
    expected: Option<Vec<Expected>>,
    rules: Arc<Keeper>,
    sinks: Vec<sinks::ConfiguredSink>,
    proofs: gaps::KnownProofs,
    webhook: webhook::Webhook,
    backtests: Arc<Semaphore>,
    asking: Asking,
    /// Whether what callers do becomes events.
    audits: bool,
}

impl Operations {
    /// Over a store and the index that follows it, with nothing running.
    pub fn new(store: Arc<dyn EventStore>, index: Arc<dyn EventIndex>) -> Self {
        let (proofs, webhook) = (gaps::KnownProofs::default(), webhook::Webhook::default());
        let rules = Keeper::new(AlertsConfig::bare(), store.clone());
        let (running, sinks) = (RwLock::new(None), Vec::new());
        let backtests = Arc::new(Semaphore::new(rules::MOST_BACKTESTS));
        let asking = Asking::new(&AskConfig::default(), None, (store.clone(), index.clone()));
        let (expected, audits) = (None, false);
        Self { store, index, running, expected, rules, sinks, proofs, webhook, backtests, asking, audits }
    }

    /// With the rules of a keeper, else only those that are stored are known, and none makes alerts.
    #[must_use]
    pub fn ruled_by(mut self, rules: Arc<Keeper>) -> Self {
        self.rules = rules;
        self
    }

    /// With what is known of the sinks that the pipeline has.
    #[must_use]
    pub fn forwarding(mut self, sinks: Vec<sinks::ConfiguredSink>) -> Self {
        self.sinks = sinks;
        self
    }

    /// With another who answers questions: without one, they are answered without a model.
    #[must_use]
    pub fn asked(mut self, asking: Asking) -> Self {
        self.asking = asking;
        self
    }

    /// With events that tell which questions and tools callers used. Not for those who read beside a server: only one may
    /// write.
    #[must_use]
    pub fn audited(mut self) -> Self {
        self.audits = true;
        self
    }

    /// The rules.
    pub fn rules(&self) -> &Arc<Keeper> {
        &self.rules
    }

    /// With a running pipeline, whose status it tells.
    #[must_use]
    pub fn with(mut self, running: Running) -> Self {
        self.running = RwLock::new(Some(running));
        self
    }

    /// With what the configured sources should prove: then a source that proves nothing is not overlooked.
    #[must_use]
    pub fn expecting(mut self, expected: Vec<Expected>) -> Self {
        self.expected = Some(expected);
        self
    }

    /// Stops the pipeline, letting every loop finish what it is at.
    ///
    /// # Errors
    /// Those of [`Running::stop`].
    pub async fn stop(&self) -> Result<()> {
        match self.running.write().await.take() {
            Some(running) => running.stop().await,
            None => Ok(()),
        }
    }
}
