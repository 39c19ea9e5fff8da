//! A sentence in pieces, each of which has to be proven.

use aoc_core::fold;

use super::words;

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A whole value of a record: a name, an operation, an address. Folded.
    Value { text: String, role: Role },
    /// A stem.
    Word(String),
    /// A number, with the stem before it and whether it counts events.
    Number { number: String, before: String, counts: bool },
    /// A time or a date, as written.
    Time(String),
}

/// Which part something has in a deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It does it.
    Actor,
    /// It is done to.
    Target,
    /// It is what was before.
    From,
    /// It is what came after.
    To,
}

/// Signs that stand in plain sentences.
const SIGNS: &str = " .,;:'\"’“”()-–—/%+@_?";

/// Splits a sentence; `values` are folded, the longest first, each with whether it names somebody or something.
/// `None` where the sentence holds signs that no plain one needs.
pub(super) fn split(text: &str, values: &[(String, bool)]) -> Option<Vec<Piece>> {
    let folded = fold(text).into_owned();
    let is_passive = is_passive(&folded, values);
    let mut splitter = Splitter { pieces: Vec::new(), before: String::new(), is_passive, has_name: false };
    let mut rest = folded.as_str();
    let mut is_start = true;
    while let Some(c) = rest.chars().next() {
        if let Some(value) = values.iter().find(|(value, _)| is_start && stands(rest, value)) {
            let (value, is_name) = value;
            splitter.value(value, *is_name);
            rest = &rest[value.len()..];
            is_start = false;
            continue;
        }
        if c.is_alphanumeric() && is_start {
            let end = rest.find(|c: char| !is_inner(c)).unwrap_or(rest.len());
            let word = rest[..end].trim_end_matches(['.', ':', '-', '\'', '’', '/', '_', '@', '+']);
            splitter.word(word);
            rest = &rest[word.len().max(c.len_utf8())..];
            is_start = false;
            continue;
        }
        if !SIGNS.contains(c) && !c.is_alphanumeric() {
            return None;
        }
        is_start = !c.is_alphanumeric();
        rest = &rest[c.len_utf8()..];
    }
    Some(splitter.pieces)
}

fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || "-_.:@+/'’".contains(c)
}

/// Whether the text begins with the value, as words of its own.
fn stands(text: &str, value: &str) -> bool {
    let Some(rest) = text.strip_prefix(value) else { return false };
    let mut next = rest.chars();
    match next.next() {
        None => true,
        Some('.' | ':' | '-' | '@' | '_' | '/' | '+') => !next.next().is_some_and(char::is_alphanumeric),
        Some(c) => !c.is_alphanumeric(),
    }
}

/// Whether the sentence says what was done to something. Words inside values do not count.
fn is_passive(folded: &str, values: &[(String, bool)]) -> bool {
    let mut text = folded.to_owned();
    for (value, _) in values.iter().filter(|(value, _)| value.contains(' ')) {
        text = text.replace(value.as_str(), "-");
    }
    text.split(|c: char| !c.is_alphanumeric()).any(words::is_passive)
}

struct Splitter {
    pieces: Vec<Piece>,
    /// The word before.
    before: String,
    is_passive: bool,
    has_name: bool,
}

impl Splitter {
    fn value(&mut self, value: &str, is_name: bool) {
        let is_by = matches!(self.before.as_str(), "by" | "by the");
        let role = match () {
            () if self.before == "from" => Role::From,
            () if matches!(self.before.as_str(), "to" | "into") => Role::To,
            () if !is_name => Role::Target,
            () if is_by => Role::Actor,
            () if self.is_passive || self.has_name || words::leads_to_target(&self.before) => Role::Target,
            () => Role::Actor,
        };
        self.has_name |= is_name;
        self.pieces.push(Piece::Value { text: value.to_owned(), role });
        self.before = String::new();
    }

    fn word(&mut self, word: &str) {
        if word.starts_with(|c: char| c.is_ascii_digit()) && is_time(word) {
            self.pieces.push(Piece::Time(word.to_owned()));
        } else if let Some(number) = words::number(word) {
            self.push_number(&number.to_string());
        } else if word.starts_with(|c: char| c.is_numeric()) {
            self.push_number(word);
        } else {
            self.plain(word);
        }
        let after_by = self.before.starts_with("by") && matches!(word, "the" | "user");
        self.before = if after_by { "by the".to_owned() } else { word.to_owned() };
    }

    fn push_number(&mut self, number: &str) {
        let before = words::stem(&self.before);
        self.pieces.push(Piece::Number { number: number.to_owned(), before, counts: false });
    }

    fn plain(&mut self, word: &str) {
        if let (Some(Piece::Number { counts, .. }), true) = (self.pieces.last_mut(), words::counts(word)) {
            *counts = true;
        }
        let is_compound = word.contains(['-', '/']) && !word.contains(['.', '@', ':', '_', '+']);
        let parts: Vec<&str> = if is_compound { word.split(['-', '/']).collect() } else { vec![word] };
        for part in parts.into_iter().filter(|part| !part.is_empty() && !words::is_neutral(part)) {
            self.pieces.push(Piece::Word(words::stem(part)));
        }
    }
}

/// `09:30`, `09:30:05`, `2026-11-20`, and both with or without a zone.
pub(super) fn is_time(word: &str) -> bool {
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "00:00" || shape == "00:00:00" || shape.starts_with("0000-00-00")
}
