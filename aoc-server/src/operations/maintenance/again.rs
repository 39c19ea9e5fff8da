//! One stored event, normalised again.

use aoc_connectors::{
    AnyRecord, EntraAuditNormalizer, EntraSignInsNormalizer, IntuneAuditNormalizer,
    Office365ActivityNormalizer,
};
use aoc_core::{Event, Key, Normalizer, RawJson, Record, Result, UNREADABLE, normalize};
use serde_json::{Map, Value};

/// The flag of an event that a store could not read.
pub(super) const DAMAGED: &str = "damaged";
/// Members that stay as they are, whatever is read today.
const KEPT: [&str; 7] = ["id", "ingested_at", "dedupe_key", "revision_of", "tags", "comments", "raw"];

/// What became of an event that was normalised again.
pub(super) struct Again {
    pub(super) id: String,
    pub(super) outcome: Outcome,
    /// The key it would have today, where that is another one.
    pub(super) other_key: Option<Key>,
}

pub(super) enum Outcome {
    /// No normalizer of ours read it, or its body is damaged.
    NotOurs,
    Unchanged,
    /// It was readable and is not any more; the reason.
    Unreadable(String),
    Changed(Box<Event>, Vec<Difference>),
}

/// One member that is another one today.
pub(super) struct Difference {
    pub(super) member: String,
    pub(super) old: Value,
    pub(super) new: Value,
}

/// The normalizers of this build, by the names that events carry.
#[derive(Default)]
pub(super) struct Normalizers {
    any: AnyRecord,
}

impl Normalizers {
    /// The one that would read the event's record today; a record that nobody could read is offered to all.
    fn of(&self, event: &Event) -> Option<&dyn Normalizer> {
        match event.normalizer.split(['/', '.']).next()? {
            "entra_audit" => Some(&EntraAuditNormalizer),
            "entra_sign_ins" => Some(&EntraSignInsNormalizer),
            "intune_audit" => Some(&IntuneAuditNormalizer),
            "office365_activity" => Some(&Office365ActivityNormalizer),
            "unreadable" => Some(&self.any),
            _ => None,
        }
    }

    /// Normalises the event's record again and compares.
    pub(super) fn again(&self, old: Event) -> Result<Again> {
        let id = old.id.clone();
        let Some(normalizer) = self.of(&old).filter(|_| !is_damaged(&old)) else {
            return Ok(Again { id, outcome: Outcome::NotOurs, other_key: None });
        };
        let new = normalize(normalizer, record_of(&old));
        if new.service == UNREADABLE && old.service != UNREADABLE {
            let outcome = Outcome::Unreadable(reason(&new));
            return Ok(Again { id, outcome, other_key: None });
        }
        let other_key = Some(new.dedupe_key.clone()).filter(|key| *key != first_key(&old));
        Ok(Again { id, outcome: compare(old, new)?, other_key })
    }
}

/// Whether the store could not read the event's body.
pub(super) fn is_damaged(event: &Event) -> bool {
    event.service == UNREADABLE && event.flags.iter().any(|flag| flag == DAMAGED)
}

/// The key of the event that came first under this event's id, which may be itself.
pub(super) fn first_key(event: &Event) -> Key {
    match &event.revision_of {
        Some(first) => Key::of(&event.source, first),
        None => event.dedupe_key.clone(),
    }
}

/// The record as it came.
fn record_of(event: &Event) -> Record {
    Record {
        raw: event.raw.clone(),
        tenant: Some(event.tenant.clone()).filter(|tenant| !tenant.is_empty()),
        available_at: event.available_at,
        received_at: event.ingested_at.unwrap_or(event.timestamp),
    }
}

fn reason(event: &Event) -> String {
    let reason = event.flags.iter().find_map(|flag| flag.strip_prefix("unreadable: "));
    reason.unwrap_or("unknown").to_owned()
}

fn compare(mut old: Event, mut new: Event) -> Result<Outcome> {
    let raw = std::mem::take(&mut old.raw);
    new.raw = RawJson::default();
    new.id.clone_from(&old.id);
    new.dedupe_key = old.dedupe_key.clone();
    (new.ingested_at, new.revision_of) = (old.ingested_at, old.revision_of.clone());
    (new.tags, new.comments) = (old.tags.clone(), old.comments.clone());
    if old == new {
        return Ok(Outcome::Unchanged);
    }
    let differences = differences(&old, &new)?;
    new.raw = raw;
    match differences.is_empty() {
        true => Ok(Outcome::Unchanged),
        false => Ok(Outcome::Changed(Box::new(new), differences)),
    }
}

fn differences(old: &Event, new: &Event) -> Result<Vec<Difference>> {
    let (old, mut new) = (members(old)?, members(new)?);
    let pairs = old.into_iter().filter(|(member, _)| !KEPT.contains(&member.as_str()));
    let differ = pairs.filter_map(|(member, old)| {
        let new = new.remove(&member).unwrap_or_default();
        (old != new).then_some(Difference { member, old, new })
    });
    Ok(differ.collect())
}

fn members(event: &Event) -> Result<Map<String, Value>> {
    let text = serde_json::to_value(event);
    let text = text.map_err(|cause| aoc_core::Error::internal("an event has no JSON").because(cause))?;
    match text {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        let raw = r#"{"id":"Directory_1","activityDateTime":"2026-01-05T09:00:00Z",
            "activityDisplayName":"Update user","category":"UserManagement","result":"success",
            "initiatedBy":{"user":{"userPrincipalName":"kim@contoso.com"}},"targetResources":[]}"#;
        let record = Record::new(RawJson::parse(raw).unwrap());
        normalize(&EntraAuditNormalizer, record)
    }

    #[test]
    fn an_event_that_reads_the_same_today_is_unchanged() {
        let again = Normalizers::default().again(event()).unwrap();
        assert!(matches!(again.outcome, Outcome::Unchanged) && again.other_key.is_none());
        let again = Normalizers::default().again(event().into_revision()).unwrap();
        assert!(matches!(again.outcome, Outcome::Unchanged) && again.other_key.is_none());
    }

    #[test]
    fn what_reads_otherwise_is_told_and_its_key_stays() {
        let mut old = event();
        (old.operation, old.id) = ("Old".into(), "old".into());
        old.dedupe_key = Key::of("entra_audit", "old");
        let again = Normalizers::default().again(old).unwrap();
        assert_eq!(again.other_key, Some(Key::of("entra_audit", "Directory_1")));
        let Outcome::Changed(new, differences) = again.outcome else { panic!("not changed") };
        assert_eq!((new.id.as_str(), new.operation.as_str()), ("old", "Update user"));
        let members: Vec<&str> = differences.iter().map(|d| d.member.as_str()).collect();
        assert_eq!(members, ["operation"]);
    }

    #[test]
    fn alerts_and_strangers_are_not_ours_and_nothing_becomes_unreadable() {
        let mut alert = event();
        alert.normalizer = "aoc/1".into();
        let again = Normalizers::default().again(alert).unwrap();
        assert!(matches!(again.outcome, Outcome::NotOurs));
        let mut odd = event();
        odd.raw = RawJson::parse("[1]").unwrap();
        let again = Normalizers::default().again(odd).unwrap();
        assert!(matches!(again.outcome, Outcome::Unreadable(_)));
    }
}
