//! Who did it, and to whom or what.

use aoc_core::{ActorType, Event, alert::ALERT_SOURCE};
use serde_json::Value;

use super::{
    grants,
    meaning::{ACCESS, ACCOUNT, GROUP, Meaning},
    record::{Record, member, text},
};

/// A person or an application.
#[derive(Clone, Default)]
pub(super) struct Party {
    pub(super) id: Option<String>,
    /// The principal name, else the display name, else the id.
    pub(super) name: Option<String>,
    /// The display name, where it is another one.
    pub(super) full_name: Option<String>,
}

impl Party {
    fn new(id: Option<String>, upn: Option<String>, display: Option<String>) -> Self {
        let name = upn.or_else(|| display.clone()).or_else(|| id.clone());
        Self { full_name: display.filter(|display| Some(display) != name.as_ref()), name, id }
    }

    /// `None` where nothing is known.
    pub(super) fn known(id: Option<String>, upn: Option<String>, display: Option<String>) -> Option<Self> {
        Some(Self::new(id, upn, display)).filter(|party| !party.is_unknown())
    }

    /// Only a name is known.
    pub(super) fn named(name: &str) -> Self {
        Self::new(None, Some(name.to_owned()), None)
    }

    /// The name, where it has the form of a mail address.
    pub(super) fn email(&self) -> Option<&str> {
        let name = self.name.as_deref()?;
        let (local, domain) = name.split_once('@')?;
        let is_plain = |part: &str| {
            !part.is_empty()
                && !part.contains('@')
                && part.chars().all(|c| c.is_alphanumeric() || "._-+#'&".contains(c))
        };
        (is_plain(local) && is_plain(domain) && domain.contains('.')).then_some(name)
    }

    /// What stands behind the `@`.
    pub(super) fn domain(&self) -> Option<&str> {
        self.email()?.split_once('@').map(|(_, domain)| domain)
    }

    /// Whether nothing is known.
    pub(super) fn is_unknown(&self) -> bool {
        self.name.is_none()
    }
}

/// Who did it.
pub(super) fn actor(event: &Event) -> Party {
    let said: Value = event.actor.read().unwrap_or(Value::Null);
    let (user, app) = (member(&said, "user"), member(&said, "app"));
    let full = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let ids = if event.actor_type == Some(ActorType::App) && full(&event.actor_upn).is_none() {
        [
            member(app, "servicePrincipalId"),
            member(app, "appId"),
            member(&said, "servicePrincipalId"),
            member(&said, "applicationId"),
        ]
    } else {
        [member(user, "id"), member(&said, "userId"), &Value::Null, &Value::Null]
    };
    // Office 365's `UserId` is a name; its key is the id.
    let key = text(member(&said, "UserKey"));
    let id = key.or_else(|| ids.into_iter().find_map(text));
    let display = text(member(&said, "userDisplayName")).or_else(|| text(member(user, "displayName")));
    let display = full(&event.actor_display).filter(|name| !name.contains('@')).or(display);
    Party::new(id, full(&event.actor_upn), display.or_else(|| full(&event.actor_display)))
}

/// To whom or what it was done.
#[derive(Default)]
pub(super) struct Targets {
    pub(super) user: Option<Party>,
    pub(super) group: Option<Party>,
    /// The application that got or lost a right.
    pub(super) app: Option<Party>,
    /// What the right is over.
    pub(super) resource: Option<Party>,
    /// The roles or rights that were given or taken.
    pub(super) rights: Vec<String>,
    /// The best name of all.
    pub(super) first: Option<String>,
    /// The id beside it.
    pub(super) first_id: Option<String>,
    /// Its kind, as the vendor calls it.
    pub(super) kind: Option<String>,
}

