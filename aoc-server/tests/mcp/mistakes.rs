//! Arguments that are wrong: each is named, and none is repeated at length.

use serde_json::{Value, json};

use crate::{
    client::{call, refusal, result},
    common::{Server, events},
    with,
};

#[test]
fn a_mistake_in_arguments_is_named() {
    let server = with(&events(3));
    for (tool, arguments, said) in [
        (
            "search_events",
            json!({"servce": "x"}),
            "there is no argument `servce`; did you mean `service`?; there are: ",
        ),
        ("search_events", json!({"page_size": 101}), "page_size: 101 is not between 1 and 100"),
        ("search_events", json!({"page_size": "many"}), "page_size: invalid type"),
        ("search_events", json!({"cursor": "x"}), "cursor: not one that AOC gave"),
        ("search_events", json!({"start": "yesterday"}), "start: not a time: `yesterday`, expected RFC 3339"),
        ("search_events", json!({"result": "bad"}), "result: unknown variant `bad`"),
        ("search_events", json!({"start": "2026-02-01", "end": "2026-01-01"}), "end: "),
        ("get_event", json!({}), "missing field `id`"),
        ("get_event", json!({"id": "event-9"}), "no event of this id"),
        ("get_summary", json!({"days": 0}), "days: 0 is not between 1 and 3660"),
        ("why_not", json!({"rule": "x", "event_id": "event-1"}), "no rule of this id"),
        ("gaps", json!({"source": ["a\u{202e}b"]}), "source: no source `a\\u{202e}b`"),
        ("ask", json!({}), "question: it is empty, and there is no plan"),
        ("ask", json!({"question": "x".repeat(4_001)}), "question: 4001 characters; 4000 are the most"),
        (
            "ask",
            json!({"question": "Who?", "service": ["x"]}),
            "there is no argument `service`; did you mean `services`?",
        ),
        ("ask", json!({"question": "", "plan": {"range": {"end": "soon"}}}), "plan.range.end: "),
        (
            "ask",
            json!({"question": "Who?", "utc_offset_minutes": 2000}),
            "utc_offset_minutes: 2000 is not between",
        ),
        ("explain_event", json!({"id": "event-9"}), "no event of this id"),
        (
            "explain_event",
            json!({"id": "event-1", "utc_offset_minutes": "CET"}),
            "utc_offset_minutes: invalid type",
        ),
        ("source_health", json!({"x": 1}), "there is no argument `x`; it takes none"),
    ] {
        let refusal = refusal(&server, tool, &arguments);
        assert!(refusal.starts_with(said), "{tool} {arguments}: {refusal}");
    }
}

/// Each argument of each tool, with the arguments that the tool cannot do without.
fn arguments(server: &Server) -> Vec<(String, String, Value, Value)> {
    let tools = result(server, "tools/list", json!({}))["tools"].clone();
    let mut all = Vec::new();
    for tool in tools.as_array().unwrap() {
        let schema = &tool["inputSchema"];
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let needed: Value =
            required.iter().map(|name| (name.as_str().unwrap().to_owned(), json!("event-1"))).collect();
        let needed = if required.is_empty() { json!({}) } else { needed };
        for (name, about) in schema["properties"].as_object().unwrap() {
            all.push((
                tool["name"].as_str().unwrap().to_owned(),
                name.clone(),
                needed.clone(),
                about.clone(),
            ));
        }
    }
    assert!(all.len() >= 60, "{}", all.len());
    all
}

/// One request after the other would be too many for a minute.
fn unhurried() -> Server {
    let config =
        aoc_server::ServerConfig { mcp_calls_per_minute: std::num::NonZeroU32::MAX, ..crate::unrecorded() };
    Server::start(&events(3), &config, aoc_server::Caller::open())
}

#[test]
fn a_value_of_another_type_is_refused_by_its_name() {
    let server = unhurried();
    for (tool, name, mut given, _) in arguments(&server) {
        given[&name] = json!([[{"no": 1}]]);
        let said = refusal(&server, &tool, &given);
        assert!(said.contains(&name) && !said.contains("internal"), "{tool} {name}: {said}");
    }
}

#[test]
fn an_argument_that_no_tool_has_is_refused_with_those_there_are() {
    let server = unhurried();
    for (tool, _, mut given, _) in arguments(&server) {
        given["no_such_argument"] = json!(true);
        let said = refusal(&server, &tool, &given);
        assert!(said.starts_with("there is no argument `no_such_argument`"), "{tool}: {said}");
    }
}

#[test]
fn a_text_that_is_too_long_or_hides_something_is_not_given_back() {
    let server = unhurried();
    let long = "y".repeat(200_000);
    let hidden = "\u{0}\u{1b}[2J\u{202e}\u{200b}\u{9b}";
    for (tool, name, mut given, about) in arguments(&server) {
        let takes_texts = about.to_string().contains("\"string\"");
        for text in [&*long, hidden].into_iter().filter(|_| takes_texts) {
            given[&name] = json!(text);
            let answer = call(&server, &tool, &given);
            let size = answer["content"][0]["text"].as_str().unwrap().len();
            assert!(size < 3_000, "{tool} {name}: {size}");
            let whole = answer.to_string() + answer["content"][1]["text"].as_str().unwrap_or_default();
            assert!(whole.len() < 20_000 || answer["isError"] == false, "{tool} {name}: {}", whole.len());
            assert!(
                !whole.contains(['\u{1b}', '\u{202e}', '\u{200b}', '\u{9b}', '\0']),
                "{tool} {name}: {whole:?}"
            );
        }
    }
}
