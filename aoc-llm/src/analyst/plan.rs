//! The plan: what a question asks for, in a form that people can read, edit and run again.

use aoc_core::{Error, Event, Filter, Query, Result, Timestamp, query::Facet};
use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a question asks for.
///
/// It is shown to whoever asked, who may change it and run it again; a language model may propose one. So a plan is
/// not trusted before [`check`](Plan::check).
///
/// Invariant of plans that passed: the time is told by `range` alone, not by the filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What kind of answer is wanted.
    #[serde(default)]
    pub intent: Intent,
    /// Which events the answer is made of, but for their time.
    #[serde(default)]
    pub filter: Filter,
    /// When these events happened.
    pub range: TimeRange,
    /// What the answer tells apart; needed by the intents `who` and `which`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_by: Option<Group>,
    /// How many events or values are told at most; 1 to 500.
    #[serde(default = "most_told")]
    pub limit: usize,
    /// Which events come first.
    #[serde(default)]
    pub order: Order,
    /// What was assumed or left out when the question was read, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What kind of answer is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// What happened: the events.
    #[default]
    List,
    /// How many events there are.
    Count,
    /// Who did it: actors with counts.
    Who,
    /// Which values there are, with counts: targets, operations, services, addresses.
    Which,
    /// The first event.
    First,
    /// The last event.
    Last,
    /// When it happened: the events along time.
    When,
}

/// Which events come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The newest.
    #[default]
    Newest,
    /// The oldest.
    Oldest,
}

/// What events are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// By service.
    Service,
    /// By operation.
    Operation,
    /// By result.
    Result,
    /// By actor.
    Actor,
    /// By source.
    Source,
    /// By tenant.
    Tenant,
    /// By tag.
    Tag,
    /// By the display names of targets: users, groups, applications, devices, files. No index counts these.
    Target,
    /// By the actor's network address. No index counts these.
    Address,
}

impl Group {
    /// The facet by which an index counts; `None` where events have to be looked at.
    pub fn facet(self) -> Option<Facet> {
        Some(match self {
            Self::Service => Facet::Service,
            Self::Operation => Facet::Operation,
            Self::Result => Facet::Result,
            Self::Actor => Facet::Actor,
            Self::Source => Facet::Source,
            Self::Tenant => Facet::Tenant,
            Self::Tag => Facet::Tag,
            Self::Target | Self::Address => return None,
        })
    }

    /// The values of an event that it is counted under.
    pub fn values(self, event: &Event) -> BTreeSet<String> {
        match (self.facet(), self) {
            (Some(facet), _) => facet.values(event),
            (None, Self::Address) => event.actor_ip.iter().cloned().collect(),
            (None, _) => event.target_displays.iter().cloned().collect(),
        }
    }
}

/// A stretch of time, and the words that said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeRange {
    /// The words of the question; empty when it named no time.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// Not before this time; without it, as far back as there are events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Before this time.
    pub end: Timestamp,
}

fn most_told() -> usize {
    Plan::LIMIT
}

impl Plan {
    /// How many events or values are told when nobody says.
    pub const LIMIT: usize = 50;
    /// The note of a question that names no time.
    pub(super) const NO_TIME: &str = "No time was named: the last seven days were taken.";
    /// The note of a question of which nothing was understood.
    pub(super) const NOTHING: &str =
        "Nothing in the question says what it is about: what happened was taken.";
    /// The most notes there may be, and the most characters of one.
    pub const MOST_NOTES: (usize, usize) = (64, 2_000);

    /// Checks what the types do not.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the member.
    pub fn check(&self) -> Result<()> {
        self.check_time()?;
        self.filter.check().map_err(|error| error.at("filter"))?;
        if !(1..=Query::MOST).contains(&self.limit) {
            return Err(Error::invalid(format!(
                "limit: {} is not between 1 and {}",
                self.limit,
                Query::MOST
            )));
        }
        match (self.intent, self.group_by) {
            (Intent::Who, None | Some(Group::Actor)) | (Intent::Which, Some(_)) => {}
            (Intent::Who, Some(_)) => {
                return Err(Error::invalid(
                    "group_by: the intent `who` groups by `actor`; others need `which`",
                ));
            }
            (Intent::Which, None) => {
                return Err(Error::invalid("group_by: the intent `which` needs it, such as `target`"));
            }
            _ => {}
        }
        self.check_notes()
    }

