//! Mistakes are named with their place, and with what may have been meant.

use super::{mistake, read};

const SOURCE: &str = "[sources.a]\ntype = \"counter\"\n";

/// Checks what is said about the lines of a `[sources.a]` of type `counter`.
async fn says(lines: &str, expected: &str) {
    assert_eq!(mistake(&format!("{SOURCE}{lines}"), &[]).await, expected, "{lines}");
}

#[tokio::test]
async fn an_unknown_key_is_named_with_what_may_have_been_meant() {
    const KNOWN: &str = "expected one of `tenant`, `limit`, `on`, `content`, `share`, `client_secret`";
    says(
        "tenant = \"t\"\nlimmit = 5",
        &format!("sources.a: limmit: unknown field `limmit`, {KNOWN}; did you mean `limit`?"),
    )
    .await;
    says("tenant = \"t\"\nzebra = 5", &format!("sources.a: zebra: unknown field `zebra`, {KNOWN}")).await;
}

#[tokio::test]
async fn a_value_of_another_type_is_named_with_its_key() {
    says("tenant = 5", "sources.a: tenant: invalid type: integer `5`, expected a string").await;
    says(
        "tenant = \"t\"\ncontent = [\"a\", 5]",
        "sources.a: content[1]: invalid type: integer `5`, expected a string",
    )
    .await;
    says("tenant = \"t\"\nlimit = -1", "sources.a: limit: invalid value: integer `-1`, expected u64").await;
}

#[tokio::test]
async fn a_missing_key_is_named() {
    says("limit = 1", "sources.a: missing field `tenant`").await;
    assert_eq!(mistake("[sources.a]\ntenant = \"t\"", &[]).await, "sources.a: missing field `type`");
}

