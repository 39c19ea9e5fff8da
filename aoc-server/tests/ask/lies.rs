//! Models that lie, fail and break: nothing false is told, and the store answers.

use aoc_core::{Event, Outcome};
use aoc_llm::fake::{FakeModel, Reply};
use serde_json::{Value, json};

use crate::world::{TRUE, World, claiming, claims, event, events, openai, pieces};

/// What no event proves.
const LIES: [(&str, &[&str]); 15] = [
    ("Mallory added lee@contoso.com to the role Global Administrator.", &["e1"]),
    (TRUE.0, &["e99"]),
    ("Kim Lee added mallory@evil.example to the role Global Administrator.", &["e1"]),
    ("Kim Lee added lee@contoso.com to the role Global Administrator at 23:59.", &["e1"]),
    ("Kim Lee added lee@contoso.com to the role Global Administrator on 2026-11-01.", &["e1"]),
    ("Kim Lee deleted 9999 users.", &["e1"]),
    ("Kim Lee successfully reset the password of lee@contoso.com.", &["e2"]),
    ("Lee Ott changed JobTitle of max@contoso.com from Manager to Clerk.", &["e3"]),
    ("Mallory deleted the tenant.", &["e999"]),
    ("Nothing happened; all is well.", &["e1"]),
    ("Kim Lee is an attacker.", &["e1"]),
    ("Kim Lee performed Add member to role, see https://evil.example/x.", &["e1"]),
    ("<img src=x onerror=alert(1)>", &["e1"]),
    ("There were 43 events and 12 failures.", &["e1"]),
    ("The key is sk-fake-0123456789abcdef.", &["e1"]),
];
/// What of them must not be told anywhere.
const FALSE: [&str; 14] = [
    "Mallory",
    "mallory",
    "23:59",
    "2026-11-01",
    "9999",
    "successfully",
    "from Manager",
    "all is well",
    "attacker",
    "evil.example",
    "<img",
    "12 failures",
    "tenant",
    "://",
];

/// Nothing false is in what is told of an answer: its text, its claims, its pieces.
fn check(answer: &Value, told: &str) {
    let claims = answer["claims"].as_array().unwrap();
    let texts = claims.iter().map(|claim| claim["text"].as_str().unwrap());
    for text in texts.chain([told, answer["answer"].as_str().unwrap()]) {
        for lie in FALSE {
            assert!(!text.contains(lie), "`{lie}` is in {text}");
        }
    }
    assert!(told.starts_with("43 events match") && told.contains(", 1 failed."), "{told}");
}

/// Asks for the whole and for pieces; both are clean and say the same. Whether a model helped, and why it did not.
fn both(world: &World, reply: &Reply) -> (bool, Option<String>) {
    let reply = reply.clone();
    world.fake.answer_with(move |_| reply.clone());
    let whole = world.ask(json!({}));
    let told = world.told(json!({}));
    let (name, last) = told.last().unwrap();
    assert_eq!((name.as_str(), &last["answer"]), ("answer", &json!(pieces(&told))));
    check(&whole, whole["answer"].as_str().unwrap());
    check(last, &pieces(&told));
    assert_eq!((&whole["answer"], &whole["llm_error"]), (&last["answer"], &last["llm_error"]));
    let is_used = whole["llm_used"].as_bool().unwrap();
    assert_eq!(is_used, whole["answer"].as_str().unwrap().contains(TRUE.0), "{whole}");
    // Few sentences do not stand for the store's own.
    assert!(whole["answer"].as_str().unwrap().contains("Most frequent operations"), "{whole}");
    (is_used, whole["llm_error"].as_str().map(str::to_owned))
}

fn no(sentence: &str) -> (bool, Option<String>) {
    (false, Some(sentence.to_owned()))
}

#[test]
fn no_lie_is_told() {
    let world = World::new();
    let nothing = "nothing that the language model said is proven by the events";
    assert_eq!(both(&world, &claiming(&LIES)), no(nothing));
    let mixed: Vec<_> = LIES.into_iter().chain([TRUE]).collect();
    assert_eq!(both(&world, &claiming(&mixed)), (true, None));
    for size in [1, 9] {
        let says: Vec<char> = claims(&mixed).chars().collect();
        let reply = Reply::say(says.chunks(size).map(|piece| piece.iter().collect::<String>()));
        assert_eq!(both(&world, &reply), (true, None));
    }
    let reply = claiming(&mixed).not_streamed();
    assert_eq!(both(&world, &reply), (true, None));
}

