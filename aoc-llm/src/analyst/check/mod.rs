//! The checker: a sentence of a model stays only if the events that it names say so.
//!
//! A sentence is split into pieces: whole values of records, words, numbers, times. Words are proven by the operation
//! and the result, or are among few that claim nothing. One event that is named has to prove all of the pieces, and the
//! sentence has to tell all of its deed; where a sentence joins several actors, targets or times by `and`, each of them
//! needs an event of its own that proves the rest. Numbers that count events are replaced by what the store counts.

mod changed;
mod counting;
mod deed;
mod ground;
mod lex;
mod place;
mod split;
mod tally;
mod words;

use std::collections::{BTreeSet, HashMap};

use aoc_core::{Key, fold, query::Counted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    deed::Deed,
    ground::{Ground, known},
    lex::{Known, Sort},
    split::{Piece, Sentence, split},
};
use super::{
    answer::{Claim, Counts, Status},
    prompt::{Aliases, Record, clean::value},
};

/// The most characters of a sentence.
const LONGEST: usize = 500;
/// The most events that a sentence may name.
const MOST_EVENTS: usize = 50;
/// How many events are named as examples of a count.
const EXAMPLES: usize = 3;

/// What a model answers.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    /// The claims, the most important ones first.
    pub(super) claims: Vec<SaidClaim>,
}

/// One claim of a model.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SaidClaim {
    /// One short sentence about one deed.
    pub(super) text: String,
    /// The handles of the records that prove it, such as e1.
    pub(super) events: Vec<String>,
}

/// What sentences are compared with.
pub(super) struct Checker<'a> {
    grounds: Vec<(Key, Ground)>,
    handles: HashMap<String, usize>,
    counts: &'a Counts,
    left_out: u64,
    aliases: Option<&'a Aliases>,
}

/// A sentence that stays.
struct Proven {
    text: String,
    events: BTreeSet<usize>,
    reasons: Vec<&'static str>,
}

type Removal = &'static str;

