//! Whoever changes a rule leaves an event.

use std::hash::{BuildHasher, Hasher, RandomState};

use aoc_core::{
    Event, EventStore, Outcome, RawJson, Result, Timestamp,
    alert::{ALERT_SOURCE, AUDIT_SERVICE, rule::Rule},
};
use serde_json::json;

use crate::auth::Caller;

/// Appends what was done to a rule. What was done stays done where that cannot be appended: the log of this process tells
/// it then.
pub(super) async fn tell_change(
    store: &dyn EventStore,
    caller: &Caller,
    before: Option<&Rule>,
    after: Option<&Rule>,
) {
    let told = match change_of(caller, before, after) {
        Ok(event) => store.append(&[event]).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = told {
        let rule = after.or(before).map(|rule| rule.id.as_str());
        tracing::warn!(
            rule,
            by = caller.name(),
            error = error.chain(),
            "a change of a rule is not in the log"
        );
    }
}

fn change_of(caller: &Caller, before: Option<&Rule>, after: Option<&Rule>) -> Result<Event> {
    let operation = match (before, after) {
        (None, _) => "Create alert rule",
        (Some(_), Some(_)) => "Update alert rule",
        (Some(_), None) => "Delete alert rule",
    };
    let (id, name) = after.or(before).map(|rule| (&*rule.id, &*rule.name)).unwrap_or_default();
    let now = Timestamp::now();
    // Of events of ours, one of a known id is no other event.
    let unique = format!("{:016x}", RandomState::new().build_hasher().finish());
    let mut event = Event::new(ALERT_SOURCE, format!("rule-change/{id}/{unique}"), now);
    event.raw = RawJson::of(&json!({ "rule": id, "before": before, "after": after }))?;
    event.service = AUDIT_SERVICE.into();
    event.operation = operation.into();
    event.result = Outcome::Success;
    event.ingested_at = Some(now);
    event.actor_display = Some(caller.name().to_owned());
    event.target_displays = vec![name.to_owned(), id.to_owned()];
    event.display_summary = format!("{} performed \"{operation}\" on {name}.", caller.name());
    event.normalizer = "aoc/1".into();
    Ok(event)
}
