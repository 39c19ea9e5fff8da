//! What all rules share: an event as they look at it, what they are made of, and what they say they saw.

use std::{borrow::Cow, cell::OnceCell, sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Severity;
use crate::{Event, fold};

/// Reads the record of an event as the vendor's API would have sent it, whatever shape it came in.
pub type Reader = dyn Fn(&Event) -> Value + Send + Sync;

/// An event as rules look at it: its members, and its record, which is read once and only where a rule needs it.
pub struct View<'a> {
    /// The event.
    pub event: &'a Event,
    reader: &'a Reader,
    record: OnceCell<Value>,
    /// Service and operation.
    folded: OnceCell<[Cow<'a, str>; 2]>,
}

impl<'a> View<'a> {
    /// Of this event, whose record is read so.
    pub fn new(event: &'a Event, reader: &'a Reader) -> Self {
        Self { event, reader, record: OnceCell::new(), folded: OnceCell::new() }
    }

    /// Of this event, whose record is in the shape of the API.
    pub fn plain(event: &'a Event) -> Self {
        Self::new(event, &as_it_is)
    }

    /// The record.
    pub fn record(&self) -> &Value {
        self.record.get_or_init(|| (self.reader)(self.event))
    }

    /// The service, folded.
    pub(crate) fn service(&self) -> &str {
        &self.folded()[0]
    }

    /// The operation, folded.
    pub(crate) fn operation(&self) -> &str {
        &self.folded()[1]
    }

    fn folded(&self) -> &[Cow<'a, str>; 2] {
        self.folded.get_or_init(|| [fold(&self.event.service), fold(&self.event.operation)])
    }
}

/// The record as it came.
pub fn as_it_is(event: &Event) -> Value {
    event.raw.read().unwrap_or_default()
}

/// What a condition saw in an event: a tree, as the rule is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The condition in words, such as `operation contains "role"`.
    pub condition: String,
    /// Whether it holds.
    pub holds: bool,
    /// What the event has there, shortened; empty where it has nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saw: Vec<String>,
    /// What it is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

impl Step {
    /// A condition that is made of others.
    pub fn of(condition: impl Into<String>, holds: bool, steps: Vec<Self>) -> Self {
        Self { condition: condition.into(), holds, saw: Vec::new(), steps }
    }

    /// A condition that looks at values of the event.
    pub fn leaf(condition: impl Into<String>, holds: bool, saw: Vec<String>) -> Self {
        Self { condition: condition.into(), holds, saw, steps: Vec::new() }
    }

    /// The conditions that look at values and decided that the whole holds: a sentence each.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        self.gather(&mut reasons);
        reasons
    }

    fn gather(&self, reasons: &mut Vec<String>) {
        if self.steps.is_empty() && self.holds {
            let saw = if self.saw.is_empty() { String::new() } else { format!(": {}", self.saw.join(", ")) };
            reasons.push(format!("{}{saw}", self.condition));
        }
        self.steps.iter().filter(|step| step.holds).for_each(|step| step.gather(reasons));
    }
}

/// Which events a rule looks for, one by one. Pure: it sees nothing but the event.
pub(crate) trait Matcher: Send + Sync {
    /// Whether the event is one of them.
    fn matches(&self, view: &View<'_>) -> bool;

    /// The same, saying what each condition saw.
    fn explain(&self, view: &View<'_>) -> Step;

    /// The values of a field, as this rule names fields, as text: for groups and for counting distinct ones.
    fn values(&self, view: &View<'_>, field: &str) -> Vec<String>;

    /// Texts of which every event that matches has at least one in the text of its record, case ignored. They are made
    /// of ASCII letters and digits, so that it does not matter how the JSON is written. `None` where nothing is known.
    fn needles(&self) -> Option<Vec<String>>;

    /// What tells matchers apart: two of the same fingerprint look for the same events, and name fields alike. `None`
    /// where that is not known.
    fn fingerprint(&self) -> Option<[u8; 16]> {
        None
    }
}

/// One kind of event that a rule is made of.
#[derive(Clone)]
pub(crate) struct Part {
    /// Its name, in sentences.
    pub(crate) name: String,
    pub(crate) matcher: Arc<dyn Matcher>,
    /// The fields by which its events are grouped, in the words of its matcher.
    pub(crate) group_by: Vec<String>,
}

/// What must come together before a rule finds anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) kind: WindowKind,
    /// In event time, from the first to the last event.
    pub(crate) within: Duration,
}

/// How events of a window are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WindowKind {
    /// So many events.
    Count(CountIs),
    /// Events with so many different values of this field.
    Distinct(String, CountIs),
    /// An event of every part.
    All,
    /// An event of every part, each later than the one before.
    InOrder,
}

/// How many there must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountIs {
    /// This many or more.
    AtLeast(u64),
    /// Exactly this many.
    Exactly(u64),
}

/// How long a rule keeps quiet after an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quiet {
    /// About whom: fields in the words of the first part's matcher. Empty: about everybody.
    pub(crate) by: Vec<String>,
    /// In event time.
    pub(crate) time: Duration,
}

/// A rule that is ready to be evaluated, whatever language it was written in.
#[derive(Clone)]
pub struct Detection {
    /// What names it.
    pub id: String,
    /// One sentence: the title of its alerts.
    pub title: String,
    /// What it means and what to do.
    pub description: String,
    /// How bad its alerts are.
    pub severity: Severity,
    /// Labels such as `attack.t1098`.
    pub labels: Vec<String>,
    /// Whether it makes alerts; others are there for the rules that refer to them.
    pub enabled: bool,
    /// One part where every event of it is an alert or is counted; several for those that wait for all of them.
    pub(crate) parts: Vec<Part>,
    pub(crate) window: Option<Window>,
    pub(crate) quiet: Option<Quiet>,
}

impl Detection {
    /// What each condition of each part saw in an event.
    pub fn explain(&self, view: &View<'_>) -> Step {
        let mut steps: Vec<Step> = self.parts.iter().map(|part| part.matcher.explain(view)).collect();
        if steps.len() == 1 {
            return steps.remove(0);
        }
        let holds = steps.iter().any(|step| step.holds);
        Step::of(format!("one of the {} kinds of events of {}", steps.len(), self.title), holds, steps)
    }

    /// Whether an event is one of those that the rule looks for, be it to make an alert or to count.
    pub fn matches(&self, view: &View<'_>) -> bool {
        self.parts.iter().any(|part| part.matcher.matches(view))
    }

    /// Whether both count the same and keep quiet about the same, so that what one remembers is good for the other.
    pub(crate) fn remembers_like(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        let same = |(a, b): (&Part, &Part)| {
            a.group_by == b.group_by
                && (Arc::ptr_eq(&a.matcher, &b.matcher)
                    || a.matcher.fingerprint().is_some_and(|print| Some(print) == b.matcher.fingerprint()))
        };
        Arc::ptr_eq(self, other)
            || (self.id == other.id
                && self.window == other.window
                && self.quiet == other.quiet
                && self.parts.len() == other.parts.len()
                && self.parts.iter().zip(&other.parts).all(same))
    }

    /// Whether it takes several events to make an alert.
    pub fn counts(&self) -> bool {
        self.window.is_some()
    }
}
