//! From a piece of the input to a record that holds it.

use aoc_core::{RawJson, Record};

use super::unwrap;

/// A record of a piece that should be JSON; `None` when there is nothing but blanks.
pub(super) fn record(piece: &[u8]) -> Option<Record> {
    let piece = piece.trim_ascii();
    if piece.is_empty() {
        return None;
    }
    let Ok(text) = std::str::from_utf8(piece) else {
        let raw = RawJson::of(&serde_json::json!({ "base64": base64(piece) }));
        return Some(Record::new(raw.unwrap_or_default()));
    };
    Some(RawJson::parse(text).map_or_else(|_| Record::from(text), unwrap::unwrapped))
}

/// A record of a piece that is broken.
pub(super) fn broken(piece: &[u8]) -> Option<Record> {
    let piece = piece.trim_ascii();
    record(piece.strip_suffix(b",").unwrap_or(piece))
}

/// Bytes as base64 text.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_base64() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
