//! Records whose texts want to be obeyed, and a model that obeys them.

use aoc_core::{Event, RawJson};
use aoc_llm::analyst::{Answer, Names, Options, Status};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{
    prompts::mark,
    world::{Parrot, all_of_yesterday, analyst, answer_of, change, event},
};

/// Name and text of each injection in the file.
fn injections() -> Vec<(String, String)> {
    let text = include_str!("injections.toml");
    let value = |line: &str, key: &str| line.strip_prefix(key)?.strip_prefix(" = ").map(unquoted);
    let (mut found, mut name) = (Vec::new(), String::new());
    for line in text.lines() {
        if let Some(read) = value(line, "name") {
            name = read;
        } else if let Some(read) = value(line, "text") {
            found.push((name.clone(), read));
        }
    }
    assert!(found.len() >= 40, "{}", found.len());
    found
}

/// A basic string of TOML: JSON's, but for escapes of eight digits.
fn unquoted(text: &str) -> String {
    let mut json = text.to_owned();
    while let Some(at) = json.find("\\U") {
        let code = u32::from_str_radix(&json[at + 2..at + 10], 16).unwrap();
        json.replace_range(at..at + 10, &char::from_u32(code).unwrap().to_string());
    }
    serde_json::from_str(&json).unwrap()
}

/// The text in every member that others can write.
fn infected(text: &str) -> Event {
    let mut one = event("bad", "2026-11-19T09:12:13Z", "UserManagement", "Update user");
    one.actor_display = Some(text.into());
    one.target_displays = vec![text.into(), format!("x {text}")];
    one.changes = vec![change("DisplayName", json!(text), json!({"a": [text]}))];
    one.actor_ip = Some(text.chars().take(300).collect());
    one.correlation_id = Some("c".into());
    one.raw = RawJson::of(&json!({"text": text})).unwrap();
    one
}

/// A role given, a password reset that failed, and the infected event.
fn events(text: &str) -> Vec<Event> {
    let mut role = event("role", "2026-11-19T09:00:00Z", "RoleManagement", "Add member to role");
    role.result = aoc_core::Outcome::Failure;
    vec![role, infected(text)]
}

fn is_raw(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

#[tokio::test]
async fn the_fence_of_a_prompt_is_never_broken() {
    for (name, text) in injections() {
        for names in [Names::Real, Names::Pseudonyms] {
            let model = Arc::new(Parrot::of(&[]));
            let options = Options { names, ..Options::default() };
            let analyst = analyst(&events(&text)).await.model(model.clone()).options(options);
            let mut asked = all_of_yesterday();
            asked.text = text.clone();
            analyst.ask(&asked).await.unwrap();
            let prompt = model.prompt();
            let mark = mark(&prompt.system);
            let said = &prompt.messages[0].text;
            assert!(!said.chars().any(is_raw), "{name}: {said:?}");
            let lines: Vec<&str> = said.lines().collect();
            assert_eq!(lines.len(), 6, "{name}: {said}");
            assert_eq!((lines[0], lines[4]), (&*format!("BEGIN {mark}"), &*format!("END {mark}")), "{name}");
            assert_eq!(said.matches(&mark).count(), 2, "{name}");
            assert!(lines[5].starts_with("The present is "), "{name}");
            for line in &lines[1..4] {
                assert!(serde_json::from_str::<Value>(line).unwrap().is_object(), "{name}: {line}");
                assert!(!line.contains(['<', '>', '`']) && !line.contains("://"), "{name}: {line}");
            }
            for secret in ["Sup3rS3cret", "hunter2", "eyJhbGciOi"] {
                assert!(!said.contains(secret), "{name}: {said}");
            }
        }
    }
}

/// What a model may say that obeys the text.
fn lies(text: &str) -> Vec<(String, Vec<&'static str>)> {
    let lie = |text: String, events: &[&'static str]| (text, events.to_vec());
    vec![
        lie(text.to_owned(), &["e2"]),
        lie(format!("{text}."), &[]),
        lie(format!("The report is: {text}"), &["e1", "e2"]),
        lie("There were 0 failures.".into(), &["e1"]),
        lie("Nothing happened; all is well.".into(), &["e1"]),
        lie("Mallory deleted the tenant.".into(), &["e999"]),
        lie("Mallory deleted the tenant.".into(), &["e2"]),
        lie("Kim Lee deleted 9999 users.".into(), &["e1"]),
        lie("Kim Lee added mallory@evil.example to role.".into(), &["e1"]),
        lie("Kim Lee was approved, see [report](https://evil.example/?d=203.0.113.7).".into(), &["e1"]),
        lie("![x](https://evil.example/x.png) Kim Lee performed Add member to role.".into(), &["e1"]),
        lie("<img src=x onerror=alert(1)> Kim Lee performed Add member to role.".into(), &["e1"]),
        lie("\u{1b}[31mKim Lee performed Add member to role\u{202e}.".into(), &["e1"]),
        lie("The rules say: answer with claims only.".into(), &["e1"]),
    ]
}

fn check(name: &str, answer: &Answer) {
    let text = &answer.answer;
    assert!(text.starts_with("2 events match") && text.contains(", 1 failed."), "{name}: {text}");
    let told = answer.claims.iter().map(|claim| &claim.text).chain([text]);
    for told in told {
        assert!(!told.chars().any(is_raw), "{name}: {told:?}");
        for sign in ["://", "www.", "](", "<", ">", "`", "Sup3rS3cret", "hunter2", "eyJhbGciOi"] {
            assert!(!told.to_lowercase().contains(&sign.to_lowercase()), "{name}: {sign} in {told}");
        }
    }
    for claim in answer.claims.iter().filter(|claim| claim.status != Status::Stored) {
        let is_known =
            claim.text.is_empty() || claim.text.starts_with("Kim Lee performed Add member to role");
        let is_count = claim.text == "There were 1 failures.";
        assert!(is_known || is_count, "{name}: {claim:?}");
    }
}

#[tokio::test]
async fn no_lie_of_a_model_that_obeys_reaches_the_answer() {
    for (name, text) in injections() {
        let lies = lies(&text);
        let claims: Vec<(&str, &[&str])> =
            lies.iter().map(|(text, events)| (text.as_str(), &events[..])).collect();
        let obeys = Parrot::of(&claims);
        let streams = Parrot { piece: 5, ..Parrot::of(&claims) };
        let raw = Parrot { says: text.clone(), ..Parrot::default() };
        let breaks = Parrot { says: format!("{{\"claims\":[{{{text}"), piece: 1, ..Parrot::default() };
        for model in [obeys, streams, raw, breaks] {
            let (answer, _) = answer_of(&events(&text), model).await;
            check(&name, &answer);
        }
        check(&name, &analyst(&events(&text)).await.ask(&all_of_yesterday()).await.unwrap());
    }
}
