//! Every key can come from the environment, with the type it has.

use aoc_core::prelude::*;

use super::{built, mistake, plan, read};

fn source(tenant: &str) -> String {
    format!("[sources.a]\ntype = \"counter\"\ntenant = \"{tenant}\"\nlimit = 1\ncontent = [\"x\"]\n")
}

#[tokio::test]
async fn the_environment_comes_before_the_file_and_knows_types() {
    let vars = [
        ("AOC_SOURCES__A__LIMIT", "7"),
        ("AOC_SOURCES__A__ON", "true"),
        ("AOC_SOURCES__A__SHARE", "0.5"),
        ("AOC_SOURCES__A__CONTENT", "Audit.Exchange, Audit.SharePoint"),
        ("AOC_SOURCES__A__EVERY", "10m"),
        ("AOC_SOURCES__A__CLIENT_SECRET", "12345"),
        ("AOC_LOG", "not configuration"),
        ("OTHER__A__B", "not ours"),
    ];
    plan(&source("types"), &vars).await.unwrap();
    let counter = built("types");
    assert_eq!((counter.limit, counter.on, counter.share), (7, true, Some(0.5)));
    assert_eq!(counter.content, ["Audit.Exchange", "Audit.SharePoint"]);
    assert_eq!(counter.client_secret.unwrap().expose(), "12345");
}

#[tokio::test]
async fn texts_that_look_like_numbers_stay_texts_where_texts_are_wanted() {
    for tenant in ["00123", "1e5", "true", "[x]", "a \"quoted\" = text", ""] {
        let text = "[sources.a]\ntype = \"counter\"";
        plan(text, &[("AOC_SOURCES__A__TENANT", tenant)]).await.unwrap();
        assert_eq!(built(tenant).tenant, tenant);
    }
}

#[tokio::test]
async fn a_list_may_be_written_as_toml_too() {
    let vars = [("AOC_SOURCES__A__CONTENT", "[\"with, comma\", \"b\"]")];
    plan(&source("list"), &vars).await.unwrap();
    assert_eq!(built("list").content, ["with, comma", "b"]);
    plan(&source("one"), &[("AOC_SOURCES__A__CONTENT", "only")]).await.unwrap();
    assert_eq!(built("one").content, ["only"]);
}

#[tokio::test]
async fn a_source_may_come_from_the_environment_alone() {
    let vars = [("AOC_SOURCES__NEW__TYPE", "counter"), ("AOC_SOURCES__NEW__TENANT", "alone")];
    plan("", &vars).await.unwrap();
    assert_eq!(built("alone").limit, 0);
}

#[tokio::test]
async fn a_profile_from_the_environment_has_types_too() {
    let text = "[sources.a]\ntype = \"counter\"\nprofile = \"p\"\ntenant = \"profile\"\n";
    let vars = [
        ("AOC_PROFILES__P__LIMIT", "9"),
        ("AOC_PROFILES__P__ON", "true"),
        ("AOC_PROFILES__P__CONTENT", "a,b"),
        ("AOC_PROFILES__P__TENANT", "the source's own comes first"),
    ];
    plan(text, &vars).await.unwrap();
    let counter = built("profile");
    assert_eq!((counter.limit, counter.on, counter.content), (9, true, vec!["a".to_owned(), "b".to_owned()]));
}

#[tokio::test]
async fn a_wrong_value_from_the_environment_is_named_with_its_key() {
    let message = mistake(&source("wrong"), &[("AOC_SOURCES__A__LIMIT", "many")]).await;
    assert_eq!(message, "sources.a: limit: invalid type: string \"many\", expected u64");
    let message = mistake(&source("wrong"), &[("AOC_SOURCES__A__LIMMIT", "5")]).await;
    assert!(message.ends_with("did you mean `limit`?"), "{message}");
}

/// A section of another crate.
#[derive(Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Listening {
    /// Where.
    listen: String,
    /// How many.
    most: Option<u16>,
    /// For whom.
    origins: Vec<String>,
}

#[test]
fn a_section_is_read_with_types_or_is_its_default() {
    let vars = [("AOC_SERVER__MOST", "5"), ("AOC_SERVER__ORIGINS", "https://a.example,https://b.example")];
    let config = read("[server]\nlisten = \"127.0.0.1:8000\"", &vars).unwrap();
    let server: Listening = config.section("server").unwrap();
    let origins = vec!["https://a.example".to_owned(), "https://b.example".to_owned()];
    assert_eq!(server, Listening { listen: "127.0.0.1:8000".into(), most: Some(5), origins });
    assert_eq!(config.section::<Listening>("nowhere").unwrap(), Listening::default());
    let config = read("[server]\nlisten = \"x\"\nmost = 70000", &[]).unwrap();
    let error = config.section::<Listening>("server").unwrap_err();
    assert_eq!(error.to_string(), "server: most: invalid value: integer `70000`, expected u16");
}

#[test]
fn a_value_is_found_at_its_path_and_a_default_fills_only_gaps() {
    let mut config = read("[store]\npath = \"mine.db\"", &[("AOC_STORE__CACHE", "5")]).unwrap();
    config.set_default("store", "path", "theirs.db");
    config.set_default("store", "mode", "wal");
    config.set_default("llm", "type", "openai");
    let text = |path: &str| config.get(path).and_then(|value| value.as_str()).map(str::to_owned);
    assert_eq!(text("store.path").as_deref(), Some("mine.db"));
    assert_eq!(text("store.mode").as_deref(), Some("wal"));
    assert_eq!(text("store.cache").as_deref(), Some("5"));
    assert_eq!(text("llm.type").as_deref(), Some("openai"));
    assert_eq!((text("llm.nothing"), text("nothing.at.all")), (None, None));
}
