//! The shape of answers, what goes before the question, and how answers are told piece by piece.

use aoc_llm::fake::{DEPLOYMENT, KEY, Reply};
use serde_json::{Value, json};

use crate::world::{TRUE, World, asked, claiming, claims, day, events, pieces};

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn an_answer_has_the_members_of_the_contract() {
    let world = World::new();
    world.fake.script(claiming(&[TRUE]));
    let answer = world.ask(json!({}));
    for name in ["answer", "events", "query_info", "llm_used", "llm_error"] {
        assert!(members(&answer).contains(&name), "{name}: {answer}");
    }
    let text = answer["answer"].as_str().unwrap();
    assert!(text.starts_with("43 events match") && text.contains(", 1 failed."), "{text}");
    assert!(text.contains(&format!("{} [2]\n", TRUE.0)) && text.contains("\n[2] test:role\n"), "{text}");
    assert_eq!((&answer["llm_used"], &answer["llm_error"]), (&json!(true), &Value::Null));
    assert_eq!(answer["events"].as_array().unwrap().len(), 43);
    let info = &answer["query_info"];
    assert_eq!((&info["total_matched"], &info["event_count"]), (&json!(43), &json!(43)));
    assert_eq!(info["plan"]["range"]["start"], day()["start"]);
    assert!(answer["usage"]["prompt_tokens"].as_u64().unwrap() > 100, "{answer}");
}

#[test]
fn an_explanation_has_the_members_of_the_contract() {
    let world = World::new();
    let claim = "Lee Ott changed JobTitle of max@contoso.com from Clerk to Manager.";
    world.fake.script(claiming(&[(claim, &["e1"]), ("Lee Ott is a thief.", &["e1"])]));
    let answer = world.post("/api/events/update/explain", &json!({"utc_offset_minutes": 60}));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let explained = answer.json();
    let text = explained["explanation"].as_str().unwrap();
    assert!(text.contains(claim) && text.contains("12:30") && !text.contains("thief"), "{text}");
    assert_eq!((&explained["llm_used"], &explained["llm_error"]), (&json!(true), &Value::Null));
    assert!(explained["related_count"].is_u64(), "{explained}");
    assert_eq!(world.post("/api/events/none/explain", &json!({})).status, 404);
    let all = world.audit(1);
    assert_eq!((all.len(), &all[0]["operation"]), (1, &json!("Explain event")));
    assert_eq!(all[0]["raw"]["llm_used"], true, "{}", all[0]);
}

#[test]
fn without_a_model_the_store_answers() {
    let world = World::with(&events(), |_| String::new());
    assert_eq!(world.server.get("/api/config/features").json()["llm_configured"], false);
    let answer = world.ask(json!({}));
    assert_eq!((&answer["llm_used"], &answer["llm_error"]), (&json!(false), &Value::Null));
    assert!(answer["answer"].as_str().unwrap().contains("Most frequent operations"), "{answer}");
    assert!(answer.get("usage").is_none());
    let explained = world.post("/api/events/role/explain", &json!({})).json();
    assert_eq!((&explained["llm_used"], &explained["llm_error"]), (&json!(false), &Value::Null));
    assert!(explained["explanation"].as_str().unwrap().contains("Add member to role"), "{explained}");
}

