//! What of an event's values is indexed: words, short phrases, GUIDs.
//!
//! A value is folded to lower case and cut at separators and around GUIDs. What lies between the cuts are
//! words; a side of a word that touches a GUID is marked with [`GLUE`]. So a part of a search without
//! separators occurs in a value exactly when it occurs in a word, begins a GUID, or spans a word and the
//! GUID glued to it. Values that are short and hold a separator are kept whole, too, so that quoted phrases
//! are mostly found without reading the event. Separators are words of their own.

use aoc_core::{Event, fold, text};

/// Marks the side of a word that touches a GUID. Being a separator, it is in no word by itself.
pub(crate) const GLUE: char = '\u{1}';
/// Words longer than this are kept as pieces that overlap.
const PIECE: usize = 256;
/// How much of a long word its pieces share: no occurrence shorter than this is cut.
pub(crate) const OVERLAP: usize = 64;
/// Values up to this length that hold a separator are kept whole.
const PHRASE: usize = 64;

/// One thing found in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Term<'a> {
    /// A word, a separator or a phrase.
    Word(&'a str),
    /// A GUID.
    Guid(u128),
}

/// Whether values are cut here.
pub(crate) fn is_separator(c: char) -> bool {
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => ASCII_SEPARATORS[usize::from(byte)],
        _ => c.is_whitespace() || c.is_control(),
    }
}

const ASCII_SEPARATORS: [bool; 128] = {
    let mut table = [false; 128];
    let mut byte = 0;
    while byte < 128 {
        table[byte as usize] = byte <= b' '
            || matches!(
                byte,
                0x7f | b'"'
                    | b'{'
                    | b'}'
                    | b'['
                    | b']'
                    | b'<'
                    | b'>'
                    | b'('
                    | b')'
                    | b','
                    | b';'
                    | b'|'
                    | b'\\'
            );
        byte += 1;
    }
    table
};

/// Calls `visit` with every term of an event; terms may come more than once.
pub(crate) fn each_term(event: &Event, visit: &mut dyn FnMut(Term<'_>)) {
    let mut glued = String::new();
    text::each_value(event, &mut |value| {
        let folded = fold(value);
        each_term_of(&folded, &mut glued, visit);
    });
}

fn each_term_of(folded: &str, glued: &mut String, visit: &mut dyn FnMut(Term<'_>)) {
    let (mut from, mut after_guid, mut any_guid) = (0, false, false);
    for range in text::guids(folded) {
        any_guid = true;
        cut(&folded[from..range.start], after_guid, true, glued, visit);
        visit(Term::Guid(parse_guid(&folded[range.clone()])));
        (from, after_guid) = (range.end, true);
    }
    let separated = cut(&folded[from..], after_guid, false, glued, visit);
    if separated && !any_guid && folded.len() <= PHRASE && !folded.contains(char::is_control) {
        visit(Term::Word(folded));
    }
}

/// Cuts a stretch without GUIDs into words; `true` if there was a separator.
fn cut(
    text: &str,
    glue_before: bool,
    glue_after: bool,
    glued: &mut String,
    visit: &mut dyn FnMut(Term<'_>),
) -> bool {
    let mut from = 0;
    let mut separated = false;
    for (at, separator) in text.char_indices().filter(|(_, c)| is_separator(*c)) {
        separated = true;
        word(&text[from..at], glue_before && from == 0, false, glued, visit);
        from = at + separator.len_utf8();
        // A control character is found by reading; it would end a word in the word list.
        if !separator.is_control() {
            visit(Term::Word(&text[at..from]));
        }
    }
    word(&text[from..], glue_before && from == 0, glue_after, glued, visit);
    separated
}

fn word(
    text: &str,
    glue_before: bool,
    glue_after: bool,
    glued: &mut String,
    visit: &mut dyn FnMut(Term<'_>),
) {
    if text.is_empty() {
        return;
    }
    if !glue_before && !glue_after {
        return pieces(text, visit);
    }
    glued.clear();
    glued.extend(glue_before.then_some(GLUE));
    glued.push_str(text);
    glued.extend(glue_after.then_some(GLUE));
    pieces(glued, visit);
}

fn pieces(mut text: &str, visit: &mut dyn FnMut(Term<'_>)) {
    while text.len() > PIECE {
        let end = text.floor_char_boundary(PIECE);
        visit(Term::Word(&text[..end]));
        text = &text[text.floor_char_boundary(end - OVERLAP)..];
    }
    visit(Term::Word(text));
}

/// The number of a GUID in the usual shape.
pub(crate) fn parse_guid(text: &str) -> u128 {
    text.bytes()
        .filter_map(|byte| char::from(byte).to_digit(16))
        .fold(0, |sum, digit| (sum << 4) | u128::from(digit))
}

/// The range of GUIDs that start with the text; `None` if none can.
pub(crate) fn guids_from(text: &str) -> Option<(u128, u128)> {
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    if text.is_empty() || text.len() > 36 || !text.bytes().enumerate().all(fits) {
        return None;
    }
    let open = 32 - text.bytes().filter(|byte| *byte != b'-').count();
    let low = if open == 32 { 0 } else { parse_guid(text) << (4 * open) };
    let rest = if open == 32 { u128::MAX } else { (1_u128 << (4 * open)) - 1 };
    Some((low, low | rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(value: &str) -> Vec<String> {
        let (mut found, mut glued) = (Vec::new(), String::new());
        each_term_of(value, &mut glued, &mut |term| {
            found.push(match term {
                Term::Word(word) => word.replace(GLUE, "~"),
                Term::Guid(guid) => format!("#{guid:x}"),
            });
        });
        found
    }

    #[test]
    fn values_are_cut_at_separators_and_around_guids() {
        assert_eq!(terms("alex@contoso.com"), ["alex@contoso.com"]);
        assert_eq!(terms("add user"), ["add", " ", "user", "add user"]);
        let guid = "10000000-0000-0000-0000-00000000000f";
        assert_eq!(
            terms(&format!("user_{guid}_x y")),
            ["user_~", "#1000000000000000000000000000000f", "~_x", " ", "y"]
        );
        assert_eq!(terms(guid).len(), 1);
    }

    #[test]
    fn no_short_occurrence_is_cut_in_a_long_word() {
        let long: String = (0..2_000).map(|i| char::from(b'a' + (i * 7 % 26) as u8)).collect();
        let found = terms(&long);
        for start in 0..long.len() - OVERLAP {
            let part = &long[start..start + OVERLAP];
            assert!(found.iter().any(|piece| piece.contains(part)), "{start}");
        }
        assert!(terms(&"é".repeat(500)).iter().all(|piece| piece.len() <= PIECE));
    }

    #[test]
    fn guid_heads_give_ranges() {
        assert_eq!(guids_from("1"), Some((1 << 124, (2 << 124) - 1)));
        let whole = "10000000-0000-0000-0000-00000000000f";
        assert_eq!(guids_from(whole), Some((parse_guid(whole), parse_guid(whole))));
        assert!(guids_from("10000000-").is_some() && guids_from("-").is_none() && guids_from("1-").is_none());
        assert!(guids_from("xyz").is_none());
    }
}
