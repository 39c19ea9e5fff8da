//! A question as words.

use std::ops::Range;

use aoc_core::{fold, text::guids};

/// The most characters of a question that are read.
pub(super) const MOST_CHARACTERS: usize = 10_000;
/// The most words of a question that are read.
const MOST_WORDS: usize = 1_000;

/// Endings of files that people ask for.
const FILES: [&str; 18] = [
    ".doc", ".docm", ".docx", ".xls", ".xlsm", ".xlsx", ".csv", ".ppt", ".pptx", ".pdf", ".txt", ".zip",
    ".vsdx", ".one", ".png", ".jpg", ".msg", ".eml",
];

/// One word of a question.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// As it was written, without the punctuation around it.
    pub(super) text: String,
    /// Folded, without a possessive ending; what tables of words are asked for.
    pub(super) key: String,
    pub(super) kind: Kind,
    /// Whether it was written `Ana's`.
    pub(super) is_possessive: bool,
    /// Whether a comma or the end of a sentence follows.
    pub(super) ends_clause: bool,
    /// Whether some part of the plan already says it.
    pub(super) is_taken: bool,
}

/// What can be told from a word alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Lower case, or one capital in a question written in capitals.
    Plain,
    /// Begins with a capital.
    Capitalised,
    /// In quotes; may hold blanks.
    Quoted,
    /// With an at sign in it.
    Address,
    /// An IP address.
    Ip,
    /// A GUID.
    Guid,
    /// Letters with digits, underscores or capitals among them: the name of a thing.
    Identifier,
    /// Digits, with the signs of dates and times.
    Number,
}

/// All words of a question, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) list: Vec<Word>,
    /// Whether the question was longer than what is read.
    pub(super) is_cut: bool,
}

impl Words {
    /// Splits a question.
    pub(super) fn of(question: &str) -> Self {
        let text: String = question.chars().take(MOST_CHARACTERS).map(plain_sign).collect();
        let shouted = !text.chars().any(char::is_lowercase);
        let mut list = Vec::new();
        for (i, piece) in text.split('"').enumerate() {
            if i % 2 == 1 && !piece.trim().is_empty() {
                list.push(Word::new(piece.trim(), Kind::Quoted));
            } else if i % 2 == 0 {
                piece.split_whitespace().for_each(|token| read(token, shouted, &mut list));
            }
        }
        let is_cut = list.len() > MOST_WORDS || question.chars().nth(MOST_CHARACTERS).is_some();
        list.truncate(MOST_WORDS);
        Self { list, is_cut }
    }

    /// How many words from `at` are said by the phrase, whose words are parted by blanks; a `*` at the end of one
    /// stands for any ending. 0 when they are others.
    pub(super) fn said(&self, phrase: &str, at: usize) -> usize {
        // Most phrases begin otherwise, and every word is asked for all of them.
        if phrase.as_bytes().first() != self.key(at).as_bytes().first() {
            return 0;
        }
        let mut count = 0;
        for part in phrase.split(' ') {
            match self.list.get(at + count) {
                Some(word) if word.is(part) => count += 1,
                _ => return 0,
            }
        }
        count
    }

    /// The longest entry of a table that is said at `at`: how many words it has, and what it means.
    pub(super) fn longest<T: Copy>(&self, table: &[(&str, T)], at: usize) -> Option<(usize, T)> {
        let found = table.iter().map(|(phrase, meaning)| (self.said(phrase, at), *meaning));
        found.filter(|(count, _)| *count > 0).max_by_key(|(count, _)| *count)
    }

    /// Everything of a table that is said, from left to right; longer phrases hide shorter ones within them.
    pub(super) fn all<T: Copy>(&self, table: &[(&str, T)]) -> Vec<(Range<usize>, T)> {
        let (mut found, mut at) = (Vec::new(), 0);
        while at < self.list.len() {
            match self.longest(table, at) {
                Some((count, meaning)) if !self.list[at].is_taken => {
                    found.push((at..at + count, meaning));
                    at += count;
                }
                _ => at += 1,
            }
        }
        found
    }

