//! Other spellings in which a text may stand in an event.

use crate::{Error, Result};

/// What is done to a text before it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-16, the lower byte first.
    Wide,
    /// UTF-16, the higher byte first.
    WideBig,
    /// UTF-16 with a byte order mark.
    WideMarked,
    /// Base64.
    Base64,
    /// Base64 wherever in it the text starts.
    Base64Offset,
    /// Dashes before options in any spelling.
    Dashes,
}

impl Encoding {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "wide" | "utf16le" => Self::Wide,
            "utf16be" => Self::WideBig,
            "utf16" => Self::WideMarked,
            "base64" => Self::Base64,
            "base64offset" => Self::Base64Offset,
            "windash" => Self::Dashes,
            _ => return None,
        })
    }
}

/// The most that the spellings of one text may take together, in bytes.
const LARGEST: usize = 256 << 10;

/// The spellings of a text after all these.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) where bytes are left that are no text, or where they are too many.
pub(super) fn encode(text: &str, encodings: &[Encoding]) -> Result<Vec<String>> {
    if encodings.is_empty() {
        return Ok(vec![text.to_owned()]);
    }
    let mut all = vec![text.as_bytes().to_vec()];
    for encoding in encodings {
        check_size(&all)?;
        all = all.iter().flat_map(|bytes| apply(*encoding, bytes)).collect();
    }
    check_size(&all)?;
    if matches!(encodings.last(), Some(Encoding::Wide | Encoding::WideBig | Encoding::WideMarked)) {
        return Err(Error::invalid("`wide` and `utf16…` need `base64` or `base64offset` behind them"));
    }
    Ok(all.into_iter().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect())
}

/// Each step makes a few times more of what it is given.
fn check_size(spellings: &[Vec<u8>]) -> Result<()> {
    if spellings.iter().map(Vec::len).sum::<usize>() > LARGEST {
        return Err(Error::invalid(format!("the spellings of one text take more than {LARGEST} bytes")));
    }
    Ok(())
}

fn apply(encoding: Encoding, bytes: &[u8]) -> Vec<Vec<u8>> {
    let units = || String::from_utf8_lossy(bytes).encode_utf16().collect::<Vec<_>>();
    match encoding {
        Encoding::Wide => vec![units().into_iter().flat_map(u16::to_le_bytes).collect()],
        Encoding::WideBig => vec![units().into_iter().flat_map(u16::to_be_bytes).collect()],
        Encoding::WideMarked => {
            vec![[0xfeff].into_iter().chain(units()).flat_map(u16::to_le_bytes).collect()]
        }
        Encoding::Base64 => vec![base64(bytes).into_bytes()],
        Encoding::Base64Offset => (0..3).map(|offset| shifted(bytes, offset)).collect(),
        Encoding::Dashes => dashes(&String::from_utf8_lossy(bytes)),
    }
}

/// The characters that the text gives for sure when so many bytes stand before it.
fn shifted(bytes: &[u8], offset: usize) -> Vec<u8> {
    let mut padded = vec![0; offset];
    padded.extend_from_slice(bytes);
    let from = [0, 2, 3][offset];
    let until = padded.len() * 8 / 6;
    let encoded = base64(&padded).into_bytes();
    encoded.get(from..until).unwrap_or_default().to_vec()
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
            out.push(if at > chunk.len() { '=' } else { letter.into() });
        }
    }
    out
}

/// The text, and the text with each of the signs that stand for a dash before an option.
fn dashes(text: &str) -> Vec<Vec<u8>> {
    let mut spellings = vec![text.as_bytes().to_vec()];
    for dash in ["-", "/", "\u{2013}", "\u{2014}", "\u{2015}"] {
        let mut out = String::new();
        let mut before = ' ';
        for letter in text.chars() {
            match letter {
                '-' | '/' if before == ' ' => out.push_str(dash),
                letter => out.push(letter),
            }
            before = letter;
        }
        if !spellings.contains(&out.as_bytes().to_vec()) {
            spellings.push(out.into_bytes());
        }
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_those_that_occur() {
        assert_eq!(encode("foobar", &[Encoding::Base64]).unwrap(), ["Zm9vYmFy"]);
        assert_eq!(encode("foob", &[Encoding::Base64]).unwrap(), ["Zm9vYg=="]);
        assert_eq!(encode("foo", &[Encoding::Base64Offset]).unwrap(), ["Zm9v", "Zvb", "mb2"]);
        for before in ["", "x", "xy", "xyz"] {
            let whole = base64(format!("{before}secret word{before}").as_bytes());
            let spellings = encode("secret word", &[Encoding::Base64Offset]).unwrap();
            assert!(spellings.iter().any(|spelling| whole.contains(spelling)), "{whole} {spellings:?}");
        }
        assert_eq!(encode("ab", &[Encoding::Wide, Encoding::Base64]).unwrap(), ["YQBiAA=="]);
        assert!(encode("ab", &[Encoding::Wide]).is_err());
        let dashed = encode("x -a /b c-d", &[Encoding::Dashes]).unwrap();
        assert_eq!(dashed[1..3], ["x -a -b c-d", "x /a /b c-d"]);
        assert_eq!(dashed.len(), 6);
    }

    #[test]
    fn spellings_that_multiply_are_refused_on_the_way() {
        let said = encode("abcdefgh", &[Encoding::Base64Offset; 40]).unwrap_err().to_string();
        assert!(said.contains("more than 262144 bytes"), "{said}");
        assert!(encode(&"a".repeat(LARGEST + 1), &[Encoding::Base64]).is_err());
        assert!(encode(&"a".repeat(LARGEST + 1), &[]).is_ok());
    }
}
