//! Renders `docs/reference` from the registry, the routes and the command line. A page that is stale is written anew, and the
//! test fails once: look at the difference, and run it again.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod routes;

use std::{collections::BTreeMap, fs, path::Path, process::Command, sync::Arc};

use aoc_connectors::microsoft::Account;
use aoc_core::{Entry, Event, Kind, MemoryStore, Query, query::Filter};
use aoc_server::{
    Operations, ServerConfig,
    api::{self, Access, Route},
    assemble::registry,
    config::{AlertsConfig, AskConfig, AuthConfig, SECTIONS},
    configuration_schema,
    operations::types::{FetchNow, FindGaps, SearchEvents},
};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use routes::{about, body_of};
use schemars::schema_for;
use serde_json::Value;
use tower::ServiceExt;

/// Compares a page with what it should be; writes it where it is not.
fn hold(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/reference");
    let path = folder.join(name);
    if fs::read_to_string(&path).unwrap_or_default() != text {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        panic!(
            "docs/reference/{name} was stale and is written anew: look at the difference, and run the test again"
        );
    }
}

/// What `aoc` prints.
fn aoc(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_aoc")).args(arguments).env_clear().output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const GENERATED: &str =
    "<!-- Written by aoc-server/tests/reference.rs. Change what it is made of, not this page. -->";

#[test]
fn the_command_line_is_described() {
    let help = aoc(&["--help"]);
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands = commands.lines().map(|line| line.split_whitespace().next().unwrap());
    let mut page = format!("# The command line\n\n{GENERATED}\n\n{}", block("text", &help));
    for command in commands.filter(|command| *command != "help") {
        let help = aoc(&[command, "--help"]);
        page.push_str(&format!("\n## aoc {command}\n\n{}", block("text", &help)));
    }
    hold("cli.md", &page);
}

#[test]
fn the_schema_of_an_event_is_written_down() {
    hold("event.schema.json", &aoc(&["schema", "--event"]));
}

#[test]
fn the_schema_of_the_configuration_is_written_down() {
    hold("config.schema.json", &aoc(&["schema"]));
}

fn block(language: &str, text: &str) -> String {
    let lines: String = text.trim_end().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    format!("```{language}\n{lines}```\n")
}

// Schemas, for people to read.

/// The first paragraph of a schema's description, on one line, without links to code.
fn described(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let first =
        text.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    cell(&first.replace("[`", "`").replace("`]", "`"))
}

/// The whole description, as paragraphs.
fn paragraphs(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default().replace("[`", "`").replace("`]", "`");
    let paragraphs = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.map(|part| format!("{part}\n\n")).collect()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// What a value is: `string`, `array of Counted`, `Failure or null`.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return name.to_owned();
    }
    if let Some(choices) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        return choices.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    let one = |name: &str| match name {
        "array" => format!("array of {}", type_of(&schema["items"])),
        name => name.to_owned(),
    };
    match &schema["type"] {
        Value::String(name) => one(name),
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).map(one).collect::<Vec<_>>().join(" or ")
        }
        _ => "any".to_owned(),
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// The keys of a table of configuration.
fn options(schema: &Value) -> String {
    let mut rows = "| Key | Type | Without it | |\n|---|---|---|---|\n".to_owned();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, option) in properties(schema) {
        let without = match option.get("default") {
            _ if required.contains(&name.as_str().into()) => "an error".to_owned(),
            None | Some(Value::Null) => "–".to_owned(),
            Some(default) => format!("`{default}`"),
        };
        // TOML has no null.
        let kind = cell(type_of(option).trim_end_matches(" or null"));
        let row = format!("| `{name}` | {kind} | {without} | {} |\n", described(option));
        rows.push_str(&row);
    }
    rows
}

