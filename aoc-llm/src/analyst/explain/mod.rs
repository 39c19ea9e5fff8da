//! Explains one event: what happened, whether it is usual, what it implies, what to do, how to undo it.

mod history;
mod inverse;
mod kinds;
mod related;

use std::time::Duration;

use aoc_core::{Error, Event, Key, Result};
use chrono::FixedOffset;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    history::History,
    inverse::{Inverse, Script},
    related::{Related, Why},
};
use super::{
    Analyst, Claim, Counts, Told,
    consult::{Matter, Use},
    phrases,
    prompt::{clean::value, record::Altered},
    say::Speech,
    tell,
};
use crate::Usage;

/// How many changes are told.
const CHANGES: usize = 20;
/// How many related events a model is told.
const TOLD: usize = 20;

/// What there is to say about one event.
///
/// Invariant: as for [`Answer`](super::Answer), every sentence is made of what is stored, or was found there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// The event.
    pub event: Told,
    /// The sentences, a line each.
    pub explanation: String,
    /// The sentences with their events.
    pub claims: Vec<Claim>,
    /// What its actor did in the 30 days before; nothing for events without an actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
    /// What deeds of this kind imply.
    pub implications: Vec<String>,
    /// What to look at or do next.
    pub next_steps: Vec<String>,
    /// How it could be undone; only where the old values are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inverse: Option<Inverse>,
    /// What happened around it.
    pub related: Vec<Related>,
    /// How many events that are.
    pub related_count: usize,
    /// Whether a sentence of a model is in it.
    pub llm_used: bool,
    /// Why a model did not help, in a sentence of ours.
    #[serde(default)]
    pub llm_error: Option<String>,
    /// What the model used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// What the store says about an event.
struct Case {
    event: Event,
    offset: FixedOffset,
    history: Option<History>,
    told: Vec<Related>,
    related: Vec<Event>,
}

impl Analyst {
    /// Explains the event of this key, at the event's own time. `caller` is whose tokens are used, and a model may take as long
    /// as `patience` says.
    ///
    /// # Errors
    /// [`NotFound`](aoc_core::ErrorKind::NotFound) when there is no such event; errors of the store.
    pub async fn explain(
        &self,
        key: &Key,
        offset: FixedOffset,
        (caller, patience): (&str, Duration),
    ) -> Result<Explanation> {
        let mut used = Use::within(patience);
        let found = self.log.get(key.as_str()).await?;
        let event = found.into_iter().map(|stored| stored.event).find(|event| event.dedupe_key == *key);
        let event = event.ok_or_else(|| Error::not_found("there is no such event"))?;
        let history = History::of(&*self.index, &event).await?;
        let (told, related) = related::related(&*self.index, &event).await?;
        let case = Case { event, offset, history, told, related };
        let speech = Speech::new(&|_| {});
        case.sentences().into_iter().for_each(|claim| speech.say(claim));
        self.rephrase(&case, &speech, caller, &mut used).await;
        let (explanation, claims) = speech.end();
        Ok(case.explained(explanation, claims, used))
    }

    /// A model may add what the events prove.
    async fn rephrase(&self, case: &Case, speech: &Speech<'_>, caller: &str, used: &mut Use) {
        const QUESTION: &str = "What happened in e1, and which of the other records belong to it?";
        let related = case.related.iter().take(TOLD);
        let events: Vec<Event> = std::iter::once(&case.event).chain(related).cloned().collect();
        // These are not all events there are, so that no claim may count them.
        let counts = Counts::default();
        let matter = Matter {
            question: QUESTION,
            now: case.event.timestamp,
            offset: case.offset,
            events: &events,
            counts: &counts,
            left_out: 1,
            caller,
        };
        self.consult(&matter, speech, used).await;
    }
}

impl Case {
    fn sentences(&self) -> Vec<Claim> {
        let key = || vec![self.event.dedupe_key.clone()];
        let mut claims = vec![Claim::stored(phrases::sentence(&self.event, self.offset), key())];
        claims.extend(
            self.event.changes.iter().take(CHANGES).map(|change| Claim::stored(changed(change), key())),
        );
        if self.event.changes.len() > CHANGES {
            let more = self.event.changes.len() - CHANGES;
            claims.push(Claim::stored(format!("{more} more properties were changed."), key()));
        }
        claims.extend(self.history.iter().map(|history| Claim::stored(usual(history, &self.event), key())));
        for related in &self.told {
            let what = match related.why {
                Why::SameAction => "of the same action",
                Why::SameActor => "by the same actor within an hour",
                Why::SameTarget => "about the same target within a day",
            };
            let keys = related.events.iter().map(|told| told.key.clone()).collect();
            let count = tell::events(related.events.len() as u64);
            claims.push(Claim::stored(format!("Related: {count} {what}."), keys));
        }
        claims
    }

    fn explained(self, explanation: String, claims: Vec<Claim>, used: Use) -> Explanation {
        let kind = kinds::kind(&self.event);
        let list = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        let inverse = inverse::inverse(&self.event);
        let mut next_steps = kind.map(|kind| list(kind.steps)).unwrap_or_default();
        let missing = if inverse.is_some() { inverse::missing(&self.event) } else { Vec::new() };
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().take(CHANGES).map(|name| value(name, 160)).collect();
            next_steps.push(format!(
                "Set back by hand what the call to undo leaves out, as the old values are not known: {}.",
                names.join(", ")
            ));
        }
        Explanation {
            event: Told::of(&self.event),
            explanation,
            claims,
            history: self.history,
            implications: kind.map(|kind| list(kind.implications)).unwrap_or_default(),
            next_steps,
            inverse,
            related: self.told,
            related_count: self.related.len(),
            llm_used: used.kept > 0,
            llm_error: used.error,
            usage: used.usage,
        }
    }
}

/// A change in words.
fn changed(change: &aoc_core::Change) -> String {
    let Altered { property, old, new } = Altered::of(change);
    let of = change.target.as_ref().map(|target| format!(" of {}", value(target, 160))).unwrap_or_default();
    match (old.is_empty(), new.is_empty()) {
        (true, true) => format!("{property}{of} was touched."),
        (true, false) => format!("{property}{of} was set to “{new}”."),
        (false, true) => format!("{property}{of} was removed; it was “{old}”."),
        (false, false) => format!("{property}{of} was changed from “{old}” to “{new}”."),
    }
}

/// Whether it is usual for the actor.
fn usual(history: &History, event: &Event) -> String {
    let days = history::DAYS;
    if history.events == 0 {
        return format!("Nothing else by this actor is stored of the {days} days before.");
    }
    let first =
        if history.same_operation == 0 { "The actor had not done this" } else { "The actor had done this" };
    let times = |count: u64| if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let how = if history.same_operation == 0 {
        String::new()
    } else {
        format!(" {}", times(history.same_operation))
    };
    let address = match (&event.actor_ip, history.same_address) {
        (Some(_), Some(0)) => ", never from this address".to_owned(),
        (Some(_), Some(count)) => format!(", {} from this address", times(count)),
        _ => String::new(),
    };
    format!(
        "{first}{how} in the {days} days before; of the actor's {} then, {} fell into this hour of the day{address}.",
        tell::events(history.events),
        history.same_hour
    )
}
