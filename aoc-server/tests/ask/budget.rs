//! How much of a model may be used.

use serde_json::{Value, json};

use crate::world::{TRUE, World, claiming, events, openai};

const USED: &str = "the tokens of the language model are used for today";

#[test]
fn what_a_day_and_a_caller_may_use_is_told_and_survives_a_restart() {
    for limit in ["tokens_per_caller = 10", "tokens_per_day = 10"] {
        let llm = |fake: &_| openai(fake, limit);
        let world = World::with(&events(), llm);
        world.fake.answer_with(|_| claiming(&[TRUE]));
        assert_eq!(world.ask(json!({}))["llm_error"], Value::Null, "{limit}");
        let check = |world: &World| {
            let answer = world.ask(json!({}));
            assert_eq!((&answer["llm_used"], &answer["llm_error"]), (&json!(false), &json!(USED)), "{limit}");
            assert!(answer["answer"].as_str().unwrap().contains("Most frequent operations"), "{answer}");
            let explained = world.post("/api/events/role/explain", &json!({})).json();
            assert_eq!(explained["llm_error"], USED, "{limit}");
        };
        check(&world);
        assert_eq!(world.fake.questions(), 1);
        let world = world.restarted(llm);
        check(&world);
        assert_eq!(world.fake.questions(), 0, "{limit}");
    }
}

#[test]
fn explaining_is_counted_too() {
    let world = World::with(&events(), |fake| openai(fake, "tokens_per_caller = 10"));
    world.fake.answer_with(|_| claiming(&[]));
    world.post("/api/events/role/explain", &json!({}));
    assert_eq!((&world.ask(json!({}))["llm_error"], world.fake.questions()), (&json!(USED), 1));
}