#[test]
fn the_components_are_described() {
    let mut page = format!("# Components and their options\n\n{GENERATED}\n\n");
    page.push_str(
        "Every table of a component has `type`, and may have `profile`: a table in `[profiles]` that gives the keys it does not. \
         Where a configuration has no `[store]` and no `[index]`, `aoc` takes `sqlite` in `aoc.db` and `segments` in the folder beside it: the database's path with \
         `.index` behind it.\n",
    );
    let registry = registry();
    for (kind, title, table) in [
        (Kind::Source, "Sources", "[sources.NAME]"),
        (Kind::Sink, "Sinks", "[sinks.NAME]"),
        (Kind::Store, "Stores", "[store]"),
        (Kind::Index, "Indexes", "[index]"),
        (Kind::Evaluator, "Alert evaluators", ""),
        (Kind::Llm, "Language models", "[llm]"),
    ] {
        let entries = registry.entries().iter().filter(|entry| entry.kind == kind);
        let entries: String = entries.map(|entry| component(entry, table)).collect();
        let none = "\nThis build has none.\n".to_owned();
        page.push_str(&format!("\n## {title}\n{}", if entries.is_empty() { none } else { entries }));
    }
    page.push_str("\n## Alerts\n\n### [alerts]\n\n");
    page.push_str(&options(&schema_for!(AlertsConfig).to_value()));
    page.push_str(
        "\n## Asking\n\n### [llm]\n\nBeside the keys of its `type`, and also without a `type`:\n\n",
    );
    page.push_str(&options(&schema_for!(AskConfig).to_value()));
    page.push_str("\n## The server\n\n### [server]\n\n");
    page.push_str(&options(&schema_for!(ServerConfig).to_value()));
    page.push_str("\n### [auth]\n\n");
    page.push_str(&options(&schema_for!(AuthConfig).to_value()));
    let sections: Vec<String> = SECTIONS.iter().map(|name| format!("`[{name}]`")).collect();
    page.push_str(&format!("\nSections of a configuration: {}.\n", sections.join(" ")));
    hold("components.md", &page);
}

fn component(entry: &Entry, table: &str) -> String {
    let schema = entry.schema.as_value();
    let example = format!("{table}\ntype = \"{}\"\n{}", entry.name, entry.example);
    let mut text = format!("\n### {}\n\n{}", entry.name, paragraphs(schema));
    text.push_str(&block("toml", &example));
    if properties(schema).next().is_some() {
        text.push_str(&format!("\n{}", options(schema)));
    }
    let others = shared_keys(entry);
    if !others.is_empty() {
        text.push_str(&format!("\nKeys of every {table}:\n\n"));
        text.extend(others.iter().map(|(name, schema)| shared_key(name, schema)));
    }
    if entry.kind == Kind::Source {
        text.push_str(&format!("\nMore: [sources/{0}.md](sources/{0}.md)\n", entry.name));
    }
    text
}

// A page for each source.

/// The name in the example of a source, and options of its own that the example shows.
fn shown(source: &str) -> (&'static str, &'static str) {
    match source {
        "entra_audit" => ("entra", "every = \"2m\"\n"),
        "entra_sign_ins" => ("sign_ins", "types = [\"interactive_user\", \"service_principal\"]\n"),
        "intune_audit" => ("intune", "every = \"15m\"\n"),
        "office365_activity" => ("office365", "content = [\"Audit.Exchange\", \"Audit.SharePoint\"]\n"),
        "jsonl" => ("drop", "every = \"30s\"\n"),
        source => panic!("say here what the example of {source} shows"),
    }
}

/// The example: what makes up an account stands in a profile.
fn example_of(entry: &Entry, has_account: bool) -> String {
    let ((name, more), least) = (shown(&entry.name), &entry.example);
    let source = format!("[sources.{name}]\ntype = \"{}\"\n", entry.name);
    match has_account {
        true => format!("[profiles.contoso]\n{least}\n\n{source}profile = \"contoso\"\n{more}"),
        false => format!("{source}{least}\n{more}"),
    }
}

/// The values of the types that options have.
fn option_types(schema: &Value) -> String {
    let definitions = schema["$defs"].as_object().into_iter().flatten();
    let has_parts = |schema: &Value| schema["oneOf"].is_array() || schema["properties"].is_object();
    let about = definitions.map(|(name, schema)| match has_parts(schema) {
        true => format!("\n### {name}\n\n{}", definition(schema)),
        false => format!("\n### {name}\n\n{}\n", described(schema)),
    });
    about.collect()
}

/// The page of a source, and its example.
fn source_page(entry: &Entry) -> (String, String) {
    let schema = entry.schema.as_value();
    let text = paragraphs(schema);
    let (what, rest) = text.split_once("\n\n").unwrap();
    let (what, needs) = what.split_once(" Needs ").unwrap_or_else(|| panic!("say what {} needs", entry.name));
    let account = schema_for!(Account).to_value();
    let is_account = |key: &String| account["properties"].get(key).is_some();
    let (mut own, mut shared) = (schema.clone(), schema.clone());
    own["properties"].as_object_mut().unwrap().retain(|key, _| !is_account(key));
    shared["properties"].as_object_mut().unwrap().retain(|key, _| is_account(key));
    let has_account = properties(&shared).next().is_some();
    let example = example_of(entry, has_account);
    let mut page = format!("# {}\n\n{GENERATED}\n\n{what}\n\n**Needs** {needs}\n\n{rest}", entry.name);
    page.push_str(&format!("{}\n## Options\n\n{}", block("toml", &example), options(&own)));
    let every = shared_keys(entry).into_iter().map(|(name, schema)| shared_key(&name, &schema));
    page.push_str(&format!(
        "\nAs every source it has `type`, may have `profile`, and has\n\n{}",
        every.collect::<String>()
    ));
    let guide = if has_account { "connect-your-tenant" } else { "run" };
    if has_account {
        let text = "Shared by all sources of a tenant, so best kept in a `[profiles.NAME]`. There is exactly one credential.";
        page.push_str(&format!("\n## The account\n\n{text}\n\n{}", options(&shared)));
    }
    let types = option_types(schema);
    if !types.is_empty() {
        page.push_str(&format!("\n## Types of options\n{types}"));
    }
    page.push_str(&format!("\nStep by step: [the guide](../../guide/{guide}.md).\n"));
    (page, example)
}

