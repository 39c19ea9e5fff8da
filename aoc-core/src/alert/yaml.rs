//! YAML texts, and with them JSON, as values: every document by itself, within limits.

use serde_json::Value;

use crate::{Error, Result};

/// One document of a text.
pub(crate) struct Document {
    /// The line it starts in, counted from one.
    pub(crate) line: usize,
    /// What it holds, or why it cannot be read.
    pub(crate) value: Result<Value>,
}

/// The longest text that is read, in bytes.
const LONGEST: usize = 4 << 20;
/// The most documents of a text.
const MOST_DOCUMENTS: usize = 10_000;

/// The documents of a text. One that is empty is none.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) when the text is too long or has too many documents.
pub(crate) fn documents(text: &str) -> Result<Vec<Document>> {
    if text.len() > LONGEST {
        return Err(Error::invalid(format!("{} bytes; {LONGEST} are the most", text.len())));
    }
    let pieces = split(text.strip_prefix('\u{feff}').unwrap_or(text));
    if pieces.len() > MOST_DOCUMENTS {
        return Err(Error::invalid(format!("{} documents; {MOST_DOCUMENTS} are the most", pieces.len())));
    }
    Ok(pieces.into_iter().map(|(line, text)| Document { line, value: read(text, line) }).collect())
}

/// The documents, each with the line it starts in. A line that starts with `---` or `...` ends a document wherever it
/// stands, so that what cannot be read in one does no harm to the next.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let (mut start, mut first, mut at) = (0, 1, 0);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if is_mark(line) {
            pieces.push((first, &text[start..at]));
            // What stands behind `---` belongs to the document.
            (start, first) = (at + 3, index + 1);
        }
        at += line.len();
    }
    pieces.push((first, &text[start..]));
    pieces.retain(|(_, piece)| !is_blank(piece));
    pieces
}

fn is_mark(line: &str) -> bool {
    let rest = line.strip_prefix("---").or_else(|| line.strip_prefix("..."));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Whether there is nothing but comments and directives.
fn is_blank(piece: &str) -> bool {
    piece.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with(['#', '%']))
}

const NULL_KEY: &str = "a key is null; the word stands in quotes";

fn read(text: &str, first: usize) -> Result<Value> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let error = error.without_snippet();
        let line = error.location().map(|place| usize::try_from(place.line()).unwrap_or(1));
        let message = error.to_string();
        let message = message.split('\n').next().unwrap_or_default();
        let message = message.split(" at line ").next().unwrap_or_default();
        let message = if message.contains("null into string") { NULL_KEY } else { message };
        Error::invalid(format!("cannot be read as YAML: {message}"))
            .at(format!("line {}", first + line.unwrap_or(1).max(1) - 1))
    })
}

/// YAML 1.2, in which `on` and dates are texts; keys come once; and little is enough for a rule.
fn options() -> serde_saphyr::Options {
    let mut options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 50,
            flow_nesting_limit: 50,
            max_events: 200_000,
            max_nodes: 100_000,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: 20_000,
            max_recorded_anchor_bytes: 1 << 20,
            max_total_scalar_bytes: LONGEST,
            max_merge_keys: 100,
            max_documents: 1,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    options.alias_limits.max_total_replayed_events = 20_000;
    options
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(text: &str) -> Value {
        documents(text).unwrap().remove(0).value.unwrap()
    }

    fn complaint(text: &str) -> String {
        documents(text).unwrap().pop().unwrap().value.unwrap_err().to_string()
    }

    #[test]
    fn scalars_are_those_of_yaml_1_2() {
        let text = "date: 2022-07-28\non: yes\n'null': ~\nzero: 007\nbig: 12_000\nn: 50053\nt: true\nq: '1'\ninf: .inf\n2: x";
        let expected = json!({
            "date": "2022-07-28", "on": "yes", "null": null, "zero": "007", "big": "12_000", "n": 50053,
            "t": true, "q": "1", "inf": ".inf", "2": "x"
        });
        assert_eq!(one(text), expected);
        assert_eq!(one(r#"{"a": ["x", 1.5, null]}"#), json!({"a": ["x", 1.5, null]}));
    }

    #[test]
    fn documents_stand_for_themselves_and_say_their_line() {
        let text = "# head\n%YAML 1.2\n---\na: 1\n---\nb: [\n--- # third\nc: 3\n...\n---\n# nothing\n";
        let all = documents(text).unwrap();
        assert_eq!(all.iter().map(|document| document.line).collect::<Vec<_>>(), [3, 5, 7]);
        assert_eq!(all[0].value.as_ref().unwrap(), &json!({"a": 1}));
        assert!(all[1].value.as_ref().unwrap_err().to_string().starts_with("line "), "{:?}", all[1].value);
        assert_eq!(all[2].value.as_ref().unwrap(), &json!({"c": 3}));
        assert!(documents("").unwrap().is_empty());
    }

    #[test]
    fn a_key_comes_once() {
        let said = complaint("x: 1\n---\na:\n  b: 1\n  c: 2\n  b: 3\n");
        assert!(said.starts_with("line 6: cannot be read as YAML: duplicate"), "{said}");
        assert_eq!(complaint("a: 1\nnull: 2"), format!("line 2: cannot be read as YAML: {NULL_KEY}"));
    }

    #[test]
    fn hostile_texts_are_refused() {
        let laughs = (1..9).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, level| {
            let many = vec![format!("*a{}", level - 1); 9].join(", ");
            format!("{text}a{level}: &a{level} [{many}]\n")
        });
        let deep = format!("a: {}{}", "[".repeat(100_000), "]".repeat(100_000));
        let nested: String = (0..1_500).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        for text in [&laughs, &deep, &nested, &"- a\n".repeat(300_000), &"&a *a".to_owned()] {
            let said = complaint(text);
            assert!(said.contains("cannot be read as YAML"), "{said}");
        }
        assert!(documents(&"a".repeat(LONGEST + 1)).is_err());
        assert!(documents(&"---\na\n".repeat(MOST_DOCUMENTS + 1)).is_err());
    }
}
