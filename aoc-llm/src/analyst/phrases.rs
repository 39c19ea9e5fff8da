//! Events, times and plans in words.

use aoc_core::{Event, Outcome, Timestamp};
use chrono::{DateTime, FixedOffset, NaiveTime, TimeDelta};

use super::{
    plan::{Plan, TimeRange},
    prompt::clean::value,
};

/// How many targets of an event are told, and how many values of a filter.
const MOST: usize = 3;
/// The most characters of a name.
const NAME: usize = 160;

/// Who did what to what, when, from where, and how it ended.
pub(super) fn sentence(event: &Event, offset: FixedOffset) -> String {
    let name = |text: &str| value(text, NAME);
    let mut text = format!("{}: ", clock(event.timestamp, offset));
    let actor = event.actor_name().map(named).filter(|name| !name.is_empty());
    // Directory operations of Office 365 end with a full stop.
    let operation = name(event.operation.trim_end_matches('.'));
    text.push_str(&format!("{} — {operation}", actor.as_deref().unwrap_or("unnamed actor")));
    let targets = targets(event);
    if !targets.is_empty() {
        text.push_str(&format!(" — {}", targets.join(", ")));
    }
    if let Some(address) = &event.actor_ip {
        text.push_str(&format!(", from {}", name(address)));
    }
    text.push_str(match event.result {
        Outcome::Failure => " (failed).",
        Outcome::Partial => " (partly done).",
        Outcome::Success => ".",
        Outcome::Unknown => " (result unknown).",
    });
    text
}

/// A name that others chose; one of many words in quotation marks, so that it does not read like a part of the sentence.
fn named(text: &str) -> String {
    let name = value(text, NAME);
    if name.split(' ').count() > 3 { format!("“{name}”") } else { name }
}

/// The targets by which people know them: ids and addresses only where there is no name.
fn targets(event: &Event) -> Vec<String> {
    let is_id = |text: &str| aoc_core::text::guids(text).any(|found| found.len() == text.len());
    let (mut names, mut ids): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for target in event.target_displays.iter().filter(|target| target.contains(char::is_alphanumeric)) {
        let mut parts = target.split('/').filter(|part| !part.is_empty() && !is_id(part));
        let short = if target.contains("://") { parts.next_back().unwrap_or(target) } else { target };
        let list = if is_id(short) { &mut ids } else { &mut names };
        let text = named(short);
        if !list.contains(&text) && !text.is_empty() {
            list.push(text);
        }
    }
    // A path ends with the name that is told already.
    let all = names.clone();
    names.retain(|name| !all.iter().any(|other| name.len() > other.len() && name.ends_with(other.as_str())));
    let mut told = if names.is_empty() { ids } else { names };
    told.truncate(MOST);
    told
}

/// A time to the second, on the clocks of whoever asked.
pub(super) fn clock(time: Timestamp, offset: FixedOffset) -> String {
    time.instant().with_timezone(&offset).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A range of time: whole days as days.
pub(super) fn within(range: &TimeRange, offset: FixedOffset) -> String {
    let zone = if offset.local_minus_utc() == 0 { "UTC".to_owned() } else { format!("UTC{offset}") };
    let local = |time: Timestamp| time.instant().with_timezone(&offset);
    let minute = |time: DateTime<FixedOffset>| time.format("%Y-%m-%d %H:%M").to_string();
    let day = |time: DateTime<FixedOffset>| time.format("%Y-%m-%d").to_string();
    let is_midnight = |time: &DateTime<FixedOffset>| time.time() == NaiveTime::MIN;
    let end = local(range.end);
    match range.start.map(local) {
        Some(start) if is_midnight(&start) && is_midnight(&end) => {
            let (first, last) = (day(start), day(end - TimeDelta::days(1)));
            if first == last {
                format!("on {first} ({zone})")
            } else {
                format!("from {first} to {last} ({zone})")
            }
        }
        Some(start) => format!("from {} until {} ({zone})", minute(start), minute(end)),
        None => format!("until {} ({zone})", minute(end)),
    }
}

/// What a plan looks for, but for its time.
pub(super) fn looked_for(plan: &Plan) -> String {
    let filter = &plan.filter;
    let mut parts = Vec::new();
    let mut list = |what: &str, values: &[String]| {
        if !values.is_empty() {
            parts.push(format!("{what} {}", some(values)));
        }
    };
    list("operations", &filter.operation);
    list("services", &filter.service);
    list("sources", &filter.source);
    list("tenants", &filter.tenant);
    let results: Vec<String> = filter.result.iter().map(|result| result.as_str().to_owned()).collect();
    list("results", &results);
    if let Some(actor) = &filter.actor {
        parts.push(format!("actors named {}", value(actor, NAME)));
    }
    if !filter.search.is_empty() {
        parts.push(format!("the words {}", value(filter.search.as_str(), NAME)));
    }
    if parts.is_empty() { "anything".to_owned() } else { parts.join("; ") }
}

fn some(values: &[String]) -> String {
    let told: Vec<String> = values.iter().take(MOST).map(|one| value(one, NAME)).collect();
    match values.len() - told.len() {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}