#[test]
fn each_source_has_a_page_whose_example_is_accepted() {
    let registry = registry();
    for entry in registry.entries().iter().filter(|entry| entry.kind == Kind::Source) {
        let (page, example) = source_page(entry);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("aoc.toml"), &example).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.arg("check").current_dir(folder.path()).env_clear().env("AOC_CONTOSO_SECRET", "x");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{example}{}", String::from_utf8_lossy(&output.stderr));
        hold(&format!("sources/{}.md", entry.name), &page);
    }
}

fn shared_key(name: &str, schema: &Value) -> String {
    let means = match name {
        "every" => "how often it is asked; `5m` without it, `1s` at least",
        "retention" => "how long events are kept; without it none is ever forgotten",
        "filter" => "which events it gets; without it all",
        "from" => "`now` (without it) or `beginning`: where it starts when it is new",
        "batch_events" => "how many events it gets at once, 10,000 at most; 500 without it",
        "batch_bytes" => {
            "how many bytes of records it gets at once, but one event at least; 4 MiB without it"
        }
        name => panic!("say here what the key {name} means"),
    };
    format!("- `{name}`: {means}. {}\n", described(schema))
}

/// The keys that a component's table has beside its own, but for `type` and `profile`.
fn shared_keys(entry: &Entry) -> Vec<(String, Value)> {
    let schema = configuration_schema(&registry());
    let section = match entry.kind {
        Kind::Source => &schema["properties"]["sources"]["additionalProperties"],
        Kind::Sink => &schema["properties"]["sinks"]["additionalProperties"],
        Kind::Store => &schema["properties"]["store"],
        _ => &schema["properties"]["index"],
    };
    let tables = section["oneOf"].as_array().cloned().unwrap_or_default();
    let Some(table) = tables.iter().find(|table| table["properties"]["type"]["const"] == *entry.name) else {
        return Vec::new();
    };
    let own = entry.schema.as_value()["properties"].as_object().cloned().unwrap_or_default();
    let others = properties(table).filter(|(name, _)| !own.contains_key(*name));
    let others = others.filter(|(name, _)| !["type", "profile"].contains(&name.as_str()));
    others.map(|(name, schema)| (name.clone(), schema.clone())).collect()
}

// The routes.

/// What a parameter means, where no schema says so.
fn parameter(name: &str, route: &str) -> String {
    let most = Query::MOST;
    let (filter, search) = (schema_for!(Filter).to_value(), schema_for!(SearchEvents).to_value());
    let list = "One or several: repeated, or divided by commas.";
    match name {
        "source" if route == "/api/events/{id}" => "The source of the event, where several use the id.".to_owned(),
        "event" => "The id or dedupe key of the event.".to_owned(),
        "after" => "Only behind this position of the log.".to_owned(),
        "hours" | "source" if route == "/api/fetch-audit-logs" => {
            described(&schema_for!(FetchNow).to_value()["properties"][name])
        }
        "source" | "tenant" | "content" if route == "/api/gaps" => {
            format!("{} {list}", described(&schema_for!(FindGaps).to_value()["properties"][name]))
        }
        "from" | "until" | "strip" => {
            let time = if name == "strip" { "`false` without it." } else { "RFC 3339, or a date: its midnight UTC." };
            format!("{} {time}", described(&schema_for!(FindGaps).to_value()["properties"][name]))
        }
        "services" => format!("The same as `service`. {list}"),
        "operation" => format!("{} May be repeated.", described(&filter["properties"][name])),
        "service" | "result" | "source" | "tenant" | "include_tags" | "exclude_tags" => {
            format!("{} {list}", described(&filter["properties"][name]))
        }
        "start" | "end" => {
            format!("{} RFC 3339, or a date: its midnight UTC.", described(&filter["properties"][name]))
        }
        "search" => "Free text: every part must occur somewhere in the event, case ignored; `\"…\"` keeps blanks together.".to_owned(),
        "actor" => described(&filter["properties"][name]),
        "page_size" => format!("How many events at most: 1 to {most}; 50 without it."),
        "raw" => format!("{} `true` without it.", described(&search["properties"][name])),
        "cursor" => described(&search["properties"][name]),
        "bucket" => "`minute`, `hour`, `day`, `week` or `month`; without it as long as gives no more than 200 buckets.".to_owned(),
        "format" => "`ndjson` (without it; lossless) or `csv` (for spreadsheets, without records).".to_owned(),
        "days" => "How many days; 7 without it.".to_owned(),
        name => panic!("say here what the parameter {name} of {route} means"),
    }
}

