//! Which rules have to look at an event at all: one look at the text of its record for all of them.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::detect::Detection;
use crate::Event;

/// Texts of all rules, looked for at once.
pub(crate) struct Prefilter {
    automaton: Option<AhoCorasick>,
    /// The rules that each text is of.
    rules: Vec<Vec<usize>>,
    /// Rules of which nothing is known.
    always: Vec<bool>,
}

/// Above this many bytes of texts the automaton takes little memory rather than little time.
const MANY_BYTES: usize = 8 << 10;

impl Prefilter {
    /// Of these rules. Where it cannot be made, all of them look at everything.
    pub(crate) fn of<'a>(rules: impl IntoIterator<Item = &'a Detection>) -> Self {
        let (mut texts, mut of) = (Vec::<String>::new(), Vec::<Vec<usize>>::new());
        let mut always = Vec::new();
        for (index, rule) in rules.into_iter().enumerate() {
            let needles = needles(rule);
            always.push(needles.is_none());
            for needle in needles.into_iter().flatten() {
                match texts.iter().position(|known| *known == needle) {
                    Some(known) => of[known].push(index),
                    None => {
                        texts.push(needle);
                        of.push(vec![index]);
                    }
                }
            }
        }
        let automaton = (!texts.is_empty()).then(|| build(&texts));
        if let Some(None) = automaton {
            always.fill(true);
        }
        Self { automaton: automaton.flatten(), rules: of, always }
    }

    /// Marks the rules that have to look at the event.
    pub(crate) fn mark(&self, event: &Event, marks: &mut Vec<bool>) {
        marks.clear();
        marks.extend_from_slice(&self.always);
        let Some(automaton) = &self.automaton else { return };
        let text = event.raw.text();
        if is_reshaped(event) || hides_letters(text) {
            marks.fill(true);
            return;
        }
        let mut missing = marks.iter().filter(|mark| !**mark).count();
        for found in automaton.find_overlapping_iter(text) {
            for rule in &self.rules[found.pattern().as_usize()] {
                missing -= usize::from(!std::mem::replace(&mut marks[*rule], true));
            }
            if missing == 0 {
                return;
            }
        }
    }
}

/// Texts of which every event of any part has one.
fn needles(rule: &Detection) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for part in &rule.parts {
        let needles = part.matcher.needles()?;
        let is_fine =
            |needle: &String| !needle.is_empty() && needle.bytes().all(|b| b.is_ascii_alphanumeric());
        if !needles.iter().all(is_fine) {
            return None;
        }
        all.extend(needles.into_iter().map(|needle| needle.to_ascii_lowercase()));
    }
    Some(all)
}

fn build(texts: &[String]) -> Option<AhoCorasick> {
    let bytes: usize = texts.iter().map(String::len).sum();
    let kind = (bytes <= MANY_BYTES).then_some(AhoCorasickKind::DFA);
    let built = AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(texts);
    built.inspect_err(|error| tracing::warn!(%error, "rules are evaluated without a prefilter")).ok()
}

/// Whether the record came in another shape than that of its API, which may have other words.
fn is_reshaped(event: &Event) -> bool {
    let name = event.normalizer.split('/').next().unwrap_or_default();
    name.contains('.')
}

/// Whether ASCII letters or digits may be written in another way than as themselves: by escapes, or by the two letters
/// beyond ASCII whose lower case begins within it.
fn hides_letters(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(skip) = bytes.get(from..).and_then(|rest| memchr::memchr3(b'\\', 0xE2, 0xC4, rest)) {
        let at = from + skip;
        from = at + 1;
        let hides = match bytes[at] {
            b'\\' => bytes.get(at + 1) == Some(&b'u') && escape_hides(bytes.get(at + 2..at + 6)),
            0xE2 => bytes.get(at + 1..at + 3) == Some(&[0x84, 0xAA]),
            _ => bytes.get(at + 1) == Some(&0xB0),
        };
        if hides {
            return true;
        }
    }
    false
}

/// Whether the character of these hex digits matters. Control characters do: they can be written in two ways.
fn escape_hides(digits: Option<&[u8]>) -> bool {
    let code = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    let code = code.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
    code.is_some_and(|code| {
        code.is_ascii_alphanumeric() || code.is_control() || matches!(code, '\u{212a}' | '\u{130}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_are_written_otherwise_are_seen() {
        for (record, expected) in [
            (r#"{"a":"plain é \" \\ \n \u00e9 \u0027"}"#, false),
            (r#"{"a":"\u0041dd"}"#, true),
            (r#"{"a":"{\"b\":\"\\u0061dd\"}"}"#, true),
            (r#"{"a":"to\u212Aen"}"#, true),
            ("{\"a\":\"to\u{212a}en\"}", true),
            ("{\"a\":\"\u{130}nbox\"}", true),
            ("{\"a\":\"ı… ĳ\"}", false),
        ] {
            assert_eq!(hides_letters(record), expected, "{record}");
        }
    }
}