#[test]
fn what_the_page_says_goes_before_the_question() {
    let world = World::with(&events(), |_| String::new());
    let page =
        json!({"start": day()["start"], "end": day()["end"], "actor": "Kim", "service": ["UserManagement"]});
    let mut question = page.clone();
    question["question"] = json!("What did Lee Ott do in SharePoint last week?");
    let answer = world.post("/api/ask", &question).json();
    let plan = &answer["query_info"]["plan"];
    assert_eq!((&plan["filter"]["actor"], &plan["range"]["end"]), (&page["actor"], &page["end"]), "{plan}");
    assert_eq!(answer["query_info"]["services_queried"], page["service"], "{plan}");
    let ids: Vec<&str> =
        answer["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["reset"], "{answer}");
    assert!(answer["answer"].as_str().unwrap().contains("Set by filters"), "{answer}");
}

#[test]
fn a_plan_is_edited_and_run_again() {
    let world = World::with(&events(), |_| String::new());
    let question = json!({"question": "Who accessed files?", "start": day()["start"], "end": day()["end"]});
    let first = world.post("/api/ask", &question).json();
    let mut plan = first["query_info"]["plan"].clone();
    assert_eq!(
        (&plan["intent"], &first["query_info"]["total_matched"]),
        (&json!("who"), &json!(40)),
        "{plan}"
    );
    let same = world.post("/api/ask", &json!({"question": "", "plan": plan.clone()})).json();
    let sentences = |answer: &Value| -> Vec<String> {
        let lines = answer["answer"].as_str().unwrap().lines().filter(|line| !line.starts_with("Note:"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(sentences(&same), sentences(&first));
    plan["notes"] = json!(["Mallory deleted the tenant."]);
    plan["filter"] = json!({"operation": ["Update user"]});
    let other = world.post("/api/ask", &json!({ "plan": plan })).json();
    assert_eq!(other["query_info"]["total_matched"], 1, "{other}");
    assert!(other["answer"].as_str().unwrap().contains("Lee Ott"), "{other}");
    assert!(!other.to_string().contains("Mallory"), "{other}");
}

#[test]
fn azure_answers_over_both_of_its_interfaces() {
    for (more, path) in [
        ("api_version = \"2024-10-21\"", format!("/openai/deployments/{DEPLOYMENT}/chat/completions")),
        ("api = \"v1\"", "/openai/v1/chat/completions".to_owned()),
    ] {
        let world = World::with(&events(), |fake| {
            let url = fake.url();
            format!(
                "[llm]\ntype = \"azure_openai\"\nbase_url = \"{url}\"\ndeployment = \"{DEPLOYMENT}\"\napi_key = \"{KEY}\"\n{more}\n"
            )
        });
        world.fake.script(claiming(&[TRUE]));
        let answer = world.ask(json!({}));
        assert_eq!((&answer["llm_used"], &answer["llm_error"]), (&json!(true), &Value::Null), "{more}");
        assert_eq!(world.fake.seen()[0].path, path);
    }
}

#[test]
fn the_pieces_of_an_answer_are_its_text_and_its_end_is_the_answer() {
    let world = World::new();
    for size in [1, 7, 10_000] {
        let says: Vec<char> =
            claims(&[TRUE, ("Mallory did it.", &["e1"]), ("There were 9 events.", &[])]).chars().collect();
        let reply = || Reply::say(says.chunks(size).map(|piece| piece.iter().collect::<String>()));
        world.fake.script(reply());
        let told = world.told(json!({}));
        let (last, all_before) = told.split_last().unwrap();
        assert!(all_before.iter().all(|(name, _)| name == "text"), "{told:?}");
        assert_eq!((last.0.as_str(), &last.1["answer"]), ("answer", &json!(pieces(&told))));
        world.fake.script(reply());
        assert_eq!(world.ask(json!({})), last.1, "what is told at the end is the whole answer");
    }
}

#[test]
fn a_piece_is_told_before_the_model_has_ended() {
    let world = World::new();
    let (first, rest) = (claims(&[TRUE]), "]}");
    let first = first.trim_end_matches("]}");
    world.fake.script(Reply::say([first, rest]).held());
    let mut listening = world.listen(json!({}));
    let (name, data) = listening.next().unwrap();
    assert!(name == "text" && data["text"].as_str().unwrap().starts_with("43 events match"), "{data}");
    listening.until(TRUE.0);
    world.fake.release();
    let last = std::iter::from_fn(|| listening.next()).last().unwrap();
    assert_eq!((last.0.as_str(), &last.1["llm_used"]), ("answer", &json!(true)));
}

#[test]
fn what_is_told_piece_by_piece_is_kept_and_gathered_by_nobody() {
    let world = World::with(&events(), |_| String::new());
    let headers = [("accept", "application/json;q=0.5, Text/Event-Stream"), ("accept-encoding", "gzip, br")];
    let told = world.server.exchange("POST", "/api/ask", &headers, &asked(json!({})).to_string());
    assert_eq!(told.header("content-type"), Some("text/event-stream"));
    assert_eq!(told.header("cache-control"), Some("no-store"));
    assert_eq!(told.header("x-accel-buffering"), Some("no"));
    assert_eq!(told.header("content-encoding"), None);
}

#[test]
fn what_was_asked_becomes_an_event() {
    let world = World::new();
    world.fake.script(claiming(&[TRUE]));
    let answer = world.ask(json!({"question": "What did Kim do?"}));
    world.fake.script(Reply::refuse("UPSTREAM"));
    world.told(json!({"question": "And Lee?"}));
    let all = world.audit(2);
    let told = |name: &str| all.iter().map(|event| event[name].clone()).collect::<Vec<_>>();
    assert_eq!(told("operation"), ["Ask question", "Ask question"]);
    assert_eq!(told("actor_display"), ["anonymous", "anonymous"]);
    assert_eq!(all[0]["target_displays"], json!(["What did Kim do?"]));
    assert_eq!(all[0]["raw"]["usage"], answer["usage"]);
    assert_eq!(all[0]["raw"]["plan"], answer["query_info"]["plan"]);
    assert_eq!(all[1]["raw"]["llm_error"], "the language model refuses this question", "{}", all[1]);
}
