//! How a change could be undone, from its old values. Nothing is ever executed.

use aoc_core::{Change, Event, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::analyst::prompt::{clean::is_hidden, mask};

/// A way to undo a change, for people to read, check and run themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inverse {
    /// In which language it is.
    pub language: Script,
    /// The call.
    pub text: String,
}

/// What a call is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// Microsoft Graph: method and path, and the body behind an empty line.
    Graph,
    /// PowerShell of Exchange Online.
    PowerShell,
}

/// Properties of users as the log and as Graph name them.
const USER: [(&str, &str); 14] = [
    ("AccountEnabled", "accountEnabled"),
    ("City", "city"),
    ("CompanyName", "companyName"),
    ("Country", "country"),
    ("Department", "department"),
    ("DisplayName", "displayName"),
    ("EmployeeId", "employeeId"),
    ("GivenName", "givenName"),
    ("JobTitle", "jobTitle"),
    ("PreferredLanguage", "preferredLanguage"),
    ("State", "state"),
    ("StreetAddress", "streetAddress"),
    ("Surname", "surname"),
    ("UsageLocation", "usageLocation"),
];
/// Members of a conditional access policy that can be written.
const POLICY: [&str; 5] = ["displayName", "state", "conditions", "grantControls", "sessionControls"];
/// The longest value that is written.
const LONGEST: usize = 20_000;

/// The inverse of what the event did; `None` where old values are missing or are not known to be written so.
pub(super) fn inverse(event: &Event) -> Option<Inverse> {
    if event.result != Outcome::Success {
        return None;
    }
    match event.operation.trim_end_matches('.') {
        "Update user" | "Disable account" | "Enable account" => update_user(event),
        "Update conditional access policy" => update_policy(event),
        "Add member to group" => take_out(event, "members"),
        "Add owner to group" => take_out(event, "owners"),
        "Remove member from group" => add_back(event, "Group.ObjectID", "groups", "members"),
        "Remove owner from group" => add_back(event, "Group.ObjectID", "groups", "owners"),
        "Remove member from role" => give_role(event),
        operation if operation.starts_with("Set-") => set_again(event, operation),
        _ => None,
    }
}

/// What was changed, but has no old value that could be written again: the inverse leaves it as it is.
pub(super) fn missing(event: &Event) -> Vec<String> {
    let is_lost = |change: &&Change| old(change).is_none() && change.old != change.new;
    let is_told = |change: &&Change| !change.property.starts_with("Included Updated");
    let is_update = event.operation.starts_with("Set-") || event.operation.starts_with("Update user");
    let lost = event.changes.iter().filter(|_| is_update).filter(is_lost).filter(is_told);
    lost.map(|change| change.property.clone()).collect()
}

fn update_user(event: &Event) -> Option<Inverse> {
    let id = target_id(event, "user")?;
    let mut body = Map::new();
    for (name, graph) in USER {
        let old = event.changes.iter().find(|change| change.property == name).and_then(old);
        if let Some(value) = old {
            let value = if name == "AccountEnabled" { boolean(&value)? } else { value };
            body.insert(graph.to_owned(), value);
        }
    }
    graph(&format!("PATCH https://graph.microsoft.com/v1.0/users/{id}"), &Value::Object(body))
}

fn update_policy(event: &Event) -> Option<Inverse> {
    let id = target_id(event, "policy")?;
    let change = event.changes.iter().find(|change| change.property == "ConditionalAccessPolicy")?;
    let before = match old(change)? {
        Value::String(text) => serde_json::from_str(&text).ok()?,
        value => value,
    };
    let members = before.as_object()?;
    let body: Map<String, Value> =
        POLICY.iter().filter_map(|name| Some(((*name).to_owned(), members.get(*name)?.clone()))).collect();
    graph(
        &format!("PATCH https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies/{id}"),
        &Value::Object(body),
    )
}

fn add_back(event: &Event, property: &str, collection: &str, list: &str) -> Option<Inverse> {
    let member = target_id(event, "user")?;
    let change = event.changes.iter().find(|change| change.property == property)?;
    let group = guid(old(change)?.as_str()?)?;
    let body = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{member}")});
    graph(&format!("POST https://graph.microsoft.com/v1.0/{collection}/{group}/{list}/$ref"), &body)
}

