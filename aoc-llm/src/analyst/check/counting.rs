//! Sentences that count.

use std::collections::BTreeSet;

use aoc_core::{fold, query::Counted};

use super::{Checker, Deed, EXAMPLES, Piece, Proven, Removal, Sentence, split::Role, value, words};

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
        sentence: &Sentence,
        cited: &BTreeSet<usize>,
    ) -> Result<Proven, Removal> {
        let numbers: Vec<(usize, &String)> = sentence
            .pieces
            .iter()
            .enumerate()
            .filter_map(|(at, piece)| match piece {
                Piece::Number { number, counts: true } => Some((at, number)),
                Piece::Number { number, .. } => Some((usize::MAX, number)),
                _ => None,
            })
            .collect();
        let [(place, said)] = numbers[..] else { return Err("it holds several numbers") };
        if place == usize::MAX {
            return Err("its number does not count events");
        }
        let (count, matching) = self.counted(sentence, place)?;
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
        let mut proven = Proven { text, events, reasons };
        if self.left_out == 0 && Deed::of(sentence).is_named() {
            // The result of all that were counted, not only of those that are named.
            let named = std::mem::replace(&mut proven.events, matching);
            self.tell_result(&sentence.pieces, &mut proven);
            proven.events = named;
        }
        Ok(proven)
    }

    /// How many events the sentence is about, and which of those that were looked at. The number stands at a place.
    fn counted(&self, sentence: &Sentence, place: usize) -> Result<(u64, BTreeSet<usize>), Removal> {
        let deed = Deed::of(sentence);
        let proves = |at: &usize| {
            let ground = &self.grounds[*at].1;
            deed.is_of(ground) && ground.proves_all(sentence, &[place])
        };
        let matching: BTreeSet<usize> = (0..self.grounds.len()).filter(proves).collect();
        if self.left_out == 0 {
            return Ok((matching.len() as u64, matching));
        }
        let pieces: Vec<&Piece> =
            sentence.pieces.iter().filter(|piece| !matches!(piece, Piece::Number { .. })).collect();
        let facet = self.facet(&pieces).ok_or("its number cannot be compared with a count of the store")?;
        if matching.is_empty() && !facet.text.is_empty() {
            return Err("none of the events that were looked at says so");
        }
        Ok((facet.count, matching))
    }

    /// The count of the one value that the pieces name; of all events where they name nothing.
    fn facet<'p>(&self, pieces: &[&'p Piece]) -> Option<Facet<'p>> {
        match pieces {
            [] => Some(Facet { count: self.counts.total, text: "" }),
            [Piece::Value { text, role }] => {
                let lists: &[&Vec<Counted>] = match role {
                    Role::Actor => &[&self.counts.actor],
                    Role::Plain => &[&self.counts.service, &self.counts.operation],
                    _ => return None,
                };
                let is_named = |one: &&Counted| fold(&value(&one.value, 160)) == text.as_str();
                let mut found = lists.iter().copied().flatten().filter(is_named);
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
