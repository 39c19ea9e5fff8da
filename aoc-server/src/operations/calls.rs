//! Whoever has a language model use a tool leaves an event.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

use aoc_core::{Error, Event, Outcome, RawJson, Result, Timestamp, alert::ALERT_SERVICE};
use serde_json::{Value, json};

use super::Operations;
use crate::auth::Caller;

/// The source of these events. It is not that of alerts: sinks that are for alerts do not get them.
pub const CALL_SOURCE: &str = "aoc_mcp";
/// The operation of these events.
pub const CALL_OPERATION: &str = "MCP tool call";
/// How long the store may take to keep one.
const PATIENCE: Duration = Duration::from_secs(2);

/// A call of a tool.
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
    /// Appends that a tool was called. A process that stands by cannot; what cannot be appended is told in the log of this
    /// process only, as every call is.
    pub async fn tell_call(&self, caller: &Caller, call: &ToolCall) {
        if !self.store.lead().borrow().is_ours() {
            return;
        }
        let told = async {
            let event = event_of(caller, call)?;
            let appended = tokio::time::timeout(PATIENCE, self.store.append(&[event])).await;
            appended.unwrap_or_else(|_| Err(Error::unavailable("the store does not answer in time")))
        };
        if let Err(error) = told.await {
            let (tool, by) = (&call.tool, caller.name());
            tracing::warn!(tool, by, error = error.chain(), "a call of a tool is not in the log");
        }
    }
}

fn event_of(caller: &Caller, call: &ToolCall) -> Result<Event> {
    let now = Timestamp::now();
    let unique = format!("{:016x}", RandomState::new().build_hasher().finish());
    let mut event = Event::new(CALL_SOURCE, format!("call/{}/{unique}", call.tool), now);
    let (said, outcome) = match &call.answer {
        Ok(sentence) => (sentence, Outcome::Success),
        Err(sentence) => (sentence, Outcome::Failure),
    };
    event.raw = RawJson::of(&json!({
        "tool": call.tool,
        "arguments": call.arguments,
        "client": call.client,
        "transport": call.transport,
        "answer": said,
        "milliseconds": u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX),
    }))?;
    event.service = ALERT_SERVICE.into();
    event.operation = CALL_OPERATION.into();
    event.result = outcome;
    event.ingested_at = Some(now);
    event.actor_display = Some(caller.name().to_owned());
    event.target_displays = vec![call.tool.clone()];
    event.display_summary = format!("{} performed \"{CALL_OPERATION}\" on {}.", caller.name(), call.tool);
    event.normalizer = "aoc/1".into();
    Ok(event)
}
