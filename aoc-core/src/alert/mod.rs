//! Alerts: findings that are events themselves.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Event, Key, Outcome, RawJson, Result, Timestamp};

/// The source and service of alerts.
pub const ALERT_SOURCE: &str = "aoc";
/// The service of alerts.
pub const ALERT_SERVICE: &str = "AOC";

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Informational,
    /// Worth a look.
    Low,
    /// Worth a look today.
    Medium,
    /// Worth a look now.
    High,
    /// Worth waking somebody.
    Critical,
}

/// What an evaluator found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// The rule's id.
    pub rule: String,
    /// What the finding is about, beside the rule: the event's key, or group and window. The same rule and
    /// subject are the same alert, however often they are evaluated.
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub title: String,
    /// Keys of the events that made it.
    pub events: Vec<Key>,
    /// Why, a sentence for each condition.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Labels such as `attack.t1098`.
    #[serde(default)]
    pub labels: Vec<String>,
}

impl Alert {
    /// The alert as an event, at the time of the event that made it, with its actor and targets.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when the alert has no JSON.
    pub fn into_event(self, cause: &Event) -> Result<Event> {
        let mut event = Event::new(ALERT_SOURCE, format!("{}/{}", self.rule, self.subject), cause.timestamp);
        event.raw = RawJson::of(&self)?;
        event.service = ALERT_SERVICE.into();
        event.operation = self.title.clone();
        event.result = Outcome::Success;
        event.tenant.clone_from(&cause.tenant);
        event.ingested_at = Some(Timestamp::now());
        event.actor_display.clone_from(&cause.actor_display);
        event.actor_upn.clone_from(&cause.actor_upn);
        event.actor_type = cause.actor_type;
        event.actor_ip.clone_from(&cause.actor_ip);
        event.target_displays.clone_from(&cause.target_displays);
        event.correlation_id.clone_from(&cause.correlation_id);
        event.display_summary = format!("{}: {}", self.title, cause.display_summary);
        event.normalizer = "aoc/1".into();
        Ok(event)
    }
}

/// Finds what deserves an alert. Pure but for what it remembers of the events it has seen, in their order.
pub trait AlertEvaluator: Send + Sync {
    /// Looks at the next event of the log. Alerts themselves are never shown to it.
    fn evaluate(&self, event: &Event) -> Vec<Alert>;

    /// How far back it remembers, in event time. After a restart the events of this stretch are shown to it
    /// once more, and what it finds in them is known already.
    fn window(&self) -> Duration;
}
