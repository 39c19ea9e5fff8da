//! The house rules that no compiler checks: who may know whom, and what must not be anywhere.
//!
//! They read manifests and sources as text; what they look for is written the way rustfmt writes it.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use toml::Table;

/// Our crates, and which of our crates each may depend on.
const ARROWS: [(&str, &[&str]); 6] = [
    ("aoc-core", &[]),
    ("aoc-connectors", &["aoc-core"]),
    ("aoc-sinks", &["aoc-core"]),
    ("aoc-llm", &["aoc-core"]),
    ("aoc-server", &["aoc-core", "aoc-connectors", "aoc-sinks", "aoc-llm"]),
    ("examples", &["aoc-core", "aoc-connectors", "aoc-sinks", "aoc-llm", "aoc-server"]),
];

/// Code that only tests run, though it is in `src`.
const TESTS: [&str; 2] = ["aoc-core/src/testkit/", "aoc-core/src/alert/sigma/tests.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A source file: its path from the root, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Lines with their numbers, but for those that are comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The same, but for what comes after the tests begin.
    fn code_before_tests(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code().take_while(|(_, line)| line.trim() != "#[cfg(test)]")
    }

    fn is_under(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

/// All Rust files of our crates.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for (name, _) in ARROWS {
        collect(&root().join(name), &mut found);
    }
    assert!(found.len() > 100, "the sources are not where they were");
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.push(Source { path, text });
        }
    }
}

/// Fails with all that was found wrong.
fn expect_none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

/// Where one of these words stands in code outside of some places and outside of tests.
fn uses(sources: &[Source], words: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    let others = |source: &&Source| {
        source.path.contains("/src/") && !source.is_under(allowed) && !source.is_under(&TESTS)
    };
    for source in sources.iter().filter(others) {
        for (number, line) in source.code_before_tests() {
            if words.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    wrong
}

fn manifest(name: &str) -> Table {
    fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap().parse().unwrap()
}

fn dependencies(manifest: &Table, section: &str) -> BTreeSet<String> {
    let table = manifest.get(section).and_then(toml::Value::as_table);
    table.into_iter().flat_map(|table| table.keys().cloned()).collect()
}

#[test]
fn crates_depend_only_on_those_below_them() {
    for (name, allowed) in ARROWS {
        let manifest = manifest(name);
        // Tests may use the crate itself once more, with its testkit.
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            let ours = dependencies(&manifest, section).into_iter().filter(|name| name.starts_with("aoc"));
            let is_itself = |other: &str| section == "dev-dependencies" && other == name;
            let wrong: Vec<String> =
                ours.filter(|other| !allowed.contains(&other.as_str()) && !is_itself(other)).collect();
            expect_none(&wrong, &format!("{name} must not depend on"));
        }
    }
}

#[test]
fn the_core_has_no_heavy_dependency_unless_asked() {
    let manifest = manifest("aoc-core");
    let optional = |name: &str| {
        let entry = &manifest["dependencies"][name];
        entry.get("optional").and_then(toml::Value::as_bool) == Some(true)
    };
    let default: Vec<String> = manifest["features"]["default"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|feature| manifest["features"][feature.as_str().unwrap()].as_array().unwrap().clone())
        .map(|part| part.as_str().unwrap().trim_start_matches("dep:").to_owned())
        .collect();
    for heavy in ["reqwest", "axum", "mongodb", "rusqlite", "redis", "jsonschema", "hyper", "tonic"] {
        let there = dependencies(&manifest, "dependencies").contains(heavy);
        assert!(!there || (optional(heavy) && !default.contains(&heavy.to_owned())), "{heavy}");
    }
}

#[test]
fn unsafe_code_is_only_where_it_is_allowed() {
    let allowed = ["aoc-core/src/plugin/", "aoc-sinks/src/index/segment.rs", "aoc-server/tests/house.rs"];
    let words = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "allow(unsafe_code"];
    let mut wrong = uses(&sources(), &words, &allowed);
    for source in
        sources().iter().filter(|source| !source.path.contains("/src/") && !source.is_under(&allowed))
    {
        let found = source.code().filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        wrong.extend(found.map(|(number, _)| format!("{}:{number}", source.path)));
    }
    expect_none(&wrong, "unsafe code outside of the plugin carrier and the mapped segment");
}

#[test]
fn http_clients_are_built_in_one_place() {
    let words = ["reqwest::Client", "reqwest::blocking", "ClientBuilder", "ureq::"];
    expect_none(
        &uses(&sources(), &words, &["aoc-core/src/http/"]),
        "a client built outside of aoc-core/src/http",
    );
}

#[test]
fn the_web_library_is_known_only_to_the_faces_of_the_server() {
    let faces = [
        "aoc-server/src/api/",
        "aoc-server/src/mcp/",
        "aoc-server/src/ui.rs",
        "aoc-server/src/headers.rs",
        "aoc-server/src/host.rs",
        "aoc-server/src/server.rs",
    ];
    expect_none(&uses(&sources(), &["axum::", "use axum", "rmcp::", "tower_http"], &faces), "axum or rmcp");
}

#[test]
fn the_command_line_is_known_only_to_the_program() {
    let program = ["aoc-server/src/cli/", "aoc-server/src/main.rs"];
    let words = ["clap::", "indicatif::", "console::", "println!", "eprintln!", "process::exit"];
    expect_none(&uses(&sources(), &words, &program), "something of the command line");
}

