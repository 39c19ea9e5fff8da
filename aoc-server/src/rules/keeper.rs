//! Keeps the rules that are in force.

use std::{
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use aoc_core::{
    AlertEvaluator, Error, EventStore, Result,
    alert::{
        book::{RuleBook, RuleSet},
        detect::Reader,
        rule::Rule,
    },
    store::Note,
};
use tokio::sync::Mutex;

use super::{
    files::Files,
    known::{Known, KnownRule, Refused},
    original, reader, starter,
    stored::{KEYS, StoredRules, note_of},
};
use crate::config::AlertsConfig;

/// Keeps the rules that are in force: those of files, those that are stored, and those that come with AOC.
///
/// A rule that is changed through it counts at once. What changes in files, and what another process stores, is found
/// when it looks again.
pub struct Keeper {
    config: AlertsConfig,
    store: Arc<dyn EventStore>,
    book: Arc<RuleBook>,
    parts: Mutex<Parts>,
    known: RwLock<Option<Arc<Known>>>,
}

/// What the rules come from.
#[derive(Default)]
struct Parts {
    files: Files,
    stored: StoredRules,
    /// Nothing until it is read.
    pack: Option<(Vec<KnownRule>, Vec<Refused>)>,
    original: Vec<Refused>,
    /// Whether files have changed since rules were put in force.
    changed: bool,
}

impl Keeper {
    /// With this configuration, over this store. Nothing is read yet.
    pub fn new(config: AlertsConfig, store: Arc<dyn EventStore>) -> Arc<Self> {
        let book = RuleBook::new().reading(reader()).lateness(config.lateness.duration());
        let (book, parts, known) = (Arc::new(book), Mutex::default(), RwLock::default());
        Arc::new(Self { config, store, book, parts, known })
    }

    /// `[alerts]`.
    pub fn config(&self) -> &AlertsConfig {
        &self.config
    }

    /// What evaluates events by the rules in force.
    pub fn evaluator(&self) -> Arc<dyn AlertEvaluator> {
        self.book.clone()
    }

    /// How the rules read records.
    pub fn reader(&self) -> &Arc<Reader> {
        self.book.reader()
    }

    /// Reads all rules, and takes over those of the original. To be done before events are evaluated: what is evaluated
    /// without a rule is not evaluated again.
    ///
    /// # Errors
    /// Those of the store. That a rule cannot be used is none.
    pub async fn begin(&self) -> Result<()> {
        let refused = original::take_over(&*self.store).await?;
        self.parts.lock().await.original = refused;
        self.look().await
    }

    /// All rules, as they were when they were last looked at.
    ///
    /// # Errors
    /// Those of the store, where they were never looked at.
    pub async fn current(&self) -> Result<Arc<Known>> {
        if let Some(known) = self.read_known() {
            return Ok(known);
        }
        self.look().await?;
        Ok(self.read_known().unwrap_or_default())
    }

    /// Looks at all rules again, and puts what has changed in force.
    ///
    /// # Errors
    /// Those of the store; the rules of files are in force then, and those that are stored as they were.
    pub async fn look(&self) -> Result<()> {
        let mut parts = self.parts.lock().await;
        self.look_at_files(&mut parts).await?;
        let stored = parts.stored.look(&*self.store).await;
        parts.changed |= matches!(stored, Ok(true)) || self.read_known().is_none();
        // What was never read whole must not be taken for all there is.
        if parts.changed && (stored.is_ok() || self.read_known().is_some()) {
            self.put_in_force(&parts);
            parts.changed = false;
        }
        stored.map(drop)
    }

    /// Stores a rule in the place of the one of its id, and puts it in force.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the member that is wrong; those of the store.
    pub async fn store(&self, rule: &Rule) -> Result<()> {
        self.write(rule).await?;
        self.look().await
    }

    /// Stores a rule; it is in force once it is looked for.
    pub(crate) async fn write(&self, rule: &Rule) -> Result<()> {
        self.store.write(&[note_of(rule)?]).await
    }

    /// Removes the stored rule of an id.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn remove(&self, id: &str) -> Result<()> {
        self.erase(id).await?;
        self.look().await
    }

    /// Removes a stored rule; it is out of force once it is looked for.
    pub(crate) async fn erase(&self, id: &str) -> Result<()> {
        self.store.write(&[Note::new(format!("{KEYS}{id}"), ())?]).await
    }

    /// Looks again, time after time, as long as anybody has the keeper.
    pub fn watch(self: &Arc<Self>) {
        let every = self.config.reload_every.duration().max(Duration::from_secs(1));
        tokio::spawn(watch(Arc::downgrade(self), every));
    }

    /// Files are read, and rules made of them, where that keeps nobody waiting. What is known stays until that is done:
    /// whoever waits for it may be gone before.
    async fn look_at_files(&self, parts: &mut Parts) -> Result<()> {
        let (mut files, pack) = (parts.files.clone(), parts.pack.clone());
        let config = self.config.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let changed = files.look(&config.rules, &config.placeholders);
            let none = || (Vec::new(), Vec::new());
            let read = || if config.starter { starter::rules(&config.placeholders) } else { none() };
            (files, pack.unwrap_or_else(read), changed)
        });
        let (files, pack, changed) =
            looked.await.map_err(|cause| Error::internal("reading rules panicked").because(cause))?;
        (parts.files, parts.pack) = (files, Some(pack));
        parts.changed |= changed;
        Ok(())
    }

    fn put_in_force(&self, parts: &Parts) {
        let mut known = Known::default();
        known.refused.extend(
            [&parts.files.refused, &parts.stored.refused, &parts.original].into_iter().flatten().cloned(),
        );
        known.add(parts.files.rules.iter().cloned());
        known.add(parts.stored.rules.iter().cloned());
        if let Some((rules, refused)) = &parts.pack {
            known.refused.extend(refused.iter().cloned());
            known.add(rules.iter().cloned());
        }
        known.disable(&self.config.disabled);
        let before = self.read_known();
        let is_new = |one: &&Refused| !before.as_ref().is_some_and(|before| before.refused.contains(one));
        for Refused { file, id, reason, earlier_stays, .. } in known.refused.iter().filter(is_new) {
            tracing::warn!(file, id, reason, earlier_stays, "a rule cannot be used");
        }
        let is_there = |id: &&String| known.rules.iter().any(|rule| rule.detection.id == **id);
        if before.is_none() {
            for id in self.config.disabled.iter().filter(|id| !is_there(id)) {
                tracing::warn!(id, "`[alerts] disabled` names a rule that there is not");
            }
        }
        let in_force = known.rules.iter().filter(|rule| rule.in_force()).map(|rule| rule.detection.clone());
        self.book.replace(RuleSet::new(in_force));
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(known));
    }

    fn read_known(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn watch(keeper: Weak<Keeper>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(keeper) = keeper.upgrade() else { return };
        if let Err(error) = keeper.look().await {
            tracing::warn!(error = error.chain(), "stored rules cannot be read; they stay as they were");
        }
    }
}
