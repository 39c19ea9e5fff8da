//! Reports as indented text for people.

use aoc_core::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::output::plain;

/// A value as text: members and elements a line each, what they are made of indented; conditions with what they saw.
pub(super) fn tree(value: &impl Serialize) -> Result<String> {
    let value = serde_json::to_value(value)
        .map_err(|cause| Error::internal("a report has no JSON").because(cause))?;
    let mut text = String::new();
    add(&mut text, "", &value, 0);
    Ok(text)
}

fn add(text: &mut String, name: &str, value: &Value, depth: usize) {
    let mut line = |words: String| text.push_str(&format!("{}{words}\n", "  ".repeat(depth)));
    match value {
        Value::Null => {}
        Value::Object(members) => {
            if let Some(condition) = condition_of(members) {
                line(condition);
                each(text, members.get("steps").unwrap_or(&Value::Null), depth + 1);
                return;
            }
            let inner = if name.is_empty() { depth } else { depth + 1 };
            if !name.is_empty() {
                line(format!("{name}:"));
            }
            members.iter().for_each(|(name, member)| add(text, &words(name), member, inner));
        }
        Value::Array(elements) if elements.is_empty() => {}
        Value::Array(_) => {
            line(format!("{name}:"));
            each(text, value, depth + 1);
        }
        Value::String(said) if name.is_empty() => line(plain(said).into_owned()),
        Value::String(said) => line(format!("{name}: {}", plain(said))),
        other if name.is_empty() => line(other.to_string()),
        other => line(format!("{name}: {other}")),
    }
}

fn each(text: &mut String, elements: &Value, depth: usize) {
    for element in elements.as_array().into_iter().flatten() {
        let short =
            element.as_object().filter(|members| condition_of(members).is_none()).and_then(on_one_line);
        match short {
            Some(line) => text.push_str(&format!("{}{line}\n", "  ".repeat(depth))),
            None => add(text, "", element, depth),
        }
    }
}

/// Members that are made of nothing else.
fn on_one_line(members: &Map<String, Value>) -> Option<String> {
    let part = |(name, value): (&String, &Value)| match value {
        Value::String(said) => Some(format!("{}: {}", words(name), plain(said))),
        Value::Number(_) | Value::Bool(_) => Some(format!("{}: {value}", words(name))),
        _ => None,
    };
    members.iter().map(part).collect::<Option<Vec<_>>>().map(|parts| parts.join(", "))
}

fn condition_of(members: &Map<String, Value>) -> Option<String> {
    let (condition, holds) = (members.get("condition")?.as_str()?, members.get("holds")?.as_bool()?);
    let saw = members.get("saw").and_then(Value::as_array).into_iter().flatten();
    let saw: Vec<&str> = saw.filter_map(Value::as_str).collect();
    let word = if holds { "yes" } else { "no " };
    let saw = if saw.is_empty() { String::new() } else { format!(" (has: {})", saw.join(", ")) };
    Some(format!("{word}  {}{}", plain(condition), plain(&saw)))
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_is_told_line_by_line() {
        let report = json!({
            "alerts": 2,
            "samples": [{"id": "a", "at": "t"}, "b"],
            "nothing": null,
            "step": {"condition": "all of these", "holds": false, "steps": [
                {"condition": "operation is x", "holds": true, "saw": ["x"]},
                {"condition": "actor exists", "holds": false}
            ]}
        });
        let expected = "alerts: 2\nno   all of these\n  yes  operation is x (has: x)\n  no   actor exists\n";
        let text = tree(&report).unwrap();
        assert!(text.contains("alerts: 2\n") && text.contains("samples:\n  at: t, id: a\n  b\n"), "{text}");
        assert!(expected.lines().all(|line| text.contains(line)), "{text}");
        assert!(!text.contains("nothing"), "{text}");
    }
}