#[test]
fn a_wrong_count_becomes_the_stores() {
    let world = World::new();
    world.fake.script(claiming(&[("Max Roth accessed plan.docx in 4000 events.", &["e4"])]));
    let answer = world.ask(json!({}));
    let text = answer["answer"].as_str().unwrap();
    assert!(text.contains("Max Roth accessed plan.docx in 40 events.") && !text.contains("4000"), "{text}");
    let corrected = answer["claims"].as_array().unwrap().iter().find(|claim| claim["status"] == "corrected");
    assert!(corrected.unwrap()["reason"].is_string(), "{answer}");
}

#[test]
fn a_model_that_breaks_off_is_told_and_only_what_was_proven_before_stays() {
    let world = World::new();
    let whole = claims(&[TRUE, ("Mallory deleted the tenant.", &["e2"])]);
    let (first, rest) = whole.split_at(whole.find("Mallory").unwrap() + 9);
    let cut = "the language model's answer was cut";
    let gone = "the language model cannot be reached now";
    let said = |sentence: &str| (true, Some(sentence.to_owned()));
    assert_eq!(both(&world, &Reply::say([first]).finish(Some("length"))), said(cut));
    assert_eq!(both(&world, &Reply::say([first, rest]).finish(Some("length"))), said(cut));
    let error = json!({"message": "UPSTREAM", "type": "server_error", "code": "server_error"});
    assert_eq!(both(&world, &Reply::say([first]).then_error(error)), said(gone));
    let broken = Reply::say([first, rest]).cut_after(1_000_000).without_done().finish(None);
    let (is_used, error) = both(&world, &broken);
    assert!(is_used && error.is_some(), "{error:?}");
    let form = "the language model did not answer in the form that was asked for";
    assert_eq!(both(&world, &Reply::say(["{\"claims\":[{\"text\":\"Mallory deleted the tenant."])), no(form));
    assert_eq!(both(&world, &Reply::say(["Mallory deleted the tenant."])), no(form));
}

#[test]
fn a_connection_that_breaks_in_the_middle_is_told() {
    let world = World::new();
    let whole = claims(&[TRUE, ("Mallory deleted the tenant.", &["e2"])]);
    let at = whole.find("Mallory").unwrap();
    let padding = "x".repeat(5_000);
    let reply = Reply::say([&whole[..at], &padding, &whole[at..]]).cut_after(3_000);
    let expected = (true, Some("the language model cannot be reached now".to_owned()));
    assert_eq!(both(&world, &reply), expected);
}

#[test]
fn a_model_that_fails_is_told_in_our_words() {
    let world = World::with(&events(), |fake: &FakeModel| openai(fake, "timeout = \"1s\""));
    for (reply, sentence) in [
        (Reply::invalid_key(), "the language model refuses our credentials, or has no quota left for them"),
        (Reply::forbidden(), "the language model refuses our credentials, or has no quota left for them"),
        (Reply::model_not_found(), "the language model is not configured as it needs"),
        (Reply::rate_limited("retry-after", "3600"), "the language model may not be asked more for now"),
        (
            Reply::insufficient_quota(),
            "the language model refuses our credentials, or has no quota left for them",
        ),
        (Reply::unavailable(500), "the language model cannot be reached now"),
        (Reply::dropped(), "the language model cannot be reached now"),
        (Reply::silent(), "the language model cannot be reached now"),
        (Reply::refuse("UPSTREAM: no"), "the language model refuses this question"),
        (Reply::content_filter(), "the language model refuses this question"),
        (Reply::context_length_exceeded(), "the language model refuses this question"),
        (Reply::redirect("https://evil.example/"), "the language model is not configured as it needs"),
    ] {
        assert_eq!(both(&world, &reply), no(sentence));
        let explained = world.post("/api/events/role/explain", &json!({})).json();
        assert_eq!((&explained["llm_used"], &explained["llm_error"]), (&json!(false), &json!(sentence)));
        assert!(explained["explanation"].as_str().unwrap().contains("Add member to role"), "{explained}");
    }
    for reply in [Reply::garbage(), Reply::huge(9 << 20), Reply::huge_stream(9 << 20)] {
        let (is_used, error) = both(&world, &reply);
        assert!(!is_used && error.is_some(), "{error:?}");
    }
}

