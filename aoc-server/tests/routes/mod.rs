//! What each route does, for the reference.

use aoc_core::alert::why_not::WhyNot;
use aoc_llm::analyst::Explanation;
use aoc_server::{
    api::Route,
    operations::{
        AskAnswer, AskQuestion,
        rules::{BacktestAnswer, ListedRule, RuleList, RunBacktest},
        sinks::{RejectedEvents, ReplayAsked, ReplaySink, SinkList},
        types::{
            EventPage, Features, FetchReport, FilterOptions, GapsAnswer, Health, SourceHealth, Summary,
            TimelineAnswer, Version,
        },
    },
};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;

/// What a route does, and the schema of what it answers.
pub(crate) fn about(route: &Route) -> (&'static str, Option<Value>) {
    fn of<T: JsonSchema>() -> Option<Value> {
        Some(schema_for!(T).to_value())
    }
    match route.path {
        "/" => ("The web page.", None),
        "/assets/{*path}" => ("What the page loads.", None),
        "/health" => ("Whether the store answers: 200, else 503.", of::<Health>()),
        "/metrics" => ("Figures for Prometheus, as text.", None),
        "/api/version" => ("What this program is.", of::<Version>()),
        "/api/config/features" => ("What is switched on.", of::<Features>()),
        "/api/events" => ("A page of events, newest first.", of::<EventPage>()),
        "/api/events/{id}" => (
            "One event with its record, by its id or its dedupe key (percent-encoded). 404 where there is none; 400 where several \
             sources use the id and `source` does not say which.",
            None,
        ),
        "/api/filter-options" => {
            ("The values that the events of a filter have, with counts.", of::<FilterOptions>())
        }
        "/api/timeline" => ("How many events of a filter over time.", of::<TimelineAnswer>()),
        "/api/summary" => ("What happened in the last days.", of::<Summary>()),
        "/api/export" => ("All events of a filter, newest first, as a file.", None),
        "/api/gaps" => (
            "What is proven complete and what is known to be missing, by source, tenant and content.",
            of::<GapsAnswer>(),
        ),
        "/api/source-health" => ("How all sources and followers are doing.", of::<SourceHealth>()),
        "/api/fetch-audit-logs" => (
            "Has the sources fetch now, and waits for them 25 seconds at most; what takes longer goes on, and a warning says so. That a \
             source fails is told in its `error`. Pages of other sites are refused, but for those of `cors_origins`.",
            of::<FetchReport>(),
        ),
        "/api/webhooks/graph" => (
            "Change notifications of Microsoft Graph. With `validationToken` (8 KiB at most) the answer is the token, as plain text: the \
             handshake. Else the body, of 1 MiB at most, is taken with 202, whatever it is, and looked at afterwards; a notification whose \
             `clientState` a source knows makes that source fetch.",
            None,
        ),
        "/mcp" => (
            "MCP, Streamable HTTP: a JSON-RPC message and its answer, as JSON. [What it offers](../guide/mcp.md).",
            None,
        ),
        "/mcp/sse" => (
            "MCP, the older transport: server-sent events, of which the first says where messages are posted. 404 where \
             `mcp_legacy_sse` is off.",
            None,
        ),
        "/mcp/messages/" => (
            "Takes a message of the session that `session_id` names, with 202; it is answered over that session's events.",
            None,
        ),
        "/api/ask" => (ASK, of::<AskAnswer>()),
        "/api/events/{id}/explain" => (EXPLAIN, of::<Explanation>()),
        _ => about_rules_and_sinks(route),
    }
}

