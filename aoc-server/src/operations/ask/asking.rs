//! Who answers questions, and what that may cost.

use std::{sync::Arc, time::Duration};

use aoc_core::{Error, EventIndex, EventStore, LlmProvider, Result, store::Note};
use aoc_llm::{Budget, analyst::Analyst};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use crate::config::AskConfig;

/// Where it is noted what was used.
const NOTE: &str = "llm/spent";
/// How long the store may take to keep it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many questions may be with the model at once; those beyond are answered without it.
pub(super) const AT_ONCE: usize = 8;

/// How many questions are answered at once, with the model or without.
const SEATS: usize = 32;

/// Who answers questions.
#[derive(Clone)]
pub struct Asking {
    analyst: Arc<Analyst>,
    /// The same without the model.
    unaided: Arc<Analyst>,
    budget: Arc<Budget>,
    places: Arc<Semaphore>,
    seats: Arc<Semaphore>,
    store: Arc<dyn EventStore>,
    /// Held by whoever notes: what is noted later tells more.
    noting: Arc<Mutex<()>>,
    is_enabled: bool,
    has_model: bool,
}

/// Who answers one question, and a place with the model for as long as that takes.
pub(super) struct Turn<'a> {
    pub(super) analyst: &'a Analyst,
    /// Whether the model is left out because too many others are with it.
    pub(super) is_crowded: bool,
    _place: Option<SemaphorePermit<'a>>,
}

impl Asking {
    /// Over a store and its index, as `[llm]` says.
    pub fn new(
        config: &AskConfig,
        model: Option<Arc<dyn LlmProvider>>,
        (store, index): (Arc<dyn EventStore>, Arc<dyn EventIndex>),
    ) -> Self {
        let budget = Arc::new(Budget::new(config.limits()));
        let new = || Analyst::new(index.clone(), store.clone()).options(config.options());
        let (mut analyst, unaided) = (new().budget(budget.clone()), Arc::new(new()));
        let has_model = model.is_some();
        if let Some(model) = model {
            analyst = analyst.model(model);
        }
        let (analyst, places) = (Arc::new(analyst), Arc::new(Semaphore::new(AT_ONCE)));
        let (seats, noting, is_enabled) = (Arc::new(Semaphore::new(SEATS)), Arc::default(), config.enabled);
        Self { analyst, unaided, budget, places, seats, store, noting, is_enabled, has_model }
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
        let noted = async {
            let _alone = self.noting.lock().await;
            self.store.write(&[Note::new(NOTE, self.budget.snapshot())?]).await
        };
        let noted = tokio::time::timeout(PATIENCE, noted).await;
        let late = |_| Err(Error::unavailable("the store does not answer in time"));
        if let Err(error) = noted.unwrap_or_else(late) {
            tracing::warn!(error = error.chain(), "how many tokens were used today is not noted");
        }
    }

    /// A seat for one question.
    ///
    /// # Errors
    /// [`RateLimited`](aoc_core::ErrorKind::RateLimited) where none is left.
    pub(super) fn seat(&self) -> Result<SemaphorePermit<'_>> {
        self.seats.try_acquire().map_err(|_| {
            let sentence =
                format!("{SEATS} questions are being answered, no more are at once; try again later");
            Error::rate_limited(sentence).wait(Duration::from_secs(2))
        })
    }

    /// Who answers the next question. It does not wait for a place: a model that hangs must not keep the store's answer from
    /// those behind.
    pub(super) fn turn(&self) -> Turn<'_> {
        let place = self.places.try_acquire().ok().filter(|_| self.has_model);
        let is_crowded = self.has_model && place.is_none();
        let analyst = if is_crowded { &self.unaided } else { &self.analyst };
        Turn { analyst, is_crowded, _place: place }
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
