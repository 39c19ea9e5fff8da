//! Pseudonyms: what stands for people, things and addresses in one prompt.

use std::collections::HashMap;

use aoc_core::fold;

use super::Record;

/// The shortest part of a name that is replaced where it stands alone.
const SHORTEST: usize = 3;

/// Names with what stands for them. The same name has the same pseudonym throughout one request.
///
/// Invariant: whatever a record says of actors, addresses, targets and values has a pseudonym, but for values that are
/// numbers and truth values: records do not tell which of them name somebody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aliases {
    /// Pseudonym and name.
    list: Vec<(String, String)>,
    /// By the folded name.
    exact: HashMap<String, usize>,
    /// By the first word of the folded name, with the folded name; long names first.
    first: HashMap<String, Vec<(String, usize)>>,
    back: HashMap<String, usize>,
    /// Tells pseudonyms apart from names that others chose.
    mark: String,
}

impl Aliases {
    /// Pseudonyms for all that the records name, and for actors as the counts tell them. The mark is no part
    /// of them.
    pub(crate) fn of<'n>(records: &[Record], counted: impl Iterator<Item = &'n String>, mark: &str) -> Self {
        let mut made = Self { mark: mark.chars().take(4).collect(), ..Self::default() };
        for record in records {
            made.record(record);
        }
        for actor in counted {
            made.actor(actor);
        }
        for names in made.first.values_mut() {
            names.sort_by_key(|(folded, _)| std::cmp::Reverse(folded.len()));
        }
        made
    }

    /// The pseudonym of a text that is a name; else the text with pseudonyms for the names in it.
    pub(crate) fn hide(&self, text: &str) -> String {
        match self.exact.get(fold(text).as_ref()) {
            Some(at) => self.list[*at].0.clone(),
            None => self.each_word(text, |rest, word| {
                let names = self.first.get(fold(word).as_ref())?;
                let fits = |(folded, at): &(String, usize)| {
                    prefix(rest, folded)
                        .filter(|length| !rest[*length..].starts_with(char::is_alphanumeric))
                        .map(|length| (length, *at))
                };
                names.iter().find_map(fits).map(|(length, at)| (length, self.list[at].0.as_str()))
            }),
        }
    }

    /// The text with names for pseudonyms.
    pub(crate) fn reveal(&self, text: &str) -> String {
        self.each_word(text, |_, word| {
            self.back.get(fold(word).as_ref()).map(|at| (word.len(), self.list[*at].1.as_str()))
        })
    }

    /// The text with each word replaced for which `find` gives something and the length that it stands for.
    fn each_word<'s>(&'s self, text: &str, find: impl Fn(&str, &str) -> Option<(usize, &'s str)>) -> String {
        let mut made = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            let (length, with) = match find(rest, &rest[..end]).filter(|(length, _)| end > 0 && *length > 0) {
                Some(found) => found,
                None if end > 0 => (end, &rest[..end]),
                None => (c.len_utf8(), &rest[..c.len_utf8()]),
            };
            made.push_str(with);
            rest = &rest[length..];
        }
        made
    }

    fn record(&mut self, record: &Record) {
        record.actor.iter().for_each(|name| self.actor(name));
        record.address.iter().for_each(|address| self.add("address", address));
        record.targets.iter().for_each(|name| self.add("target", name));
        for text in record.changes.iter().flat_map(|change| [&change.old, &change.new]) {
            if !is_plain(text) {
                self.add("value", text);
            }
        }
        let written = [&record.service, &record.operation];
        let written = written.into_iter().chain(record.changes.iter().map(|change| &change.property));
        for word in written.flat_map(|text| text.split(|c: char| c.is_whitespace() || "\"',;()=".contains(c)))
        {
            let word = word.trim_matches(['.', ':']);
            if word.contains('@') || word.parse::<std::net::IpAddr>().is_ok() {
                self.add("name", word);
            }
        }
    }

    /// A name, and each of its parts, by which people are called.
    fn actor(&mut self, name: &str) {
        self.add("actor", name);
        let parts = name.split(|c: char| !c.is_alphanumeric());
        parts.filter(|part| part.chars().count() >= SHORTEST).for_each(|part| self.add("name", part));
    }

    fn add(&mut self, kind: &str, name: &str) {
        let folded = fold(name).into_owned();
        if folded.is_empty() || self.exact.contains_key(&folded) {
            return;
        }
        let at = self.list.len();
        let alias = format!("{kind}{}{}", at + 1, self.mark);
        let end = folded.find(|c: char| !c.is_alphanumeric()).unwrap_or(folded.len());
        if end > 0 {
            self.first.entry(folded[..end].to_owned()).or_default().push((folded.clone(), at));
        }
        self.back.insert(fold(&alias).into_owned(), at);
        self.exact.insert(folded, at);
        self.list.push((alias, name.to_owned()));
    }
}

/// Whether a value names nobody: a short number, a truth value, nothing.
fn is_plain(text: &str) -> bool {
    let is_short = text.len() <= 4 && text.bytes().all(|c| c.is_ascii_digit());
    is_short || ["true", "false", "null", "enabled", "disabled"].contains(&fold(text).as_ref())
}

/// How many bytes of the text fold to the folded name.
fn prefix(text: &str, folded: &str) -> Option<usize> {
    let mut left = folded;
    for (at, c) in text.char_indices() {
        if left.is_empty() {
            return Some(at);
        }
        let mut bytes = [0; 4];
        left = left.strip_prefix(fold(c.encode_utf8(&mut bytes)).as_ref())?;
    }
    left.is_empty().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_and_come_back() {
        let names = ["Kim Lee", "kim@contoso.com"].map(str::to_owned);
        let aliases = Aliases::of(&[], names.iter(), "abcdef");
        let hidden = aliases.hide("KIM LEE (kim@contoso.com) and Lee; Kimberly");
        assert_eq!(hidden, "actor1abcd (actor4abcd) and name3abcd; Kimberly");
        assert_eq!(aliases.reveal(&hidden), "Kim Lee (kim@contoso.com) and Lee; Kimberly");
    }
}
