//! The rules that are in force, and the evaluator that looks at every event with them.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use super::{
    detect::{Detection, Reader, as_it_is},
    watch::Watch,
    watcher::reach,
};
use crate::{AlertEvaluator, Evaluation};

/// Rules that are in force together. Ids are unique.
#[derive(Clone, Default)]
pub struct RuleSet {
    detections: Vec<Arc<Detection>>,
}

impl RuleSet {
    /// These rules. Of several with one id the first counts.
    pub fn new(detections: impl IntoIterator<Item = Arc<Detection>>) -> Self {
        let mut seen = std::collections::BTreeSet::new();
        Self { detections: detections.into_iter().filter(|rule| seen.insert(rule.id.clone())).collect() }
    }

    /// All of them.
    pub fn detections(&self) -> &[Arc<Detection>] {
        &self.detections
    }

    /// The rule of this id.
    pub fn find(&self, id: &str) -> Option<&Arc<Detection>> {
        self.detections.iter().find(|rule| rule.id == id)
    }
}

/// The built-in evaluator. Clones share their rules, which can be replaced while it works.
#[derive(Clone)]
pub struct RuleBook {
    rules: Arc<RwLock<Arc<RuleSet>>>,
    reader: Arc<Reader>,
    lateness: Duration,
    asked: Asked,
}

/// Which rules are asked about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Those of which the text of its record has a word.
    Likely,
    /// All, as measurements and tests compare it.
    All,
}

impl RuleBook {
    /// Without rules.
    pub fn new() -> Self {
        Self {
            rules: Arc::default(),
            reader: Arc::new(as_it_is),
            lateness: Self::LATENESS,
            asked: Asked::Likely,
        }
    }

    /// For how long after it was stored an event counts, where nothing else is said: a day.
    pub const LATENESS: Duration = Duration::from_secs(86_400);

    /// With records read so.
    #[must_use]
    pub fn reading(mut self, reader: Arc<Reader>) -> Self {
        self.reader = reader;
        self
    }

    /// Events that belong to one window are found together when they are stored no longer than this apart, beside the
    /// window's own length.
    #[must_use]
    pub fn lateness(mut self, lateness: Duration) -> Self {
        self.lateness = lateness;
        self
    }

    /// With every rule asked about every event. The same alerts, later.
    #[must_use]
    pub fn without_prefilter(mut self) -> Self {
        self.asked = Asked::All;
        self
    }

    /// One way along the log, with nothing remembered.
    pub fn watch(&self) -> Watch {
        Watch::new(self.clone())
    }

    /// The rules that are in force.
    pub fn rules(&self) -> Arc<RuleSet> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts these rules in force instead, all at once. What is remembered for rules that stay is kept.
    pub fn replace(&self, rules: RuleSet) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }

    /// The rules that are in force, where they are others than these.
    pub(super) fn rules_unless(&self, known: &Arc<RuleSet>) -> Option<Arc<RuleSet>> {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        (!Arc::ptr_eq(&rules, known)).then(|| rules.clone())
    }

    pub(super) fn is_filtered_first(&self) -> bool {
        self.asked == Asked::Likely
    }

    pub(super) fn lateness_of_events(&self) -> Duration {
        self.lateness
    }

    /// How records are read.
    pub fn reader(&self) -> &Arc<Reader> {
        &self.reader
    }
}

impl Default for RuleBook {
    fn default() -> Self {
        Self::new()
    }
}

impl AlertEvaluator for RuleBook {
    fn begin(&self) -> Box<dyn Evaluation> {
        Box::new(self.watch())
    }

    fn window(&self) -> Duration {
        let rules = self.rules();
        let reaches = rules.detections().iter().filter(|rule| rule.enabled).map(|rule| reach(rule));
        match reaches.max() {
            Some(longest) if !longest.is_zero() => longest.saturating_add(self.lateness),
            _ => Duration::ZERO,
        }
    }
}
