//! The audit event: one JSON shape for the API, sinks, stores and plugins.

use std::{collections::BTreeSet, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{RawJson, Timestamp, alert::ALERT_SOURCE};

/// What makes an event the same event: its source and the source's own id, written `source:id`.
///
/// The tenant is no part of it: vendor ids are unique across tenants, and a Graph record does not name its tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    /// The key of the record that its source knows by `id`.
    pub fn of(source: &str, id: &str) -> Self {
        Self(format!("{source}:{id}"))
    }

    /// The id of a record that has none of its own, made of what tells it from others.
    pub fn derived_id(parts: &[&str]) -> String {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        format!("~{}", hex(&hash.finalize()[..16]))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 16 bytes that stand for the key where the text is too long: the head of its SHA-256.
    pub fn digest(&self) -> [u8; 16] {
        let mut short = [0; 16];
        short.copy_from_slice(&Sha256::digest(&self.0)[..16]);
        short
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// How it ended.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was not done.
    Failure,
    /// Some of it was done.
    Partial,
    /// The source does not say.
    #[default]
    Unknown,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 4] = [Self::Success, Self::Failure, Self::Partial, Self::Unknown];

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Partial => "partial",
            Self::Unknown => "unknown",
        }
    }
}

/// What kind of actor did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ActorType {
    /// A member of the organisation.
    User,
    /// An administrator, where the source says so.
    Admin,
    /// A guest.
    Guest,
    /// An application or service principal.
    App,
    /// The vendor's own service.
    System,
    /// A partner's technician.
    Partner,
    /// The source does not say.
    Unknown,
}

/// One property that the event changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What it was changed on: the display name or id of the target.
    pub target: Option<String>,
    /// The property.
    pub property: String,
    /// The value before; JSON in a string is decoded.
    pub old: Value,
    /// The value after; JSON in a string is decoded.
    pub new: Value,
}

/// A remark somebody made about an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// What names the comment.
    pub id: String,
    /// The remark.
    pub text: String,
    /// Who made it.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

/// One audit event: who did what to what, when, with what result.
///
/// An event is immutable. Its last members `tags` and `comments` are annotations: a store fills them in
/// whenever it reads an event and ignores them when one is appended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// The source's own id; for records without one, an id made of what tells them apart.
    pub id: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When the vendor made it available, if it says so.
    #[serde(default)]
    pub available_at: Option<Timestamp>,
    /// When AOC stored it.
    #[serde(default)]
    pub ingested_at: Option<Timestamp>,
    /// Directory (tenant) id; empty where neither the record nor the configuration says.
    #[serde(default)]
    pub tenant: String,
    /// Component type it came from, such as `entra_audit`.
    pub source: String,
    /// Entra category, `Intune`, `SignIn`, the Office 365 workload, `AOC` for alerts, `Unreadable`.
    pub service: String,
    /// What was done, as the source wrote it.
    pub operation: String,
    /// How it ended.
    pub result: Outcome,
    /// Who, for people to read.
    #[serde(default)]
    pub actor_display: Option<String>,
    /// The user principal name of who did it.
    #[serde(default)]
    pub actor_upn: Option<String>,
    /// What kind of actor.
    #[serde(default)]
    pub actor_type: Option<ActorType>,
    /// The address it was done from, without port, brackets, zone or `::ffff:`.
    #[serde(default)]
    pub actor_ip: Option<String>,
    /// The source's own actor members, as sent.
    #[serde(default)]
    pub actor: RawJson,
    /// What it was done to, best name first.
    #[serde(default)]
    pub target_displays: Vec<String>,
    /// The source's own targets, as sent.
    #[serde(default)]
    pub targets: Vec<RawJson>,
    /// Modified properties.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// What ties events of one action together.
    #[serde(default)]
    pub correlation_id: Option<String>,
    /// One readable sentence.
    #[serde(default)]
    pub display_summary: String,
    /// What makes it the same event.
    pub dedupe_key: Key,
    /// The id of the event that came first under this event's id with another content.
    #[serde(default)]
    pub revision_of: Option<String>,
    /// Oddities met while normalising.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Name, shape and version of the normalizer that made it, such as `entra_audit/1` or `entra_audit.azure_monitor/1`.
    #[serde(default)]
    pub normalizer: String,
    /// Annotation: labels.
    #[serde(default)]
    pub tags: BTreeSet<String>,
    /// Annotation: remarks.
    #[serde(default)]
    pub comments: Vec<Comment>,
    /// The record as received.
    #[serde(default)]
    pub raw: RawJson,
}

/// The service of events whose record could not be read.
pub const UNREADABLE: &str = "Unreadable";
/// The flag of events whose record has no readable time.
pub const TIME_UNREADABLE: &str = "time_unreadable";