    /// Marks words as told by the plan.
    pub(super) fn take(&mut self, range: Range<usize>) {
        self.list.iter_mut().take(range.end).skip(range.start).for_each(|word| word.is_taken = true);
    }

    /// The words as they were written.
    pub(super) fn written(&self, range: Range<usize>) -> String {
        let words = self.list.iter().take(range.end).skip(range.start);
        words.map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The key of a word; empty beyond the ends.
    pub(super) fn key(&self, at: usize) -> &str {
        self.list.get(at).map_or("", |word| &word.key)
    }
}

impl Word {
    fn new(text: &str, kind: Kind) -> Self {
        let key = fold(text).into_owned();
        Self { text: text.to_owned(), key, kind, is_possessive: false, ends_clause: false, is_taken: false }
    }

    /// Whether it is the name of a file, written without an address.
    pub(super) fn is_file(&self) -> bool {
        let is_name = matches!(self.kind, Kind::Quoted | Kind::Identifier);
        is_name && FILES.iter().any(|ending| self.key.ends_with(ending))
    }

    /// Whether the word is this one; a `*` at the end of `pattern` stands for any ending.
    pub(super) fn is(&self, pattern: &str) -> bool {
        if matches!(self.kind, Kind::Quoted | Kind::Address) {
            return false;
        }
        match pattern.strip_suffix('*') {
            Some(start) => self.key.starts_with(start),
            None => self.key == pattern,
        }
    }
}

/// Typographic quotes, dashes and apostrophes as the keyboard has them.
fn plain_sign(c: char) -> char {
    match c {
        '“' | '”' | '„' | '«' | '»' | '`' => '"',
        '’' | '‘' | '´' => '\'',
        '\u{2010}'..='\u{2015}' => '-',
        c if c.is_control() => ' ',
        other => other,
    }
}

fn read(token: &str, shouted: bool, list: &mut Vec<Word>) {
    let is_around = |c: char| matches!(c, ',' | ';' | '!' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '\'');
    let begun = token.trim_start_matches(|c| is_around(c) || c == '.' || c == '<');
    let bare = begun.trim_end_matches(|c| is_around(c) || matches!(c, '.' | ':' | '>'));
    let ends_clause = begun[bare.len()..].contains([',', ';', '.', '!', '?']);
    if bare == "-" {
        return list.push(Word::new(bare, Kind::Plain));
    }
    if let Some((first, last)) = bare.split_once('-').filter(|(first, last)| is_span(first, last)) {
        for part in [first, "-", last] {
            read(part, shouted, list);
        }
        return;
    }
    if bare.is_empty() {
        if let Some(last) = list.last_mut().filter(|_| ends_clause) {
            last.ends_clause = true;
        }
        return;
    }
    let (stem, is_possessive) = match bare.strip_suffix("'s").or_else(|| bare.strip_suffix("'S")) {
        Some(stem) if !stem.is_empty() => (stem, true),
        _ => (bare, begun.len() > bare.len() && begun[bare.len()..].starts_with('\'') && bare.ends_with('s')),
    };
    let kind = kind_of(stem, shouted);
    let parts: Vec<&str> = match kind {
        Kind::Plain | Kind::Capitalised => {
            stem.split(['-', '/', '&']).filter(|part| !part.is_empty()).collect()
        }
        _ => vec![stem],
    };
    let first = list.len();
    list.extend(parts.into_iter().map(|part| Word::new(part, kind_of(part, shouted))));
    if let Some(last) = list.last_mut().filter(|_| first > 0 || !stem.is_empty()) {
        last.is_possessive = is_possessive;
        last.ends_clause = ends_clause;
    }
}

/// Whether a hyphen joins two dates, hours or days: `5.11.-12.11.`, `9-11`.
fn is_span(first: &str, last: &str) -> bool {
    let is_time = |text: &str| {
        let parts: Vec<&str> = text.trim_end_matches('.').split(['.', '/', ':']).collect();
        let hour = parts.last().map(|last| last.trim_end_matches("am").trim_end_matches("pm"));
        let digits = parts.iter().rev().skip(1).copied().chain(hour);
        let is_short = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit());
        let is_date = parts.len() > 1 || text.trim_end_matches('.').len() <= 2 || text.ends_with('m');
        is_date && digits.into_iter().all(is_short)
    };
    is_time(first) && is_time(last)
}