const ASK: &str = "Answers a question from what is stored; [the guide](../guide/ask.md). A language model, where `[llm]` names one, may take \
    20 seconds; one that fails, hangs or has no place left (8 questions are with it at once) is told in `llm_error`, and the store \
    answers. No sentence of a model is in the answer that the events do not prove. 400 names the member that is wrong; 404 where \
    asking is switched off. What was asked becomes an event of the service `AOCAudit`, also where the client goes away: then the answer \
    goes on to its end. Pages of other sites are refused, but for those of `cors_origins`.\n\n\
    Where `Accept` has `text/event-stream`, the answer comes as server-sent events while it is made, and the model may take 3 minutes. \
    What is wrong with the question is an answer of its own, as above. Then come:\n\n\
    | Event | Data | |\n|---|---|---|\n\
    | `text` | `{\"text\": …}` | A piece of the answer, whole sentences; all pieces one after another are `answer` of the last event. \
    The first one comes before the model is asked to answer. |\n\
    | `answer` | the whole answer, as below | The end. |\n\
    | `problem` | `{\"title\": …, \"status\": …, \"detail\": …}` | The end, where the store failed: there is no answer. |\n\n\
    A comment is sent where nothing comes for 15 seconds. A stream without `answer` or `problem` at its end broke off.";

const EXPLAIN: &str = "Explains one event: what happened, whether it is usual for its actor, what it implies, what to look at next, how it \
    could be undone. As for `/api/ask`, a model may add what the events prove. The id is that of `/api/events/{id}`, with the query \
    parameter `source` where several sources use it; the body may be left out, or say `{\"utc_offset_minutes\": 60}`: on which clocks \
    times are told.";

fn about_rules_and_sinks(route: &Route) -> (&'static str, Option<Value>) {
    fn of<T: JsonSchema>() -> Option<Value> {
        Some(schema_for!(T).to_value())
    }
    match (route.method.as_str(), route.path) {
        ("GET", "/api/rules") => ("All alert rules, and those that cannot be used.", of::<RuleList>()),
        ("POST", "/api/rules") => (
            "Stores a new alert rule, which is in force at once, and answers 201 with it. The body is a rule as \
             `/api/rules/schema` says; one without `id` is given one. An id that a rule has already is 400.",
            of::<ListedRule>(),
        ),
        ("GET", "/api/rules/schema") => ("The JSON Schema of a rule.", None),
        ("POST", "/api/rules/backtest") => (
            "Says what rules would have found in what is stored. Takes 20 seconds at most; where that is not enough, the answer is \
             not `complete`, and `aoc rules backtest` has all the time it needs.",
            of::<BacktestAnswer>(),
        ),
        ("GET", "/api/rules/{id}") => ("One alert rule.", of::<ListedRule>()),
        ("PUT", _) => (
            "Replaces a stored rule; the members with which a rule is told (`origin`, `file`, `language`, `editable`, `in_force`) \
             may come with it and say nothing. Rules of files are changed in their files.",
            of::<ListedRule>(),
        ),
        ("DELETE", _) => ("Deletes a stored rule, and answers 204.", None),
        ("GET", "/api/rules/{id}/why-not") => ("Why a rule did or did not find an event.", of::<WhyNot>()),
        ("POST", "/api/rules/{id}/why-not") => ("The same; the body is `{\"event_id\": …}`.", of::<WhyNot>()),
        ("GET", "/api/sinks") => ("How all sinks are doing.", of::<SinkList>()),
        ("GET", "/api/sinks/{name}/rejected") => {
            ("Events that the receiver of a sink refused for good.", of::<RejectedEvents>())
        }
        ("POST", "/api/sinks/{name}/replay") => {
            ("Has a sink deliver again, and answers 202. Whoever runs it does so soon.", of::<ReplayAsked>())
        }
        (method, path) => panic!("say here what {method} {path} does"),
    }
}

/// The schema of the body that a route takes, where it is no rule.
pub(crate) fn body_of(route: &Route) -> Option<Value> {
    match (route.method.as_str(), route.path) {
        ("POST", "/api/ask") => Some(schema_for!(AskQuestion).to_value()),
        ("POST", "/api/rules/backtest") => Some(schema_for!(RunBacktest).to_value()),
        ("POST", "/api/sinks/{name}/replay") => Some(schema_for!(ReplaySink).to_value()),
        _ => None,
    }
}
