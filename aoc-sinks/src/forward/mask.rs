//! What a receiver said, fit for a sentence.

use std::sync::Arc;

/// Texts that must not be told, in all forms in which a receiver may send them back.
#[derive(Clone, Default)]
pub(crate) struct Mask(Arc<[String]>);

/// A shorter text is no secret, and stands in too many sentences.
const LEAST: usize = 4;
/// How much of an answer is told, in characters.
const MOST: usize = 300;
/// How much of it is looked at, in bytes.
const LOOKED_AT: usize = 16 * 1024;

impl Mask {
    /// For these secrets.
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms: Vec<String> = secrets.into_iter().flat_map(forms).collect();
        // A secret may be a part of another.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        Self(forms.into())
    }

    /// The beginning of an answer in one line, without control characters and secrets.
    pub(crate) fn told(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]);
        let visible = |c: char| if c.is_control() || is_bidi(c) { ' ' } else { c };
        let line: String = text.chars().map(visible).collect();
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let masked = self.0.iter().fold(line, |line, form| line.replace(form, "…"));
        let mut told: String = masked.chars().take(MOST).collect();
        if told.len() < masked.len() {
            told.push('…');
        }
        told
    }
}

/// The secret, as it stands in JSON, and without blanks around it; also as whoever reads addresses or forms decodes it.
fn forms(secret: &str) -> Vec<String> {
    let readings = [secret.to_owned(), decoded(secret), decoded(&secret.replace('+', " "))];
    let mut forms: Vec<String> = readings.iter().flat_map(|reading| written(reading)).collect();
    forms.sort();
    forms.dedup();
    forms.retain(|form| form.len() >= LEAST);
    forms
}

fn written(secret: &str) -> [String; 3] {
    let json = serde_json::Value::from(secret).to_string();
    let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json).to_owned();
    [secret.trim().to_owned(), json.replace('/', "\\/"), json]
}

/// The text with each `%` and two hexadecimal digits as the byte they mean.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| *first == b'%');
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Marks that turn the direction of writing, and so could make a sentence read otherwise.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_control_characters_are_not_told() {
        let mask = Mask::of(["geheim", "geheim/2", "ab"]);
        let told = mask.told(b"no \x1b[31mgeheim\r\n is \"geheim\\/2\" ab, geheim/2");
        assert_eq!(told, "no [31m… is \"…\" ab, …");
        assert_eq!(mask.told(&[b'x'; 1_000]).chars().count(), MOST + 1);
        assert_eq!(mask.told(b" \n"), "");
    }

    #[test]
    fn a_secret_of_an_address_is_not_told_in_its_decoded_form_either() {
        let mask = Mask::of(["g%C3%A4heim%2f1%2B%zz", "geheim+2"]);
        let told = mask
            .told("a g%C3%A4heim%2f1%2B%zz b gäheim/1+%zz c gäheim\\/1+%zz d geheim 2 e geheim+2".as_bytes());
        assert_eq!(told, "a … b … c … d … e …");
        assert_eq!((decoded("%"), decoded("%4"), decoded("%41%")), ("%".into(), "%4".into(), "A%".into()));
    }
}
