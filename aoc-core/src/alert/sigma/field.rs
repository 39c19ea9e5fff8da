//! Fields of rules, and what an event has there.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;

use super::{aliases::Pack, text::Text};
use crate::alert::path::{Change, Path};

/// A field, ready to be looked up.
#[derive(Debug)]
pub(super) struct Field {
    paths: Vec<Path>,
}

/// What a field has in an event, one after the other.
pub(super) enum Seen<'a> {
    /// A member that is null.
    Null,
    /// A text, number or boolean, as text.
    Text(&'a Text<'a>),
    /// An object, or an array whose elements were shown before.
    Whole(&'a Value),
}

impl Field {
    /// The field of this name.
    pub(super) fn new(pack: Pack, name: &str) -> Self {
        let paths = match pack.paths(name) {
            Some(paths) => paths.iter().map(|path| Path::parse(path)).collect(),
            None => literal(pack, name),
        };
        Self { paths }
    }

    /// Shows everything that is there.
    pub(super) fn each(&self, record: &Value, visit: &mut dyn FnMut(Seen<'_>)) {
        for path in &self.paths {
            path.visit(record, &mut |value| show(value, path.change, visit));
        }
    }

    /// All that is there as text, each once.
    pub(super) fn texts(&self, record: &Value) -> Vec<String> {
        let (mut texts, mut wholes) = (BTreeSet::new(), BTreeSet::new());
        self.each(record, &mut |seen| match seen {
            Seen::Null => {}
            Seen::Text(text) => {
                texts.insert(text.exact().to_owned());
            }
            Seen::Whole(value) => {
                wholes.insert(value.to_string());
            }
        });
        if texts.is_empty() {
            texts = wholes
        }
        texts.into_iter().collect()
    }

    /// Whether the texts are in the record as they are compared.
    pub(super) fn is_verbatim(&self) -> bool {
        self.paths.iter().all(|path| path.change != Change::Outcome)
    }
}

fn literal(pack: Pack, name: &str) -> Vec<Path> {
    const WRAP: &str = "properties.";
    let wrapped = name.get(..WRAP.len()).is_some_and(|start| start.eq_ignore_ascii_case(WRAP));
    let inner = name.get(WRAP.len()..).filter(|_| wrapped && pack.is_unwrapped());
    [Some(name), inner].into_iter().flatten().map(Path::literal).collect()
}

fn show(value: &Value, change: Change, visit: &mut dyn FnMut(Seen<'_>)) {
    match value {
        Value::Null => visit(Seen::Null),
        Value::Object(_) => visit(Seen::Whole(value)),
        Value::Array(elements) => {
            for element in elements {
                if let Some(text) = text_of(element) {
                    visit(Seen::Text(&Text::new(change.of(&text))));
                }
            }
            visit(Seen::Whole(value));
        }
        scalar => {
            if let Some(text) = text_of(scalar) {
                visit(Seen::Text(&Text::new(change.of(&text))));
            }
        }
    }
}

/// A scalar as text; null is none.
pub(super) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(true) => Some(Cow::Borrowed("true")),
        Value::Bool(false) => Some(Cow::Borrowed("false")),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(pack: Pack, name: &str, record: &Value) -> Vec<String> {
        Field::new(pack, name).texts(record)
    }

    #[test]
    fn an_alias_replaces_the_literal_name() {
        let record = json!({"operationName": "literal", "activityDisplayName": "alias", "other": 1.5});
        assert_eq!(texts(Pack::AuditLogs, "OperationName", &record), ["alias"]);
        assert_eq!(texts(Pack::AuditLogs, "properties.operationName", &record), ["alias"]);
        assert_eq!(texts(Pack::AuditLogs, "Properties.Other", &record), ["1.5"]);
        assert_eq!(texts(Pack::Risk, "OperationName", &record), ["literal"]);
        assert!(texts(Pack::Activity, "Properties.Other", &record).is_empty());
    }

    #[test]
    fn outcomes_and_quotes_are_changed() {
        for (code, outcome) in
            [(json!(0), "success"), (json!(50126), "failure"), (json!("Succeeded"), "success")]
        {
            assert_eq!(texts(Pack::SignInLogs, "Status", &json!({"status": {"errorCode": code}})), [outcome]);
        }
        let change = json!({"displayName": "ConsentContext.IsAdminConsent", "newValue": "\"True\""});
        let record = json!({"targetResources": [{"modifiedProperties": [change]}]});
        assert_eq!(texts(Pack::AuditLogs, "ConsentContext.IsAdminConsent", &record), ["True"]);
    }

    #[test]
    fn arrays_are_their_elements_or_their_text() {
        let record = json!({"a": ["x", 1, null, {"b": "ü"}], "o": {"b": "ü"}});
        assert_eq!(texts(Pack::Activity, "a", &record), ["1", "x"]);
        assert_eq!(texts(Pack::Activity, "o", &record), [r#"{"b":"ü"}"#]);
    }
}
