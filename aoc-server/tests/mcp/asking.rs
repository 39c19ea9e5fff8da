//! The tools that answer in sentences.

use std::sync::Arc;

use aoc_core::{
    Completion, Error, ErrorKind, Event, LlmProvider, MemoryStore, Prompt, Result, store::EventLog,
};
use aoc_server::{Caller, Operations, config::AskConfig, operations::Asking};
use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{
    client::{call, refusal, told},
    common::{Server, events},
    unrecorded, with,
};

/// A question about all invented events: those of the daily work must be named.
fn all_of_them() -> Value {
    let services = ["Exchange", "SharePoint", "UserManagement"];
    let (start, end) = ("2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z");
    json!({"question": "What happened?", "services": services, "start": start, "end": end})
}

#[test]
fn an_answer_names_its_events_and_its_plan_can_be_edited_and_sent_again() {
    let server = with(&events(30));
    let answer = told(&server, "ask", &all_of_them());
    assert_eq!((&answer["query_info"]["total_matched"], &answer["llm_used"]), (&json!(30), &json!(false)));
    let claims = answer["claims"].as_array().unwrap();
    let key = claims.iter().find_map(|claim| claim["events"][0].as_str()).unwrap();
    assert!(answer["answer"].as_str().unwrap().contains(key), "{answer}");
    assert_eq!(told(&server, "get_event", &json!({"id": key}))["dedupe_key"], key);
    let mut plan = answer["query_info"]["plan"].clone();
    plan["filter"]["result"] = json!(["failure"]);
    plan["intent"] = json!("count");
    let again = told(&server, "ask", &json!({"plan": plan}));
    assert_eq!(again["query_info"]["total_matched"], 5, "{again}");
    assert_eq!(again["query_info"]["counts"]["total"], 5);
}

#[test]
fn an_event_is_explained_with_the_events_around_it() {
    let server = with(&events(30));
    let explained = told(&server, "explain_event", &json!({"id": "entra_audit:event-10"}));
    assert_eq!(explained["event"]["dedupe_key"], "entra_audit:event-10");
    assert_eq!(explained["claims"][0]["events"], json!(["entra_audit:event-10"]));
    assert!(explained["related_count"].as_u64().unwrap() > 0, "{explained}");
}

/// As many events as one answer can name, each with texts of its own.
fn many(text: &str) -> Vec<Event> {
    let mut many = events(500);
    for (number, event) in many.iter_mut().enumerate() {
        event.target_displays = vec![format!("{text}{number}"); 60];
        event.display_summary = text.to_owned();
    }
    many
}

#[test]
fn a_long_answer_keeps_its_sentences_and_as_many_events_as_there_is_room_for() {
    for text in ["file ", &"long ".repeat(100)] {
        let server = with(&many(text));
        let mut asked = all_of_them();
        asked["plan"] = told(&server, "ask", &asked)["query_info"]["plan"].clone();
        asked["plan"]["limit"] = json!(500);
        let whole = server.send("POST", "/api/ask", &asked).json();
        let result = call(&server, "ask", &asked);
        let answer = &result["structuredContent"];
        assert_eq!(answer["query_info"]["total_matched"], 500, "{}", result["content"][0]);
        let count = |answer: &Value, list: &str| answer[list].as_array().unwrap().len();
        assert_eq!(count(answer, "claims"), count(&whole, "claims").min(100));
        assert!(count(&whole, "events") > 50 && (1..=50).contains(&count(answer, "events")), "{answer}");
        assert!(answer.to_string().len() <= 128 << 10, "{}", answer.to_string().len());
        let is_long = whole["answer"].as_str().unwrap().chars().count() > 1_900;
        let is_short = answer["answer"].as_str().unwrap().contains("more lines are in `claims`)");
        assert_eq!(is_long, is_short, "{}", answer["answer"]);
        let said = result["content"][0]["text"].as_str().unwrap();
        assert!(said.contains("`events` has the first of these"), "{said}");
    }
}

/// A model that cannot be reached.
struct Gone;

#[async_trait]
impl LlmProvider for Gone {
    async fn complete(&self, _: &Prompt, _: &(dyn for<'t> Fn(&'t str) + Send + Sync)) -> Result<Completion> {
        Err(Error::new(ErrorKind::Unavailable, "upstream says sk-secret"))
    }
}

/// A server that asks as this says.
fn asked_by(config: &AskConfig, model: Option<Arc<dyn LlmProvider>>) -> Server {
    let store = MemoryStore::new();
    let (log, index) = (Arc::new(store.clone()), Arc::new(store.clone()));
    let asking = Asking::new(config, model, (log.clone(), index.clone()));
    let server = Server::over(Operations::new(log, index).asked(asking), &unrecorded(), Caller::open());
    server.run(store.append(&events(30))).unwrap();
    server
}

#[test]
fn where_the_model_fails_the_store_answers_and_it_is_said() {
    let server = asked_by(&AskConfig::default(), Some(Arc::new(Gone)));
    for (tool, arguments) in [("ask", all_of_them()), ("explain_event", json!({"id": "event-10"}))] {
        let result = call(&server, tool, &arguments);
        assert_eq!(result["isError"], false, "{result}");
        let said = result["content"][0]["text"].as_str().unwrap();
        assert!(said.contains("the language model did not help, see `llm_error`"), "{tool}: {said}");
        assert!(result["structuredContent"]["llm_error"].is_string(), "{result}");
        assert!(!result.to_string().contains("sk-secret"), "{result}");
    }
}

#[test]
fn where_asking_is_switched_off_the_tools_say_so() {
    let server = asked_by(&AskConfig { enabled: false, ..AskConfig::default() }, None);
    for (tool, arguments) in [("ask", all_of_them()), ("explain_event", json!({"id": "event-10"}))] {
        assert_eq!(
            refusal(&server, tool, &arguments),
            "asking is switched off, by `enabled = false` in [llm]"
        );
    }
}
