//! Why a rule makes an alert of an event, or none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ALERT_SOURCE,
    detect::{CountIs, Detection, Part, Step, View, WindowKind},
    quiet::entity_of,
    schedule::HAPPENED,
    watcher::groups,
};
use crate::config::Span;

/// What a rule sees in an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WhyNot {
    /// The rule's id.
    pub rule: String,
    /// The title of its alerts.
    pub title: String,
    /// Whether the event is one of those it looks for.
    pub matches: bool,
    /// Whether it makes alerts.
    pub enabled: bool,
    /// What each condition saw.
    pub step: Step,
    /// What else decides, a sentence each.
    pub remarks: Vec<String>,
}

/// Says what a rule sees in an event, and what else decides about an alert.
pub fn why_not(rule: &Detection, view: &View<'_>) -> WhyNot {
    let step = rule.explain(view);
    WhyNot {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        matches: rule.matches(view),
        enabled: rule.enabled,
        remarks: remarks(rule, view, &step),
        step,
    }
}

fn remarks(rule: &Detection, view: &View<'_>, step: &Step) -> Vec<String> {
    let mut remarks = Vec::new();
    if view.event.source == ALERT_SOURCE {
        remarks.push("the event is an alert, which rules never look at".to_owned());
    }
    if !rule.enabled {
        remarks.push("the rule is disabled".to_owned());
    }
    if is_outside_its_schedule(step) {
        remarks.push("the event happened outside of the rule's schedule".to_owned());
    }
    if rule.window.is_some() {
        remarks.extend(counting(rule, view));
    }
    remarks.extend(quiet(rule));
    remarks
}

fn is_outside_its_schedule(step: &Step) -> bool {
    let itself = step.steps.is_empty() && !step.holds && step.condition.starts_with(HAPPENED);
    itself || step.steps.iter().any(is_outside_its_schedule)
}

/// How many events it takes, and how this one counts.
fn counting(rule: &Detection, view: &View<'_>) -> Vec<String> {
    let Some(window) = &rule.window else { return Vec::new() };
    let within = Span::seconds(window.within.as_secs());
    let fields = rule.parts.first().map_or(&[][..], |part| &part.group_by);
    let per = if fields.is_empty() { String::new() } else { format!(" per {}", fields.join(", ")) };
    let names: Vec<&str> = rule.parts.iter().map(|part| part.name.as_str()).collect();
    let what = match &window.kind {
        WindowKind::Count(count) => format!("{} such events", in_words(*count)),
        WindowKind::Distinct(field, count) => format!("{} different values of {field}", in_words(*count)),
        WindowKind::All => format!("an event of each of {}", names.join(", ")),
        WindowKind::InOrder => format!("events of {}", names.join(", then ")),
    };
    let mut remarks = vec![format!("it takes {what} within {within}{per}")];
    for part in &rule.parts {
        if part.matcher.matches(view) {
            remarks.extend(counted(rule, part, view));
        }
    }
    remarks.dedup();
    remarks
}

fn in_words(count: CountIs) -> String {
    match count {
        CountIs::AtLeast(count) => count.to_string(),
        CountIs::Exactly(count) => format!("exactly {count}"),
    }
}

/// Where this event counts, or what it lacks.
fn counted(rule: &Detection, part: &Part, view: &View<'_>) -> Vec<String> {
    let distinct = rule.window.as_ref().and_then(|window| match &window.kind {
        WindowKind::Distinct(field, _) => Some(field),
        _ => None,
    });
    let lacks =
        part.group_by.iter().chain(distinct).filter(|field| part.matcher.values(view, field).is_empty());
    let lacks: Vec<&str> = lacks.map(String::as_str).collect();
    if !lacks.is_empty() {
        return vec![format!("this event lacks {} and is not counted", lacks.join(", "))];
    }
    let groups = if part.group_by.is_empty() { Vec::new() } else { groups(part, view) };
    let name = part.group_by.join(", ");
    let one =
        |group: &[String]| entity_of(&group.iter().map(|value| vec![value.clone()]).collect::<Vec<_>>());
    groups.iter().map(|group| format!("this event counts for {name} {}", one(group))).collect()
}

/// How long it keeps quiet.
fn quiet(rule: &Detection) -> Option<String> {
    let (by, time) = match (&rule.quiet, &rule.window) {
        (Some(quiet), _) => (&quiet.by[..], quiet.time),
        (None, Some(window)) => (rule.parts.first().map_or(&[][..], |part| &part.group_by), window.within),
        (None, None) => return None,
    };
    let about = if by.is_empty() { String::new() } else { format!(" about the same {}", by.join(", ")) };
    let time = Span::seconds(time.as_secs());
    (time > Span::seconds(0)).then(|| format!("it keeps quiet{about} for {time} before and after an alert"))
}
