//! Many lies and many true sentences about the same events, and how many of the true ones stay.

use aoc_core::{Event, Outcome};
use aoc_llm::analyst::Status;
use serde_json::json;

use crate::world::{Parrot, answer_of, change, event};

/// How many of the true sentences have to stay, of a hundred.
const KEPT: usize = 95;

/// An event of that day by somebody, done to something.
fn deed(time: &str, operation: &str, actor: &str, targets: &[&str]) -> Event {
    let mut one =
        event(&format!("{operation} {time}"), &format!("2026-11-19T{time}Z"), "Management", operation);
    let upns =
        [("Kim Lee", "kim@contoso.com"), ("Lee Ott", "lee@contoso.com"), ("Max Roth", "max@contoso.com")];
    one.actor_display = Some(actor.into());
    one.actor_upn = upns.iter().find(|(name, _)| *name == actor).map(|(_, upn)| (*upn).to_owned());
    let addresses = [("Ana Novák", "198.51.100.9"), ("Max Roth", "2001:db8::7")];
    let address = addresses.iter().find(|(name, _)| *name == actor).map_or("203.0.113.7", |(_, at)| at);
    one.actor_ip = Some(address.into());
    one.target_displays = targets.iter().map(|name| (*name).to_owned()).collect();
    one
}

/// The events, which are called e1, e2 and so on.
fn events() -> Vec<Event> {
    let mut all = vec![
        deed("09:12:13", "Add member to role", "Kim Lee", &["lee@contoso.com", "Global Administrator"]),
        deed("09:20:00", "Add member to role", "Ana Novák", &["max@contoso.com", "User Administrator"]),
        deed("10:00:00", "Reset user password", "Kim Lee", &["max@contoso.com"]),
        deed("10:05:00", "Reset user password", "Kim Lee", &["max@contoso.com"]),
        deed("10:30:00", "Update user", "Lee Ott", &["max@contoso.com"]),
        deed("11:00:00", "Disable account", "Kim Lee", &["eva@contoso.com"]),
        deed("11:10:00", "Delete user", "Ana Novák", &["tom@contoso.com"]),
        deed("11:20:00", "Remove member from group", "Ana Novák", &["eva@contoso.com", "Finance"]),
        deed("11:30:00", "Disable Strong Authentication", "Kim Lee", &["eva@contoso.com"]),
        deed("11:40:00", "New-InboxRule", "Zoë Müller", &["Forward all"]),
        deed("12:00:00", "Update device", "Microsoft Intune", &["LAPTOP-7"]),
        deed("12:10:00", "UserLoginFailed", "Max Roth", &[]),
        deed("12:15:00", "UserLoggedIn", "Max Roth", &[]),
        deed("12:20:00", "Consent to application", "Kim Lee", &["Contoso Sync"]),
        deed("12:30:00", "Update user", "May Will", &["never"]),
        deed("12:40:00", "Add owner to group", "Kim Lee", &["bob@contoso.com", "carol@contoso.com"]),
    ];
    for minute in 0..6 {
        all.push(deed(&format!("13:0{minute}:00"), "FileAccessed", "Max Roth", &["plan.docx"]));
    }
    (all[2].result, all[11].result) = (Outcome::Failure, Outcome::Failure);
    all[4].changes = vec![
        change("JobTitle", json!("Clerk"), json!("Manager")),
        change("Department", json!("Sales"), json!("IT")),
    ];
    all[5].changes = vec![change("AccountEnabled", json!(true), json!(false))];
    all[9].service = "Exchange".into();
    all[14].changes = vec![change("Quota", json!(5), json!(10))];
    all
}

/// Text and handles of each sentence of a kind.
fn sentences(kind: &str) -> Vec<(String, Vec<String>)> {
    let table = include_str!("lies.toml");
    let read = |line: &str, key: &str| -> Option<String> {
        serde_json::from_str(line.strip_prefix(key)?.strip_prefix(" = ")?).ok()
    };
    let (mut found, mut is_wanted, mut said) = (Vec::new(), false, String::new());
    for line in table.lines() {
        if line.starts_with("[[") {
            is_wanted = line == format!("[[{kind}]]");
        } else if let Some(text) = read(line, "text") {
            said = text;
        } else if let Some(events) = read(line, "events").filter(|_| is_wanted) {
            found.push((
                said.clone(),
                events.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
            ));
        }
    }
    found
}

/// What is in the answer where a model says only this; nothing where it was removed.
async fn kept(text: &str, events: &[String], all: &[Event]) -> Option<String> {
    let handles: Vec<&str> = events.iter().map(String::as_str).collect();
    let (answer, _) = answer_of(all, Parrot::of(&[(text, &handles)])).await;
    let said = answer.claims.into_iter().find(|claim| claim.status != Status::Stored)?;
    (said.status != Status::Removed).then_some(said.text)
}

#[tokio::test]
async fn no_lie_of_the_table_stays() {
    let (lies, all) = (sentences("lie"), events());
    assert!(lies.len() >= 270, "{}", lies.len());
    let mut stayed = Vec::new();
    for (text, events) in &lies {
        // A number that the store corrected is no lie.
        let told = kept(text, events, &all).await;
        let is_corrected = |told: &String| CORRECTED.contains(&told.as_str());
        stayed.extend(told.filter(|told| !is_corrected(told)).map(|told| format!("{text} -> {told}")));
    }
    assert!(stayed.is_empty(), "{} of {}:\n{}", stayed.len(), lies.len(), stayed.join("\n"));
}

/// What may become of lies whose only fault is a number or a result.
const CORRECTED: [&str; 4] = [
    "There were 2 failures.",
    "There were 1 role assignments to lee@contoso.com.",
    "There were 2 logins (1 of 2 failed).",
    "Max Roth logged in at 12:10 (failed).",
];

#[tokio::test]
async fn most_true_sentences_of_the_table_stay() {
    let (truths, all) = (sentences("truth"), events());
    let mut lost = Vec::new();
    for (text, events) in &truths {
        if kept(text, events, &all).await.is_none() {
            lost.push(text.as_str());
        }
    }
    let stayed = truths.len() - lost.len();
    println!("{stayed} of {} true sentences stay; lost:\n{}", truths.len(), lost.join("\n"));
    assert!(stayed * 100 >= truths.len() * KEPT, "{stayed} of {}:\n{}", truths.len(), lost.join("\n"));
}