    fn check_time(&self) -> Result<()> {
        if self.filter.start.is_some() || self.filter.end.is_some() {
            return Err(Error::invalid("filter: `start` and `end` are told by `range`, not here"));
        }
        match self.range.start {
            Some(start) if start >= self.range.end => {
                Err(Error::invalid(format!("range: start {start} is not before end {}", self.range.end)))
            }
            _ => Ok(()),
        }
    }

    fn check_notes(&self) -> Result<()> {
        let (most, characters) = Self::MOST_NOTES;
        let long = |text: &String| text.chars().count() > characters;
        if self.notes.len() > most || self.notes.iter().any(long) {
            return Err(Error::invalid(format!(
                "notes: more than {most}, or one longer than {characters} characters"
            )));
        }
        if long(&self.range.words) {
            return Err(Error::invalid(format!("range: words are longer than {characters} characters")));
        }
        Ok(())
    }

    /// The filter with the time in it: what a search for these events is given.
    pub fn whole_filter(&self) -> Filter {
        Filter { start: self.range.start, end: Some(self.range.end), ..self.filter.clone() }
    }

    /// The plan within what a filter of the page already says: its members replace the plan's, and a note tells so.
    #[must_use]
    pub fn under(mut self, ui: &Filter) -> Self {
        let mut replaced = Vec::new();
        let mine = &mut self.filter;
        replace(&mut mine.service, &ui.service, "service", &mut replaced);
        replace(&mut mine.operation, &ui.operation, "operation", &mut replaced);
        replace(&mut mine.result, &ui.result, "result", &mut replaced);
        replace(&mut mine.source, &ui.source, "source", &mut replaced);
        replace(&mut mine.tenant, &ui.tenant, "tenant", &mut replaced);
        replace(&mut mine.include_tags, &ui.include_tags, "include_tags", &mut replaced);
        replace(&mut mine.exclude_tags, &ui.exclude_tags, "exclude_tags", &mut replaced);
        if let Some(actor) = ui.actor.as_ref().filter(|actor| !actor.is_empty()) {
            mine.actor = Some(actor.clone());
            replaced.push("actor");
        }
        if !ui.search.is_empty() {
            mine.search = ui.search.clone();
            replaced.push("search");
        }
        self.range.within(ui, &mut replaced);
        if replaced.contains(&"range") {
            self.notes.retain(|note| note != Self::NO_TIME);
        }
        if !replaced.is_empty() && self.notes.len() < Self::MOST_NOTES.0 {
            self.notes.push(format!("Set by filters, not by the question: {}.", replaced.join(", ")));
        }
        self
    }
}

impl TimeRange {
    fn within(&mut self, ui: &Filter, replaced: &mut Vec<&'static str>) {
        if ui.start.is_none() && ui.end.is_none() {
            return;
        }
        // Where the question's own end lies before the start that was set, nothing is left of its end.
        let own_end = Some(self.end).filter(|end| ui.start.is_none_or(|start| start < *end));
        let end = ui.end.or(own_end).unwrap_or(Timestamp::from_ticks(i64::MAX));
        // Where the end that was set lies before the question's own start, a week before it is meant.
        let own_start = self.start.map(|start| if start < end { start } else { week_before(end) });
        let start = ui.start.or(own_start).filter(|start| *start < end);
        *self = Self { words: String::new(), start, end };
        replaced.push("range");
    }
}

fn week_before(end: Timestamp) -> Timestamp {
    let week = TimeDelta::days(7);
    end.instant().checked_sub_signed(week).map_or(end, Timestamp::from)
}

fn replace<T: Clone>(mine: &mut Vec<T>, theirs: &[T], name: &'static str, replaced: &mut Vec<&'static str>) {
    if !theirs.is_empty() {
        *mine = theirs.to_vec();
        replaced.push(name);
    }
}
