//! Answers that follow a schema.

use aoc_core::{ErrorKind, Prompt};
use aoc_llm::fake::Reply;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::json;

use crate::world::{World, ask, question};

/// An answer about events.
#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
struct Finding {
    /// In one sentence.
    answer: String,
    events: Vec<String>,
    severity: Option<Severity>,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Severity {
    Low,
    High,
}

fn prompt() -> Prompt {
    Prompt { schema: Some(schema_for!(Finding).to_value()), ..question() }
}

#[tokio::test]
async fn the_schema_of_a_type_is_taken_by_a_server_that_is_strict() {
    let world = World::openai(json!({})).await;
    world.fake.script(Reply::say(["{\"answer\":\"Kim\",", "\"events\":[],\"severity\":null}"]));
    let answer = ask(&*world.model, &prompt()).await.0.unwrap();
    let finding: Finding = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(finding, Finding { answer: "Kim".into(), events: Vec::new(), severity: None });
    let format = &world.fake.seen()[0].body["response_format"];
    assert_eq!(format["type"], "json_schema");
    assert_eq!(
        (&format["json_schema"]["name"], &format["json_schema"]["strict"]),
        (&json!("Finding"), &json!(true))
    );
    assert_eq!(format["json_schema"]["schema"]["required"], json!(["answer", "events", "severity"]));
}

#[tokio::test]
async fn servers_that_know_no_schema_are_told_in_words() {
    for (way, format) in [("json_object", json!({"type": "json_object"})), ("none", json!(null))] {
        let world = World::openai(json!({"structured_output": way})).await;
        ask(&*world.model, &prompt()).await.0.unwrap();
        let body = &world.fake.seen()[0].body;
        assert_eq!(body["response_format"], format);
        let system = body["messages"][0]["content"].as_str().unwrap();
        assert!(
            system.starts_with("Be brief.") && system.contains("JSON") && system.contains("severity"),
            "{system}"
        );
    }
}

#[tokio::test]
async fn a_schema_that_cannot_be_strict_is_not_sent() {
    let world = World::openai(json!({})).await;
    let prompt = Prompt { schema: Some(json!({"type": "object"})), ..question() };
    let error = ask(&*world.model, &prompt).await.0.unwrap_err();
    assert_eq!((error.kind(), world.fake.questions()), (ErrorKind::Internal, 0));
}
