//! The answer without a model: sentences made of what the store says.

use aoc_core::{Event, Key, Outcome, query::Counted};
use chrono::FixedOffset;

use super::{
    Intent, Order, Plan,
    answer::Claim,
    facts::Facts,
    prompt::{clean::value, record::local},
};

/// How many events a sentence names.
const CITED: usize = 3;
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
    /// The first sentence: how many events there are.
    pub(super) fn headline(&self) -> Claim {
        let total = self.facts.counts.total;
        let failed = match self.facts.counts.of(Outcome::Failure) {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        let text = match total {
            0 => format!("No stored event matches {}.", self.range()),
            1 => format!("1 event matches {}{failed}.", self.range()),
            _ => format!("{total} events match {}{failed}.", self.range()),
        };
        Claim::stored(text, self.examples(|_| true))
    }

    /// What the intent asks for, but for lists, in few sentences.
    pub(super) fn core(&self) -> Vec<Claim> {
        if self.facts.counts.total == 0 {
            return Vec::new();
        }
        match self.plan.intent {
            Intent::List => Vec::new(),
            Intent::Count => self.results(),
            Intent::Who | Intent::Which => self.groups(),
            Intent::First => {
                self.facts.events.iter().take(self.few()).map(|event| self.event(event)).collect()
            }
            Intent::Last => {
                self.facts.events.iter().rev().take(self.few()).map(|event| self.event(event)).collect()
            }
            Intent::When => self.times(),
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
        let time = |time: aoc_core::Timestamp| {
            time.instant().with_timezone(&self.offset).format("%Y-%m-%d %H:%M %:z").to_string()
        };
        match self.plan.range.start {
            Some(start) => format!("from {} until {}", time(start), time(self.plan.range.end)),
            None => format!("until {}", time(self.plan.range.end)),
        }
    }

    fn results(&self) -> Vec<Claim> {
        let tell = |one: &Counted| {
            let keys = self.examples(|event| event.result.as_str() == one.value);
            Claim::stored(format!("{}: {}.", capital(&one.value), events(one.count)), keys)
        };
        self.facts.counts.result.iter().map(tell).collect()
    }

    fn groups(&self) -> Vec<Claim> {
        let group = self.plan.group_by.unwrap_or(super::Group::Actor);
        let tell = |one: &Counted| {
            let keys = self.examples(|event| group.values(event).contains(&one.value));
            Claim::stored(format!("{}: {}.", value(&one.value, NAME), events(one.count)), keys)
        };
        self.facts.groups.0.iter().map(tell).collect()
    }

    fn times(&self) -> Vec<Claim> {
        let Some(timeline) = &self.facts.timeline else { return Vec::new() };
        let time = |bucket: &aoc_core::query::Bucket| {
            bucket.start.instant().with_timezone(&self.offset).format("%Y-%m-%d %H:%M %:z").to_string()
        };
        let mut claims: Vec<Claim> = Vec::new();
        let (first, last) = (timeline.buckets.first(), timeline.buckets.last());
        let size = format!("{:?}", timeline.bucket).to_lowercase();
        if let (Some(first), Some(last)) = (first, last) {
            let text =
                format!("The first {size} with events began at {}, the last at {}.", time(first), time(last));
            claims.push(Claim::stored(text, self.examples(|_| true)));
        }
        if let Some(most) = timeline.buckets.iter().max_by_key(|bucket| bucket.count) {
            let end = timeline.bucket.next(most.start.ticks());
            let within = |event: &Event| (most.start.ticks()..end).contains(&event.timestamp.ticks());
            let text = format!("The busiest {size} began at {}: {}.", time(most), events(most.count));
            claims.push(Claim::stored(text, self.examples(within)));
        }
        claims.extend(self.notable().into_iter().take(self.few()).map(|event| self.event(event)));
        claims
    }

    fn top(&self, what: &str, list: &[Counted], is: impl Fn(&Event, &str) -> bool) -> Option<Claim> {
        let names: Vec<String> =
            list.iter().take(TOP).map(|one| format!("{} ({})", value(&one.value, NAME), one.count)).collect();
        let mut keys = Vec::new();
        for one in list.iter().take(TOP) {
            keys.extend(self.examples(|event| is(event, &one.value)).into_iter().next());
        }
        keys.dedup();
        (!names.is_empty()).then(|| Claim::stored(format!("{what}: {}.", names.join(", ")), keys))
    }

    /// Failures first, then the rest, in the order that the plan asks for.
    fn notable(&self) -> Vec<&Event> {
        let mut events: Vec<&Event> = self.facts.events.iter().collect();
        if self.plan.order == Order::Newest {
            events.reverse();
        }
        let (failed, rest): (Vec<&Event>, Vec<&Event>) =
            events.into_iter().partition(|event| event.result == Outcome::Failure);
        failed.into_iter().take(NOTABLE / 2).chain(rest).take(NOTABLE.min(self.plan.limit)).collect()
    }

    fn examples(&self, is: impl Fn(&Event) -> bool) -> Vec<Key> {
        let found = self.facts.events.iter().rev().chain(&self.facts.examples).filter(|event| is(event));
        found.take(CITED).map(|event| event.dedupe_key.clone()).collect()
    }
}

/// Who did what to what, when, from where, and how it ended.
pub(super) fn sentence(event: &Event, offset: FixedOffset) -> String {
    let name = |text: &str| value(text, NAME);
    let mut text = format!("{}: ", local(event, offset));
    let actor = event.actor_name().map(name).filter(|name| !name.is_empty());
    text.push_str(&format!("{} — {}", actor.as_deref().unwrap_or("unnamed actor"), name(&event.operation)));
    let targets: Vec<String> = event.target_displays.iter().take(CITED).map(|target| name(target)).collect();
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

pub(super) fn events(count: u64) -> String {
    if count == 1 { "1 event".to_owned() } else { format!("{count} events") }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
