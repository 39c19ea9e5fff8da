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

/// The secret, as it stands in JSON, and without blanks around it.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let json = json.trim_matches('"').to_owned();
    let mut forms = vec![secret.trim().to_owned(), json.replace('/', "\\/"), json];
    forms.sort();
    forms.dedup();
    forms.retain(|form| form.len() >= LEAST);
    forms
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
}
