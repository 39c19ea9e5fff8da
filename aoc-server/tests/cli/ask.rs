//! `aoc ask` and `aoc explain`, and what `aoc check` and `aoc doctor` say of a language model.

use std::{
    io::{Read, Write},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use aoc_llm::{
    FakeModel,
    fake::{DEPLOYMENT, KEY, Reply},
};
use serde_json::{Value, json};

use super::{Place, Running, audit, lines, office, text};

const WHO: &str = "Who added members to roles in March 2026?";

/// A folder with seven audits of Entra and thirty of Office 365, all of March 2026.
fn stored() -> Place {
    let place = Place::new();
    place.file("a.ndjson", lines((0..30).map(office).chain((0..7).map(audit))));
    place.ok(&["import", "a.ndjson"]);
    place
}

/// The same, where this model answers questions.
async fn with_model() -> (Place, FakeModel) {
    let (place, fake) = (stored(), FakeModel::start().await.unwrap());
    let url = fake.openai_url();
    place.file(
        "aoc.toml",
        format!("[llm]\ntype = \"openai\"\nmodel = \"m\"\nbase_url = {url:?}\napi_key = {KEY:?}\n"),
    );
    (place, fake)
}

fn said(claims: &[(&str, &str)]) -> Reply {
    let claims: Vec<Value> =
        claims.iter().map(|(text, event)| json!({"text": text, "events": [event]})).collect();
    Reply::say([json!({ "claims": claims }).to_string()])
}

/// Both outputs, which never hold the key.
fn shown(output: &Output) -> (String, String) {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(!out.contains(KEY) && !err.contains(KEY), "{out}{err}");
    (out, err)
}

#[test]
fn a_question_is_answered_by_the_store_alone() {
    let place = stored();
    let (answer, told) = shown(&place.aoc(&["ask", WHO]));
    assert!(answer.starts_with("1 actor, in 7 events from 2026-03-01 to 2026-03-31"), "{answer}{told}");
    assert!(answer.contains("\nada@contoso.example: 7 events. [1]"), "{answer}");
    assert!(told.starts_with("plan: who; operation Add member to role, "), "{told}");
    assert!(told.ends_with("language model: none is configured\n"), "{told}");
    let answer = place.json(&["ask", "--service", "SharePoint", "How", "many", "in", "March", "2026?"]);
    assert_eq!((&answer["query_info"]["total_matched"], &answer["llm_used"]), (&json!(30), &json!(false)));
    assert_eq!(answer["query_info"]["services_queried"], json!(["SharePoint"]));
    for (arguments, expected) in [
        (&["ask", "--plan", "none.json"][..], "error: none.json: cannot read the plan"),
        (&["ask", "--plan", "a.ndjson"], "error: a.ndjson: no plan: "),
    ] {
        let output = place.aoc(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).starts_with(expected), "{}", text(&output.stderr));
    }
    assert_eq!(place.aoc(&["ask"]).status.code(), Some(2), "there must be a question or a plan");
}