#[test]
fn what_reads_records_and_filters_sees_no_clock_no_network_and_no_store() {
    let all = sources();
    let pure = |source: &&Source| {
        let core = [
            "aoc-core/src/normalizer.rs",
            "aoc-core/src/event.rs",
            "aoc-core/src/text.rs",
            "aoc-core/src/json.rs",
        ];
        let connectors = ["aoc-connectors/src/shapes/", "aoc-connectors/src/common/"];
        let named = source.path.ends_with("/normalizer.rs") && !source.is_under(&TESTS);
        named || source.is_under(&core) || source.is_under(&connectors)
    };
    let words = [
        "::now()",
        "SystemTime",
        "tokio::",
        "TcpStream",
        "std::fs",
        "reqwest",
        "EventStore",
        "EventLog",
        "Notebook",
    ];
    let mut wrong = Vec::new();
    for source in all.iter().filter(pure) {
        let found =
            source.code_before_tests().filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        wrong.extend(found.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())));
    }
    expect_none(&wrong, "not a function of its input alone");
}

#[test]
fn only_ingest_moves_cursors_and_only_follow_moves_positions() {
    let all = sources();
    expect_none(&uses(&all, &["\"cursor/"], &["aoc-core/src/pipeline/ingest.rs"]), "a cursor elsewhere");
    expect_none(&uses(&all, &["\"position/"], &["aoc-core/src/pipeline/follow.rs"]), "a position elsewhere");
}

#[test]
fn nothing_runs_before_main_and_there_is_no_global_state() {
    for (name, _) in ARROWS {
        let manifest = manifest(name);
        for section in ["dependencies", "dev-dependencies"] {
            let before_main = ["ctor", "inventory", "linkme", "typetag", "lazy_static"];
            let wrong: Vec<String> = dependencies(&manifest, section)
                .into_iter()
                .filter(|other| before_main.contains(&other.as_str()))
                .collect();
            expect_none(&wrong, &format!("{name} must not depend on"));
        }
    }
    let words =
        ["static mut ", ": OnceLock<", ": OnceCell<", "thread_local!", ": LazyLock<Mutex", ": Mutex<"];
    let statics = uses(&sources(), &["static "], &["aoc-core/src/plugin/"]);
    let wrong: Vec<String> =
        statics.into_iter().filter(|line| words.iter().any(|word| line.contains(word))).collect();
    expect_none(&wrong, "state that is global");
}

#[test]
fn files_and_functions_stay_small() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines: Vec<&str> = source.text.lines().collect();
        if lines.len() > 500 {
            wrong.push(format!("{}: {} lines", source.path, lines.len()));
        }
        for (start, length) in functions(&lines) {
            if length > 60 {
                wrong.push(format!("{}:{}: a function of {length} lines", source.path, start + 1));
            }
        }
    }
    expect_none(&wrong, "files have at most 500 lines, functions 60");
}

/// Where functions start, and how many lines they have: to the brace that closes at their own depth.
fn functions<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = (usize, usize)> + 'a {
    lines.iter().enumerate().filter(|(_, line)| is_function(line)).filter_map(|(start, line)| {
        let depth: String = line.chars().take_while(|c| *c == ' ').collect();
        let (closed, declared) = (format!("{depth}}}"), format!("{depth});"));
        let end = lines[start..].iter().position(|other| *other == closed || other.starts_with(&declared))?;
        let at_once = line.ends_with('}') || line.ends_with(';');
        (!at_once).then_some((start, end + 1))
    })
}

fn is_function(line: &str) -> bool {
    let words = ["pub ", "pub(crate) ", "pub(super) ", "async ", "const ", "unsafe ", "extern \"C\" "];
    let mut rest = line.trim_start();
    while let Some(next) = words.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = next;
    }
    rest.starts_with("fn ")
}

#[test]
fn what_the_architecture_names_is_there() {
    let Ok(text) = fs::read_to_string(root().join("docs/architecture.md")) else { return };
    let code: String = sources().into_iter().map(|source| source.text).collect();
    let mut wrong = Vec::new();
    for name in text.split('`').skip(1).step_by(2) {
        let name = name.trim();
        if is_path(name) && !root().join(name).exists() {
            wrong.push(format!("no such file or folder: {name}"));
        }
        if is_type(name) && !is_defined(name, &code) {
            wrong.push(format!("no such type: {name}"));
        }
    }
    expect_none(&wrong, "docs/architecture.md names what is not there");
}

fn is_path(name: &str) -> bool {
    let tops = [
        "aoc-core",
        "aoc-connectors",
        "aoc-sinks",
        "aoc-llm",
        "aoc-server",
        "examples",
        "docs",
        "plugins",
        ".ci",
    ];
    let first = name.split('/').next().unwrap_or_default();
    tops.contains(&first) && !name.contains([' ', '*', '{', '<', '…'])
}

fn is_type(name: &str) -> bool {
    let camel =
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.contains(|c: char| c.is_ascii_lowercase());
    camel && name.len() > 2 && name.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_defined(name: &str, code: &str) -> bool {
    ["struct", "enum", "trait", "type", "union"].iter().any(|kind| {
        let start = format!("{kind} {name}");
        let ends =
            |at: usize| !code[at + start.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        code.match_indices(&start).any(|(at, _)| ends(at))
    }) || is_variant(name, code)
}

/// Variants of enums stand alone at the start of a line.
fn is_variant(name: &str, code: &str) -> bool {
    code.lines().any(|line| {
        let rest = line.trim_start().strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with([',', '(', ' ', '{']))
    })
}
