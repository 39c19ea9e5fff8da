//! The answer without a model: sentences made of what the store says.

use std::collections::HashSet;

use aoc_core::{Event, Key, Outcome, query::Counted};
use chrono::FixedOffset;

use super::{
    Group, Intent, Order, Plan,
    answer::Claim,
    facts::Facts,
    phrases::{clock, looked_for, sentence, within},
    prompt::clean::value,
};

/// How many events a sentence names.
const CITED: usize = 1;
/// How many values an overview names.
const TOP: usize = 5;
/// How many events an overview tells one by one.
const NOTABLE: usize = 10;
/// The most characters of a name.
const NAME: usize = 160;

/// Makes sentences.
pub(super) struct Teller<'a> {
    pub(super) plan: &'a Plan,
    pub(super) facts: &'a Facts,
    pub(super) offset: FixedOffset,
}

impl Teller<'_> {
    /// The first sentence: the one event that is asked for, or how many there are.
    pub(super) fn headline(&self) -> Claim {
        let total = self.facts.counts.total;
        let failed = match self.facts.counts.of(Outcome::Failure) {
            failed if failed == 0 || total == 0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        if let Some(event) = self.only() {
            let which = if self.plan.intent == Intent::First { "first" } else { "last" };
            let text = match total {
                1 => format!("The only one {}: {}", self.range(), sentence(event, self.offset)),
                _ => format!("The {which} of {total} {}: {}", self.range(), sentence(event, self.offset)),
            };
            return Claim::stored(text, vec![event.dedupe_key.clone()]);
        }
        let text = match (total, self.facts.groups.0.len()) {
            (0, _) => {
                format!("No stored event matches {}: looked for {}.", self.range(), looked_for(self.plan))
            }
            (_, groups) if groups > 0 && self.plan.intent != Intent::Count => {
                format!("{}, in {} {}{failed}.", self.kinds(groups), events(total), self.range())
            }
            (1, _) => format!("1 event matches {}{failed}.", self.range()),
            _ => format!("{total} events match {}{failed}.", self.range()),
        };
        Claim::stored(text, self.examples(|_| true))
    }

    /// What the intent asks for, but for lists, in few sentences.
    pub(super) fn core(&self) -> Vec<Claim> {
        if self.facts.counts.total == 0 {
            return self.earlier();
        }
        match self.plan.intent {
            Intent::List => Vec::new(),
            Intent::Count if self.plan.group_by.is_some() => self.groups(),
            Intent::Count => self.results(),
            Intent::Who | Intent::Which => self.groups(),
            Intent::First | Intent::Last if self.only().is_some() => Vec::new(),
            Intent::First => {
                self.facts.events.iter().take(self.few()).map(|event| self.event(event)).collect()
            }
            Intent::Last => {
                self.facts.events.iter().rev().take(self.few()).map(|event| self.event(event)).collect()
            }
            Intent::When => self.times(),
        }
    }

    /// The one event that is asked for.
    fn only(&self) -> Option<&Event> {
        match self.plan.intent {
            Intent::First if self.few() == 1 => self.facts.events.first(),
            Intent::Last if self.few() == 1 => self.facts.events.last(),
            _ => None,
        }
    }

    /// Where nothing was found: what there is before.
    fn earlier(&self) -> Vec<Claim> {
        let before = match (&self.facts.before, self.plan.range.start) {
            (Some(event), _) => Some(Claim::stored(
                format!("The last one before that: {}", sentence(event, self.offset)),
                vec![event.dedupe_key.clone()],
            )),
            (None, Some(_)) => Some(Claim::stored("Note: No earlier event matches either.", Vec::new())),
            (None, None) => None,
        };
        let is_of_sign_ins = self.plan.filter.service == ["SignIn"];
        let copies = "Note: Office 365's own records of sign-ins were not looked at; ask for UserLoggedIn or UserLoginFailed.";
        let copies = is_of_sign_ins.then(|| Claim::stored(copies, Vec::new()));
        let words = "Note: Only events that hold these very words were looked for; records may say it otherwise, such as PT for Portugal.";
        let words = (!self.plan.filter.search.is_empty()).then(|| Claim::stored(words, Vec::new()));
        before.into_iter().chain(words).chain(copies).collect()
    }

    /// How many groups there are: `3 actors`.
    fn kinds(&self, count: usize) -> String {
        let name = format!("{:?}", self.plan.group_by.unwrap_or(Group::Actor)).to_lowercase();
        let many = if name.ends_with('s') { "es" } else { "s" };
        match count {
            1 => format!("1 {name}"),
            _ if count >= self.plan.limit => format!("{count} {name}{many} or more"),
            _ => format!("{count} {name}{many}"),
        }
    }

    /// An overview: who, what, failures first, and notable events.
    pub(super) fn overview(&self) -> Vec<Claim> {
        if self.facts.counts.total == 0 {
            return Vec::new();
        }
        let mut claims = Vec::new();
        if self.plan.intent == Intent::List {
            let counts = &self.facts.counts;
            claims.extend(
                self.top("Most frequent operations", &counts.operation, |event, value| {
                    event.operation == value
                }),
            );
            claims.extend(
                self.top("Most active", &counts.actor, |event, value| event.actor_name() == Some(value)),
            );
            claims.extend(self.notable().into_iter().map(|event| self.event(event)));
        }
        claims
    }

    /// What was assumed, in sentences.
    pub(super) fn notes(&self) -> Vec<Claim> {
        let mut notes: Vec<String> = self.plan.notes.iter().map(|note| value(note, 400)).collect();
        for one in &self.facts.own {
            let (own, service) = (events(one.count), &one.value);
            notes.push(format!("{own} of AOC itself left out; name the service {service} to have them."));
        }
        if self.facts.left_out > 0 {
            let looked = self.facts.events.len();
            notes.push(format!("All events were counted; {looked} of them were looked at one by one."));
        }
        if let Some(read) = self.facts.groups.1 {
            notes.push(format!("These were counted in the newest {read} events only."));
        }
        notes.into_iter().map(|note| Claim::stored(format!("Note: {note}"), Vec::new())).collect()
    }

    /// One event in a sentence.
    pub(super) fn event(&self, event: &Event) -> Claim {
        Claim::stored(sentence(event, self.offset), vec![event.dedupe_key.clone()])
    }

    fn few(&self) -> usize {
        self.plan.limit.min(NOTABLE)
    }

    fn range(&self) -> String {
        within(&self.plan.range, self.offset)
    }

    fn results(&self) -> Vec<Claim> {
        let tell = |one: &Counted| {
            let keys = self.examples(|event| event.result.as_str() == one.value);
            Claim::stored(format!("{}: {}.", capital(&one.value), events(one.count)), keys)
        };
        let results = &self.facts.counts.result;
        if results.len() > 1 { results.iter().map(tell).collect() } else { Vec::new() }
    }

    fn groups(&self) -> Vec<Claim> {
        let group = self.plan.group_by.unwrap_or(Group::Actor);
        let tell = |one: &Counted| {
            let keys = self.examples(|event| group.values(event).contains(&one.value));
            Claim::stored(format!("{}: {}.", shown(&one.value), events(one.count)), keys)
        };
        self.facts.groups.0.iter().map(tell).collect()
    }

    fn times(&self) -> Vec<Claim> {
        let Some(timeline) = &self.facts.timeline else { return Vec::new() };
        let mut claims: Vec<Claim> = Vec::new();
        let (first, last) = (self.facts.events.first(), self.facts.events.last());
        if let (Some(first), Some(last), 0) = (first, last, self.facts.left_out) {
            let (from, to) = (clock(first.timestamp, self.offset), clock(last.timestamp, self.offset));
            let text = if from == to {
                format!("It was at {from}.")
            } else {
                format!("The first was at {from}, the last at {to}.")
            };
            claims.push(Claim::stored(text, vec![first.dedupe_key.clone(), last.dedupe_key.clone()]));
        }
        let most = timeline.buckets.iter().max_by_key(|bucket| bucket.count);
        if let Some(most) = most.filter(|_| self.facts.counts.total > NOTABLE as u64) {
            let size = format!("{:?}", timeline.bucket).to_lowercase();
            let end = timeline.bucket.next(most.start.ticks());
            let is_within = |event: &Event| (most.start.ticks()..end).contains(&event.timestamp.ticks());
            let text = format!(
                "The busiest {size} began at {}: {}.",
                clock(most.start, self.offset),
                events(most.count)
            );
            claims.push(Claim::stored(text, self.examples(is_within)));
        }
        claims.extend(self.notable().into_iter().take(self.few()).map(|event| self.event(event)));
        claims
    }

    fn top(&self, what: &str, list: &[Counted], is: impl Fn(&Event, &str) -> bool) -> Option<Claim> {
        let names: Vec<String> =
            list.iter().take(TOP).map(|one| format!("{} ({})", shown(&one.value), one.count)).collect();
        let mut keys = Vec::new();
        for one in list.iter().take(TOP) {
            keys.extend(self.examples(|event| is(event, &one.value)).into_iter().next());
        }
        keys.truncate(CITED);
        (names.len() > 1).then(|| Claim::stored(format!("{what}: {}.", names.join(", ")), keys))
    }

    /// Failures first, then the rest, in the order that the plan asks for; one of each operation before there are two.
    fn notable(&self) -> Vec<&Event> {
        let mut events: Vec<&Event> = self.facts.events.iter().collect();
        if self.plan.order == Order::Newest {
            events.reverse();
        }
        let (failed, rest): (Vec<&Event>, Vec<&Event>) =
            events.into_iter().partition(|event| event.result == Outcome::Failure);
        let failed = varied(failed).into_iter().take(NOTABLE / 2);
        failed.chain(varied(rest)).take(NOTABLE.min(self.plan.limit)).collect()
    }

    fn examples(&self, is: impl Fn(&Event) -> bool) -> Vec<Key> {
        let found = self.facts.events.iter().rev().chain(&self.facts.examples).filter(|event| is(event));
        found.take(CITED).map(|event| event.dedupe_key.clone()).collect()
    }
}

pub(super) fn events(count: u64) -> String {
    if count == 1 { "1 event".to_owned() } else { format!("{count} events") }
}

/// A value as it is told; directory operations of Office 365 end with a full stop.
fn shown(text: &str) -> String {
    value(text.trim_end_matches('.'), NAME)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The first of each operation, then the others.
fn varied(events: Vec<&Event>) -> Vec<&Event> {
    let mut seen = HashSet::new();
    let (first, others): (Vec<&Event>, Vec<&Event>) =
        events.into_iter().partition(|event| seen.insert(event.operation.as_str()));
    first.into_iter().chain(others).collect()
}
