//! The checker: a sentence of a model stays only if the events that it names say so.
//!
//! A sentence is split into pieces: whole values of records, words, numbers, times. One event that is named has to
//! prove all of them; where a sentence names several actors, targets or times, each of them needs an event of its own
//! that proves the rest. Numbers that count events are replaced by what the store counts.

mod counting;
mod ground;
mod split;
mod words;

use std::collections::{BTreeSet, HashMap};

use aoc_core::{Key, fold};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    ground::Ground,
    split::{Piece, Role, split},
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
        let values = self.values(&cited);
        let pieces = split(&text, &values).ok_or("it holds signs that no plain sentence needs")?;
        if pieces.iter().any(|piece| matches!(piece, Piece::Number { counts: true, .. })) {
            return self.count(text, &pieces, &cited);
        }
        if cited.is_empty() {
            return Err("it names no event");
        }
        if !self.has_deed(&pieces, &cited) {
            return Err("it does not say what was done");
        }
        let events = self.witnesses(&pieces, &cited).ok_or("the events that it names do not say so")?;
        let dropped = (events.len() < cited.len()).then_some("events that do not prove it were left out");
        let mut proven =
            Proven { text: quoted(text, &values), events, reasons: dropped.into_iter().collect() };
        self.tell_result(&pieces, &mut proven);
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
    fn values(&self, cited: &BTreeSet<usize>) -> Vec<(String, bool)> {
        let mut values: BTreeSet<(String, bool)> = BTreeSet::new();
        let is_name = |text: &str| cited.iter().any(|at| self.grounds[*at].1.names(text));
        for at in cited {
            values.extend(self.grounds[*at].1.texts().map(|text| (text.clone(), is_name(text))));
        }
        for one in self.counts.service.iter().chain(&self.counts.operation).chain(&self.counts.actor) {
            let text = fold(&value(&one.value, 160)).into_owned();
            if text.chars().any(char::is_alphabetic) && text.len() > 1 && !words::is_common(&text) {
                let is_name = is_name(&text) || self.counts.actor.iter().any(|actor| actor == one);
                values.insert((text, is_name));
            }
        }
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        values
    }

    fn has_deed(&self, pieces: &[Piece], cited: &BTreeSet<usize>) -> bool {
        let is_name = |text: &str| cited.iter().any(|at| self.grounds[*at].1.names(text));
        pieces.iter().any(|piece| match piece {
            Piece::Value { text, .. } => !is_name(text) && text.parse::<std::net::IpAddr>().is_err(),
            Piece::Word(_) => true,
            _ => false,
        })
    }

    /// The events that prove the pieces.
    fn witnesses(&self, pieces: &[Piece], cited: &BTreeSet<usize>) -> Option<BTreeSet<usize>> {
        let proves = |at: usize, anchor: Option<&Piece>| {
            let is_excused = |piece: &&Piece| {
                anchor.is_none_or(|anchor| *piece == anchor || self.kind(piece) != self.kind(anchor))
            };
            pieces.iter().filter(is_excused).all(|piece| self.grounds[at].1.proves(piece))
        };
        let anchors: Vec<&Piece> = pieces.iter().filter(|piece| self.kind(piece).is_some()).collect();
        let mut witnesses = BTreeSet::new();
        if anchors.is_empty() {
            witnesses.extend(cited.iter().filter(|at| proves(**at, None)));
            return Some(witnesses).filter(|witnesses| !witnesses.is_empty());
        }
        for anchor in anchors {
            let found: Vec<usize> = cited.iter().copied().filter(|at| proves(*at, Some(anchor))).collect();
            if found.is_empty() {
                return None;
            }
            witnesses.extend(found);
        }
        Some(witnesses)
    }

    /// Values that are no names are not excused.
    fn kind(&self, piece: &Piece) -> Option<Kind> {
        match piece {
            Piece::Value { text, .. } if !self.grounds.iter().any(|(_, ground)| ground.names(text)) => None,
            Piece::Value { role: Role::Actor, .. } => Some(Kind::Actor),
            Piece::Value { role: Role::Target, .. } => Some(Kind::Target),
            Piece::Time(_) => Some(Kind::Time),
            // What was before and after belongs to one deed.
            Piece::Value { .. } | Piece::Word(_) | Piece::Number { .. } => None,
        }
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

/// What a sentence may name several of.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Actor,
    Target,
    Time,
}

/// Names of many words in quotation marks, so that they do not read like a part of the sentence.
fn quoted(text: String, values: &[(String, bool)]) -> String {
    let is_long = |value: &&(String, bool)| value.1 && value.0.split(' ').count() > 3;
    values.iter().filter(is_long).fold(text, |text, (value, _)| {
        match fold(&text)
            .find(value.as_str())
            .filter(|at| fold(&text).len() == text.len() && text.is_char_boundary(*at))
        {
            Some(at) => {
                let end = at + value.len();
                format!("{}“{}”{}", &text[..at], &text[at..end], &text[end..])
            }
            None => text,
        }
    })
}