#[tokio::test]
async fn an_unknown_type_is_answered_with_those_there_are() {
    let text = "[sources.a]\ntype = \"countr\"";
    assert_eq!(
        mistake(text, &[]).await,
        "sources.a: no component of type \"countr\"; this build has: counter"
    );
    let text = "[sinks.a]\ntype = \"counter\"";
    assert_eq!(
        mistake(text, &[]).await,
        "sinks.a: no component of type \"counter\"; this build has: nowhere"
    );
    assert_eq!(
        mistake("[store]\ntype = \"sqlit\"", &[]).await,
        "store: no component of type \"sqlit\"; this build has: memory, keeper"
    );
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_named() {
    says("tenant = \"t\"\nprofile = \"x\"", "sources.a: there is no [profiles.x]").await;
    says(
        "tenant = \"t\"\nprofile = \"contosso\"\n[profiles.contoso]\ntenant = \"t\"",
        "sources.a: there is no [profiles.contosso]; did you mean `contoso`?",
    )
    .await;
}

#[tokio::test]
async fn a_profile_key_that_nobody_knows_is_named() {
    let text = format!("{SOURCE}profile = \"p\"\n[profiles.p]\ntenant = \"t\"\nclient_sekret = \"s\"");
    let expected = "profiles.p: unknown field `client_sekret`, expected one of `client_secret`, `content`, \
                    `limit`, `on`, `share`, `tenant`; did you mean `client_secret`?";
    assert_eq!(mistake(&text, &[]).await, expected);
}

#[tokio::test]
async fn a_length_of_time_is_explained() {
    const EXPECTED: &str = "expected such as `30s`, `5m`, `12h` or `90d`";
    says(
        "tenant = \"t\"\nevery = \"5 weeks\"",
        &format!("sources.a: every: not a length of time: `5 weeks`, {EXPECTED}"),
    )
    .await;
    let retention = mistake("[store]\ntype = \"memory\"\nretention = \"90\"", &[]).await;
    assert_eq!(retention, format!("store: retention: not a length of time: `90`, {EXPECTED}"));
    says("tenant = \"t\"\nevery = 5", "sources.a: every: invalid type: integer `5`, expected a string").await;
}

#[tokio::test]
async fn a_key_that_only_others_have_is_unknown() {
    let every = mistake("[sinks.s]\ntype = \"nowhere\"\nevery = \"5m\"", &[]).await;
    assert_eq!(every, "sinks.s: every: unknown field `every`, expected `url`");
    let retention = mistake("[sinks.s]\ntype = \"nowhere\"\nretention = \"5d\"", &[]).await;
    assert_eq!(retention, "sinks.s: retention: unknown field `retention`, expected `url`");
}

#[tokio::test]
async fn a_mistake_inside_a_filter_is_named_with_its_path() {
    let sink = "[sinks.s]\ntype = \"nowhere\"\n";
    let message = mistake(&format!("{sink}filter = {{ servce = \"AOC\" }}"), &[]).await;
    assert!(
        message.starts_with("sinks.s: filter.servce: unknown field `servce`, expected one of"),
        "{message}"
    );
    assert!(message.ends_with("did you mean `service`?"), "{message}");
    let message = mistake(&format!("{sink}filter = {{ result = \"failed\" }}"), &[]).await;
    assert!(
        message.starts_with("sinks.s: filter.result: unknown variant `failed`, expected one of"),
        "{message}"
    );
    let message = mistake(&format!("{sink}filter = {{ start = \"yesterday\" }}"), &[]).await;
    assert!(message.starts_with("sinks.s: filter.start: not a time: `yesterday`"), "{message}");
    let message = mistake(&format!("{sink}from = \"start\""), &[]).await;
    assert_eq!(message, "sinks.s: from: unknown variant `start`, expected `now` or `beginning`");
}

#[tokio::test]
async fn what_a_component_refuses_is_named_with_its_path() {
    let message = mistake("[sinks.s]\ntype = \"nowhere\"\nurl = \"refused\"", &[]).await;
    assert_eq!(message, "sinks.s: url: not a URL");
}

#[tokio::test]
async fn what_is_no_table_is_named() {
    assert_eq!(mistake("[sources]\na = 5", &[]).await, "sources.a: expected a table");
    assert_eq!(mistake("sources = 5", &[]).await, "sources: expected tables such as [sources.name]");
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_named_and_none_is_shown() {
    says(
        "tenant = \"t\"\nclient_secret = { env = \"AOC_NOT_SET_ANYWHERE\" }",
        "sources.a: client_secret: the environment variable AOC_NOT_SET_ANYWHERE is not set",
    )
    .await;
    says(
        "tenant = \"t\"\nclient_secret = { file = \"/nowhere/at/all\" }",
        "sources.a: client_secret: cannot read the secret file /nowhere/at/all",
    )
    .await;
    let message =
        mistake(&format!("{SOURCE}tenant = \"t\"\nclient_secret = {{ envv = \"hunter2\" }}"), &[]).await;
    assert!(message.contains("unknown field `envv`") && !message.contains("hunter2"), "{message}");
    let message = mistake(&format!("{SOURCE}tenant = \"t\"\nclient_secret = [\"hunter2\"]"), &[]).await;
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn a_syntax_error_has_line_and_column() {
    for (text, place) in [
        ("[store]\npath = \"a\"\ntype = memory\n", "aoc.toml:3:8: "),
        ("[store\n", "aoc.toml:1:7: "),
        ("a = 1\nä = 2\n", "aoc.toml:2:1: "),
        ("[a]\nx = 1\n[a]\nx = 2\n", "aoc.toml:3:2: "),
        ("x = \"ünclosed\n", "aoc.toml:1:"),
    ] {
        let error = read(text, &[]).unwrap_err();
        assert_eq!(error.kind(), aoc_core::ErrorKind::Config);
        let message = error.to_string();
        assert!(message.starts_with(place), "{message}");
        assert_eq!(message.lines().count(), 1, "one sentence: {message}");
    }
}

#[test]
fn an_unknown_section_is_named_with_what_may_have_been_meant() {
    let config = read("[sorces.a]\ntype = \"counter\"", &[]).unwrap();
    let error = config.check_sections(&["store", "index", "sources", "sinks"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no section [sorces]; did you mean `sources`?; sections are [store] [index] [sources] [sinks]"
    );
    config.check_sections(&["store", "index", "sorces"]).unwrap();
}
