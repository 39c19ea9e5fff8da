//! What callers do becomes events: who asked, who had a language model use a tool, who changed a rule.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

use aoc_core::{
    Error, Event, Outcome, RawJson, Result, Timestamp,
    alert::{ALERT_SOURCE, AUDIT_SERVICE},
};
use serde_json::{Value, json};

use super::Operations;
use crate::auth::Caller;

/// How long the store may take to keep one.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something a caller did.
pub(super) struct Deed<'a> {
    /// What ids of such events begin with.
    pub(super) kind: &'a str,
    pub(super) operation: &'a str,
    pub(super) outcome: Outcome,
    /// What it was done to, the best name first.
    pub(super) targets: Vec<String>,
    /// All there is to know.
    pub(super) record: Value,
}

impl Deed<'_> {
    /// The event that tells it.
    ///
    /// # Errors
    /// [`Internal`](aoc_core::ErrorKind::Internal) where the record has no JSON.
    pub(super) fn event(self, caller: &Caller) -> Result<Event> {
        let now = Timestamp::now();
        // Of events of ours, one of a known id is no other event.
        let unique = format!("{:016x}", RandomState::new().build_hasher().finish());
        let mut event = Event::new(ALERT_SOURCE, format!("{}/{unique}", self.kind), now);
        event.raw = RawJson::of(&self.record)?;
        event.service = AUDIT_SERVICE.into();
        event.operation = self.operation.into();
        event.result = self.outcome;
        event.ingested_at = Some(now);
        event.actor_display = Some(caller.name().to_owned());
        let on = self.targets.first().map(|target| format!(" on {target}")).unwrap_or_default();
        event.display_summary = format!("{} performed \"{}\"{on}.", caller.name(), self.operation);
        event.target_displays = self.targets;
        event.normalizer = "aoc/1".into();
        Ok(event)
    }
}

/// A call of a tool over MCP.
#[derive(Clone, Debug)]
pub struct ToolCall {
    /// The tool, or the method of the protocol.
    pub tool: String,
    /// What it was called with.
    pub arguments: Value,
    /// The program that called, as it calls itself.
    pub client: Option<String>,
    /// How it came: `http`, `sse`.
    pub transport: &'static str,
    /// What was answered, or why nothing was, in a sentence.
    pub answer: Result<String, String>,
    /// How long it took.
    pub took: Duration,
}

impl Operations {
    /// Appends that a tool was called.
    pub async fn tell_call(&self, caller: &Caller, call: &ToolCall) {
        let (said, outcome) = match &call.answer {
            Ok(sentence) => (sentence, Outcome::Success),
            Err(sentence) => (sentence, Outcome::Failure),
        };
        let record = json!({
            "tool": call.tool,
            "arguments": call.arguments,
            "client": call.client,
            "transport": call.transport,
            "answer": said,
            "milliseconds": milliseconds(call.took),
        });
        let (kind, targets) = (format!("call/{}", call.tool), vec![call.tool.clone()]);
        let deed = Deed { kind: &kind, operation: "MCP tool call", outcome, targets, record };
        self.tell(caller, deed).await;
    }

    /// Appends what a caller did. A process that stands by cannot; what cannot be appended is told in the log of this process
    /// only.
    pub(super) async fn tell(&self, caller: &Caller, deed: Deed<'_>) {
        if !self.audits || !self.store.lead().borrow().is_ours() {
            return;
        }
        let operation = deed.operation.to_owned();
        let told = async {
            let event = deed.event(caller)?;
            let appended = tokio::time::timeout(PATIENCE, self.store.append(&[event])).await;
            appended.unwrap_or_else(|_| Err(Error::unavailable("the store does not answer in time")))
        };
        if let Err(error) = told.await {
            let by = caller.name();
            tracing::warn!(operation, by, error = error.chain(), "what a caller did is not in the log");
        }
    }
}

/// A length of time as a number.
pub(super) fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
