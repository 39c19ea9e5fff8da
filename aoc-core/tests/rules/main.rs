//! Rules: what they refuse, what they match, what they count, whom they keep quiet about, and that a restart changes
//! nothing.
#![allow(clippy::unwrap_used, reason = "tests panic to fail")]

mod backtests;
mod conditions;
mod counting;
mod prefilter;
mod reading;
mod replay;

use std::sync::Arc;

use aoc_core::{
    alert::{
        book::{RuleBook, RuleSet},
        detect::{Detection, View},
        rule::Rule,
    },
    prelude::*,
};
use serde_json::{Value, json};

fn rule(value: Value) -> Rule {
    Rule::read(value).unwrap()
}

fn detection(value: Value) -> Arc<Detection> {
    Arc::new(rule(value).detection().unwrap())
}

fn book(rules: impl IntoIterator<Item = Value>) -> RuleBook {
    let book = RuleBook::new();
    book.replace(RuleSet::new(rules.into_iter().map(detection)));
    book
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// An event of an actor from an address, so many seconds into 2026-01-05, a Monday, stored when it happened.
fn event(id: &str, second: i64, actor: &str, address: &str) -> Event {
    let at = Timestamp::from_ticks(time("2026-01-05T00:00:00Z").ticks() + second * 10_000_000);
    let mut event = Event::new("exchange", id, at);
    (event.service, event.operation) = ("Exchange".into(), "UserLoginFailed".into());
    event.actor_upn = (!actor.is_empty()).then(|| actor.to_owned());
    event.actor_ip = (!address.is_empty()).then(|| address.to_owned());
    event.ingested_at = Some(at);
    event.raw = RawJson::of(&json!({"Id": id, "Operation": "UserLoginFailed", "UserId": actor})).unwrap();
    event
}

/// Whether a rule of this filter and these conditions is about the event.
fn matches(rule: Value, event: &Event) -> bool {
    let detection = detection(rule);
    let (view, step) = (View::plain(event), detection.explain(&View::plain(event)));
    assert_eq!(detection.matches(&view), step.holds, "{step:?}");
    step.holds
}
