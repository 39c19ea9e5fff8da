//! A sentence in tokens: whole values of records, words, signs.

use super::words;

/// A value of a record, by which sentences are split. Folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    pub(super) text: String,
    pub(super) sort: Sort,
}

impl Known {
    /// Whether it would read like a part of the sentence, and not like a value: it begins like one, or names who does
    /// something, or leaves its quotation marks. Operations are the vendor's.
    pub(super) fn is_misleading(&self) -> bool {
        let mut parts = self.text.split(|c: char| !c.is_alphanumeric() && !"-_.@+'’".contains(c));
        let first = parts.clone().find(|part| !part.is_empty()).unwrap_or_default();
        let is_led = matches!(self.sort, Sort::Name | Sort::Plain) && words::leads(first);
        is_led || self.text.contains(['"', '“', '”']) || parts.any(|part| part == "by")
    }
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// Of somebody or something: it has a part in the deed.
    Name,
    Operation,
    /// A service or a property.
    Plain,
    Address,
    /// A number before or after a change.
    Number,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Value { known: &'t Known, is_possessive: bool },
    Word(&'t str),
    Sign(char),
}

/// Signs that stand in plain sentences.
const SIGNS: &str = ".,;:'\"’“”()-–—/";

/// Splits a folded sentence; the longest values come first. `None` where it holds signs that no plain sentence needs.
pub(super) fn lex<'t>(folded: &'t str, values: &'t [Known]) -> Option<Vec<Token<'t>>> {
    let (mut tokens, mut rest) = (Vec::new(), folded);
    while let Some(c) = rest.chars().next() {
        let length = if c == ' ' {
            c.len_utf8()
        } else if let Some(known) = values.iter().find(|known| is_here(rest, known, &tokens)) {
            let length = known.text.len();
            let is_possessive = ["'s", "’s"].iter().any(|end| rest[length..].starts_with(end));
            tokens.push(Token::Value { known, is_possessive });
            length + if is_possessive { rest[length..].find('s').unwrap_or_default() + 1 } else { 0 }
        } else if c.is_alphanumeric() {
            let end = rest.find(|c: char| !is_inner(c)).unwrap_or(rest.len());
            let word = rest[..end].trim_end_matches(['.', ':', '-', '\'', '’', '/', '_', '@', '+']);
            tokens.push(Token::Word(word));
            word.len()
        } else {
            let is_minus =
                matches!(c, '-' | '–' | '—') && rest[c.len_utf8()..].starts_with(|c: char| c.is_numeric());
            if !SIGNS.contains(c) || is_minus {
                return None;
            }
            tokens.push(Token::Sign(c));
            c.len_utf8()
        };
        rest = &rest[length..];
        let is_glued = matches!(tokens.last(), Some(Token::Word(_) | Token::Value { .. })) && length > 0;
        if c != ' ' && is_glued && rest.starts_with(char::is_alphanumeric) {
            return None;
        }
    }
    Some(tokens)
}

/// Numbers before and after a change are values only behind `from` and `to`.
fn is_here(text: &str, known: &Known, tokens: &[Token]) -> bool {
    let is_quote = |token: &&Token| matches!(token, Token::Sign('"' | '“' | '\''));
    let before = tokens.iter().rev().find(|token| !is_quote(token));
    let is_changed = || matches!(before, Some(Token::Word("from" | "to")));
    stands(text, &known.text) && (known.sort != Sort::Number || is_changed())
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
        Some('\'' | '’') => rest.chars().nth(1).is_none_or(|c| c == 's' || !c.is_alphanumeric()),
        Some(c) => !c.is_alphanumeric(),
    }
}

/// Whether what stands at a place of the text stands there as words of its own.
pub(super) fn is_whole(text: &str, at: usize, value: &str) -> bool {
    !text[..at].ends_with(char::is_alphanumeric) && stands(&text[at..], value)
}

/// A date or a time that begins with the first token, in the form that [`Piece::Time`](super::split::Piece::Time) has,
/// and how many tokens it takes.
pub(super) fn time(tokens: &[Token]) -> Option<(String, usize)> {
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => Some(*word),
        _ => None,
    };
    let first = word(0)?;
    if is_time(first) {
        let is_utc = matches!(word(1), Some("utc" | "gmt")) && !first.starts_with("20");
        return Some(if is_utc { (format!("{first}z"), 2) } else { (first.to_owned(), 1) });
    }
    if words::WEEKDAYS.contains(&first) {
        return Some((first.to_owned(), 1));
    }
    let day = |at: usize| word(at)?.trim_end_matches(['s', 't', 'h', 'n', 'd', 'r']).parse::<u32>().ok();
    let (month, day) = match words::month(first) {
        Some(month) => (month, day(1)?),
        None => (words::month(word(1)?)?, day(0)?),
    };
    let comma = usize::from(tokens.get(2) == Some(&Token::Sign(',')));
    let year = word(2 + comma).filter(|year| year.len() == 4).and_then(|year| year.parse::<u32>().ok());
    Some(match year {
        Some(year) => (format!("{year:04}-{month:02}-{day:02}"), 3 + comma),
        None => (format!("--{month:02}-{day:02}"), 2),
    })
}

/// `09:30`, `09:30:05`, `09:30:05Z`, `2026-11-20`, and all of it with or without a zone.
pub(super) fn is_time(word: &str) -> bool {
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    matches!(shape.trim_end_matches('z'), "00:00" | "00:00:00") || shape.starts_with("0000-00-00")
}