impl Event {
    /// An event with what every event has; the rest is empty.
    pub fn new(source: impl Into<String>, id: impl Into<String>, timestamp: Timestamp) -> Self {
        let (source, id) = (source.into(), id.into());
        Self {
            dedupe_key: Key::of(&source, &id),
            id,
            timestamp,
            available_at: None,
            ingested_at: None,
            tenant: String::new(),
            source,
            service: String::new(),
            operation: String::new(),
            result: Outcome::Unknown,
            actor_display: None,
            actor_upn: None,
            actor_type: None,
            actor_ip: None,
            actor: RawJson::default(),
            target_displays: Vec::new(),
            targets: Vec::new(),
            changes: Vec::new(),
            correlation_id: None,
            display_summary: String::new(),
            revision_of: None,
            flags: Vec::new(),
            normalizer: String::new(),
            tags: BTreeSet::new(),
            comments: Vec::new(),
            raw: RawJson::default(),
        }
    }

    /// Who did it, best name first; the filter `actor` looks in the same two members.
    pub fn actor_name(&self) -> Option<&str> {
        [&self.actor_display, &self.actor_upn]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .find(|name| !name.is_empty())
    }

    /// Whether the record had no readable time, so that `timestamp` only says when it became known.
    pub fn has_unreadable_time(&self) -> bool {
        self.flags.iter().any(|flag| flag == TIME_UNREADABLE)
    }

    /// Whether both say the same, as far as both can know: time, operation, result, actor, targets, changes,
    /// and the tenant where both name it. Two shapes of one record do.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let same_tenant = self.tenant.is_empty() || other.tenant.is_empty() || self.tenant == other.tenant;
        same_tenant && self.meaning() == other.meaning()
    }

    /// Whether this is `other` come again: the same raw record where both came in the same shape, else the
    /// same said. An alert is its key: found again for other reasons, it is still the same.
    pub fn is_repeat_of(&self, other: &Self) -> bool {
        if self.source == ALERT_SOURCE {
            return self.dedupe_key == other.dedupe_key;
        }
        let shape = |event: &Self| event.normalizer.split('/').next().map(str::to_owned);
        if shape(self) == shape(other) { self.raw == other.raw } else { self.says_the_same_as(other) }
    }

    /// What [`says_the_same_as`](Self::says_the_same_as) compares beside the tenant, as 16 hex digits.
    pub fn meaning(&self) -> String {
        let time = (!self.has_unreadable_time()).then(|| self.timestamp.ticks());
        let said = (
            (time, &self.operation, self.result, &self.actor_display, &self.actor_upn),
            (&self.target_displays, &self.changes),
        );
        digest(&serde_json::to_string(&said).unwrap_or_default())
    }

    /// The same event as one of its own beside the event that came first under its id.
    ///
    /// Its id is the first one's with a digest of the record behind it, so that the same revision coming
    /// again is known again.
    #[must_use]
    pub fn into_revision(mut self) -> Self {
        let id = format!("{}#{}", self.id, digest(&self.raw.canonical()));
        self.dedupe_key = Key::of(&self.source, &id);
        self.revision_of = Some(std::mem::replace(&mut self.id, id));
        self
    }

    /// The key under which a store also finds the revision by what it says, to recognise it in another shape.
    pub fn alias(&self) -> Key {
        Key::of(
            &self.source,
            &format!("{}#~{}", self.revision_of.as_deref().unwrap_or(&self.id), self.meaning()),
        )
    }
}

/// 64 bits of SHA-256 as 16 hex digits.
fn digest(text: &str) -> String {
    hex(&Sha256::digest(text)[..8])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(raw: &str) -> Event {
        let mut event =
            Event::new("entra_audit", "Directory_1", Timestamp::parse("2026-01-05T09:00:00Z").unwrap());
        event.raw = RawJson::parse(raw).unwrap();
        event.normalizer = "entra_audit/1".into();
        event
    }

    #[test]
    fn a_repeat_is_known_by_its_raw_whatever_the_member_order() {
        let (a, mut b) = (event(r#"{"a":1,"b":2}"#), event(r#"{"b":2,"a":1}"#));
        assert!(b.is_repeat_of(&a));
        b.raw = RawJson::parse(r#"{"b":3,"a":1}"#).unwrap();
        assert!(!b.is_repeat_of(&a));
    }

    #[test]
    fn another_shape_is_known_by_what_it_says() {
        let (a, mut b) = (event("{}"), event(r#"{"properties":{}}"#));
        b.normalizer = "entra_audit.azure_monitor/1".into();
        b.tenant = "t".into();
        assert!(b.is_repeat_of(&a));
        b.operation = "other".into();
        assert!(!b.is_repeat_of(&a));
    }

    #[test]
    fn a_revision_has_an_id_of_its_own_that_only_its_content_decides() {
        let (a, b) = (event(r#"{"a":1,"b":2}"#).into_revision(), event(r#"{"b":2,"a":1}"#).into_revision());
        assert_eq!(a.dedupe_key, b.dedupe_key);
        assert_eq!(a.revision_of.as_deref(), Some("Directory_1"));
        assert_ne!(a.id, "Directory_1");
    }

    #[test]
    fn an_event_crosses_json() {
        let mut before = event(r#"{"z":1.50}"#);
        before.changes.push(Change { target: None, property: "p".into(), old: Value::Null, new: "x".into() });
        let text = serde_json::to_string(&before).unwrap();
        assert!(text.contains(r#""raw":{"z":1.50}"#), "{text}");
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), before);
    }
}
