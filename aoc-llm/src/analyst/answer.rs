//! Questions and answers, as they cross the API.

use std::time::Duration;

use aoc_core::{Event, Filter, Key, Outcome, Timestamp, query::Counted};
use chrono::FixedOffset;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::Usage;

/// How long a model may take when nobody says.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The question in plain language.
    pub text: String,
    /// What the filters of the page say already; they go before the question.
    pub ui: Filter,
    /// The present.
    pub now: Timestamp,
    /// How far east of UTC the clocks of whoever asks are.
    pub offset: FixedOffset,
    /// A plan to run instead of reading the question, such as an edited one.
    pub plan: Option<Plan>,
    /// Whose tokens are used: the account in a [`Budget`](crate::Budget).
    pub caller: String,
    /// How long a model may take, all told. What it said until then is checked and kept; the rest the store answers.
    pub patience: Duration,
}

impl Question {
    /// A question of nobody in particular, at `now`, on clocks of UTC.
    pub fn new(text: impl Into<String>, now: Timestamp) -> Self {
        let offset = FixedOffset::east_opt(0).unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc));
        Self {
            text: text.into(),
            ui: Filter::default(),
            now,
            offset,
            plan: None,
            caller: String::new(),
            patience: PATIENCE,
        }
    }
}

/// An answer that can be checked: each sentence names the stored events that it is about.
///
/// Invariant: every sentence of `answer` comes from the store, or was said by a model and found in the store. All text
/// is plain; it holds no links and no markup, whatever records hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The sentences, a line each, with numbers of events behind them such as `[1]`; then, behind a line `Events:`, the keys of
    /// these events by number.
    pub answer: String,
    /// The sentences with their events, and what became of those that a model said.
    pub claims: Vec<Claim>,
    /// The events that were looked at one by one, in the order that the plan asks for.
    pub events: Vec<Told>,
    /// How the question was understood.
    pub plan: Plan,
    /// What the store counts, over all events of the plan.
    pub counts: Counts,
    /// How many events of the plan were counted, but not looked at one by one.
    pub left_out: u64,
    /// Whether a sentence of a model is in the answer.
    pub llm_used: bool,
    /// Why a model did not help, in a sentence of ours.
    #[serde(default)]
    pub llm_error: Option<String>,
    /// What the model used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// A sentence and the events that prove it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// The sentence; empty where it was removed.
    pub text: String,
    /// The keys of the events that prove it.
    pub events: Vec<Key>,
    /// Whether it can be relied upon, and why.
    pub status: Status,
    /// Why it was corrected or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Made of what the store says.
    Stored,
    /// Said by a model, and found in the events that it names.
    Verified,
    /// Said by a model; what was wrong was replaced by what the store says.
    Corrected,
    /// Said by a model, and not in the answer: its events do not say so.
    Removed,
}

/// What the store counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// All events.
    pub total: u64,
    /// By service, the most frequent first; this and the others name 50 values at most.
    pub service: Vec<Counted>,
    /// By operation.
    pub operation: Vec<Counted>,
    /// By result.
    pub result: Vec<Counted>,
    /// By actor.
    pub actor: Vec<Counted>,
}

impl Counts {
    /// How many events ended so.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.result.iter().find(|one| one.value == outcome.as_str()).map_or(0, |one| one.count)
    }
}

/// An event in short. The members are as stored, and named as in an event; show them as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// Its key.
    #[serde(rename = "dedupe_key")]
    pub key: Key,
    /// Its id.
    pub id: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Its service.
    pub service: String,
    /// What was done.
    pub operation: String,
    /// How it ended.
    pub result: Outcome,
    /// Who did it, as displayed.
    pub actor_display: Option<String>,
    /// Who did it, as signed in.
    pub actor_upn: Option<String>,
    /// From which address.
    pub actor_ip: Option<String>,
    /// What it was done to.
    pub target_displays: Vec<String>,
    /// The event in a sentence.
    pub display_summary: String,
}

impl Told {
    /// An event in short.
    pub fn of(event: &Event) -> Self {
        Self {
            key: event.dedupe_key.clone(),
            id: event.id.clone(),
            timestamp: event.timestamp,
            service: event.service.clone(),
            operation: event.operation.clone(),
            result: event.result,
            actor_display: event.actor_display.clone(),
            actor_upn: event.actor_upn.clone(),
            actor_ip: event.actor_ip.clone(),
            target_displays: event.target_displays.clone(),
            display_summary: event.display_summary.clone(),
        }
    }
}

impl Claim {
    /// A sentence made of what the store says.
    pub(super) fn stored(text: impl Into<String>, events: Vec<Key>) -> Self {
        Self { text: text.into(), events, status: Status::Stored, reason: None }
    }

    /// A sentence that is not in the answer.
    pub(super) fn removed(reason: &str) -> Self {
        Self {
            text: String::new(),
            events: Vec::new(),
            status: Status::Removed,
            reason: Some(reason.to_owned()),
        }
    }

    /// The sentence as it stands in the answer: its events are told by their places in the list of those that are cited, which
    /// grows by them.
    pub(super) fn line(&self, cited: &mut Vec<Key>) -> String {
        const NAMED: usize = 3;
        let mut place = |key: &Key| {
            let at = cited.iter().position(|other| other == key).unwrap_or_else(|| {
                cited.push(key.clone());
                cited.len() - 1
            });
            format!("[{}]", at + 1)
        };
        let named: String = self.events.iter().take(NAMED).map(&mut place).collect();
        match self.events.len() {
            0 => self.text.clone(),
            count if count > NAMED => format!("{} {named} and {} more", self.text, count - NAMED),
            _ => format!("{} {named}", self.text),
        }
    }
}