/// Reads the targets that an operation of this meaning has.
pub(super) fn targets(event: &Event, record: &Record, meaning: Meaning) -> Targets {
    let typed: Vec<Value> = event.targets.iter().filter_map(|target| target.read().ok()).collect();
    let displays: Vec<&str> =
        event.target_displays.iter().map(String::as_str).filter(|name| !name.trim().is_empty()).collect();
    let mut targets = Targets {
        first: displays.first().map(|name| (*name).to_owned()),
        first_id: typed.first().and_then(target_id),
        kind: typed.first().and_then(kind),
        ..Targets::default()
    };
    let second = || displays.get(1).map(|name| (*name).to_owned());
    match meaning.class_uid {
        ACCOUNT => targets.user = of_kind(&typed, "User").or_else(|| named(&targets.first)),
        ACCESS if meaning.is_grant() => grants::read(event, &typed, &displays, &mut targets),
        ACCESS => {
            let right = changed(event, "Role.DisplayName")
                .or_else(|| of_kind(&typed, "Role").and_then(|role| role.name))
                .or_else(second);
            targets.rights.extend(right);
            let user = of_kind(&typed, "User").or_else(|| addressee(record));
            targets.user = user.or_else(|| named(&targets.first));
        }
        GROUP => {
            targets.group = group(event, record, &typed, &displays);
            let own = targets.group.as_ref().and_then(|group| group.name.as_deref());
            let other = displays.iter().find(|name| Some(**name) != own).map(|name| (*name).to_owned());
            targets.user = of_kind(&typed, "User").or_else(|| addressee(record)).or_else(|| named(&other));
        }
        _ if event.source == ALERT_SOURCE => {
            targets.first_id = record.text("rule");
            targets.kind = event.operation.trim().split_once(' ').map(|(_, object)| object.to_owned());
        }
        _ => targets.user = of_kind(&typed, "User"),
    }
    targets
}

fn named(name: &Option<String>) -> Option<Party> {
    name.as_deref().map(Party::named)
}

/// Whom SharePoint names.
fn addressee(record: &Record) -> Option<Party> {
    named(&record.text("TargetUserOrGroupName"))
}

fn kind(target: &Value) -> Option<String> {
    // Office 365 has numbers there, which say something else.
    let kind = member(target, "type").as_str().or_else(|| member(target, "auditResourceType").as_str());
    kind.filter(|kind| !kind.trim().is_empty()).map(str::to_owned)
}

fn target_id(target: &Value) -> Option<String> {
    ["id", "resourceId", "ObjectId"].iter().find_map(|name| text(member(target, name)))
}

pub(super) fn of_kind(typed: &[Value], wanted: &str) -> Option<Party> {
    let target = typed.iter().find(|target| kind(target).is_some_and(|kind| kind == wanted))?;
    let said = |name: &str| text(member(target, name));
    Party::known(said("id"), said("userPrincipalName"), said("displayName"))
}

/// The user whom the changed properties name.
pub(super) fn person(event: &Event) -> Option<Party> {
    let said = |name: &str| changed(event, &format!("User.{name}"));
    Party::known(said("ObjectID"), said("UPN"), said("DisplayName"))
}

/// Whether both have an id or a name in common.
pub(super) fn same(one: &Party, other: &Party) -> bool {
    let names = |party: &Party| [party.id.clone(), party.name.clone(), party.full_name.clone()];
    let others = names(other);
    names(one).iter().flatten().any(|name| others.iter().flatten().any(|known| known == name))
}

/// What a property of this name is or was.
pub(super) fn changed(event: &Event, property: &str) -> Option<String> {
    let change = event.changes.iter().find(|change| change.property == property)?;
    [&change.new, &change.old].into_iter().find_map(text)
}

fn group(event: &Event, record: &Record, typed: &[Value], displays: &[&str]) -> Option<Party> {
    let id = changed(event, "Group.ObjectID").or_else(|| record.text("TeamGuid"));
    let name = changed(event, "Group.DisplayName")
        .or_else(|| record.text("TeamName"))
        .or_else(|| record.text("EventData").and_then(|data| between(&data, "<Group>", "</Group>")));
    if name.is_some() {
        return Some(Party::new(id, name, None));
    }
    let last = || displays.last().map(|name| (*name).to_owned());
    of_kind(typed, "Group").or_else(|| Party::known(id, last(), None))
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    let (inside, _) = rest.split_once(after)?;
    Some(inside.trim().to_owned()).filter(|inside| !inside.is_empty())
}
