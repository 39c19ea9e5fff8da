//! What is refused before anything is asked.

use serde_json::json;

use crate::world::{World, asked, day, events, openai};

#[test]
fn what_makes_no_sense_is_refused_and_named() {
    let world = World::new();
    let long = "x".repeat(4_001);
    let many = vec!["a name of a service"; 4_000];
    for (body, expected) in [
        (json!({}), "question: it is empty, and there is no plan"),
        (json!({"question": " \n"}), "question: it is empty, and there is no plan"),
        (json!({"question": long}), "question: 4001 characters; 4000 are the most"),
        (json!({"question": "x", "servise": []}), "unknown field `servise`"),
        (json!({"question": 1}), "question: "),
        (json!({"question": "x", "utc_offset_minutes": 1081}), "utc_offset_minutes: 1081 is not between"),
        (json!({"question": "x", "utc_offset_minutes": -1081}), "utc_offset_minutes: -1081 is not between"),
        (json!({"question": "x", "utc_offset_minutes": 2_147_483_647}), "utc_offset_minutes: "),
        (json!({"question": "x", "result": "good"}), "result: "),
        (json!({"question": "x", "start": "soon"}), "start: "),
        (
            json!({"question": "x", "start": day()["end"], "end": day()["start"]}),
            "end: 2026-11-19T00:00:00Z is before",
        ),
        (
            json!({"question": "x", "start": day()["end"], "end": day()["end"]}),
            "end: 2026-11-20T00:00:00Z is start",
        ),
        (json!({"question": "x", "services": many}), "services: 88001 bytes of"),
        (json!({"plan": {}}), "plan: "),
        (json!({"plan": {"range": day(), "intent": "which"}}), "plan: group_by: "),
        (json!({"plan": {"range": day(), "limit": 0}}), "plan: limit: 0 is not between 1 and 500"),
        (
            json!({"plan": {"range": day(), "filter": {"start": day()["start"]}}}),
            "plan: filter: `start` and `end`",
        ),
        (json!({"plan": {"range": {"start": day()["end"], "end": day()["start"]}}}), "plan: range: start"),
        (json!({"plan": {"range": day(), "notes": vec!["x"; 65]}}), "plan: notes: more than 64"),
    ] {
        for accept in ["application/json", "text/event-stream"] {
            let headers = [("accept", accept), ("content-type", "application/json")];
            let answer = world.server.exchange("POST", "/api/ask", &headers, &body.to_string());
            assert_eq!(answer.status, 400, "{body}: {}", answer.body);
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(expected), "{body}: {detail}");
        }
    }
    let explain = |body| world.post("/api/events/role/explain", &body);
    for (body, expected) in [
        (json!({"utc_offset_minutes": 1081}), "utc_offset_minutes: 1081 is not between"),
        (json!({"offset": 1}), "unknown field `offset`"),
    ] {
        let answer = explain(body);
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.body.contains(expected), "{}", answer.body);
    }
    assert_eq!(world.fake.questions(), 0);
}

#[test]
fn a_body_that_is_none_is_refused() {
    let world = World::new();
    for (body, expected) in [("", "there is no body"), ("[]", "no JSON object"), ("{", "no JSON")] {
        let answer = world.server.exchange("POST", "/api/ask", &[], body);
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.body.contains(expected), "{}", answer.body);
    }
    assert_eq!(world.server.get("/api/ask").status, 405);
}

#[test]
fn a_page_of_another_site_cannot_ask() {
    let world = World::new();
    for headers in [
        [("origin", "https://evil.example"), ("content-type", "text/plain")],
        [("sec-fetch-site", "cross-site"), ("accept", "text/event-stream")],
    ] {
        for path in ["/api/ask", "/api/events/role/explain"] {
            let answer = world.server.exchange("POST", path, &headers, &asked(json!({})).to_string());
            assert_eq!(answer.status, 403, "{}", answer.body);
        }
    }
    assert_eq!(world.fake.questions(), 0);
}

#[test]
fn asking_can_be_switched_off() {
    let world = World::with(&events(), |fake| openai(fake, "enabled = false"));
    for (path, accept) in [
        ("/api/ask", "application/json"),
        ("/api/ask", "text/event-stream"),
        ("/api/events/role/explain", "application/json"),
    ] {
        let body = if path == "/api/ask" { asked(json!({})) } else { json!({}) };
        let answer = world.server.exchange("POST", path, &[("accept", accept)], &body.to_string());
        assert_eq!(answer.status, 404, "{}", answer.body);
        assert_eq!(answer.json()["detail"], "asking is switched off, by `enabled = false` in [llm]");
    }
    assert_eq!(world.server.get("/api/config/features").json()["ai_features_enabled"], false);
    assert_eq!(world.fake.questions(), 0);
}