#[test]
fn a_plan_is_shown_edited_and_run() {
    let place = stored();
    let mut plan: Value = serde_json::from_str(&place.ok(&["ask", "--show-plan", WHO])).unwrap();
    assert_eq!(plan["intent"], "who");
    plan["filter"] = json!({"service": ["SharePoint"]});
    place.file("plan.json", plan.to_string());
    let answer = place.json(&["ask", "--plan", "plan.json"]);
    assert_eq!(answer["query_info"]["total_matched"], 30);
    let mut command =
        place.command(&["ask", "--plan", "-", "--actor", "user3", "--show-plan", "--format", "json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(plan.to_string().as_bytes()).unwrap();
    let shown: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(shown["filter"], json!({"service": ["SharePoint"], "actor": "user3"}));
}

#[test]
fn an_answer_does_nothing_to_a_terminal() {
    let place = Place::new();
    let mut evil = audit(1);
    evil["initiatedBy"]["user"]["userPrincipalName"] = json!("\u{1b}]0;pwned\u{7}ada\u{202e}");
    place.file("evil.ndjson", evil.to_string());
    place.ok(&["import", "evil.ndjson"]);
    for arguments in [&["ask", WHO][..], &["explain", "Directory_1"]] {
        let (answer, told) = shown(&place.aoc(arguments));
        assert!(answer.contains("ada"), "{answer}{told}");
        assert!(!answer.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_a_model_says_only_what_events_prove_is_printed() {
    let (place, fake) = with_model().await;
    let (good, bad) =
        ("ada@contoso.example performed Add member to role.", "The store was deleted by Mallory.");
    fake.script(said(&[(good, "e1"), (bad, "e2")]));
    let (answer, told) = shown(&place.aoc(&["ask", WHO]));
    assert!(answer.contains(good) && !answer.contains("Mallory"), "{answer}{told}");
    assert!(told.contains("language model: 1 of its sentences kept, 0 corrected, 1 removed; "), "{told}");
    let plan = place.ok(&["ask", "--show-plan", WHO]);
    assert!(plan.contains("\"intent\": \"who\""), "{plan}");
    assert_eq!(fake.questions(), 1, "no model is asked for a plan");
    fake.script(Reply::json(401, &json!({"error": {"code": "invalid_api_key", "message": KEY}})));
    let (answer, told) = shown(&place.aoc(&["ask", WHO]));
    assert!(answer.contains("in 7 events"), "{answer}");
    assert!(
        told.contains(
            "language model: the language model refuses our credentials, or has no quota left for them"
        ),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_from_one_question_to_the_next() {
    let (place, fake) = with_model().await;
    let ask = || {
        let mut command = place.command(&["ask", WHO]);
        shown(&command.env("AOC_LLM__TOKENS_PER_DAY", "5").output().unwrap()).1
    };
    assert!(ask().contains(" tokens"));
    assert!(ask().contains("the tokens of the language model are used for today"));
    assert_eq!(fake.questions(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_takes_too_long_can_be_stopped() {
    let (place, fake) = with_model().await;
    fake.script(Reply::silent());
    let mut asking = Running::start(&mut place.command(&["ask", WHO]));
    let deadline = Instant::now() + Duration::from_secs(30);
    while fake.questions() == 0 {
        assert!(Instant::now() < deadline, "the model was not asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    asking.signal("INT");
    assert_eq!(asking.exit_code(), Some(130));
    let (mut answer, mut told) = (String::new(), String::new());
    asking.0.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    asking.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(answer.starts_with("1 actor, in 7 events"), "what was known stays: {answer}");
    assert_eq!(told, "stopped before the end\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_explained() {
    let (place, fake) = with_model().await;
    let (explained, told) = shown(&place.aoc(&["explain", "Directory_6", "--source", "entra_audit"]));
    assert!(
        explained.contains("Add member to role") && explained.contains("\nWhat to do next\n- "),
        "{explained}"
    );
    assert!(told.starts_with("language model: "), "{told}");
    assert_eq!(fake.questions(), 1);
    let explained = place.json(&["explain", "Directory_6"]);
    assert_eq!((&explained["event"]["id"], &explained["llm_used"]), (&json!("Directory_6"), &json!(false)));
    let output = place.aoc(&["explain", "Directory_999"]);
    assert_eq!(output.status.code(), Some(1));
    let off = place.command(&["ask", WHO]).env("AI_FEATURES_ENABLED", "false").output().unwrap();
    assert!(text(&off.stderr).starts_with("error: asking is switched off"), "{}", text(&off.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_the_model_of_the_original_and_asks_it_only_online() {
    let (place, fake) = (Place::new(), FakeModel::start().await.unwrap());
    let check = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = place.command(&[&["check"], arguments].concat());
        let output = command.envs(variables.iter().copied()).output().unwrap();
        (output.status.code(), shown(&output).0)
    };
    let (code, found) = check(&["--online"], &[]);
    assert!(code == Some(0) && found.contains("none; the store alone answers questions"), "{found}");
    let (url, base) = (fake.openai_url(), fake.url());
    let host = base.strip_prefix("http://").unwrap();
    let openai = [("LLM_API_KEY", KEY), ("LLM_BASE_URL", &url)];
    let (code, found) = check(&[], &openai);
    assert!(code == Some(0) && found.contains(&format!("openai, model gpt-4o-mini at {host}\n")), "{found}");
    assert_eq!(fake.questions(), 0);
    let (code, found) = check(&["--online"], &openai);
    assert_eq!((code, fake.questions()), (Some(0), 1), "{found}");
    assert_eq!(fake.seen()[0].body["max_completion_tokens"], 32, "it costs little");
    let azure = [
        ("LLM_API_KEY", KEY),
        ("LLM_BASE_URL", &base),
        ("LLM_API_VERSION", "2024-10-21"),
        ("LLM_MODEL", DEPLOYMENT),
    ];
    let (code, found) = check(&["--online"], &azure);
    assert!(found.contains(&format!("azure_openai, deployment {DEPLOYMENT} at {host}\n")), "{found}");
    assert_eq!((code, fake.questions()), (Some(0), 2), "{found}");
    let (code, found) = check(&["--online"], &[("LLM_API_KEY", "sk-other-key"), ("LLM_BASE_URL", &url)]);
    assert!(
        code == Some(3) && found.contains("refuses the credential") && found.contains("check `api_key`"),
        "{found}"
    );
    assert!(!found.contains("sk-other-key"), "{found}");
    let (code, found) =
        check(&[], &[("LLM_API_KEY", KEY), ("LLM_BASE_URL", "ftp://me:secret@contoso.example")]);
    assert!(
        code == Some(2) && found.contains("(this value is that of the variable LLM_BASE_URL)"),
        "{found}"
    );
    assert!(!found.contains("secret"), "{found}");
    let (code, found) =
        check(&[], &[("LLM_API_KEY", KEY), ("LLM_BASE_URL", "https://contoso.openai.azure.com")]);
    assert!(
        code == Some(0) && found.contains("LLM_API_VERSION is not set: no language model is asked; set it"),
        "{found}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_asks_the_model_for_a_word() {
    let (place, fake) = with_model().await;
    let line = place.json(&["doctor"]);
    assert_eq!(
        (&line["source"], &line["verdict"], &line["sentence"]),
        (&json!("llm"), &json!("fine"), &json!("it answers"))
    );
    fake.script(Reply::json(404, &json!({"error": {"code": "model_not_found"}})));
    let output = place.aoc(&["doctor", "--format", "json"]);
    let line: Value = serde_json::from_str(&shown(&output).0).unwrap();
    assert_eq!(
        (output.status.code(), &line["verdict"], &line["fix"]),
        (Some(3), &json!("broken"), &json!("check `model`"))
    );
    assert!(line["sentence"].as_str().unwrap().contains("has no such model"), "{line}");
    let output = place.aoc(&["doctor", "--source", "entra"]);
    assert!(text(&output.stderr).contains("there is no source"), "{}", text(&output.stderr));
}

#[test]
fn the_schema_knows_the_keys_of_asking_with_a_model_and_without() {
    let schema: Value = serde_json::from_str(&Place::new().ok(&["schema"])).unwrap();
    let choices = schema["properties"]["llm"]["oneOf"].as_array().unwrap();
    let types: Vec<&Value> = choices.iter().map(|choice| &choice["properties"]["type"]["const"]).collect();
    assert_eq!(types, [&json!("openai"), &json!("azure_openai"), &Value::Null]);
    for choice in choices {
        assert!(choice["properties"]["max_events"].is_object(), "{choice}");
        assert_eq!(choice["additionalProperties"], false);
    }
    assert_eq!((&choices[0]["required"], &choices[2]["required"]), (&json!(["type"]), &Value::Null));
    assert!(choices[2]["properties"]["model"].is_null(), "without a type there is no model");
}
