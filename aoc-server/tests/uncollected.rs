//! What nobody collects must not look whole: sources that are refused, streams that ended, names that nobody has.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod common;

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use aoc_core::{
    Timestamp,
    config::Config,
    ledger::{Coverage, Item, Stage},
    store::{Note, Notebook},
};
use aoc_server::assemble::{Assembled, complete, registry};
use chrono::TimeDelta;
use common::Server;
use serde_json::{Value, json};
use tempfile::TempDir;

const ACCOUNT: &str = r#"
[profiles.contoso]
tenant_id = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
client_id = "11111111-2222-4333-8444-555555555555"
client_secret = "invented"
"#;
const OFFICE: &str = "[sources.office365]\ntype = \"office365_activity\"\nprofile = \"contoso\"\n";
const OTHERS: &str = "[sources.entra]\ntype = \"entra_audit\"\nprofile = \"contoso\"\n\
    [sources.drop]\ntype = \"jsonl\"\npath = \"drop.ndjson\"\n";

fn hours_ago(hours: i64) -> Timestamp {
    let now = chrono::Utc::now().timestamp() / 3_600 * 3_600;
    (chrono::DateTime::from_timestamp(now, 0).unwrap() - TimeDelta::hours(hours)).into()
}

/// The windows of a content from so many hours ago until so many hours ago.
fn windows(content: &str, from: i64, until: i64) -> Vec<Note> {
    let window = |hour: i64| Coverage {
        content: content.to_owned(),
        tenant: "contoso".to_owned(),
        from: hours_ago(hour),
        until: hours_ago(hour - 1),
        stage: Stage::Stored,
        items: Vec::new(),
    };
    let windows = (until + 1..=from).map(window);
    windows.map(|window| Note::new(window.note("office365"), &window).unwrap()).collect()
}

/// A folder with this configuration, and these notes in its store.
fn place(toml: &str, notes: &[Note]) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("aoc.toml"), format!("{ACCOUNT}{toml}")).unwrap();
    let store = format!("[store]\npath = {:?}\n", place.path().join("aoc.db").display().to_string());
    let mut config = Config::read(&store, "test", std::iter::empty()).unwrap();
    complete(&mut config).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let assembled = runtime.block_on(Assembled::of(&config, &registry())).unwrap();
    runtime.block_on(assembled.store.write(notes)).unwrap();
    place
}

fn aoc(place: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
    command.args(arguments).current_dir(place.path()).env_clear().stdin(Stdio::null());
    command.output().unwrap()
}

/// The exit code of `aoc gaps`, the streams it prints, and what it says beside them.
fn gaps(place: &TempDir, arguments: &[&str]) -> (Option<i32>, Vec<Value>, String) {
    let output = aoc(place, &[&["gaps", "--format", "json"], arguments].concat());
    let shown = String::from_utf8(output.stdout).unwrap();
    let streams = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code(), streams, String::from_utf8(output.stderr).unwrap())
}

const CONTENTS: [&str; 4] =
    ["Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General"];

#[test]
fn a_stream_that_ended_is_missing_since_then() {
    let mut notes: Vec<Note> = CONTENTS.iter().skip(1).flat_map(|content| windows(content, 60, 0)).collect();
    notes.extend(windows(CONTENTS[0], 60, 48));
    let place = place(OFFICE, &notes);
    for range in [&[][..], &["--since", "24h"], &["--since", "72h"]] {
        let (code, streams, said) = gaps(&place, range);
        assert_eq!((code, streams.len()), (Some(1), CONTENTS.len()), "{said}");
        let (dead, alive) = streams.split_first().unwrap();
        assert!(alive.iter().all(|stream| stream["gaps"] == json!([])), "{streams:#?}");
        let [gap] = &dead["gaps"].as_array().unwrap()[..] else { panic!("{dead}") };
        let from = if range == ["--since", "24h"] { hours_ago(25) } else { hours_ago(49) };
        let start = Timestamp::parse(gap["from"].as_str().unwrap()).unwrap();
        assert!(gap["kind"] == "missing" && from < start && start <= hours_ago(23), "{gap}");
        assert_eq!(gap["reason"], "no window covers it: the stream ends there");
    }
    let (_, streams, _) = gaps(&place, &["--since", "24h"]);
    let expected = format!(
        "1 gap; nothing of this time was asked for: the stream goes from {} until {}",
        hours_ago(60),
        hours_ago(48)
    );
    assert_eq!(streams[0]["sentence"], expected);
    let day = hours_ago(50).to_string();
    assert_eq!(gaps(&place, &["--until", &day]).0, Some(0), "until then all was there");
}

