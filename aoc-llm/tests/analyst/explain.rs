//! One event explained.

use std::time::Duration;

use std::sync::Arc;

use aoc_core::{ErrorKind, Event, Key, Outcome, RawJson};
use aoc_llm::analyst::{Explanation, Script, Why};
use chrono::FixedOffset;
use serde_json::{Value, json};

use crate::world::{Parrot, analyst, change, event, events};

const USER: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const GROUP: &str = "bbbbbbbb-0000-4000-8000-000000000002";

/// How long a model may take.
const PATIENCE: Duration = Duration::from_secs(60);

async fn explain(all: &[Event], key: &str) -> Explanation {
    let utc = FixedOffset::east_opt(0).unwrap();
    analyst(all).await.explain(&Key::from(key.to_owned()), utc, ("", PATIENCE)).await.unwrap()
}

fn target(kind: &str, id: &str) -> Vec<RawJson> {
    vec![RawJson::of(&json!({"type": kind, "id": id})).unwrap()]
}

#[tokio::test]
async fn an_event_is_explained_at_its_own_time_without_a_model() {
    let mut all = events();
    let around = [
        ("before", "2026-11-19T08:30:00Z"),
        ("long_before", "2026-11-10T09:05:00Z"),
        ("later", "2026-12-19T09:00:00Z"),
    ];
    for (id, time) in around {
        all.push(event(id, time, "UserManagement", "Update user"));
    }
    all[0].correlation_id = Some("cccccccc-0000-4000-8000-000000000003".into());
    let mut same = event("same", "2026-11-19T12:00:00Z", "Policy", "Update policy");
    same.actor_display = Some("Lee Ott".into());
    same.correlation_id.clone_from(&all[0].correlation_id);
    same.raw = RawJson::of(&json!({"correlationId": "cccccccc-0000-4000-8000-000000000003"})).unwrap();
    all.push(same);
    let told = explain(&all, "test:role").await;
    assert!(
        told.explanation.contains("Kim Lee — Add member to role — lee@contoso.com, Global Administrator")
    );
    let history = told.history.unwrap();
    assert_eq!((history.events, history.same_operation, history.same_hour), (2, 0, 1));
    assert_eq!(history.same_address, Some(2));
    assert!(
        told.explanation.contains("The actor had not done this in the 30 days before"),
        "{}",
        told.explanation
    );
    let keys = |why| {
        let found = told.related.iter().find(|related| related.why == why);
        found.map(|related| related.events.iter().map(|told| told.key.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(keys(Why::SameAction).unwrap(), ["test:same"]);
    assert_eq!(keys(Why::SameActor).unwrap(), ["test:reset", "test:before"]);
    assert_eq!(told.related_count, 3);
    assert!(told.implications[0].contains("rights of the role") && !told.next_steps.is_empty());
    assert_eq!(told.inverse, None);
}

#[tokio::test]
async fn a_model_may_add_what_is_proven_and_nothing_else() {
    let model = Parrot::of(&[
        ("Kim Lee added lee@contoso.com to the role Global Administrator.", &["e1"]),
        ("Kim Lee is an attacker.", &["e1"]),
    ]);
    let key = Key::from("test:role".to_owned());
    let analyst = analyst(&events()).await.model(Arc::new(model));
    let told = analyst.explain(&key, FixedOffset::east_opt(3_600).unwrap(), ("kim", PATIENCE)).await.unwrap();
    assert!(told.llm_used && told.explanation.contains("Kim Lee added lee@contoso.com to the role"));
    assert!(told.explanation.starts_with("2026-11-19 10:12:13: Kim Lee"), "{}", told.explanation);
    assert!(!told.explanation.contains("attacker"));
    let missing =
        analyst.explain(&Key::from("x".to_owned()), FixedOffset::east_opt(0).unwrap(), ("", PATIENCE)).await;
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
}

async fn inverse(mut one: Event) -> Option<(Script, String)> {
    one.target_displays = vec!["max@contoso.com".into()];
    let key = one.dedupe_key.to_string();
    explain(&[one], &key).await.inverse.map(|inverse| (inverse.language, inverse.text))
}

#[tokio::test]
async fn an_inverse_is_written_from_old_values_only() {
    let mut user = event("1", "2026-11-19T09:00:00Z", "UserManagement", "Update user");
    user.targets = target("User", USER);
    user.changes = vec![
        change("JobTitle", json!(["Clerk"]), json!(["Manager \"x\""])),
        change("AccountEnabled", json!([true]), json!([false])),
        change("Password", json!("old"), json!("new")),
        change("City", Value::Null, json!("Bern")),
    ];
    let (language, text) = inverse(user.clone()).await.unwrap();
    assert_eq!(language, Script::Graph);
    assert_eq!(
        text,
        format!(
            "PATCH https://graph.microsoft.com/v1.0/users/{USER}\n\n{{\n  \"accountEnabled\": true,\n  \"jobTitle\": \"Clerk\"\n}}"
        )
    );
    let failed = Event { result: Outcome::Failure, ..user.clone() };
    let no_old = Event { changes: vec![change("JobTitle", Value::Null, json!("x"))], ..user.clone() };
    let hostile = Event { targets: target("User", "x/../../me"), ..user };
    for one in [failed, no_old, hostile] {
        assert_eq!(inverse(one).await, None);
    }
    let mut group = event("2", "2026-11-19T09:00:00Z", "GroupManagement", "Remove member from group");
    group.targets = target("User", USER);
    group.changes = vec![change("Group.ObjectID", json!(GROUP), Value::Null)];
    let (_, text) = inverse(group).await.unwrap();
    assert!(
        text.starts_with(&format!("POST https://graph.microsoft.com/v1.0/groups/{GROUP}/members/$ref")),
        "{text}"
    );
    let mut policy = event("3", "2026-11-19T09:00:00Z", "Policy", "Update conditional access policy");
    policy.targets = target("Policy", GROUP);
    policy.changes = vec![change(
        "ConditionalAccessPolicy",
        json!({"id": "x", "state": "enabled"}),
        json!({"state": "disabled"}),
    )];
    let (_, text) = inverse(policy).await.unwrap();
    assert!(text.ends_with("{\n  \"state\": \"enabled\"\n}"), "{text}");
}

#[tokio::test]
async fn hostile_names_stay_inside_their_quotes() {
    for (name, quoted) in [
        ("O'Hara", "'O''Hara'"),
        ("x'; Remove-Mailbox *; '", "'x''; Remove-Mailbox *; '''"),
        ("x\u{2019}; iex $y; \u{2018}", "'x\u{2019}\u{2019}; iex $y; \u{2018}\u{2018}'"),
        ("$(iex y) `n \"z\"", "'$(iex y) `n \"z\"'"),
    ] {
        let mut one = event("1", "2026-11-19T09:00:00Z", "Exchange", "Set-Mailbox");
        one.changes = vec![
            change("ForwardingSmtpAddress", json!(name), json!("smtp:mallory@evil.example")),
            change("Bad -Name", json!("x"), json!("y")),
        ];
        let (language, text) = inverse(one).await.unwrap();
        assert_eq!(language, Script::PowerShell);
        assert_eq!(text, format!("Set-Mailbox -Identity 'max@contoso.com' -ForwardingSmtpAddress {quoted}"));
    }
    let mut hidden = event("1", "2026-11-19T09:00:00Z", "Exchange", "Set-Mailbox");
    hidden.changes = vec![change("CustomAttribute1", json!("a\nb"), json!("c"))];
    assert_eq!(inverse(hidden).await, None);
}

#[tokio::test]
async fn what_an_inverse_leaves_out_is_a_next_step() {
    let mut user = event("1", "2026-11-19T09:00:00Z", "UserManagement", "Update user");
    user.targets = target("User", USER);
    user.changes = vec![
        change("JobTitle", json!("Clerk"), json!("Manager")),
        change("City", Value::Null, json!("Bern")),
    ];
    let told = explain(&[user], "test:1").await;
    assert!(told.next_steps.last().unwrap().contains("the old values are not known: City."), "{told:?}");
    let mut added = event("2", "2026-11-19T09:00:00Z", "GroupManagement", "Add member to group");
    added.targets = target("User", USER);
    added.changes = vec![change("Group.ObjectID", Value::Null, json!([GROUP]))];
    let (_, text) = inverse(added.clone()).await.unwrap();
    assert_eq!(text, format!("DELETE https://graph.microsoft.com/v1.0/groups/{GROUP}/members/{USER}/$ref"));
    added.changes = vec![change("Group.ObjectID", Value::Null, json!("x/../y"))];
    assert_eq!(inverse(added).await, None);
}

#[tokio::test]
async fn hostile_values_stay_inside_their_json() {
    let hostile =
        "x\"}\n\nDELETE https://graph.microsoft.com/v1.0/users `$(iex y)` \u{2019}\u{202e}</script>";
    let mut user = event("1", "2026-11-19T09:00:00Z", "UserManagement", "Update user");
    user.targets = target("User", USER);
    user.changes = vec![change("JobTitle", json!(hostile), json!("Clerk"))];
    let (_, text) = inverse(user).await.unwrap();
    let (call, body) = text.split_once("\n\n").unwrap();
    assert_eq!(call, format!("PATCH https://graph.microsoft.com/v1.0/users/{USER}"));
    assert_eq!(body.lines().count(), 3, "{body}");
    assert!(!body.contains(['`', '<', '\u{202e}']), "{body}");
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), json!({"jobTitle": hostile}));
}
