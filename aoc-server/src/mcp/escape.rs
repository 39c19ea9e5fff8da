//! Makes values from events harmless to whoever reads them: no character that hides or turns text, and not too long.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// How much of a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// The longest text, in characters.
    pub(super) text: usize,
    /// The most values of a list, and members of an object.
    pub(super) items: usize,
    /// How deep values lie.
    pub(super) depth: usize,
}

/// From what is shown where there is room, to what is shown where there is none. Texts of 200 characters always stay, so
/// that no key of an event is cut: it would lead nowhere.
pub(super) const LIMITS: [Limits; 5] = [
    Limits { text: 2_000, items: 500, depth: 32 },
    Limits { text: 500, items: 500, depth: 32 },
    Limits { text: 200, items: 100, depth: 24 },
    Limits { text: 200, items: 40, depth: 16 },
    Limits { text: 200, items: 15, depth: 8 },
];

/// The value with its texts escaped and all that is too long cut; and how often something was cut.
pub(super) fn harmless(value: Value, limits: Limits) -> (Value, usize) {
    let mut cut = Cut { limits, count: 0 };
    let value = cut.value(value, 0);
    (value, cut.count)
}

/// The same, cut until its JSON has no more than so many bytes; nothing where that cannot be.
pub(super) fn fitted(value: &Value, most: usize) -> Option<(Value, usize)> {
    let mut shown = LIMITS.into_iter().map(|limits| harmless(value.clone(), limits));
    shown.find(|(shown, _)| shown.to_string().len() <= most)
}

struct Cut {
    limits: Limits,
    count: usize,
}

impl Cut {
    fn value(&mut self, value: Value, depth: usize) -> Value {
        if depth >= self.limits.depth && (value.is_array() || value.is_object()) {
            self.count += 1;
            return Value::String("… (cut: lies too deep)".to_owned());
        }
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(mut items) => {
                self.shorten(items.len());
                items.truncate(self.limits.items);
                items.into_iter().map(|item| self.value(item, depth + 1)).collect()
            }
            Value::Object(members) => {
                self.shorten(members.len());
                let members = members.into_iter().take(self.limits.items);
                let member =
                    |(name, value): (String, Value)| (self.text(&name), self.value(value, depth + 1));
                Value::Object(members.map(member).collect::<Map<_, _>>())
            }
            other => other,
        }
    }

    fn shorten(&mut self, length: usize) {
        self.count += usize::from(length > self.limits.items);
    }

    fn text(&mut self, text: &str) -> String {
        let (shown, is_cut) = shortened(text, self.limits.text);
        self.count += usize::from(is_cut);
        shown
    }
}

/// The text escaped and, where it is longer, cut after so many characters with a mark.
pub(super) fn shortened(text: &str, most: usize) -> (String, bool) {
    match text.char_indices().nth(most) {
        None => (escaped(text).into_owned(), false),
        Some((end, _)) => {
            let more = text[end..].chars().count();
            (format!("{}… (cut: {more} more characters)", escaped(&text[..end])), true)
        }
    }
}

/// The text, with every character that hides or turns text, or drives a terminal, as `\u{…}`.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_treacherous) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_treacherous(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Control characters but line ends and tabs; what is not seen or turns text; tags and selectors, with which whole
/// sentences can be hidden.
fn is_treacherous(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() && !matches!(c, '\n' | '\t');
    }
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_hides_or_turns_text_is_escaped_in_values_and_names() {
        let hostile =
            json!({"exe\u{202e}fdp": ["\u{1b}[2J", "a\u{200b}b", "\u{e0041}\u{e0042}", "Zoë 北京\n"]});
        let (value, cut) = harmless(hostile, LIMITS[0]);
        let shown = ["\\u{1b}[2J", "a\\u{200b}b", "\\u{e0041}\\u{e0042}", "Zoë 北京\n"];
        assert_eq!((value, cut), (json!({"exe\\u{202e}fdp": shown}), 0));
    }

    #[test]
    fn what_is_too_long_is_cut_with_a_mark() {
        let limits = Limits { text: 3, items: 2, depth: 3 };
        let (value, cut) = harmless(json!([["ÄÖÜß", [["deep"]]], 1, 2]), limits);
        assert_eq!(value, json!([["ÄÖÜ… (cut: 1 more characters)", ["… (cut: lies too deep)"]], 1]));
        assert_eq!(cut, 3);
    }
}
