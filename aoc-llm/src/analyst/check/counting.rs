//! Sentences that count.

use std::collections::BTreeSet;

use aoc_core::{fold, query::Counted};

use super::{Checker, EXAMPLES, Piece, Proven, Removal, value, words};

/// What a number counts, where not all events were looked at.
struct Facet<'a> {
    count: u64,
    text: &'a str,
}

impl Checker<'_> {
    /// Puts the store's number into a sentence that counts events.
    pub(super) fn count(
        &self,
        text: String,
        pieces: &[Piece],
        cited: &BTreeSet<usize>,
    ) -> Result<Proven, Removal> {
        let numbers: Vec<&String> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Number { number, .. } => Some(number),
                _ => None,
            })
            .collect();
        let [said] = numbers[..] else { return Err("it holds several numbers") };
        let rest: Vec<&Piece> =
            pieces.iter().filter(|piece| !matches!(piece, Piece::Number { .. })).collect();
        let (count, matching) = self.counted(&rest)?;
        if count == 0 {
            return Err("the store counts no such event");
        }
        let mut events: BTreeSet<usize> = cited.intersection(&matching).copied().collect();
        if events.is_empty() {
            events = matching.iter().rev().take(EXAMPLES).copied().collect();
        }
        let mut reasons = Vec::new();
        let mut text = text;
        if *said != count.to_string() {
            text = replaced(&text, said, count).ok_or("its number is wrong")?;
            reasons.push("the number is the store's");
        }
        if !cited.is_subset(&events) {
            reasons.push("events that do not prove it were left out");
        }
        Ok(Proven { text, events, reasons })
    }

    /// How many events the pieces are about, and which of those that were looked at.
    fn counted(&self, pieces: &[&Piece]) -> Result<(u64, BTreeSet<usize>), Removal> {
        let proves = |at: &usize| pieces.iter().all(|piece| self.grounds[*at].1.proves(piece));
        let matching: BTreeSet<usize> = (0..self.grounds.len()).filter(proves).collect();
        if self.left_out == 0 {
            return Ok((matching.len() as u64, matching));
        }
        let facet = self.facet(pieces).ok_or("its number cannot be compared with a count of the store")?;
        if matching.is_empty() && !facet.text.is_empty() {
            return Err("none of the events that were looked at says so");
        }
        Ok((facet.count, matching))
    }

    /// The count of the one value that the pieces name; of all events where they name nothing.
    fn facet<'p>(&self, pieces: &[&'p Piece]) -> Option<Facet<'p>> {
        match pieces {
            [] => Some(Facet { count: self.counts.total, text: "" }),
            [Piece::Value { text, .. }] => {
                let lists = [&self.counts.service, &self.counts.operation, &self.counts.actor];
                let is_named = |one: &&Counted| fold(&value(&one.value, 160)) == text.as_str();
                let mut found = lists.into_iter().flatten().filter(is_named);
                let count = found.next()?.count;
                found.next().is_none().then_some(Facet { count, text })
            }
            [Piece::Word(stem)] => {
                let is_named = |one: &&Counted| words::of_result(&one.value).contains(&stem.as_str());
                self.counts.result.iter().find(is_named).map(|one| Facet { count: one.count, text: stem })
            }
            _ => None,
        }
    }
}

/// The text with another number, if it holds this one once.
fn replaced(text: &str, said: &str, count: u64) -> Option<String> {
    let is_said = |word: &str| {
        let word = fold(word.trim_matches(|c: char| !c.is_alphanumeric())).into_owned();
        word == said || words::number(&word).is_some_and(|number| number.to_string() == said)
    };
    let parts: Vec<&str> = text.split(' ').collect();
    let mut found = parts.iter().enumerate().filter(|(_, part)| is_said(part)).map(|(at, _)| at);
    let at = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let bare = parts[at].trim_matches(|c: char| !c.is_alphanumeric());
    let with = parts[at].replace(bare, &count.to_string());
    let list: Vec<&str> =
        parts[..at].iter().copied().chain([with.as_str()]).chain(parts[at + 1..].iter().copied()).collect();
    Some(list.join(" "))
}
