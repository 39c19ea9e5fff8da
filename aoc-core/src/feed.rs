//! Feeds: sources with all that belongs to them.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Normalizer, Source};

/// Hears from outside that a source may have something new.
///
/// What it hears is only a nudge: records have one way in, and whoever rings falsely costs one fetch.
pub trait Doorbell: Send + Sync {
    /// Whether the notification is genuine and this source should fetch now. Must not block.
    fn rings(&self, notification: &Value) -> bool;
}

/// Finds out why a source works or does not.
#[async_trait]
pub trait Checkup: Send + Sync {
    /// Reaches the other side, and says what is right and what is not. Changes nothing there.
    async fn examine(&self) -> Vec<Finding>;
}

/// What a checkup found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What was looked at, such as `token` or `Audit.Exchange`.
    pub subject: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, in one sentence.
    pub sentence: String,
    /// What would put it right, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// It works, but something should be looked at.
    Doubtful,
    /// It does not work.
    Broken,
}

/// A source with the normalizer that reads it.
///
/// A vendor that gives its records in several streams gives several sources, each with a loop, a cursor and an
/// error of its own, so that one stream that is refused holds up none of the others.
#[derive(Clone)]
pub struct Feed {
    /// Where records come from: each with the content it brings, such as `Audit.Exchange`; empty where there is
    /// but one.
    pub sources: Vec<(String, Arc<dyn Source>)>,
    /// What reads them.
    pub normalizer: Arc<dyn Normalizer>,
    /// What hears notifications for it.
    pub doorbell: Option<Arc<dyn Doorbell>>,
    /// What finds out why it does not work.
    pub checkup: Option<Arc<dyn Checkup>>,
}

impl Feed {
    /// Joins the two.
    pub fn new(source: impl Source + 'static, normalizer: impl Normalizer + 'static) -> Self {
        Self::of(vec![(String::new(), Arc::new(source))], normalizer)
    }

    /// Several sources, each with its content, and the normalizer that reads them all.
    pub fn of(sources: Vec<(String, Arc<dyn Source>)>, normalizer: impl Normalizer + 'static) -> Self {
        Self { sources, normalizer: Arc::new(normalizer), doorbell: None, checkup: None }
    }

    /// With a doorbell.
    #[must_use]
    pub fn with_doorbell(mut self, doorbell: Arc<dyn Doorbell>) -> Self {
        self.doorbell = Some(doorbell);
        self
    }

    /// With a checkup.
    #[must_use]
    pub fn with_checkup(mut self, checkup: Arc<dyn Checkup>) -> Self {
        self.checkup = Some(checkup);
        self
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}
