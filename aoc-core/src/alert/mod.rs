//! Alerts: findings that are events themselves; and, with the feature `rules`, the rules that make them.

#[cfg(feature = "rules")]
pub mod backtest;
#[cfg(feature = "rules")]
pub mod book;
#[cfg(feature = "rules")]
mod conditions;
#[cfg(feature = "rules")]
pub mod detect;
#[cfg(feature = "rules")]
mod fields;
#[cfg(feature = "rules")]
pub mod files;
#[cfg(feature = "rules")]
mod glob;
#[cfg(feature = "rules")]
mod path;
#[cfg(feature = "rules")]
mod prefilter;
#[cfg(feature = "rules")]
mod quiet;
#[cfg(feature = "rules")]
pub mod rule;
#[cfg(feature = "rules")]
mod schedule;
#[cfg(feature = "rules")]
mod sigma;
#[cfg(feature = "rules")]
pub mod watch;
#[cfg(feature = "rules")]
mod watcher;
#[cfg(feature = "rules")]
pub mod why_not;
#[cfg(feature = "rules")]
mod windows;
#[cfg(feature = "rules")]
mod yaml;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Event, Key, Outcome, RawJson, Result, Timestamp};

/// The source and service of alerts.
pub const ALERT_SOURCE: &str = "aoc";
/// The service of alerts.
pub const ALERT_SERVICE: &str = "AOC";
/// The service of what is done in AOC itself, such as changing a rule.
pub const AUDIT_SERVICE: &str = "AOCAudit";

/// How bad it is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Informational,
    /// Worth a look.
    Low,
    /// Worth a look today.
    #[default]
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
    /// What the finding is about, beside the rule: the key of the event that made it; behind it ` #` and a hash of the
    /// group where one event counts in several. The same rule and subject are the same alert, however often they are
    /// evaluated.
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub title: String,
    /// Whom or what it is about, where the rule counts or keeps quiet by that: the values of its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// How many events made it.
    #[serde(default)]
    pub matched: u64,
    /// Keys of the events that made it, the earliest first, at most [`Alert::MOST_EVENTS`].
    pub events: Vec<Key>,
    /// Why, a sentence for each condition.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Labels such as `attack.t1098`.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What the rule says about itself: what it means, what to do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How many seconds after it happened the vendor made the event available that made it; nothing where the vendor
    /// does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<i64>,
}

impl Alert {
    /// How many keys an alert names.
    pub const MOST_EVENTS: usize = 100;

    /// An alert of a rule about one event.
    pub fn about(
        rule: impl Into<String>,
        severity: Severity,
        title: impl Into<String>,
        event: &Event,
    ) -> Self {
        Self {
            rule: rule.into(),
            subject: event.dedupe_key.to_string(),
            severity,
            title: title.into(),
            entity: None,
            matched: 1,
            events: vec![event.dedupe_key.clone()],
            reasons: Vec::new(),
            labels: Vec::new(),
            description: String::new(),
            delay_seconds: delay_of(event),
        }
    }

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
        event.target_displays = cause.target_displays.iter().take(MOST_TARGETS).cloned().collect();
        event.correlation_id.clone_from(&cause.correlation_id);
        event.display_summary = format!("{}: {}{}", self.title, cause.display_summary, self.lateness());
        event.normalizer = "aoc/1".into();
        Ok(event)
    }

    /// The alert that an event is; `None` where it is none.
    pub fn of(event: &Event) -> Option<Self> {
        (event.source == ALERT_SOURCE).then(|| event.raw.read().ok()).flatten()
    }

    /// Whose delay it was, where it was long.
    fn lateness(&self) -> String {
        match self.delay_seconds {
            Some(seconds) if seconds >= 2 * DAY => format!(" (delivered {} days late)", seconds / DAY),
            Some(seconds) if seconds >= 3 * HOUR => format!(" (delivered {} h late)", seconds / HOUR),
            Some(seconds) if seconds >= LATE => format!(" (delivered {} min late)", seconds / 60),
            _ => String::new(),
        }
    }
}

/// A delay that is worth a word, in seconds.
const LATE: i64 = 15 * 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// The most targets that an alert takes over.
const MOST_TARGETS: usize = 20;

fn delay_of(event: &Event) -> Option<i64> {
    let available = event.available_at?;
    Some((available.instant() - event.timestamp.instant()).num_seconds().max(0))
}

/// Finds what deserves an alert.
///
/// The pipeline begins an [`Evaluation`] whenever it begins to follow the log: at the start, after it lost the lead, and
/// after an error. What is found counts only from the position on that it had come to.
pub trait AlertEvaluator: Send + Sync {
    /// Begins to look at the log, with nothing remembered.
    fn begin(&self) -> Box<dyn Evaluation>;

    /// For how long after an event was stored it counts for what is found later. After a restart the events that were
    /// stored in this stretch before the position are shown again, and what is found in them is known already. Zero
    /// where every event is looked at by itself.
    fn window(&self) -> Duration;
}

/// One way along the log. What it finds is a function of what it was shown, in this order, and of nothing else, so that
/// a crash neither loses nor doubles an alert.
pub trait Evaluation: Send {
    /// Looks at the next event. Alerts, also those of others, are never given here.
    fn evaluate(&mut self, event: &Event) -> Vec<Alert>;

    /// Looks again at an event that was looked at before the restart. Its alerts are in the log already, and come to
    /// [`recall`](Self::recall): an evaluation that keeps quiet after an alert must take those for what was told, and
    /// not what it would find now.
    fn review(&mut self, event: &Event) {
        self.evaluate(event);
    }

    /// Takes note of an alert that is in the log: somebody was told already. Its own come here again, too.
    fn recall(&mut self, _alert: &Event) {}

    /// Whether what it remembers is no longer what one that began now would, as after a change of rules. Then one begins
    /// anew.
    fn is_stale(&mut self) -> bool {
        false
    }
}

impl<F: FnMut(&Event) -> Vec<Alert> + Send> Evaluation for F {
    fn evaluate(&mut self, event: &Event) -> Vec<Alert> {
        self(event)
    }
}
