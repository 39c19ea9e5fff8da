//! The webhook: its shapes, its signature, its account.

use std::time::{SystemTime, UNIX_EPOCH};

use aoc_core::{
    ErrorKind, Event, Timestamp,
    alert::{Alert, Severity},
    testkit::events::Generator,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    receivers::webhook,
    server::{Fault, Reply, lock},
    sink,
};

mod events {
    aoc_core::suite!(sink, async || crate::receivers::webhook(serde_json::json!({})).await);
}

mod arrays {
    aoc_core::suite!(sink, async || crate::receivers::webhook(serde_json::json!({"body": "array"})).await);
}

mod lines {
    aoc_core::suite!(sink, async || crate::receivers::webhook(serde_json::json!({"body": "ndjson"})).await);
}

/// As RFC 2104 has it, with nothing but the hash.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |byte: u8| block.map(|b| b ^ byte).to_vec();
    let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
    let outer = Sha256::digest([pad(0x5c), inner.to_vec()].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn every_request_is_signed_and_named() {
    for body in ["event", "array", "ndjson", "teams", "slack"] {
        let side = webhook(
            json!({"body": body, "secret": "geheim", "token": "t0ken", "headers": {"X-Tenant": "7"}}),
        );
        let side = side.await;
        let events = Generator::new(5).events(3);
        side.sink.deliver(&events).await.unwrap();
        side.sink.deliver(&events).await.unwrap();
        let heard = side.server.heard("/hook");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        for request in &heard {
            let timestamp = request.header("x-aoc-timestamp").unwrap();
            assert!(now.abs_diff(timestamp.parse().unwrap()) < 100);
            let message = [timestamp.as_bytes(), b".", &request.sent].concat();
            let expected = format!("v1={}", hmac(b"geheim", &message));
            assert_eq!(request.header("x-aoc-signature"), Some(expected.as_str()));
            assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
            assert_eq!(request.header("x-tenant"), Some("7"));
        }
        let names: Vec<&str> = heard.iter().map(|one| one.header("x-aoc-delivery").unwrap()).collect();
        let (first, again) = names.split_at(names.len() / 2);
        assert_eq!(first, again, "the same comes again under the same name");
        if body == "event" {
            assert_eq!(names[0], events[0].dedupe_key.as_str());
        }
    }
}

#[tokio::test]
async fn what_was_sent_before_an_outage_does_not_come_again() {
    let side = webhook(json!({})).await;
    let events = Generator::new(6).events(10);
    lock(&side.state.refused).insert(events[1].id.clone());
    let server = side.server.clone();
    let (first, rest) = events.split_at(4);
    assert_eq!(side.sink.deliver(first).await.unwrap().refused[0].0, 1);
    server.fail_next("/hook", Fault::Answer(Reply::of(500, "")));
    assert_eq!(side.sink.deliver(rest).await.unwrap_err().kind(), ErrorKind::Unavailable);
    // The third of the rest.
    let third = lock(&side.state.ids).len();
    lock(&side.state.refused).insert(rest[2].id.clone());
    let delivered = side.sink.deliver(rest).await.unwrap();
    assert_eq!(delivered.refused.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [2]);
    assert_eq!(lock(&side.state.ids).len(), third + 5);
}

/// An alert about an event that strangers wrote.
fn alert() -> Event {
    let mut event = Event::new("entra_audit", "1", Timestamp::parse("2026-01-05T09:00:00Z").unwrap());
    event.actor_display = Some("<!channel> <at>everyone</at>".into());
    event.target_displays = vec!["[pay](https://evil.example)".into(), "x".repeat(5_000)];
    event.display_summary = "see https://evil.example <https://evil.example|here>".into();
    let mut alert = Alert::about("inbox-rule", Severity::High, "Rule <!here> made", &event);
    alert.reasons = vec!["operation is New-InboxRule".into()];
    alert.into_event(&event).unwrap()
}

#[tokio::test]
async fn messages_tell_who_what_when_and_why_and_hold_no_markup_of_strangers() {
    for (body, most) in [("teams", 28_000), ("slack", 40_000)] {
        let side = webhook(json!({"body": body, "ui_url": "https://aoc.contoso.example"})).await;
        side.sink.deliver(&[alert()]).await.unwrap();
        let heard = side.server.heard("/hook").remove(0);
        let text = String::from_utf8(heard.body.clone()).unwrap();
        assert!(text.len() < most);
        for bad in ["<", ">", "](", "//evil"] {
            assert!(!text.replace("\u{2060}//evil", "").contains(bad), "{body}: {bad} in {text}");
        }
        let wanted =
            ["Alert (high)", "everyone", "2026-01-05T09:00:00Z", "operation is New-InboxRule", "inbox-rule"];
        for word in wanted {
            assert!(text.contains(word), "{body}: no {word} in {text}");
        }
        assert!(text.contains("https://aoc.contoso.example/?event="), "{text}");
        let message: Value = serde_json::from_str(&text).unwrap();
        match body {
            "teams" => {
                let card = &message["attachments"][0]["content"];
                assert_eq!(card["type"], "AdaptiveCard");
                let blocks = card["body"].as_array().unwrap();
                assert!(
                    blocks.iter().all(|block| block["type"] == "RichTextBlock"),
                    "no element knows markup"
                );
            }
            _ => {
                assert!(!text.contains("mrkdwn\","), "no element knows markup: {text}");
                let blocks = message["blocks"].as_array().unwrap();
                let fields = blocks.iter().filter_map(|block| block["fields"].as_array());
                assert!(fields.clone().all(|fields| fields.len() <= 10));
                let mut texts = fields.flatten().map(|field| field["text"].as_str().unwrap());
                assert!(texts.all(|text| text.chars().count() <= 2_000));
                assert!(blocks[0]["text"]["text"].as_str().unwrap().chars().count() <= 150);
            }
        }
    }
}

#[tokio::test]
async fn titles_of_links_fit_into_the_header_of_slack() {
    let mut event = alert();
    for long in ["http://www.", "](", "mailto:"] {
        event.service = long.repeat(40);
        event.source = "entra_audit".into();
        let side = webhook(json!({"body": "slack"})).await;
        side.sink.deliver(&[event.clone()]).await.unwrap();
        let message = side.server.heard("/hook").remove(0).values().remove(0);
        let title = message["blocks"][0]["text"]["text"].as_str().unwrap();
        assert!(title.chars().count() <= 150, "{title}");
    }
}

#[tokio::test]
async fn mistakes_of_configuration_are_told() {
    for (options, word) in [
        (json!({"url": "http://siem.example/hook"}), "allow_http"),
        (json!({"url": "https://u:p@siem.example/hook"}), "user or password"),
        (json!({"url": "https://siem.example", "body": "teams", "format": "ecs"}), "format"),
        (json!({"url": "https://siem.example", "format": "cef"}), "format"),
        (json!({"url": "https://siem.example", "ui_url": "https://aoc.example"}), "ui_url"),
        (
            json!({"url": "https://siem.example", "headers": {"Content-Length": "7"}}),
            "headers.Content-Length",
        ),
        (json!({"url": "https://siem.example", "headers": {"a b": "7"}}), "headers.a b"),
        (json!({"url": "https://siem.example", "token": "a\nb"}), "token"),
        (json!({"url": "https://siem.example", "tokn": "a"}), "tokn"),
    ] {
        let error = sink("webhook", options).await.err().unwrap();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(word), "{error}");
    }
    assert!(sink("webhook", json!({"url": "http://siem.example/hook", "allow_http": true})).await.is_ok());
}
