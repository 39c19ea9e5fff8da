use aoc_core::{Message, Role};

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn tokens(prompt_tokens: u64) -> Usage {
    Usage { prompt_tokens, ..Usage::default() }
}

fn budget(tokens_per_day: u64, tokens_per_caller: u64) -> Budget {
    Budget::new(Limits { tokens_per_day: Some(tokens_per_day), tokens_per_caller: Some(tokens_per_caller) })
}

#[test]
fn a_caller_whose_tokens_are_used_waits_until_midnight_and_others_do_not() {
    let (budget, evening) = (budget(1_000, 100), at("2026-11-22T23:59:00Z"));
    budget.charge_at("kim", tokens(99), evening);
    budget.check_at("kim", evening).unwrap();
    budget.charge_at("kim", tokens(1), evening);
    let error = budget.check_at("kim", evening).unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(60))));
    budget.check_at("lee", evening).unwrap();
    budget.check_at("kim", at("2026-11-23T00:00:00Z")).unwrap();
}

#[test]
fn all_callers_together_have_a_limit() {
    let (budget, now) = (budget(100, 90), at("2026-11-22T12:00:00Z"));
    budget.charge_at("kim", tokens(50), now);
    budget.charge_at("lee", tokens(50), now);
    let error = budget.check_at("eve", now).unwrap_err();
    assert!(error.to_string().starts_with("all tokens"), "{error}");
}

#[test]
fn without_limits_nothing_is_refused_and_sums_do_not_overflow() {
    let (budget, now) = (Budget::default(), at("2026-11-22T12:00:00Z"));
    budget.charge_at("kim", tokens(u64::MAX), now);
    budget.charge_at("kim", Usage { answer_tokens: u64::MAX, ..tokens(u64::MAX) }, now);
    budget.check_at("kim", now).unwrap();
    assert_eq!(budget.snapshot().total, u64::MAX);
}

#[test]
fn a_clock_that_goes_back_gives_nothing_anew() {
    let budget = budget(1_000, 100);
    budget.charge_at("kim", tokens(100), at("2026-11-22T00:01:00Z"));
    let error = budget.check_at("kim", at("2026-11-21T23:00:00Z")).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(86_400)));
}

#[test]
fn what_was_used_outlives_a_restart_through_json() {
    let (first, now) = (budget(1_000, 100), at("2026-11-22T12:00:00Z"));
    first.charge_at("kim", tokens(100), now);
    let text = serde_json::to_string(&first.snapshot()).unwrap();
    let second = Budget::restore(first.limits, serde_json::from_str(&text).unwrap());
    assert_eq!(second.snapshot(), first.snapshot());
    assert!(second.check_at("kim", now).is_err());
    second.check_at("kim", at("2026-11-23T12:00:00Z")).unwrap();
}

#[test]
fn memory_is_bounded_however_many_callers_there_are() {
    let (budget, now) = (budget(u64::MAX, 100), at("2026-11-22T12:00:00Z"));
    for number in 0..CALLERS + 50 {
        budget.charge_at(&format!("{number}-{}", "ä".repeat(10_000)), tokens(3), now);
    }
    let spent = budget.snapshot();
    assert_eq!(spent.callers.len(), CALLERS + 1);
    assert!(spent.callers.keys().all(|name| name.len() <= NAME));
    assert_eq!(spent.callers[OTHERS], 150, "callers who come late share an account");
    assert!(budget.check_at("another", now).is_err());
    budget.check_at(&format!("7-{}", "ä".repeat(10_000)), now).unwrap();
    let restored = Budget::restore(budget.limits, spent.clone());
    assert_eq!(restored.snapshot(), spent);
}

#[test]
fn what_a_provider_does_not_say_is_estimated() {
    let message = |text: &str| Message { role: Role::User, text: text.to_owned() };
    let prompt = Prompt {
        system: "x".repeat(40),
        messages: vec![message("é".repeat(8).as_str())],
        ..Prompt::default()
    };
    let mut completion = Completion { text: "abcde".to_owned(), ..Completion::default() };
    let usage = Usage::of(&prompt, &completion);
    assert_eq!(usage, Usage { prompt_tokens: 12, answer_tokens: 2, estimated: true });
    (completion.prompt_tokens, completion.answer_tokens) = (Some(7), Some(0));
    assert_eq!(
        Usage::of(&prompt, &completion),
        Usage { prompt_tokens: 7, answer_tokens: 0, estimated: false }
    );
}
