//! The elements of a JSON array, told apart by its brackets alone: whatever stands in one of them, the others are read.

use std::io::{BufRead, ErrorKind, Result};

use aoc_core::RawJson;

use crate::reader::base64;

/// Where in a text we are.
#[derive(Clone, Copy, Debug, Default)]
struct Nesting {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
}

impl Nesting {
    fn see(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

/// Finds out, while a text comes in pieces, whether it is one whole array by its brackets.
#[derive(Debug, Default)]
pub(super) struct Outline {
    nesting: Nesting,
    has_begun: bool,
    has_ended: bool,
    is_none: bool,
}

impl Outline {
    /// The next piece.
    pub(super) fn see(&mut self, piece: &[u8]) {
        for &byte in piece {
            let counts = !byte.is_ascii_whitespace();
            match (self.has_begun, self.has_ended) {
                // A mark of the byte order may stand before the array.
                (false, _) if !counts || is_mark(byte) => {}
                (false, _) if byte != b'[' => self.is_none = true,
                (true, true) => self.is_none |= counts,
                _ => {}
            }
            if !counts && !self.nesting.in_string {
                continue;
            }
            self.has_begun |= !is_mark(byte);
            if self.has_ended || self.is_none {
                continue;
            }
            self.nesting.see(byte);
            self.has_ended = self.has_begun && self.nesting.depth == 0 && !self.nesting.in_string;
        }
    }

    /// Whether that was a whole array.
    pub(super) fn is_array(&self) -> bool {
        self.has_ended && !self.is_none
    }
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, 0xef | 0xbb | 0xbf)
}

/// The elements of what [`Outline`] calls a whole array, one after another.
pub(super) struct Elements<R> {
    input: R,
    nesting: Nesting,
}

impl<R: BufRead> Elements<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, nesting: Nesting::default() }
    }

    /// The next element; one that is no JSON as a JSON string, one that is no text as `{"base64": "…"}`.
    pub(super) fn next(&mut self) -> Result<Option<RawJson>> {
        let mut element = Vec::new();
        loop {
            let data = match self.input.fill_buf() {
                Err(cause) if cause.kind() == ErrorKind::Interrupted => continue,
                data => data?,
            };
            if data.is_empty() {
                return Ok(None);
            }
            let mut taken = 0;
            let mut is_end = false;
            for &byte in data {
                let (outside, before) = (!self.nesting.in_string, self.nesting.depth);
                self.nesting.see(byte);
                taken += 1;
                let begins = outside && before == 0;
                is_end = outside && before == 1 && (byte == b',' || self.nesting.depth == 0);
                if is_end {
                    break;
                }
                if !begins {
                    element.push(byte);
                }
            }
            self.input.consume(taken);
            if is_end && !element.trim_ascii().is_empty() {
                return Ok(Some(raw(element.trim_ascii())));
            }
            if is_end {
                element.clear();
            }
        }
    }
}

fn raw(element: &[u8]) -> RawJson {
    match std::str::from_utf8(element) {
        Ok(text) => RawJson::parse(text).unwrap_or_else(|_| RawJson::string(text)),
        Err(_) => RawJson::of(&serde_json::json!({ "base64": base64(element) })).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_array(text: &str) -> bool {
        let (mut whole, mut by_bytes) = (Outline::default(), Outline::default());
        whole.see(text.as_bytes());
        text.as_bytes().chunks(1).for_each(|byte| by_bytes.see(byte));
        assert_eq!(whole.is_array(), by_bytes.is_array(), "{text}");
        whole.is_array()
    }

    #[test]
    fn what_was_cut_is_no_array_wherever_it_was_cut() {
        let text = r#"[{"a":[1,"]"],"b":"x\"}"},{"c":[{}]},7]"#;
        assert!(is_array(text) && is_array(&format!("\u{feff} {text}\n ")) && is_array("[]"));
        for end in 0..text.len() {
            assert!(!is_array(&text[..end]), "{}", &text[..end]);
        }
        for none in ["{}", "[]]", "[] x", "null", "x[]", "[{]"] {
            assert!(!is_array(none), "{none}");
        }
    }

    #[test]
    fn what_is_odd_in_one_element_harms_no_other() {
        let text = b"\xef\xbb\xbf[ {\"a\":\"\\ud83d\"} ,nonsense, {\"b\":\"\xff\"},{\"c\":\"x\ny\"}, \"s\",{\"d\":[1,2]} ]".as_slice();
        let mut outline = Outline::default();
        outline.see(text);
        assert!(outline.is_array());
        for capacity in [1, 7, 1_000] {
            let mut elements = Elements::new(std::io::BufReader::with_capacity(capacity, text));
            let mut texts = Vec::new();
            while let Some(raw) = elements.next().unwrap() {
                texts.push(raw.text().to_owned());
            }
            assert_eq!(texts.len(), 6, "{texts:?}");
            assert_eq!(texts[0], r#"{"a":"\ud83d"}"#);
            assert_eq!(texts[1], r#""nonsense""#);
            assert!(texts[2].contains("base64") && texts[3].starts_with('"'));
            assert_eq!(texts[5], r#"{"d":[1,2]}"#);
        }
    }
}
