//! Options: what is taken, and what is refused before anything is asked.

use aoc_core::{Component, ErrorKind, Kind, Registry};
use aoc_llm::{AzureOpenAi, OpenAi, fake::KEY};
use serde_json::{Value, json};

use crate::world::{World, build, with};

fn openai() -> Value {
    json!({"model": "gpt-4o-mini", "api_key": KEY})
}

fn azure() -> Value {
    json!({"base_url": "https://contoso.openai.azure.com", "deployment": "a"})
}

#[tokio::test]
async fn the_examples_build_where_their_variables_are_set() {
    for (name, example) in [("openai", OpenAi::EXAMPLE), ("azure_openai", AzureOpenAi::EXAMPLE)] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), KEY).unwrap();
        let key = format!("{{ file = {:?} }}", file.path());
        let text = format!("[llm]\n{}", example.replace("{ env = \"LLM_API_KEY\" }", &key));
        let config = aoc_core::config::Config::read(&text, "aoc.toml", std::iter::empty()).unwrap();
        build(name, config.get("llm").unwrap().clone()).await.unwrap();
    }
}

#[test]
fn every_option_is_described() {
    let mut registry = Registry::new();
    aoc_llm::register(&mut registry);
    for name in ["openai", "azure_openai"] {
        let entry = registry.find(Kind::Llm, name).unwrap();
        for (key, option) in entry.schema.as_value()["properties"].as_object().unwrap() {
            assert!(option.get("description").is_some(), "{name}: {key}");
        }
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_at_its_key() {
    for (kind, options, more, says) in [
        ("openai", openai(), json!({"modell": "a"}), "unknown field `modell`"),
        ("openai", openai(), json!({"model": ""}), "`model` is missing"),
        ("openai", json!({"model": "a"}), json!({}), "`api_key` is missing"),
        ("openai", openai(), json!({"api_key": ""}), "api_key: empty"),
        ("openai", openai(), json!({"api_key": "hush\nx"}), "api_key: "),
        ("openai", openai(), json!({"organization": "a\nb"}), "organization: "),
        ("openai", openai(), json!({"base_url": "http://llm.example/v1"}), "base_url: "),
        ("openai", openai(), json!({"base_url": "https://u:hush@llm.example"}), "base_url: "),
        ("openai", openai(), json!({"timeout": "0s"}), "timeout: expected"),
        ("openai", openai(), json!({"timeout": "2d"}), "timeout: expected"),
        ("openai", openai(), json!({"temperature": 2.5}), "temperature: expected"),
        ("openai", openai(), json!({"max_answer_tokens": 0}), "max_answer_tokens: expected"),
        ("openai", openai(), json!({"structured_output": "xml"}), "structured_output: unknown variant"),
        ("azure_openai", azure(), json!({}), "no credential"),
        ("azure_openai", azure(), json!({"api_key": KEY, "managed_identity": true}), "several credentials"),
        ("azure_openai", azure(), json!({"api_key": KEY, "base_url": ""}), "`base_url` is missing"),
        (
            "azure_openai",
            azure(),
            json!({"api_key": KEY, "base_url": "https://a.example/openai/v1/"}),
            "before `/openai`",
        ),
        ("azure_openai", azure(), json!({"api_key": KEY, "deployment": ""}), "`deployment` is missing"),
        ("azure_openai", azure(), json!({"api_key": KEY, "deployment": "a/../b"}), "deployment: expected"),
        ("azure_openai", azure(), json!({"api_key": KEY, "deployment": ".."}), "deployment: expected"),
        ("azure_openai", azure(), json!({"api_key": KEY, "api_version": "1&x=2"}), "api_version: expected"),
        ("azure_openai", azure(), json!({"api_key": KEY, "api": "classic"}), "needs `api_version`"),
        ("azure_openai", azure(), json!({"client_secret": "s", "client_id": "c"}), "`tenant_id` is missing"),
        ("azure_openai", azure(), json!({"client_secret": "s", "tenant_id": "t"}), "`client_id` is missing"),
        (
            "azure_openai",
            azure(),
            json!({"client_secret": "s", "tenant_id": "common"}),
            "tenant_id: `common` is no tenant",
        ),
        ("azure_openai", azure(), json!({"client_secret": "s", "tenant_id": "a/b"}), "tenant_id: neither"),
        (
            "azure_openai",
            azure(),
            json!({"managed_identity": true, "token_resource": "x"}),
            "token_resource: ",
        ),
        ("azure_openai", azure(), json!({"managed_identity": true, "model": "x"}), "unknown field `model`"),
    ] {
        let error = build(kind, with(options, more.clone()))
            .await
            .err()
            .unwrap_or_else(|| panic!("{more} was taken"));
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(error.to_string().contains(says), "{more}: {error}");
        assert!(!error.chain().contains("hush"), "{error:?}");
    }
}

#[tokio::test]
async fn what_makes_sense_is_taken() {
    for (kind, options, more) in [
        ("openai", openai(), json!({"base_url": "http://llm.example:8080/v1", "allow_http": true})),
        ("openai", json!({"model": "a"}), json!({"base_url": "http://127.0.0.1:11434/v1"})),
        (
            "openai",
            openai(),
            json!({"timeout": "5m", "temperature": 0, "structured_output": "none", "stream": false}),
        ),
        ("azure_openai", azure(), json!({"managed_identity": true, "client_id": "c"})),
        ("azure_openai", azure(), json!({"api_key": KEY, "base_url": "https://openai.contoso.com"})),
    ] {
        build(kind, with(options, more.clone())).await.unwrap_or_else(|error| panic!("{more}: {error}"));
    }
}

#[tokio::test]
async fn what_is_given_is_sent() {
    let world = World::openai(json!({"temperature": 0.5, "max_answer_tokens": 77})).await;
    world.ask().await.0.unwrap();
    let body = &world.fake.seen()[0].body;
    assert_eq!((&body["temperature"], &body["max_completion_tokens"]), (&json!(0.5), &json!(77)));
}
