//! What the README and the guides say: their configurations are planned, their commands are run, their addresses are asked,
//! their links lead somewhere. (Their Rust code is compiled and run by the examples.)

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
};

use aoc_core::{
    MemoryStore,
    config::Config,
    ledger::{Coverage, Stage},
    store::{Note, Notebook},
};
use aoc_server::{
    Operations, ServerConfig,
    assemble::{Assembled, complete, registry},
};
use axum::{body::Body, http::Request};
use tower::ServiceExt;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A text of ours: its path from the root, and what it says.
struct Text {
    path: String,
    says: String,
}

impl Text {
    fn read(path: &str) -> Self {
        Self { path: path.to_owned(), says: fs::read_to_string(root().join(path)).unwrap() }
    }

    /// The blocks of a language.
    fn blocks(&self, language: &str) -> Vec<&str> {
        let fence = format!("```{language}\n");
        self.says.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
    }

    /// The lines of shell blocks that start with a word.
    fn lines(&self, word: &str) -> Vec<&str> {
        let lines = self.blocks("sh").into_iter().flat_map(str::lines);
        lines.filter(|line| line.starts_with(word)).collect()
    }
}

/// The README and the guides.
fn texts() -> Vec<Text> {
    let mut texts = vec![Text::read("README.md")];
    texts.extend(markdown("docs/guide"));
    assert!(texts.len() > 6);
    texts
}

fn markdown(folder: &str) -> Vec<Text> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names.retain(|name| name.ends_with(".md"));
    names.iter().map(|name| Text::read(&format!("{folder}/{name}"))).collect()
}

#[tokio::test]
async fn every_configuration_becomes_a_pipeline() {
    let mut blocks: Vec<(String, String)> = Vec::new();
    for name in ["examples/quickstart.toml", "examples/production.toml"] {
        blocks.push((name.to_owned(), Text::read(name).says));
    }
    for text in texts() {
        let found = text.blocks("toml").into_iter().filter(|block| !block.starts_with("# Cargo.toml"));
        blocks.extend(found.map(|block| (text.path.clone(), block.to_owned())));
    }
    assert!(blocks.len() >= 4);
    for (name, block) in blocks {
        let mut config = Config::read(&block, &name, std::iter::empty()).unwrap();
        complete(&mut config).unwrap();
        if let Err(error) = Assembled::of(&config, &registry()).await {
            panic!("{name}: {error}\n{block}");
        }
    }
}

/// `aoc` in a folder, without anything of the environment.
fn aoc(folder: &Path, arguments: &[String]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command.output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// The words of a command line; `"…"` keeps blanks together.
fn words(line: &str) -> Vec<String> {
    let pieces = line.split('"').enumerate();
    let words = pieces.flat_map(|(number, piece)| match number % 2 {
        1 => vec![piece.to_owned()],
        _ => piece.split_whitespace().map(str::to_owned).collect(),
    });
    words.skip(1).collect()
}

/// A folder with the files that the commands name.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let records = root().join("examples/records/contoso.ndjson");
    fs::create_dir(folder.path().join("exports")).unwrap();
    for name in ["ual.csv", "exports/records.ndjson"] {
        fs::copy(&records, folder.path().join(name)).unwrap();
    }
    folder
}

/// What a source has proven that guides ask for.
fn proven() -> Note {
    let now = chrono::Utc::now();
    let window = Coverage {
        content: "Audit.Exchange".into(),
        tenant: "contoso".into(),
        from: (now - chrono::TimeDelta::hours(2)).into(),
        until: (now - chrono::TimeDelta::hours(1)).into(),
        stage: Stage::Stored,
        items: Vec::new(),
    };
    Note::new(window.note("office365"), &window).unwrap()
}

