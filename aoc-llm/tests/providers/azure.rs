//! Azure OpenAI.

use aoc_core::ErrorKind;
use aoc_llm::fake::{CLIENT_ID, CLIENT_SECRET, DEPLOYMENT, KEY, Reply};
use serde_json::{Value, json};

use crate::world::{World, with};

async fn application(more: Value) -> World {
    let fake = aoc_llm::FakeModel::start().await.unwrap();
    let options = json!({"base_url": fake.url(), "deployment": DEPLOYMENT, "login_url": fake.url(),
        "tenant_id": "contoso.com", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET});
    let model = crate::world::build("azure_openai", with(options, more)).await.unwrap();
    World { fake, model }
}

#[tokio::test]
async fn both_interfaces_are_asked_where_they_are() {
    let classic = "/openai/deployments/contoso-gpt/chat/completions";
    let v1 = "/openai/v1/chat/completions";
    for (more, path, query, model) in [
        (json!({"api_version": "2024-10-21"}), classic, "api-version=2024-10-21", Value::Null),
        (
            json!({"api": "classic", "api_version": "2024-10-21"}),
            classic,
            "api-version=2024-10-21",
            Value::Null,
        ),
        (json!({}), v1, "", json!(DEPLOYMENT)),
        (json!({"api": "v1"}), v1, "", json!(DEPLOYMENT)),
        (json!({"api": "v1", "api_version": "preview"}), v1, "api-version=preview", json!(DEPLOYMENT)),
    ] {
        for stream in [true, false] {
            let world = World::azure(with(more.clone(), json!({"api_key": KEY, "stream": stream}))).await;
            let (answer, _) = world.ask().await;
            let answer = answer.unwrap();
            assert_eq!((answer.text.as_str(), answer.complete), ("This is an answer.", true));
            assert!(answer.prompt_tokens.is_some());
            let seen = &world.fake.seen()[0];
            assert_eq!((seen.path.as_str(), seen.query.as_str()), (path, query));
            assert_eq!(seen.body["model"], model);
            assert_eq!((seen.header("api-key"), seen.header("authorization")), (Some(KEY), None));
        }
    }
}

#[tokio::test]
async fn a_deployment_that_is_not_there_is_an_error_of_our_configuration() {
    for more in [json!({}), json!({"api_version": "2024-10-21"})] {
        let world = World::azure(with(more, json!({"api_key": KEY, "deployment": "another"}))).await;
        let error = world.fail().await;
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("DeploymentNotFound); check `deployment`"), "{error}");
    }
}

#[tokio::test]
async fn a_filter_and_a_wrong_key_are_told_in_our_words() {
    let world = World::azure(json!({"api_key": KEY})).await;
    world.fake.script(Reply::content_filter());
    let error = world.fail().await;
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(!error.chain().contains("UPSTREAM"), "{error:?}");
    let world = World::azure(json!({"api_key": "wrong"})).await;
    let error = world.fail().await;
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("(status 401); check `api_key`"), "{error}");
}

#[tokio::test]
async fn an_application_asks_for_one_token_and_keeps_it() {
    let world = application(json!({})).await;
    for _ in 0..3 {
        world.ask().await.0.unwrap();
    }
    let seen = world.fake.seen();
    assert_eq!((seen.len(), world.fake.questions()), (4, 3));
    assert_eq!(seen[0].path, "/contoso.com/oauth2/v2.0/token");
    assert_eq!(seen[1].header("api-key"), None);
    assert!(seen[1].header("authorization").unwrap().starts_with("Bearer "));
}

#[tokio::test]
async fn a_token_that_is_no_longer_good_is_replaced_once() {
    let world = application(json!({})).await;
    world.ask().await.0.unwrap();
    world.fake.revoke_tokens();
    world.ask().await.0.unwrap();
    assert_eq!((world.fake.seen().len(), world.fake.questions()), (5, 3));
    world.fake.script(Reply::invalid_key());
    let error = world.fail().await;
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("Cognitive Services OpenAI User"), "{error}");
    assert_eq!((world.fake.seen().len(), world.fake.questions()), (6, 4));
}

#[tokio::test]
async fn an_application_that_is_refused_is_told_so_and_does_not_hammer() {
    let world = application(json!({"client_secret": "wrong-secret"})).await;
    for _ in 0..3 {
        let error = world.fail().await;
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.to_string().contains("AADSTS7000215"), "{error}");
        assert!(!error.chain().contains("UPSTREAM") && !error.chain().contains("wrong-secret"), "{error:?}");
    }
    assert_eq!(world.fake.seen().len(), 1);
}

#[tokio::test]
async fn an_address_of_azure_is_told_and_not_guessed() {
    let build =
        |url: &str| crate::world::build("openai", json!({"base_url": url, "model": "m", "api_key": KEY}));
    for url in ["https://contoso.openai.azure.com", "https://Contoso.openai.azure.com/openai/deployments/d"] {
        let error = build(url).await.err().unwrap().to_string();
        assert!(error.starts_with("base_url: ") && error.contains("azure_openai"), "{error}");
    }
    for url in ["https://contoso.openai.azure.com/openai/v1", "https://azure.contoso.example/v1"] {
        build(url).await.unwrap();
    }
}