/// Whoever was added is taken out again; the record names both.
fn take_out(event: &Event, list: &str) -> Option<Inverse> {
    let member = target_id(event, "user")?;
    let change = event.changes.iter().find(|change| change.property == "Group.ObjectID")?;
    let new = match &change.new {
        Value::Array(list) if list.len() == 1 => &list[0],
        other => other,
    };
    let group = guid(new.as_str()?)?;
    let text = format!("DELETE https://graph.microsoft.com/v1.0/groups/{group}/{list}/{member}/$ref");
    Some(Inverse { language: Script::Graph, text })
}

fn give_role(event: &Event) -> Option<Inverse> {
    // An activation that ended: giving the role again would give it for good.
    if event.actor_name().is_some_and(|actor| actor.eq_ignore_ascii_case("MS-PIM")) {
        return None;
    }
    let member = target_id(event, "user")?;
    let change = event.changes.iter().find(|change| change.property == "Role.TemplateId")?;
    let role = guid(old(change)?.as_str()?)?;
    let body = json!({"principalId": member, "roleDefinitionId": role, "directoryScopeId": "/"});
    graph("POST https://graph.microsoft.com/v1.0/roleManagement/directory/roleAssignments", &body)
}

/// Exchange's own commands, with the parameters that were changed.
fn set_again(event: &Event, command: &str) -> Option<Inverse> {
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric());
    if !command.split('-').all(is_name) {
        return None;
    }
    let mut text = format!("{command} -Identity {}", quoted(event.target_displays.first()?)?);
    let mut is_any = false;
    for change in &event.changes {
        let Some(old) = old(change).filter(|_| is_name(&change.property)) else { continue };
        let value = match old {
            Value::Bool(is) => if is { "$true" } else { "$false" }.to_owned(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => quoted(&text)?,
            _ => continue,
        };
        text.push_str(&format!(" -{} {value}", change.property));
        is_any = true;
    }
    is_any.then_some(Inverse { language: Script::PowerShell, text })
}

fn graph(call: &str, body: &Value) -> Option<Inverse> {
    let is_empty = body.as_object().is_none_or(Map::is_empty);
    let body = escaped(&serde_json::to_string_pretty(body).ok()?);
    (!is_empty).then(|| Inverse { language: Script::Graph, text: format!("{call}\n\n{body}") })
}

/// The JSON with hidden characters escaped; line ends of its own layout stay.
fn escaped(json: &str) -> String {
    let mut made = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && (is_hidden(c) || matches!(c, '<' | '>' | '`')) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| made.push_str(&format!("\\u{unit:04x}")));
        } else {
            made.push(c);
        }
    }
    made
}

/// A text as PowerShell reads it literally. It knows five characters as single quotes. `None` for what cannot be
/// written on a line as it is seen.
fn quoted(text: &str) -> Option<String> {
    if text.is_empty() || text.chars().count() > 1_000 || text.chars().any(is_hidden) {
        return None;
    }
    let mut made = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            made.push(c);
        }
        made.push(c);
    }
    made.push('\'');
    Some(made)
}

/// The value before, where there was one and it is no secret.
fn old(change: &Change) -> Option<Value> {
    let value = match &change.old {
        Value::Array(list) if list.len() == 1 => list[0].clone(),
        other => other.clone(),
    };
    let text = value.to_string();
    let is_secret = mask::is_secret_name(&change.property) || mask::mask(&text) != text;
    let is_empty = matches!(&value, Value::Null) || value.as_str().is_some_and(str::is_empty);
    (!is_empty && !is_secret && text.len() <= LONGEST && change.old != change.new).then_some(value)
}

fn boolean(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(_) => Some(value.clone()),
        Value::String(text) => text.to_ascii_lowercase().parse::<bool>().ok().map(Value::Bool),
        _ => None,
    }
}

/// The id of the only target of this type, if it is a GUID.
fn target_id(event: &Event, kind: &str) -> Option<String> {
    let targets = event.targets.iter().filter_map(|target| target.read::<Value>().ok());
    let is_kind = |target: &Value| {
        target.get("type").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case(kind))
    };
    let mut found = targets.filter(is_kind);
    let id = guid(found.next()?.get("id")?.as_str()?)?;
    found.next().is_none().then_some(id)
}

fn guid(text: &str) -> Option<String> {
    let shape =
        |at: usize, c: u8| if matches!(at, 8 | 13 | 18 | 23) { c == b'-' } else { c.is_ascii_hexdigit() };
    let is_guid = text.len() == 36 && text.bytes().enumerate().all(|(at, c)| shape(at, c));
    is_guid.then(|| text.to_ascii_lowercase())
}