#[tokio::test]
async fn every_command_runs() {
    let place = folder();
    let path = place.path().join("aoc.db").display().to_string();
    let mut config = Config::read(&format!("[store]\npath = {path:?}"), "test", std::iter::empty()).unwrap();
    complete(&mut config).unwrap();
    Assembled::of(&config, &registry()).await.unwrap().store.write(&[proven()]).await.unwrap();
    let mut run = 0;
    for text in texts() {
        for line in text.lines("aoc ") {
            let words = words(line);
            let help = aoc(place.path(), &[words[0].clone(), "--help".to_owned()]);
            assert!(help.status.success(), "{}: {line}: there is no such command", text.path);
            let help = printed(&help);
            for option in words.iter().filter(|word| word.starts_with("--")) {
                assert!(help.contains(option.as_str()), "{}: {line}: there is no {option}", text.path);
            }
            if !["serve", "demo", "fetch"].contains(&words[0].as_str()) {
                let output = aoc(place.path(), &words);
                assert!(output.status.success(), "{}: {line}: {}", text.path, printed(&output));
                run += 1;
            }
        }
    }
    assert!(run >= 10, "only {run} commands were run");
}

#[tokio::test]
async fn every_address_answers() {
    let store = Arc::new(MemoryStore::new());
    store.write(&[proven()]).await.unwrap();
    let operations = Arc::new(Operations::new(store.clone(), store));
    let router = aoc_server::router(operations, &ServerConfig::default());
    for text in texts() {
        for line in text.lines("curl ") {
            let address = words(line).pop().unwrap();
            let path = address.strip_prefix("http://127.0.0.1:8000").unwrap();
            let request = Request::get(path).header("host", "127.0.0.1:8000").body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert!(answer.status().is_success(), "{}: {line}: {}", text.path, answer.status());
        }
    }
}

#[test]
fn the_readme_lists_every_route_and_no_other() {
    let readme = Text::read("README.md");
    let prose: String = readme.says.split("```").step_by(2).collect();
    let quoted = prose.split('`').skip(1).step_by(2);
    let listed: BTreeSet<String> = quoted
        .filter(|text| ["GET /", "POST /", "PUT /", "DELETE /"].iter().any(|start| text.starts_with(start)))
        .map(str::to_owned)
        .collect();
    let routes = aoc_server::api::routes();
    let there = routes.iter().map(|route| format!("{} {}", route.method, route.path));
    let there: BTreeSet<String> = there.filter(|route| route != "GET /assets/{*path}").collect();
    assert_eq!(listed, there);
}

#[test]
fn the_readme_names_the_variables_that_no_part_uses_yet() {
    let readme = Text::read("README.md");
    let section = readme.says.split("The environment of the Python original").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let is_name = |text: &&str| text.len() > 3 && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let names: BTreeSet<&str> = section.split('`').skip(1).step_by(2).filter(is_name).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
    command.args(["check", "--format", "json"]).current_dir(folder.path()).env_clear();
    let meant = [
        "AUTH_ENABLED",
        "CORS_ORIGINS",
        "MONGO_URI",
        "RETENTION_DAYS",
        "TENANT_ID",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "ENABLE_PERIODIC_FETCH",
        "FETCH_INTERVAL_MINUTES",
        "WEBHOOK_CLIENT_SECRET",
        "ALERTS_ENABLED",
        "SIEM_ENABLED",
        "SIEM_WEBHOOK_URL",
        "AI_FEATURES_ENABLED",
        "LLM_API_KEY",
        "LLM_BASE_URL",
        "LLM_API_VERSION",
        "LLM_MODEL",
        "LLM_TIMEOUT_SECONDS",
        "LLM_MAX_EVENTS",
    ];
    command.envs(names.iter().filter(|name| !meant.contains(name)).map(|name| (name, "x")));
    let said = printed(&command.output().unwrap());
    let unused = said.split("no part of this build uses ").nth(1).unwrap().split(" yet").next().unwrap();
    let unused: BTreeSet<&str> = unused.split(", ").chain(meant).collect();
    assert_eq!(names, unused);
}

#[test]
fn every_link_leads_somewhere() {
    let mut all = texts();
    all.extend(markdown("docs/decisions"));
    all.extend(markdown("docs/reference"));
    all.extend(["docs/architecture.md", "CHANGELOG.md"].map(Text::read));
    let mut dead = Vec::new();
    for text in all {
        let folder = root().join(&text.path).parent().unwrap().to_owned();
        for rest in text.says.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap();
            if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
                dead.push(format!("{}: {target}", text.path));
            }
        }
    }
    assert!(dead.is_empty(), "links that lead nowhere:\n{}", dead.join("\n"));
}

#[test]
fn the_readme_stays_short() {
    let lines = Text::read("README.md").says.lines().count();
    assert!(lines <= 250, "{lines} lines");
}
