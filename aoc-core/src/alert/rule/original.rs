//! Rules as AOC's predecessor in Python has them.

use serde_json::{Map, Value, json};

use super::Rule;
use crate::{Error, Result, config::suggestion};

/// Members of its rules.
const MEMBERS: [&str; 10] = [
    "id",
    "_id",
    "name",
    "enabled",
    "severity",
    "conditions",
    "message",
    "description",
    "created_at",
    "updated_at",
];
/// Its operators.
const OPS: [&str; 5] = ["eq", "neq", "contains", "in", "after_hours"];

impl Rule {
    /// Reads a rule of the Python original: `id` or `_id`, `name`, `enabled`, `severity`, `conditions` of `field`, `op`
    /// and `value`, `message`. `after_hours` becomes a schedule outside of 08:00 to 18:00 from Monday to Friday, or
    /// outside of the hours that its value gives: `"07:30-19:00"`, `[7, 19]`, `{"start": 7, "end": 19}`.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with the path of what has no meaning here.
    pub fn from_original(value: &Value) -> Result<Self> {
        let members = value.as_object().ok_or_else(|| Error::invalid("a rule is an object"))?;
        if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(Error::invalid(format!(
                "unknown field `{unknown}`{}",
                suggestion(unknown, &MEMBERS)
            )));
        }
        let mut rule = Map::new();
        if let Some(id) = members.get("id").or_else(|| members.get("_id")).filter(|id| !id.is_null()) {
            rule.insert("id".into(), id_of(id)?.into());
        }
        for name in ["name", "enabled", "message", "description"] {
            if let Some(value) = members.get(name).filter(|value| !value.is_null()) {
                rule.insert(name.into(), value.clone());
            }
        }
        if !rule.contains_key("name") {
            rule.insert("name".into(), rule.get("message").or(rule.get("id")).cloned().unwrap_or_default());
        }
        if let Some(severity) = members.get("severity").filter(|severity| !severity.is_null()) {
            rule.insert("severity".into(), severity_of(severity)?.into());
        }
        convert(members.get("conditions").unwrap_or(&Value::Null), &mut rule)?;
        Self::read(Value::Object(rule))
    }
}

/// An id as text, or as MongoDB writes its own.
fn id_of(id: &Value) -> Result<String> {
    match id.get("$oid").unwrap_or(id) {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(Error::invalid(format!("`{other}` is no text")).at("id")),
    }
}

fn severity_of(severity: &Value) -> Result<String> {
    let text = severity.as_str().map(str::to_ascii_lowercase);
    match text.as_deref() {
        Some("info") => Ok("informational".into()),
        Some(name @ ("informational" | "low" | "medium" | "high" | "critical")) => Ok(name.into()),
        _ => {
            let sentence = format!("`{severity}`, expected informational, low, medium, high or critical");
            Err(Error::invalid(sentence).at("severity"))
        }
    }
}

/// Puts conditions and the schedule that is among them into the rule.
fn convert(conditions: &Value, rule: &mut Map<String, Value>) -> Result<()> {
    let none = Vec::new();
    let conditions = match conditions {
        Value::Null => &none,
        Value::Array(list) => list,
        _ => return Err(Error::invalid("expected a list").at("conditions")),
    };
    let mut kept = Vec::new();
    for (index, condition) in conditions.iter().enumerate() {
        let at = |member: &str| format!("conditions[{index}].{member}");
        let op = condition.get("op").and_then(Value::as_str).unwrap_or_default();
        if !OPS.contains(&op) {
            let near = suggestion(op, &OPS);
            let near = if near.is_empty() { format!(", expected {}", OPS.join(", ")) } else { near };
            return Err(Error::invalid(format!("unknown operator `{op}`{near}")).at(at("op")));
        }
        if op != "after_hours" {
            kept.push(condition.clone());
            continue;
        }
        let hours = hours_of(condition.get("value").unwrap_or(&Value::Null)).ok_or_else(|| {
            Error::invalid("no hours, expected such as `08:00-18:00` or [8, 18]").at(at("value"))
        })?;
        if rule.insert("schedule".into(), hours).is_some() {
            return Err(Error::invalid("a second `after_hours`").at(at("op")));
        }
    }
    rule.insert("conditions".into(), Value::Array(kept));
    Ok(())
}

fn hours_of(value: &Value) -> Option<Value> {
    let (from, until) = match value {
        Value::Null | Value::Bool(true) => ("08:00".to_owned(), "18:00".to_owned()),
        Value::String(text) if text.trim().is_empty() => ("08:00".to_owned(), "18:00".to_owned()),
        Value::String(text) => {
            let (from, until) = text.split_once('-')?;
            (hour_of(&from.trim().into())?, hour_of(&until.trim().into())?)
        }
        Value::Array(pair) => match &pair[..] {
            [from, until] => (hour_of(from)?, hour_of(until)?),
            _ => return None,
        },
        Value::Object(members) => {
            let either = |names: [&str; 3]| names.into_iter().find_map(|name| members.get(name));
            (
                hour_of(either(["start", "from", "start_hour"])?)?,
                hour_of(either(["end", "until", "end_hour"])?)?,
            )
        }
        _ => return None,
    };
    let days = ["mon", "tue", "wed", "thu", "fri"];
    Some(json!({"when": "outside", "days": days, "from": from, "until": until}))
}

/// `8`, `"8"`, `"8:30"` or `"08:30"` as `08:30`.
fn hour_of(value: &Value) -> Option<String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (hour, minute) = text.split_once(':').unwrap_or((&text, "0"));
    let (hour, minute) = (hour.parse::<u8>().ok()?, minute.parse::<u8>().ok()?);
    Some(format!("{hour:02}:{minute:02}"))
}
