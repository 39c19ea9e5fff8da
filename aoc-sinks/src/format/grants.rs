//! Rights over resources: who gets them, which, and over what. Consent, app roles, delegated permissions.

use aoc_core::Event;
use serde_json::Value;

use super::{
    parties::{Party, Targets, changed, of_kind, person, same},
    record::{member, text},
};

/// Reads a grant, or what takes one back.
pub(super) fn read(event: &Event, typed: &[Value], displays: &[&str], targets: &mut Targets) {
    let operation = event.operation.to_lowercase();
    if operation.contains("consent") {
        targets.resource = resource(typed, displays, None);
        targets.user = on_behalf_of(event);
        targets.rights = consented(event);
        return;
    }
    if operation.contains("delegated permission") {
        targets.app = application(event, typed, displays);
    } else {
        put_receiver(event, &operation, typed, displays, targets);
    }
    let receiver = targets.user.as_ref().or(targets.app.as_ref()).or(targets.group.as_ref());
    targets.resource = resource(typed, displays, receiver);
    targets.rights = rights(event);
    // The default access to an application has no role.
    if targets.rights.is_empty() && targets.app.is_none() {
        targets.rights.extend(targets.resource.as_ref().and_then(|resource| resource.name.clone()));
    }
}

/// Who gets or loses an app role: the properties tell, else the types of the targets, else the operation's words.
fn put_receiver(event: &Event, operation: &str, typed: &[Value], displays: &[&str], targets: &mut Targets) {
    let user = person(event).or_else(|| of_kind(typed, "User"));
    let group = || properties(event, "Group", "Group.DisplayName").or_else(|| of_kind(typed, "Group"));
    let last = || displays.get(1..)?.last().map(|name| Party::named(name));
    if user.is_some() {
        targets.user = user;
    } else if let Some(group) = group() {
        targets.group = Some(group);
    } else if operation.contains("user") {
        targets.user = last();
    } else if operation.contains("group") {
        targets.group = last();
    } else {
        targets.app = application(event, typed, displays);
    }
}

/// The application that gets a right over another one.
fn application(event: &Event, typed: &[Value], displays: &[&str]) -> Option<Party> {
    let second = typed.iter().filter(|target| is_application(target)).nth(1);
    let said = |name: &str| second.and_then(|target| text(member(target, name)));
    let named = properties(event, "ServicePrincipal", "ServicePrincipal.DisplayName");
    named
        .or_else(|| Party::known(said("id"), None, said("displayName")))
        .or_else(|| displays.get(1).map(|name| Party::named(name)))
        .or_else(|| changed(event, "ServicePrincipal.AppId").map(|id| Party::named(&id)))
}

fn is_application(target: &Value) -> bool {
    matches!(member(target, "type").as_str(), Some("ServicePrincipal" | "Application"))
}

fn properties(event: &Event, kind: &str, name: &str) -> Option<Party> {
    Party::known(changed(event, &format!("{kind}.ObjectID")), None, changed(event, name))
}

/// Over what: the first target that does not get it.
fn resource(typed: &[Value], displays: &[&str], receiver: Option<&Party>) -> Option<Party> {
    let is_other = |party: &Party| !receiver.is_some_and(|receiver| same(party, receiver));
    let application = typed.iter().find(|target| is_application(target)).and_then(|target| {
        Party::known(text(member(target, "id")), None, text(member(target, "displayName")))
    });
    let mut shown = displays.iter().map(|name| Party::named(name));
    application.filter(is_other).or_else(|| shown.find(is_other))
}

fn rights(event: &Event) -> Vec<String> {
    let role = changed(event, "AppRole.Value").or_else(|| changed(event, "AppRole.DisplayName"));
    let scopes = || changed(event, "DelegatedPermissionGrant.Scope").map(|scope| words(&scope));
    role.map(|role| vec![role]).or_else(scopes).unwrap_or_default()
}

fn words(scope: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in scope.split_whitespace() {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

/// The scopes of a consent.
fn consented(event: &Event) -> Vec<String> {
    let scopes = permissions(event, "Scope");
    if scopes.is_empty() { rights(event) } else { words(&scopes.join(" ")) }
}

/// The one user for whom it was consented; `None` where it was for all.
fn on_behalf_of(event: &Event) -> Option<Party> {
    let id = permissions(event, "PrincipalId").into_iter().next()?;
    let actor = super::parties::actor(event);
    let said: Value = event.actor.read().unwrap_or(Value::Null);
    // Office 365 lists the ids of who did it, and `UserKey` is none of the directory's.
    let ids = member(&said, "Actor").as_array().into_iter().flatten();
    let is_actor = actor.id.as_ref() == Some(&id)
        || ids.filter_map(|entry| entry.get("ID")).any(|known| known.as_str() == Some(&id));
    if is_actor { Some(Party { id: Some(id), ..actor }) } else { Party::known(Some(id), None, None) }
}

/// The values of this name in what is consented to: `[…] => [[Id: …, Scope: a b, …]]`.
fn permissions(event: &Event, name: &str) -> Vec<String> {
    let Some(text) = changed(event, "ConsentAction.Permissions") else { return Vec::new() };
    let (before, after) = text.split_once("=>").unwrap_or(("", &text));
    let given = if after.contains(':') { after } else { before };
    let fields = given.split(['[', ']', ',', ';']).filter_map(|field| field.split_once(':'));
    fields
        .filter(|(field, value)| field.trim() == name && !value.trim().is_empty())
        .map(|(_, value)| value.trim().to_owned())
        .collect()
}
