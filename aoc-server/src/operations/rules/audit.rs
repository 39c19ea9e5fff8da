//! Whoever changes a rule leaves an event.

use aoc_core::{Event, EventStore, Outcome, Result, alert::rule::Rule};
use serde_json::json;

use crate::{auth::Caller, operations::audit::Deed};

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
    let deed = Deed {
        kind: &format!("rule-change/{id}"),
        operation,
        outcome: Outcome::Success,
        targets: vec![name.to_owned(), id.to_owned()],
        record: json!({ "rule": id, "before": before, "after": after }),
    };
    deed.event(caller)
}
