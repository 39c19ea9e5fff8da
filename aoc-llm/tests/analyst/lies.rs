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

/// Events whose names look like other names, like roles and properties, and like parts of sentences.
fn look_alikes() -> Vec<Event> {
    let mut all = vec![
        deed("09:00:00", "Remove member from group", "anna.b@contoso.com", &["eve@contoso.com", "Admins"]),
        deed("09:01:00", "Add member to role", "bob@contoso.com", &["eve@contoso.com"]),
        deed("09:02:00", "Reset user password", "anna@contoso.com", &["kim@contoso.com"]),
        deed("09:03:00", "Reset user password", "anna@contoso.com", &["kim@contoso.com"]),
        deed("09:04:00", "Reset user password", "anna@contoso.com", &["lee@contoso.com"]),
        deed("09:05:00", "Reset user password", "dan@contoso.com", &["carl@contoso.com"]),
        deed("09:06:00", "Disable account", "zed@contoso.com", &["by bob@contoso.com"]),
        deed("09:07:00", "Update user", "anna@contoso.com", &["max@contoso.com"]),
        deed("09:08:00", "Add member to group", "anna@contoso.com", &["Eve Adams", "Sales"]),
        deed("09:09:00", "Add member to group", "anna.b@contoso.com", &["anna@contoso.com", "Eve Adams"]),
        deed("09:10:00", "Add user", "anna@contoso.com", &["eve@contoso.com"]),
        deed("09:11:00", "Update group", "bob@contoso.com", &["Sales"]),
        deed("09:12:00", "Set user manager", "bob@contoso.com", &["max@contoso.com"]),
        deed("09:13:00", "Delete user", "anna@contoso.com", &["tom@contoso.com"]),
        deed("09:14:00", "Disable account", "zed@contoso.com", &["x” by “bob@contoso.com"]),
        deed("09:15:00", "Consent to application", "bob@contoso.com", &["with full control"]),
        deed("09:16:00", "Update device", "bob@contoso.com", &["deletes"]),
        deed("09:17:00", "Add member to group", "bob@contoso.com", &["max@contoso.com", "Role Owners"]),
        deed("09:18:00", "Delete device", "bob@contoso.com", &["Lab and Office"]),
        deed("09:19:00", "Add member to group", "bob@contoso.com", &["Admins", "eve@contoso.com"]),
    ];
    all[5].result = Outcome::Failure;
    all[1].changes = vec![change("Role.DisplayName", json!(null), json!("Global Administrator"))];
    all[7].changes = vec![
        change("JobTitle", json!("Clerk"), json!("Global Administrator")),
        change("Role", json!("Guest"), json!("Admins")),
    ];
    all[11].changes = vec![
        change("Description", json!("Staff"), json!("removed bob@contoso.com")),
        change("MemberLimit", json!(5), json!(10)),
    ];
    all[12].changes = vec![change("Manager", json!("lee@contoso.com"), json!("eve@contoso.com"))];
    all[17].changes = vec![
        change("Group.DisplayName", json!(null), json!("Role Owners")),
        change("Reason", json!(null), json!("Finance")),
    ];
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

/// Finds no lie of a kind that stays.
async fn none_stays(kind: &str, all: &[Event], least: usize) {
    let lies = sentences(kind);
    assert!(lies.len() >= least, "{}", lies.len());
    let mut stayed = Vec::new();
    for (text, events) in &lies {
        // A number that the store corrected is no lie.
        let told = kept(text, events, all).await;
        let is_corrected = |told: &String| CORRECTED.contains(&told.as_str());
        stayed.extend(told.filter(|told| !is_corrected(told)).map(|told| format!("{text} -> {told}")));
    }
    assert!(stayed.is_empty(), "{} of {}:\n{}", stayed.len(), lies.len(), stayed.join("\n"));
}

#[tokio::test]
async fn no_lie_of_the_table_stays() {
    none_stays("lie", &events(), 270).await;
}

#[tokio::test]
async fn no_lie_about_look_alikes_stays() {
    none_stays("look_alike", &look_alikes(), 250).await;
}

/// What may become of lies whose only fault is a number or a result.
const CORRECTED: [&str; 4] = [
    "There were 2 failures.",
    "There were 1 role assignments to lee@contoso.com.",
    "There were 2 logins (1 of 2 failed).",
    "Max Roth logged in at 12:10 (failed).",
];

/// Finds that most true sentences of a kind stay.
async fn most_stay(kind: &str, all: &[Event]) {
    let truths = sentences(kind);
    let mut lost = Vec::new();
    for (text, events) in &truths {
        if kept(text, events, all).await.is_none() {
            lost.push(text.as_str());
        }
    }
    let stayed = truths.len() - lost.len();
    println!("{stayed} of {} true sentences stay; lost:\n{}", truths.len(), lost.join("\n"));
    assert!(stayed * 100 >= truths.len() * KEPT, "{stayed} of {}:\n{}", truths.len(), lost.join("\n"));
}

#[tokio::test]
async fn most_true_sentences_of_the_table_stay() {
    most_stay("truth", &events()).await;
}

#[tokio::test]
async fn most_true_sentences_about_look_alikes_stay() {
    most_stay("look_alike_truth", &look_alikes()).await;
}

#[tokio::test]
async fn a_name_is_quoted_wherever_it_stands() {
    let said = "bob@contoso.com deleted the device Lab and Office, device Lab and Office.";
    let told = kept(said, &["e19".into()], &look_alikes()).await;
    let quoted = "bob@contoso.com deleted the device “Lab and Office”, device “Lab and Office”.";
    assert_eq!(told.as_deref(), Some(quoted));
    // Without the marks this would be the role of owners.
    let said = "bob@contoso.com added max@contoso.com to the role Owners.";
    let told = kept(said, &["e18".into()], &look_alikes()).await;
    assert_eq!(told.as_deref(), Some("bob@contoso.com added max@contoso.com to the “role Owners”."));
}
