//! What a renormalisation found.

use std::collections::BTreeMap;

use aoc_core::Position;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::again::{Again, Difference, Outcome};

/// The most examples of each kind.
const MOST_EXAMPLES: usize = 3;
/// The most characters of a value in an example.
const MOST_CHARACTERS: usize = 120;

/// What a renormalisation did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Renormalized {
    /// Whether events were rewritten; else it was a dry run.
    pub applied: bool,
    /// Where it went on, if an earlier run had been interrupted; counts and examples are of both.
    pub continued_at: Option<Position>,
    /// Whether it ended before the log did: run it again to go on.
    pub interrupted: bool,
    /// How many events.
    pub counts: Counts,
    /// By member, how many events change in it.
    pub members: BTreeMap<String, Changed>,
    /// Events that would have another id or dedupe key today; they keep theirs.
    pub other_keys: Vec<Example>,
    /// Events that could be read once and cannot be read today; they stay as they are. `new` is the reason.
    pub would_be_unreadable: Vec<Example>,
    /// How long this run took.
    pub seconds: f64,
}

/// How many events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Read.
    pub read: u64,
    /// That read the same today.
    pub unchanged: u64,
    /// That read otherwise today.
    pub changed: u64,
    /// That no normalizer of this build reads: alerts, other programs' events, damaged ones.
    pub not_ours: u64,
    /// That could be read once and cannot be read today.
    pub would_be_unreadable: u64,
    /// That would have another id or dedupe key today.
    pub other_key: u64,
}

/// How many events change in a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// Events.
    pub count: u64,
    /// Some of them, 3 at most.
    pub examples: Vec<Example>,
}

/// One event that changes. Values are JSON, cut where they are long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Example {
    /// Its id.
    pub id: String,
    /// What it says.
    pub old: String,
    /// What it would say.
    pub new: String,
}

impl Renormalized {
    /// Adds what became of one event.
    pub(super) fn add(&mut self, again: &Again) {
        let counts = &mut self.counts;
        counts.read += 1;
        if let Some(key) = &again.other_key {
            counts.other_key += 1;
            add_example(&mut self.other_keys, &again.id, || (again.id.clone(), key.to_string()));
        }
        match &again.outcome {
            Outcome::NotOurs => counts.not_ours += 1,
            Outcome::Unchanged => counts.unchanged += 1,
            Outcome::Unreadable(reason) => {
                counts.would_be_unreadable += 1;
                let says = || (String::new(), cut(reason));
                add_example(&mut self.would_be_unreadable, &again.id, says);
            }
            Outcome::Changed(_, differences) => {
                counts.changed += 1;
                differences.iter().for_each(|difference| self.add_member(&again.id, difference));
            }
        }
    }

    fn add_member(&mut self, id: &str, difference: &Difference) {
        let member = self.members.entry(difference.member.clone()).or_default();
        member.count += 1;
        add_example(&mut member.examples, id, || (shown(&difference.old), shown(&difference.new)));
    }
}

fn add_example(examples: &mut Vec<Example>, id: &str, says: impl FnOnce() -> (String, String)) {
    if examples.len() < MOST_EXAMPLES {
        let (old, new) = says();
        examples.push(Example { id: id.to_owned(), old, new });
    }
}

fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