/// Whether it ends as the name of a file does.
fn is_file(text: &str) -> bool {
    let ending = text.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    let is_half = matches!(ending, "m" | "am" | "pm");
    (2..=5).contains(&ending.len()) && !is_half && ending.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn kind_of(text: &str, shouted: bool) -> Kind {
    let is_guid = guids(text).any(|found| found == (0..text.len()));
    let mut letters = text.chars();
    let first = letters.next().unwrap_or_default();
    match () {
        () if is_guid => Kind::Guid,
        () if text.parse::<std::net::IpAddr>().is_ok() => Kind::Ip,
        () if text.len() > 2 && text.trim_matches('@').contains('@') => Kind::Address,
        () if is_file(text) && !text.contains(['/', ':']) => Kind::Identifier,
        () if first.is_ascii_digit() || (text.len() > 1 && "+#".contains(first)) => Kind::Number,
        () if text.contains(|c: char| c.is_ascii_digit() || c == '_' || c == '\\') || dotted(text) => {
            Kind::Identifier
        }
        () if shouted => Kind::Plain,
        () if mixed(text) => Kind::Identifier,
        () if first.is_uppercase() => Kind::Capitalised,
        () => Kind::Plain,
    }
}

/// Whether a point or a colon stands between letters: `ben.fischer`.
fn dotted(text: &str) -> bool {
    text.contains(['.', ':']) && text.split(['.', ':']).all(|part| part.chars().any(char::is_alphabetic))
}

/// Whether capitals follow small letters or a hyphen: `SharePoint`, `New-InboxRule`, `SG-VPN`.
fn mixed(text: &str) -> bool {
    let pairs = text.chars().zip(text.chars().skip(1));
    pairs.into_iter().any(|(a, b)| (a.is_lowercase() || a == '-') && b.is_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(question: &str) -> Vec<String> {
        Words::of(question).list.into_iter().map(|word| word.key).collect()
    }

    #[test]
    fn a_question_is_split_into_words() {
        assert_eq!(keys("Who reset Ana's password?!"), ["who", "reset", "ana", "password"]);
        assert_eq!(keys("failed sign-ins (yesterday)"), ["failed", "sign", "ins", "yesterday"]);
        assert_eq!(
            keys("file “Budget 2027.xlsx”, SG-VPN-Users"),
            ["file", "budget 2027.xlsx", "sg-vpn-users"]
        );
        assert_eq!(keys(" ?? \"\" ' "), [""; 0]);
    }

    #[test]
    fn kinds_are_seen() {
        let kinds = [
            ("ana", Kind::Plain),
            ("Ana", Kind::Capitalised),
            ("ana@contoso.com", Kind::Address),
            ("203.0.113.9", Kind::Ip),
            ("2001:db8::1", Kind::Ip),
            ("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", Kind::Guid),
            ("CON-AT-480D", Kind::Identifier),
            ("ben.fischer", Kind::Identifier),
            ("SharePoint", Kind::Identifier),
            ("2026-11-19", Kind::Number),
            ("18:00", Kind::Number),
        ];
        for (text, kind) in kinds {
            assert_eq!(kind_of(text, false), kind, "{text}");
        }
    }

    #[test]
    fn phrases_are_found_with_any_ending() {
        let words = Words::of("who deleted the inbox rules");
        let table = [("delet*", 1), ("inbox", 2), ("inbox rule*", 3)];
        assert_eq!(words.all(&table), [(1..2, 1), (3..5, 3)]);
    }
}