/// The parameters that a route takes, as it says itself when asked with one it does not know.
async fn parameters(route: &Route) -> Vec<String> {
    let store = Arc::new(MemoryStore::new());
    let operations = Arc::new(Operations::new(store.clone(), store));
    let router = aoc_server::router(operations, &ServerConfig::default());
    let path = format!("{}?nonsense=1", route.path.replace("{id}", "x").replace("{*path}", "x"));
    let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
    let answer = router.oneshot(request).await.unwrap();
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let list = said["detail"].as_str().and_then(|detail| detail.split("there are: ").nth(1));
    list.into_iter().flat_map(|list| list.split(", ")).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_routes_are_described() {
    let mut page = format!("# HTTP\n\n{GENERATED}\n\n");
    page.push_str(
        "Answers are JSON. An error is `application/problem+json` with `title`, `status`, `detail` and `request_id`; the header `x-request-id` \
         carries the id of every answer, and one that comes in is kept. A parameter that is unknown, given twice or makes no sense is 400 and named. \
         Empty parameters are left out.\n\nThis build does not ask callers who they are. Routes marked *public* stay open when it will.\n",
    );
    let mut types = BTreeMap::new();
    for route in api::routes() {
        page.push_str(&section(&route, &mut types).await);
    }
    page.push_str(
        "\n## Types\n\nA `Timestamp` is RFC 3339 in UTC, with as many digits as its source gave. `Listed` is an event, with or without `raw`; \
         its parts are in [event.schema.json](event.schema.json).\n",
    );
    let event = schema_for!(Event).to_value();
    types.retain(|name, _| {
        event["$defs"].get(name).is_none() && !["Event", "Listed"].contains(&name.as_str())
    });
    for (name, schema) in types {
        page.push_str(&format!("\n### {name}\n\n{}", definition(&schema)));
    }
    hold("http.md", &page);
}

async fn section(route: &Route, types: &mut BTreeMap<String, Value>) -> String {
    let (does, answer) = about(route);
    let open = if route.access == Access::Public { " *Public.*" } else { "" };
    let mut text = format!("\n## {} {}\n\n{does}{open}\n", route.method, route.path);
    let parameters = if route.method == "GET" || route.path.contains("fetch") {
        parameters(route).await
    } else {
        Vec::new()
    };
    if !parameters.is_empty() {
        text.push_str("\n| Parameter | |\n|---|---|\n");
    }
    for name in parameters {
        text.push_str(&format!("| `{name}` | {} |\n", parameter(&name, route.path)));
    }
    if route.path.starts_with("/api/events") {
        text.push_str("\nAn event is as [event.schema.json](event.schema.json) says.\n");
    }
    if let Some(body) = body_of(route) {
        text.push_str(&format!("\nThe body\n\n{}", members(&body)));
        add_types(&body, route, types);
    }
    if let Some(answer) = answer {
        text.push_str(&format!("\nAnswers\n\n{}", members(&answer)));
        add_types(&answer, route, types);
    }
    text
}

/// Keeps the types that a schema names. Where another of the same name is there already, the route is told, too.
fn add_types(schema: &Value, route: &Route, types: &mut BTreeMap<String, Value>) {
    for (name, definition) in schema["$defs"].as_object().cloned().unwrap_or_default() {
        let is_other = types.get(&name).is_some_and(|known| *known != definition);
        let name = if is_other { format!("{name} of {}", route.path) } else { name };
        types.insert(name, definition);
    }
}

fn members(schema: &Value) -> String {
    let mut rows = "| Member | Type | |\n|---|---|---|\n".to_owned();
    for (name, member) in properties(schema) {
        rows.push_str(&format!("| `{name}` | {} | {} |\n", cell(&type_of(member)), described(member)));
    }
    rows
}

/// A type that answers are made of: a table of members, or of the values it can have.
fn definition(schema: &Value) -> String {
    let about = paragraphs(schema);
    if properties(schema).next().is_some() {
        return about + &members(schema);
    }
    let choices = schema["oneOf"].as_array().cloned().unwrap_or_default();
    if choices.is_empty() {
        return format!("{about}{}\n", type_of(schema));
    }
    let rows = choices.iter().map(|choice| format!("- {}: {}\n", type_of(choice), described(choice)));
    about + &rows.collect::<String>()
}
