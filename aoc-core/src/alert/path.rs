//! Paths into records: `targetResources.modifiedProperties[displayName=Role].newValue|unquote`.

use serde_json::Value;

use crate::fold;

/// A way into a record. Members are found whatever their case, and arrays on the way are gone through: any element may
/// be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    steps: Vec<Step>,
    pub(crate) change: Change,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    /// In lower case.
    name: String,
    /// Of the elements only those whose member of this name has this text.
    only: Option<(String, String)>,
}

/// What is done to a text that was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing.
    #[default]
    None,
    /// One pair of quotes around it is taken off.
    Unquote,
    /// Blanks around it are taken off.
    Trim,
    /// It becomes `success` or `failure`.
    Outcome,
}

/// Everything that says that something was done.
const SUCCESSES: [&str; 5] = ["success", "succeeded", "true", "0", "partiallysucceeded"];

impl Change {
    /// The text, changed so.
    pub(crate) fn of(self, text: &str) -> &str {
        match self {
            Self::None => text,
            Self::Trim => text.trim(),
            Self::Unquote => {
                let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                inner.unwrap_or(text)
            }
            Self::Outcome if text.is_empty() => text,
            Self::Outcome if SUCCESSES.iter().any(|word| text.eq_ignore_ascii_case(word)) => "success",
            Self::Outcome => "failure",
        }
    }
}

impl Path {
    /// Reads a path: dots descend, `Name[key=value]` chooses elements, `|unquote`, `|trim` or `|outcome` at its end.
    pub(crate) fn parse(text: &str) -> Self {
        let (text, change) = match text.rsplit_once('|') {
            Some((path, "unquote")) => (path, Change::Unquote),
            Some((path, "trim")) => (path, Change::Trim),
            Some((path, "outcome")) => (path, Change::Outcome),
            _ => (text, Change::None),
        };
        Self { steps: split(text).map(Step::parse).collect(), change }
    }

    /// A path whose parts are names and nothing else, as rules write them.
    pub(crate) fn literal(text: &str) -> Self {
        let step = |name: &str| Step { name: fold(name).into_owned(), only: None };
        Self { steps: text.split('.').map(step).collect(), change: Change::None }
    }

    /// Shows every value at its end. Says whether there was one.
    pub(crate) fn visit<'a>(&self, value: &'a Value, visit: &mut dyn FnMut(&'a Value)) -> bool {
        walk(&self.steps, value, visit)
    }
}

impl Step {
    fn parse(text: &str) -> Self {
        let (name, rest) = text.split_once('[').unwrap_or((text, ""));
        let only = rest.strip_suffix(']').and_then(|rest| rest.split_once('='));
        let only = only.map(|(key, value)| (fold(key).into_owned(), fold(value).into_owned()));
        Self { name: fold(name).into_owned(), only }
    }

    /// Whether an element is one of those that are meant.
    fn takes(&self, element: &Value) -> bool {
        let Some((key, wanted)) = &self.only else { return true };
        let members = element.as_object().into_iter().flatten();
        members
            .filter(|(name, _)| fold(name) == *key)
            .any(|(_, value)| value.as_str().is_some_and(|text| fold(text) == *wanted))
    }
}

/// The parts between dots; dots within brackets divide nothing.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |letter| {
        depth += i32::from(letter == '[') - i32::from(letter == ']');
        letter == '.' && depth <= 0
    })
}

fn walk<'a>(steps: &[Step], value: &'a Value, visit: &mut dyn FnMut(&'a Value)) -> bool {
    if steps.is_empty() {
        visit(value);
        return true;
    }
    match value {
        Value::Array(elements) => {
            let mut found = false;
            elements.iter().for_each(|element| found |= walk(steps, element, visit));
            found
        }
        Value::Object(members) => {
            let mut found = false;
            for (name, member) in members {
                // A member whose own name has dots stands before the way that the dots describe.
                for taken in (1..=steps.len()).rev() {
                    if is_named(&steps[..taken], name) {
                        found |= enter(&steps[taken - 1], &steps[taken..], member, visit);
                        break;
                    }
                }
            }
            found
        }
        _ => false,
    }
}

/// Whether the steps, divided by dots, are this name.
fn is_named(steps: &[Step], name: &str) -> bool {
    let mut rest = name;
    for (index, step) in steps.iter().enumerate() {
        let tail = if index == 0 { Some(rest) } else { rest.strip_prefix('.') };
        match tail.and_then(|tail| after(tail, &step.name)) {
            Some(tail) => rest = tail,
            None => return false,
        }
    }
    rest.is_empty()
}

/// What stands behind the start of a name, whatever its case. It is looked up for every member of a record, so nothing is
/// copied.
fn after<'a>(name: &'a str, start: &str) -> Option<&'a str> {
    if let Some(same) = name.as_bytes().get(..start.len())
        && same.is_ascii()
    {
        return same.eq_ignore_ascii_case(start.as_bytes()).then(|| &name[start.len()..]);
    }
    let mut wanted = start.chars().peekable();
    let mut rest = name.chars();
    while wanted.peek().is_some() {
        for lower in rest.next()?.to_lowercase() {
            wanted.next_if_eq(&lower)?;
        }
    }
    Some(rest.as_str())
}

fn enter<'a>(step: &Step, rest: &[Step], member: &'a Value, visit: &mut dyn FnMut(&'a Value)) -> bool {
    let Some(elements) = member.as_array().filter(|_| step.only.is_some()) else {
        return step.takes(member) && walk(rest, member, visit);
    };
    let mut found = false;
    elements
        .iter()
        .filter(|element| step.takes(element))
        .for_each(|element| found |= walk(rest, element, visit));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(path: &str, value: &Value) -> Vec<Value> {
        let mut all = Vec::new();
        Path::parse(path).visit(value, &mut |value| all.push(value.clone()));
        all
    }

    #[test]
    fn paths_go_through_arrays_and_choose() {
        let record = json!({
            "targetResources": [
                {"type": "User", "modifiedProperties": [{"displayName": "A.B", "newValue": "1"}]},
                {"type": "Role", "modifiedProperties": [{"displayName": "C", "newValue": "2"}]}
            ],
            "odd.name": {"x": 3}
        });
        assert_eq!(found("TargetResources.Type", &record), [json!("User"), json!("Role")]);
        let chosen = "targetResources.modifiedProperties[displayName=a.b].newValue";
        assert_eq!(found(chosen, &record), [json!("1")]);
        assert_eq!(found("odd.name.x", &record), [json!(3)]);
        assert_eq!(found("odd.other", &record), Vec::<Value>::new());
        assert_eq!(Path::parse("a.b|unquote").change, Change::Unquote);
        let foreign = json!({"Straße.ÄÖ": {"Ü": 1}, "Straße": {"äö": {"ü": 2}}});
        assert_eq!(found("STRAßE.äÖ.ü", &foreign), [json!(2), json!(1)]);
        assert_eq!(found("straße.ä", &foreign), Vec::<Value>::new());
    }
}
