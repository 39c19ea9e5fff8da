//! What happened around an event, at its own time.

use std::collections::HashSet;

use aoc_core::{
    ErrorKind, Event, EventIndex, Filter, Key, Result, SearchText, Timestamp, alert::AUDIT_SERVICE,
};
use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analyst::{Told, oldest::newest};

/// How many events of each kind are looked at.
const READ: usize = 200;
/// How many events of each kind are told.
const TOLD: usize = 20;

/// Events that belong to an event for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    /// The reason.
    pub why: Why,
    /// The events, newest first, at most 20.
    pub events: Vec<Told>,
}

/// Why an event belongs to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// They have the same correlation id, and are not a day apart.
    SameAction,
    /// The same actor did them, and they are not an hour apart.
    SameActor,
    /// They were done to the same thing, and are not a day apart.
    SameTarget,
}

/// The related events, each under the first reason there is.
pub(super) async fn related(index: &dyn EventIndex, event: &Event) -> Result<(Vec<Related>, Vec<Event>)> {
    let (mut seen, mut all): (HashSet<Key>, Vec<Event>) = ([event.dedupe_key.clone()].into(), Vec::new());
    let mut told = Vec::new();
    for (why, filter) in searches(event) {
        let found = match newest(index, &filter, READ).await {
            Err(error) if error.kind() == ErrorKind::Invalid => continue,
            found => found?,
        };
        let new: Vec<Event> = found
            .into_iter()
            .filter(|other| belongs(why, event, other) && seen.insert(other.dedupe_key.clone()))
            .take(TOLD)
            .collect();
        if !new.is_empty() {
            told.push(Related { why, events: new.iter().map(Told::of).collect() });
            all.extend(new);
        }
    }
    Ok((told, all))
}

fn searches(event: &Event) -> Vec<(Why, Filter)> {
    let around = |hours: i64| {
        let at = |hours: i64| Some(Timestamp::from(event.timestamp.instant() + TimeDelta::hours(hours)));
        Filter { start: at(-hours), end: at(hours), ..Filter::default() }
    };
    let mut searches = Vec::new();
    if let Some(search) = event.correlation_id.as_deref().and_then(words) {
        searches.push((Why::SameAction, Filter { search, ..around(24) }));
    }
    if let Some(actor) = event.actor_upn.as_ref().or(event.actor_display.as_ref()) {
        searches.push((Why::SameActor, Filter { actor: Some(actor.clone()), ..around(1) }));
    }
    if let Some(search) = event.target_displays.first().and_then(|target| words(target)) {
        searches.push((Why::SameTarget, Filter { search, ..around(24) }));
    }
    searches
}

/// A search for the text as a whole; of a text with quotation marks, for its longest part.
fn words(text: &str) -> Option<SearchText> {
    let part = text.split('"').map(str::trim).max_by_key(|part| part.len()).filter(|part| part.len() > 1)?;
    let search = SearchText::new(format!("\"{part}\""));
    search.check().is_ok().then_some(search)
}

fn belongs(why: Why, event: &Event, other: &Event) -> bool {
    // Whoever asks about an event does not belong to it.
    if other.service == AUDIT_SERVICE && event.service != AUDIT_SERVICE {
        return false;
    }
    match why {
        Why::SameAction => other.correlation_id == event.correlation_id,
        Why::SameActor => other.actor_name() == event.actor_name(),
        Why::SameTarget => {
            event.target_displays.first().is_some_and(|target| other.target_displays.contains(target))
        }
    }
}
