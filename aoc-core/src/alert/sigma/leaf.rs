//! One condition on values of an event.

use serde_json::Value;

use super::{
    field::{Field, text_of},
    test::{Test, one_holds},
    text::Text,
};
use crate::alert::detect::Step;

/// What a condition looks at.
#[derive(Debug)]
pub(super) enum Subject {
    /// A field.
    Field(Field),
    /// Every value of the record.
    Anything,
}

/// One line of a selection.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) subject: Subject,
    /// Of each list one must hold.
    pub(super) tests: Vec<Vec<Test>>,
    /// Whether it holds where they do not.
    pub(super) negated: bool,
    pub(super) words: String,
}

/// The most values that are shown.
const MOST_SHOWN: usize = 5;
/// The most characters of a value that are shown.
const MOST_CHARACTERS: usize = 120;

impl Leaf {
    pub(super) fn holds(&self, record: &Value) -> bool {
        let holds = self.tests.iter().all(|tests| match &self.subject {
            Subject::Field(field) => one_holds(tests, field, record),
            Subject::Anything => any_scalar(record, &mut |text| takes(tests, text, record)),
        });
        holds != self.negated
    }

    pub(super) fn explain(&self, record: &Value) -> Step {
        let seen = match &self.subject {
            Subject::Field(field) => field.texts(record),
            Subject::Anything => self.found(record),
        };
        let saw = seen.iter().take(MOST_SHOWN).map(|text| shortened(text)).collect();
        Step::leaf(self.words.clone(), self.holds(record), saw)
    }

    /// The values anywhere in which something is found.
    fn found(&self, record: &Value) -> Vec<String> {
        let mut found = Vec::new();
        any_scalar(record, &mut |text| {
            if self.tests.iter().any(|tests| takes(tests, text, record)) {
                found.push(text.to_owned());
            }
            found.len() == MOST_SHOWN
        });
        found
    }

    /// Texts of which every record in which it holds has one.
    pub(super) fn needles(&self) -> Option<Vec<String>> {
        let verbatim = match &self.subject {
            Subject::Field(field) => field.is_verbatim(),
            Subject::Anything => true,
        };
        if self.negated || !verbatim {
            return None;
        }
        let of_one = |tests: &Vec<Test>| tests.iter().map(Test::needle).collect::<Option<Vec<_>>>();
        best(self.tests.iter().map(of_one))
    }
}

/// Of several that must all be there, the one that tells most.
pub(super) fn best(needles: impl Iterator<Item = Option<Vec<String>>>) -> Option<Vec<String>> {
    let shortest = |needles: &Vec<String>| needles.iter().map(String::len).min().unwrap_or(usize::MAX);
    needles.flatten().max_by_key(shortest)
}

fn takes(tests: &[Test], text: &str, record: &Value) -> bool {
    let text = Text::new(text);
    tests.iter().any(|test| test.takes(&text, record))
}

/// Whether this is so of a text, number or boolean anywhere.
fn any_scalar(value: &Value, is_so: &mut dyn FnMut(&str) -> bool) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(|element| any_scalar(element, is_so)),
        Value::Object(members) => members.values().any(|member| any_scalar(member, is_so)),
        scalar => text_of(scalar).is_some_and(|text| is_so(&text)),
    }
}

/// The start of a text that is too long.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