#[test]
fn a_stream_of_a_source_that_is_not_configured_any_more_has_no_end_to_reach() {
    let place = place("", &windows("Audit.Exchange", 60, 48));
    let (code, streams, said) = gaps(&place, &["--since", "24h"]);
    assert_eq!((code, streams[0]["gaps"].clone()), (Some(0), json!([])), "{said}");
    let sentence = streams[0]["sentence"].as_str().unwrap();
    assert!(sentence.ends_with("; it is not configured any more"), "{sentence}");
}

#[test]
fn a_configured_source_of_which_nothing_was_collected_is_no_whole_ledger() {
    let whole: Vec<Note> = CONTENTS.iter().flat_map(|content| windows(content, 5, 0)).collect();
    let place = place(&format!("{OFFICE}{OTHERS}"), &whole);
    let (code, streams, said) = gaps(&place, &[]);
    assert_eq!((code, streams.len()), (Some(1), 4));
    assert_eq!(
        said, "entra: nothing was collected yet; `aoc doctor` finds out why\n",
        "files keep no ledger"
    );
    assert_eq!(gaps(&place, &["--source", "office365"]).0, Some(0));
    assert_eq!(gaps(&place, &["--tenant", "contoso"]).0, Some(0));
    assert_eq!(gaps(&place, &["--source", "drop"]).0, Some(0), "it is configured");
    assert_eq!(gaps(&place, &["--tenant", "fabrikam"]).0, Some(1));
    let none = self::place(OFFICE, &[]);
    let (code, _, said) = gaps(&none, &["--content", "Audit.Exchange"]);
    assert_eq!(code, Some(1));
    assert!(said.starts_with("office365/Audit.Exchange: nothing was collected yet"), "{said}");
}

#[test]
fn a_source_that_nobody_has_is_an_error() {
    let place = place(&format!("{OFFICE}{OTHERS}"), &windows("Audit.Exchange", 5, 0));
    let (code, _, said) = gaps(&place, &["--source", "ofice365"]);
    assert_eq!(code, Some(1));
    let expected =
        "error: source: no source `ofice365`; did you mean `office365`?; there are: drop, entra, office365\n";
    assert_eq!(said, expected);
    let answer = Server::with_events(1).get("/api/gaps?source=x");
    let detail = answer.json()["detail"].clone();
    assert_eq!((answer.status, detail), (400, json!("source: no source `x`; none is configured")));
}

#[test]
fn an_answer_has_bounds_and_hides_no_loss() {
    let server = Server::with_events(0);
    let mut notes = windows("a", 3_000, 0);
    for (number, note) in notes.iter_mut().enumerate() {
        let mut window: Coverage = serde_json::from_value(note.value.clone()).unwrap();
        window.stage = if number.is_multiple_of(2) { Stage::Listed } else { Stage::Stored };
        if number == 5 {
            let item =
                |number| Item { id: format!("b{number}"), events: 0, hash: None, lost: Some("x".into()) };
            window.items = (0..1_500).map(item).collect();
        }
        *note = Note::new(window.note("office365"), &window).unwrap();
    }
    server.run(server.store.write(&notes)).unwrap();
    let stream = &server.get("/api/gaps").json()["streams"][0];
    let listed = stream["gaps"].as_array().unwrap();
    assert_eq!((listed.len(), &stream["more_gaps"]), (1_000, &json!(501)));
    let lost = listed.iter().find(|gap| gap["kind"] == "lost").unwrap();
    assert_eq!((lost["items"].as_array().unwrap().len(), &lost["more_items"]), (1_000, &json!(500)));
    assert!(listed.is_sorted_by_key(|gap| gap["from"].as_str().unwrap()));
}

#[test]
fn the_figures_of_a_stream_that_retention_has_forgotten_stay_while_it_is_configured() {
    for (toml, stays) in [(OFFICE, true), ("", false)] {
        let place = place(toml, &windows("Audit.Exchange", 60, 48));
        let text = format!(
            "{ACCOUNT}{toml}[store]\npath = {:?}\n",
            place.path().join("aoc.db").display().to_string()
        );
        let mut config = Config::read(&text, "test", std::iter::empty()).unwrap();
        complete(&mut config).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let page = runtime.block_on(async {
            let assembled = Assembled::of(&config, &registry()).await.unwrap();
            assembled.store.forget_before(hours_ago(24)).await.unwrap();
            assembled.at_rest().metrics(&aoc_server::Caller::local()).await.unwrap()
        });
        let line = r#"aoc_ledger_gaps{source="office365",tenant="contoso",content="Audit.Exchange"} 1"#;
        assert_eq!(page.lines().any(|other| other == line), stays, "{page}");
    }
}