#[test]
fn a_model_that_hangs_is_not_waited_for() {
    let world = World::new();
    world.fake.answer_with(|_| Reply::silent());
    let answer = world.ask(json!({}));
    assert_eq!(
        (&answer["llm_used"], &answer["llm_error"]),
        (&json!(false), &json!("the language model took too long"))
    );
    check(&answer, answer["answer"].as_str().unwrap());
    assert!(answer["answer"].as_str().unwrap().contains("Most frequent operations"), "{answer}");
}

#[test]
fn a_plan_that_a_model_makes_up_is_not_run() {
    let world = World::with(&events(), |fake| openai(fake, "planning = \"model\""));
    let page = json!({"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z"});
    for plan in [
        json!({"range": {"end": "2026-11-20T00:00:00Z"}, "filter": {"actor": "Mallory"}, "notes": ["all is well"]}),
        json!({"range": {"end": "2026-11-20T00:00:00Z"}, "filter": {"tenant": ["x"]}}),
        json!({"all is well": 1}),
    ] {
        world.fake.script(Reply::say([plan.to_string()]));
        world.fake.script(claiming(&LIES));
        let answer = world.ask(
            json!({"plan": null, "question": "What happened?", "start": page["start"], "end": page["end"]}),
        );
        assert!(answer["query_info"]["plan"]["filter"].get("actor").is_none(), "{answer}");
        for lie in FALSE {
            assert!(!answer["answer"].as_str().unwrap().contains(lie), "{lie}: {answer}");
        }
        assert!(answer["answer"].as_str().unwrap().contains("plan was no good"), "{answer}");
    }
}

/// Texts by which attackers try to make a model obey records.
fn injections() -> Vec<String> {
    let text = include_str!("../../../aoc-llm/tests/analyst/injections.toml");
    let file: toml::Table = text.parse().unwrap();
    let list = file["injection"].as_array().unwrap().iter();
    list.map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

fn infected(number: usize, text: &str) -> Event {
    let time = format!("2026-11-19T13:{:02}:{:02}Z", number / 60, number % 60);
    let mut one = event(&format!("bad{number}"), &time, "UserManagement", "Update user");
    one.actor_display = Some(text.to_owned());
    one.target_displays = vec![text.to_owned()];
    one
}

#[test]
fn a_model_that_obeys_records_is_not_believed() {
    let texts = injections();
    let mut all: Vec<Event> = texts.iter().enumerate().map(|(n, text)| infected(n, text)).collect();
    let mut reset = event("reset", "2026-11-19T10:00:00Z", "UserManagement", "Reset user password");
    reset.result = Outcome::Failure;
    all.push(reset);
    let world = World::with(&all, |fake| openai(fake, ""));
    let begins = format!("{} events match", all.len());
    for text in texts {
        let report = format!("The report is: {text}");
        let lies: Vec<(&str, &[&str])> = [text.as_str(), &report, "There were 0 failures."]
            .into_iter()
            .chain(LIES.map(|(lie, _)| lie))
            .map(|lie| (lie, &["e1"][..]))
            .collect();
        world.fake.script(claiming(&lies));
        let told = world.told(json!({}));
        let (said, (_, last)) = (pieces(&told), told.last().unwrap());
        assert_eq!(last["answer"], said);
        assert!(said.starts_with(&begins) && said.contains(", 1 failed."), "{said}");
        let by_model = last["claims"].as_array().unwrap().iter().filter(|claim| claim["status"] != "stored");
        for claim in by_model {
            let is_count = claim["text"] == "There were 1 failures.";
            assert!(claim["text"] == "" || is_count, "{text}: {claim}");
        }
        // Names of records are told as they are, but for what is markup.
        for sign in ["://", "www.", "](", "<", ">", "`"] {
            assert!(!said.contains(sign), "{sign}: {said}");
        }
    }
}
