//! Who answers questions, and what that may cost.

use std::sync::Arc;

use aoc_core::{EventIndex, EventStore, LlmProvider, Result, store::Note};
use aoc_llm::{Budget, analyst::Analyst};

use crate::config::AskConfig;

/// Where it is noted what was used.
const NOTE: &str = "llm/spent";

/// Who answers questions.
#[derive(Clone)]
pub struct Asking {
    analyst: Arc<Analyst>,
    budget: Arc<Budget>,
    store: Arc<dyn EventStore>,
    is_enabled: bool,
    has_model: bool,
}

impl Asking {
    /// Over a store and its index, as `[llm]` says.
    pub fn new(
        config: &AskConfig,
        model: Option<Arc<dyn LlmProvider>>,
        (store, index): (Arc<dyn EventStore>, Arc<dyn EventIndex>),
    ) -> Self {
        let budget = Arc::new(Budget::new(config.limits()));
        let analyst = Analyst::new(index, store.clone());
        let mut analyst = analyst.options(config.options()).budget(budget.clone());
        let has_model = model.is_some();
        if let Some(model) = model {
            analyst = analyst.model(model);
        }
        Self { analyst: Arc::new(analyst), budget, store, is_enabled: config.enabled, has_model }
    }

    /// Reads how much was used today.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn begin(&self) -> Result<()> {
        let noted = self.store.read(NOTE).await?;
        match noted.map(serde_json::from_value) {
            Some(Ok(spent)) => self.budget.recall(spent),
            Some(Err(cause)) => {
                tracing::warn!(note = NOTE, error = %cause, "how many tokens were used today cannot be read; counting from 0");
            }
            None => {}
        }
        Ok(())
    }

    /// Notes how much was used today, where this process may write.
    pub(super) async fn note(&self) {
        if !self.store.lead().borrow().is_ours() {
            return;
        }
        let noted = async { self.store.write(&[Note::new(NOTE, self.budget.snapshot())?]).await };
        if let Err(error) = noted.await {
            tracing::warn!(error = error.chain(), "how many tokens were used today is not noted");
        }
    }

    pub(super) fn analyst(&self) -> &Analyst {
        &self.analyst
    }

    /// Whether questions are answered.
    pub fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// Whether there is a language model.
    pub fn has_model(&self) -> bool {
        self.has_model
    }
}