impl<'a> Checker<'a> {
    pub(super) fn new(
        records: &[Record],
        events: &[aoc_core::Event],
        (counts, left_out): (&'a Counts, u64),
        aliases: Option<&'a Aliases>,
        offset: chrono::FixedOffset,
    ) -> Self {
        let ground = |(record, event): (&Record, &aoc_core::Event)| {
            (event.dedupe_key.clone(), Ground::of(record, event, offset))
        };
        let handles = records.iter().enumerate().map(|(at, record)| (record.event.clone(), at)).collect();
        let grounds = records.iter().zip(events).map(ground).collect();
        Self { grounds, handles, counts, left_out, aliases }
    }

    /// What becomes of a sentence.
    pub(super) fn check(&self, said: &SaidClaim) -> Claim {
        match self.prove(said) {
            Err(reason) => Claim::removed(reason),
            Ok(Proven { text, events, reasons }) => Claim {
                text,
                events: events.into_iter().map(|at| self.grounds[at].0.clone()).collect(),
                status: if reasons.is_empty() { Status::Verified } else { Status::Corrected },
                reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
            },
        }
    }

    fn prove(&self, said: &SaidClaim) -> Result<Proven, Removal> {
        let cited = self.cited(&said.events)?;
        let text = self.text(&said.text)?;
        if text.split(' ').skip(1).any(words::is_given_name) {
            return Err("one of its verbs may be a name");
        }
        let values = self.values(&cited);
        let folded = fold(&text);
        let sentence = split(&folded, &values).ok_or("it is no plain sentence")?;
        let has_number = sentence.pieces.iter().any(|piece| matches!(piece, Piece::Number { .. }));
        if has_number {
            let proven = self.count(text, &sentence, &cited)?;
            let text = quoted(&proven.text, &values).ok_or("its names cannot be quoted")?;
            return Ok(Proven { text, ..proven });
        }
        if cited.is_empty() {
            return Err("it names no event");
        }
        if !Deed::of(&sentence).is_told() {
            return Err("it does not say who did what");
        }
        let events = self.witnesses(&sentence, &cited).ok_or("the events that it names do not say so")?;
        let dropped = (events.len() < cited.len()).then_some("events that do not prove it were left out");
        let text = quoted(&text, &values).ok_or("its names cannot be quoted")?;
        let mut proven = Proven { text, events, reasons: dropped.into_iter().collect() };
        self.tell_result(&sentence.pieces, &mut proven);
        Ok(proven)
    }

    fn cited(&self, handles: &[String]) -> Result<BTreeSet<usize>, Removal> {
        if handles.len() > MOST_EVENTS {
            return Err("it names too many events");
        }
        let find = |handle: &String| self.handles.get(&handle.trim().to_ascii_lowercase()).copied();
        handles.iter().map(|handle| find(handle).ok_or("it names an event that there is not")).collect()
    }

    /// The sentence with real names, without handles and signs of emphasis.
    fn text(&self, said: &str) -> Result<String, Removal> {
        if said.chars().count() > LONGEST {
            return Err("it is too long");
        }
        let said = self.aliases.map_or_else(|| said.to_owned(), |aliases| aliases.reveal(said));
        let text = self.without_handles(&value(&said.replace("**", ""), LONGEST));
        let text = text.trim().trim_end_matches(['.', ' ']);
        if text.is_empty() { Err("it says nothing") } else { Ok(format!("{text}.")) }
    }

    /// Without `(e1, e2)`.
    fn without_handles(&self, text: &str) -> String {
        let mut made = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('(') {
            let Some((inner, behind)) = after.split_once(')') else { break };
            let mut parts = inner.split([',', ' ']).filter(|part| !part.is_empty()).peekable();
            let is_list = parts.peek().is_some() && parts.all(|part| self.handles.contains_key(part));
            if is_list {
                made.push_str(before.trim_end());
            } else {
                made.push_str(&rest[..rest.len() - behind.len()]);
            }
            rest = behind;
        }
        made.push_str(rest);
        made
    }

    /// The values of these events and of the counts, the longest first.
    fn values(&self, cited: &BTreeSet<usize>) -> Vec<Known> {
        let counts = self.counts;
        let counted = |list: &[Counted], sort: Sort| -> Vec<Known> {
            list.iter().filter_map(|one| known(&fold(&value(&one.value, 160)), sort)).collect()
        };
        let of_events = cited.iter().flat_map(|at| self.grounds[*at].1.values());
        let mut values: Vec<Known> = of_events
            .chain(counted(&counts.actor, Sort::Name))
            .chain(counted(&counts.operation, Sort::Operation))
            .chain(counted(&counts.service, Sort::Plain))
            .collect();
        // What may be a name is one.
        values.sort_by(|a, b| (b.text.len(), &a.text, a.sort).cmp(&(a.text.len(), &b.text, b.sort)));
        values.dedup_by(|later, first| later.text == first.text);
        values
    }

    /// The events that prove the sentence.
    fn witnesses(&self, sentence: &Sentence, cited: &BTreeSet<usize>) -> Option<BTreeSet<usize>> {
        let deed = Deed::of(sentence);
        let proving = |skipped: &[usize]| -> BTreeSet<usize> {
            let proves = |at: &usize| {
                let ground = &self.grounds[*at].1;
                deed.is_of(ground) && ground.proves_all(sentence, skipped)
            };
            cited.iter().copied().filter(proves).collect()
        };
        let whole = proving(&[]);
        let members = sentence.only_list();
        if !whole.is_empty() || members.is_empty() {
            return Some(whole).filter(|whole| !whole.is_empty());
        }
        let mut witnesses = BTreeSet::new();
        for member in &members {
            let others: Vec<usize> = members.iter().copied().filter(|other| other != member).collect();
            let found = proving(&others);
            if found.is_empty() {
                return None;
            }
            witnesses.extend(found);
        }
        Some(witnesses)
    }

    /// Says that something failed where the sentence does not.
    fn tell_result(&self, pieces: &[Piece], proven: &mut Proven) {
        let says = |result: &str| {
            let words = words::of_result(result);
            pieces.iter().any(|piece| matches!(piece, Piece::Word(stem) if words.contains(&stem.as_str())))
        };
        for (result, told) in [("failure", "failed"), ("partial", "partly done")] {
            let count = proven.events.iter().filter(|at| self.grounds[**at].1.result == result).count();
            if count == 0 || says(result) {
                continue;
            }
            let how = match proven.events.len() {
                all if all == count => told.to_owned(),
                all => format!("{count} of {all} {told}"),
            };
            proven.text = format!("{} ({how}).", proven.text.trim_end_matches('.'));
            proven.reasons.push("the result was added");
        }
    }
}

/// Names of many words, or of words that sentences are made of, in quotation marks wherever they stand, so that they
/// do not read like a part of the sentence. `None` where it is not known where they stand.
fn quoted(text: &str, values: &[Known]) -> Option<String> {
    let is_kind = |part: Option<&str>| part.is_some_and(|part| words::is_kind(&words::stem(part)));
    let is_long = |known: &&Known| {
        let parts = || known.text.split(' ');
        let has_kind = || is_kind(parts().next()) || is_kind(parts().next_back());
        known.sort == Sort::Name
            && known.text.contains(' ')
            && (parts().count() > 3 || parts().any(words::is_common) || has_kind())
    };
    let folded = fold(text);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for known in values.iter().filter(is_long) {
        for (at, name) in folded.match_indices(known.text.as_str()) {
            let end = at + name.len();
            if lex::is_whole(&folded, at, name) && found.iter().all(|(from, to)| end <= *from || at >= *to) {
                found.push((at, end));
            }
        }
    }
    found.sort_unstable();
    let mut made = text.to_owned();
    for (at, end) in found.into_iter().rev() {
        if folded.len() != text.len() || !text.is_char_boundary(at) || !text.is_char_boundary(end) {
            return None;
        }
        let is_quoted = text[..at].ends_with(['"', '“']) && text[end..].starts_with(['"', '”']);
        if !is_quoted {
            made = format!("{}“{}”{}", &made[..at], &made[at..end], &made[end..]);
        }
    }
    Some(made)
}
