//! What calls of tools leave behind, and how many there may be.

use std::{num::NonZeroU32, sync::Arc};

use aoc_core::{MemoryStore, store::EventLog};
use aoc_server::{Caller, Operations, ServerConfig};
use serde_json::{Value, json};

use crate::{
    calls,
    client::{Session, initialize, modern, refusal, request, result, told},
    common::{Server, events},
    unrecorded,
};

/// A server that records what callers do, as the program's does.
fn recording(config: &ServerConfig) -> Server {
    let store = MemoryStore::new();
    let operations = Operations::new(Arc::new(store.clone()), Arc::new(store.clone())).audited();
    let server = Server::over(operations, config, Caller::open());
    server.run(store.append(&events(6))).unwrap();
    server
}

/// The calls that were recorded, the newest first.
fn recorded(server: &Server) -> Vec<Value> {
    let query = "service=AOCAudit&source=aoc&operation=MCP%20tool%20call";
    server.all(&format!("{query}&raw=true"), 100)
}

#[test]
fn each_call_becomes_one_event_that_is_no_alert() {
    let server = recording(&ServerConfig::default());
    told(&server, "get_event", &json!({"id": "event-1"}));
    refusal(&server, "get_event", &json!({"id": "\u{202e}x"}));
    let calls = recorded(&server);
    assert_eq!(calls.len(), 2, "{calls:?}");
    let (failed, done) = (&calls[0], &calls[1]);
    assert_eq!((&done["operation"], &done["result"]), (&json!("MCP tool call"), &json!("success")));
    assert_eq!(
        (&done["actor_display"], &done["target_displays"]),
        (&json!("anonymous"), &json!(["get_event"]))
    );
    assert_eq!(done["raw"]["arguments"], json!({"id": "event-1"}));
    assert_eq!((&done["raw"]["client"], &done["raw"]["transport"]), (&json!("test 1"), &json!("http")));
    assert_eq!(
        (&failed["result"], &failed["raw"]["answer"]),
        (&json!("failure"), &json!("no event of this id"))
    );
    assert_eq!(failed["raw"]["arguments"], json!({"id": "\\u{202e}x"}));
    assert_eq!(told(&server, "list_alerts", &json!({}))["items"], json!([]));
}

#[test]
fn every_tool_and_every_resource_that_is_read_is_recorded_over_both_transports() {
    let server = recording(&ServerConfig::default());
    let calls = calls(&server);
    for (tool, arguments) in &calls {
        told(&server, tool, arguments);
    }
    result(&server, "resources/read", json!({"uri": "aoc://event/entra_audit%3Aevent-2"}));
    let mut session = Session::open(&server);
    session.ask(&initialize("2024-11-05"));
    session.ask(&request(1, "tools/call", &json!({"name": "source_health"})));
    let mut tools: Vec<String> =
        calls.iter().map(|(tool, _)| (*tool).to_owned()).chain(["resources/read".to_owned()]).collect();
    tools.push("source_health".to_owned());
    let recorded = recorded(&server);
    let mut told: Vec<&str> = recorded.iter().map(|call| call["raw"]["tool"].as_str().unwrap()).collect();
    tools.sort();
    told.sort_unstable();
    assert_eq!(told, tools);
    let over_events = recorded.iter().find(|call| call["raw"]["transport"] == "sse").unwrap();
    assert_eq!(over_events["raw"]["client"], "test 1");
    // Questions are recorded by whoever answers them, too: with the plan, and what they cost.
    let asked = server.get("/api/events?service=AOCAudit&operation=Ask%20question").json();
    assert_eq!(asked["total"], 1, "{asked}");
}

#[test]
fn calls_are_no_events_where_that_is_switched_off() {
    let server = recording(&unrecorded());
    told(&server, "get_event", &json!({"id": "event-1"}));
    assert_eq!(recorded(&server).len(), 0);
}

#[test]
fn a_caller_who_calls_too_often_has_to_wait_whatever_is_called_and_however() {
    let config =
        ServerConfig { mcp_calls_per_minute: NonZeroU32::new(3).unwrap(), ..ServerConfig::default() };
    let server = recording(&config);
    let mut session = Session::open(&server);
    session.ask(&initialize("2024-11-05"));
    told(&server, "search_events", &json!({}));
    result(&server, "resources/read", json!({"uri": "aoc://event/entra_audit%3Aevent-2"}));
    session.ask(&request(1, "tools/call", &json!({"name": "source_health"})));
    let sentence = "too many calls: 3 in a minute is the most; go on in ";
    let said = refusal(&server, "ask", &json!({"question": "Who?"}));
    assert!(said.starts_with(sentence), "{said}");
    let answer = session.ask(&request(2, "tools/call", &json!({"name": "source_health"})));
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().starts_with(sentence), "{answer}");
    let read = modern(&server, "resources/read", json!({"uri": "aoc://event/entra_audit%3Aevent-2"})).json();
    assert!(read["error"]["message"].as_str().unwrap().starts_with(sentence), "{read}");
    assert_eq!(recorded(&server).len(), 3, "whoever may not call writes nothing, either");
    assert_eq!(
        modern(&server, "tools/list", json!({})).status,
        200,
        "looking at what there is costs nothing"
    );
}
