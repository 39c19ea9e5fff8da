//! Clients that go away, and too many at once.

use std::{io::Write, net::TcpStream};

use aoc_llm::fake::Reply;
use serde_json::json;

use crate::world::{TRUE, World, asked, claims, events, openai};

/// The most questions that are with a model at once.
const AT_ONCE: usize = 8;

/// An answer that waits before its end.
fn held() -> Reply {
    let whole = claims(&[TRUE]);
    let (first, rest) = whole.split_at(whole.len() - 2);
    Reply::say([first, rest]).held()
}

#[test]
fn what_a_client_that_went_away_had_asked_is_counted_and_recorded() {
    let world = World::with(&events(), |fake| openai(fake, "tokens_per_caller = 10"));
    world.fake.script(held());
    let mut listening = world.listen(json!({"question": "Who listens?"}));
    listening.until(TRUE.0);
    drop(listening);
    world.fake.release();
    let all = world.audit(1);
    assert_eq!(all[0]["raw"]["llm_used"], true, "{}", all[0]);
    assert_eq!(world.ask(json!({}))["llm_error"], "the tokens of the language model are used for today");
}

#[test]
fn a_whole_answer_goes_on_to_its_end_without_its_client() {
    for path in ["/api/ask", "/api/events/role/explain"] {
        let world = World::new();
        world.fake.script(held());
        let body = if path == "/api/ask" { asked(json!({})).to_string() } else { "{}".to_owned() };
        let mut client = TcpStream::connect(world.server.address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}",
            world.server.address,
            body.len()
        );
        client.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        world.eventually(|| world.fake.questions() == 1);
        drop(client);
        // A turn for the server to see that the client is gone.
        world.server.get("/health");
        world.fake.release();
        let all = world.audit(1);
        assert!(all[0]["raw"]["usage"]["prompt_tokens"].as_u64().unwrap() > 0, "{}", all[0]);
    }
}

#[test]
fn more_questions_than_there_are_places_are_answered_without_the_model() {
    let world = World::new();
    for _ in 0..AT_ONCE {
        world.fake.script(held());
    }
    let mut listening: Vec<_> = (0..AT_ONCE).map(|_| world.listen(json!({}))).collect();
    listening.iter_mut().for_each(|one| one.until(TRUE.0));
    let answer = world.ask(json!({}));
    let sentence = json!("too many questions are with the language model now");
    assert_eq!((&answer["llm_used"], &answer["llm_error"]), (&json!(false), &sentence));
    assert!(answer["answer"].as_str().unwrap().contains("Most frequent operations"), "{answer}");
    let told = world.told(json!({}));
    assert_eq!(told.last().unwrap().1["llm_error"], sentence);
    assert_eq!(world.post("/api/events/role/explain", &json!({})).json()["llm_error"], sentence);
    assert_eq!(world.fake.questions(), AT_ONCE);
    (0..AT_ONCE).for_each(|_| world.fake.release());
    for one in &mut listening {
        let last = std::iter::from_fn(|| one.next()).last().unwrap();
        assert_eq!((last.0.as_str(), &last.1["llm_used"]), ("answer", &json!(true)));
    }
    assert_ne!(world.ask(json!({}))["llm_error"], sentence);
}
