//! What the ledger proves, told by API, figures and command line; and an export compared with the store.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod common;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use aoc_core::{
    Bookmark, Cursor, Event, Feed, MemoryStore, Normalizer, Outcome, Page, Pipeline, Record, Result, Source,
    Timestamp,
    config::Config,
    ledger::{Coverage, Item, Stage},
    store::{Note, Notebook},
};
use aoc_server::{
    Caller, Operations, ServerConfig,
    assemble::{Assembled, complete, registry},
};
use async_trait::async_trait;
use common::Server;
use serde_json::{Value, json};
use tempfile::TempDir;

const MARCH: &str = "2026-03-02T00:00:00Z";

fn at(hour: i64) -> Timestamp {
    let first = Timestamp::parse(MARCH).unwrap().instant();
    (first + chrono::TimeDelta::hours(hour)).into()
}

fn window(content: &str, hour: i64, stage: Stage) -> Coverage {
    let item = Item { id: format!("blob{hour}"), events: 100, hash: None, lost: None };
    Coverage {
        content: content.to_owned(),
        tenant: "contoso".to_owned(),
        from: at(hour),
        until: at(hour + 1),
        stage,
        items: vec![item],
    }
}

/// Exchange is whole; SharePoint has lost hour 3 and a blob of hour 8, was not asked for hour 5, and fetches hour 10.
fn ledger() -> Vec<Note> {
    let mut windows: Vec<Coverage> =
        (0..12).map(|hour| window("Audit.Exchange", hour, Stage::Sealed)).collect();
    for hour in (0..10).filter(|hour| *hour != 5) {
        let stage = if hour == 3 { Stage::Lost("expired".into()) } else { Stage::Stored };
        windows.push(window("Audit.SharePoint", hour, stage));
    }
    windows.last_mut().unwrap().stage = Stage::Sealed;
    windows.push(window("Audit.SharePoint", 10, Stage::Listed));
    let bad = Item { id: "bad".into(), events: 0, hash: None, lost: Some("AF20051".into()) };
    windows.iter_mut().find(|w| w.content == "Audit.SharePoint" && w.from == at(8)).unwrap().items.push(bad);
    windows.iter().map(|window| Note::new(window.note("office365"), window).unwrap()).collect()
}

fn server_with(notes: &[Note]) -> Server {
    let server = Server::with_events(0);
    server.run(server.store.write(notes)).unwrap();
    server
}

fn kinds(stream: &Value) -> Vec<String> {
    let gaps = stream["gaps"].as_array().unwrap();
    gaps.iter()
        .map(|gap| format!("{} {}", gap["kind"].as_str().unwrap(), gap["from"].as_str().unwrap()))
        .collect()
}

#[test]
fn gaps_are_told_by_stream() {
    let answer = server_with(&ledger()).get("/api/gaps").json();
    let [exchange, share_point] = &answer["streams"].as_array().unwrap()[..] else { panic!("{answer}") };
    assert_eq!(
        exchange["sentence"],
        "complete from 2026-03-02T00:00:00Z until 2026-03-02T12:00:00Z: 12 windows, 12 blobs, 1,200 records"
    );
    assert_eq!((&exchange["gaps"], &exchange["sealed_until"]), (&json!([]), &json!("2026-03-02T12:00:00Z")));
    assert_eq!(exchange["digest"].as_str().unwrap().len(), 64);
    assert!(share_point["sentence"].as_str().unwrap().starts_with("3 gaps; complete from "), "{share_point}");
    assert_eq!(
        kinds(share_point),
        [
            "lost 2026-03-02T03:00:00Z",
            "missing 2026-03-02T05:00:00Z",
            "lost 2026-03-02T08:00:00Z",
            "incomplete 2026-03-02T10:00:00Z"
        ]
    );
    assert_eq!(share_point["gaps"][2]["items"], json!(["bad"]));
    assert_eq!(
        share_point["windows"],
        json!({"listed": 1, "fetched": 0, "lost": 1, "stored": 7, "sealed": 1})
    );
}

#[test]
fn gaps_can_be_asked_for_by_stream_and_range_with_a_strip() {
    let server = server_with(&ledger());
    for (query, expected) in [
        ("source=OFFICE365", 2),
        ("content=Audit.Exchange,Audit.Other", 1),
        ("tenant=other", 0),
        ("from=2026-03-02T11:30:00Z", 2),
        ("until=2026-03-01", 2),
    ] {
        let answer = server.get(&format!("/api/gaps?{query}")).json();
        assert_eq!(answer["streams"].as_array().unwrap().len(), expected, "{query}: {answer}");
    }
    let part = server.get(
        "/api/gaps?from=2026-03-02T05:15:00Z&until=2026-03-02T05:45:00Z&strip=true&content=Audit.SharePoint",
    );
    let stream = &part.json()["streams"][0];
    assert_eq!(kinds(stream), ["missing 2026-03-02T05:15:00Z"], "a hole is a hole in any part of it");
    let strip =
        json!([{"from": "2026-03-02T05:15:00Z", "until": "2026-03-02T05:45:00Z", "standing": "missing"}]);
    assert_eq!(stream["strip"], strip);
    for (query, expected) in [
        ("sorce=x", "unknown parameter `sorce`; did you mean `source`?"),
        ("from=soon", "from: not a time: `soon`"),
        ("from=2026-01-02&until=2026-01-01", "until: 2026-01-01T00:00:00Z is before from"),
        ("strip=1", "strip: `1` is none of false, true"),
    ] {
        let answer = server.get(&format!("/api/gaps?{query}"));
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && detail.starts_with(expected), "{query}: {detail}");
    }
}

#[test]
fn a_note_that_cannot_be_read_and_the_horizon_are_told() {
    let server = server_with(&ledger());
    let broken = Note { key: "ledger/office365/contoso/x/2026".into(), value: json!(1) };
    server.run(server.store.write(&[broken])).unwrap();
    server.run(aoc_core::EventLog::forget_before(&server.store, at(6))).unwrap();
    let answer = server.get("/api/gaps").json();
    assert_eq!(answer["unreadable"][0]["key"], "ledger/office365/contoso/x/2026");
    assert_eq!(answer["forgotten_before"], "2026-03-02T06:00:00Z");
    assert_eq!(answer["streams"][1]["first"], "2026-03-02T06:00:00Z");
    assert_eq!(kinds(&answer["streams"][1]).len(), 2, "what was lost before is forgotten with all else");
}

#[test]
fn the_ledger_has_figures() {
    let page = server_with(&ledger()).get("/metrics").body;
    for line in [
        r#"aoc_ledger_gaps{source="office365",tenant="contoso",content="Audit.Exchange"} 0"#,
        r#"aoc_ledger_gaps{source="office365",tenant="contoso",content="Audit.SharePoint"} 3"#,
        r#"aoc_ledger_complete_until_seconds{source="office365",tenant="contoso",content="Audit.SharePoint"} 1772420400"#,
        r#"aoc_ledger_sealed_until_seconds{source="office365",tenant="contoso",content="Audit.Exchange"} 1772452800"#,
        "aoc_ledger_unreadable_notes 0",
        "# TYPE aoc_event_delay_seconds histogram",
    ] {
        assert!(page.lines().any(|other| other == line), "{line}\n{page}");
    }
}

/// Brings nothing in its first round and one late event in its second.
struct Late(std::sync::atomic::AtomicUsize);

#[async_trait]
impl Source for Late {
    async fn fetch(&self, _: &Bookmark) -> Result<Page> {
        let round = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let records = if round == 1 { vec![Record::from("late")] } else { Vec::new() };
        let mut page = Page::new(records, Cursor::of(round)?);
        page.warnings = vec!["the vendor is slow".into()];
        page.coverage = vec![window("", 0, Stage::Stored), window("", 4, Stage::Stored)];
        Ok(page)
    }
}

impl Normalizer for Late {
    fn normalize(&self, _: &Record) -> Result<Event> {
        let now = chrono::Utc::now();
        let mut event = Event::new("late", "1", (now - chrono::TimeDelta::minutes(20)).into());
        event.available_at = Some((now - chrono::TimeDelta::minutes(8)).into());
        (event.service, event.result) = ("Exchange".into(), Outcome::Success);
        Ok(event)
    }
}

#[test]
fn source_health_tells_gaps_warnings_and_delays() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let operations = runtime.block_on(async {
        let store = Arc::new(MemoryStore::new());
        let late = || Late(std::sync::atomic::AtomicUsize::new(0));
        let running = Pipeline::over(store.clone()).source("late", Feed::new(late(), late())).start();
        for _ in 0..2 {
            tokio::time::timeout(Duration::from_secs(20), running.fetch_now("late")).await.unwrap().unwrap();
        }
        Operations::new(store.clone(), store).with(running)
    });
    let server = Server::over(operations, &ServerConfig::default(), Caller::open());
    let health = server.get("/api/source-health").json();
    let source = &health["sources"][0];
    assert_eq!(
        (&source["known_gaps"], &source["complete_until"]),
        (&json!(1), &json!("2026-03-02T01:00:00Z"))
    );
    assert_eq!(source["warnings"], json!(["the vendor is slow"]));
    assert_eq!(source["delays"]["Exchange"]["vendor"]["buckets"][2], 1, "{source}");
    let page = server.get("/metrics").body;
    for line in [
        r#"aoc_event_delay_seconds_bucket{service="Exchange",part="vendor",le="300"} 0"#,
        r#"aoc_event_delay_seconds_bucket{service="Exchange",part="vendor",le="900"} 1"#,
        r#"aoc_event_delay_seconds_bucket{service="Exchange",part="vendor",le="+Inf"} 1"#,
        r#"aoc_event_delay_seconds_bucket{service="Exchange",part="ours",le="900"} 1"#,
        r#"aoc_event_delay_seconds_count{service="Exchange",part="ours"} 1"#,
        r#"aoc_event_delay_seconds_sum{service="Exchange",part="vendor"} 720"#,
    ] {
        assert!(page.lines().any(|other| other == line), "{line}\n{page}");
    }
}

/// A folder of its own for a test, and `aoc` run in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(name), content).unwrap();
    }

    fn aoc(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.args(arguments).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command.output().unwrap()
    }

    fn import(&self, file: &str) {
        let output = self.aoc(&["import", file]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// Writes notes into the store that `aoc` uses here.
    fn write(&self, notes: &[Note]) {
        let toml = format!("[store]\npath = {:?}\n", self.0.path().join("aoc.db").display().to_string());
        let mut config = Config::read(&toml, "test", std::iter::empty()).unwrap();
        complete(&mut config).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let assembled = runtime.block_on(Assembled::of(&config, &registry())).unwrap();
        runtime.block_on(assembled.store.write(notes)).unwrap();
    }

    /// What a comparison lists: how they differ, and the id.
    fn reconcile(&self, file: &str) -> (Option<i32>, Vec<(String, String)>, String) {
        let output = self.aoc(&["reconcile", file, "--format", "json"]);
        let shown = text(&output.stdout);
        let lines = shown.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let mut differences: Vec<(String, String)> =
            lines.map(|line| (word(&line["differs"]), word(&line["id"]))).collect();
        differences.sort();
        (output.status.code(), differences, text(&output.stderr))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_command_line_tells_gaps_and_its_exit_code_says_whether_there_is_one() {
    let place = Place::new();
    place.write(&ledger());
    let output = place.aoc(&["gaps"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(
        shown.contains("complete from 2026-03-02T00:00:00Z until 2026-03-02T12:00:00Z: 12 windows"),
        "{shown}"
    );
    assert!(shown.contains("lost        2026-03-02T03:00:00Z  2026-03-02T04:00:00Z  office365"), "{shown}");
    assert!(
        shown.contains("AF20051: blob bad") && shown.contains("listed, not fetched yet (ended "),
        "{shown}"
    );
    let whole = place.aoc(&["gaps", "--content", "Audit.Exchange", "--format", "json"]);
    let stream: Value = serde_json::from_slice(&whole.stdout).unwrap();
    assert_eq!((whole.status.code(), &stream["blobs"]), (Some(0), &json!(12)));
    let later = place.aoc(&["gaps", "--from", "2026-03-02T09:00:00Z"]);
    assert_eq!(later.status.code(), Some(0), "work under way is no fault: {}", text(&later.stdout));
    let none = place.aoc(&["gaps", "--since", "1h"]);
    assert_eq!(none.status.code(), Some(0));
    assert!(text(&none.stdout).contains("nothing of this time was asked for"), "{}", text(&none.stdout));
}

/// A record of the Office 365 Management Activity API, invented.
fn office(number: usize) -> Value {
    json!({
        "CreationTime": format!("2026-03-02T{:02}:{:02}:{:02}", number / 3600 % 24, number / 60 % 60, number % 60),
        "Id": id(number),
        "Operation": "FileAccessed",
        "OrganizationId": "11111111-1111-4111-8111-111111111111",
        "RecordType": 6,
        "UserType": 0,
        "Workload": if number.is_multiple_of(2) { "SharePoint" } else { "OneDrive" },
        "UserId": format!("user{}@contoso.example", number % 5),
        "ObjectId": format!("https://contoso.example/file-{number}"),
    })
}

fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn lines(records: impl Iterator<Item = Value>) -> String {
    records.map(|record| format!("{record}\n")).collect()
}

const ALL: usize = 3_000;

/// 37 numbers between the first and the last.
fn removed() -> BTreeSet<usize> {
    (0..37).map(|number| 41 + number * 79).collect()
}

fn expected(differs: &str) -> Vec<(String, String)> {
    removed().into_iter().map(|number| (differs.to_owned(), id(number))).collect()
}

#[test]
fn reconcile_lists_exactly_what_the_store_lacks() {
    let place = Place::new();
    place.file("part.ndjson", lines((0..ALL).filter(|number| !removed().contains(number)).map(office)));
    place.file("all.ndjson", lines((0..ALL).chain([41, 42]).map(office)));
    place.import("part.ndjson");
    let (code, differences, said) = place.reconcile("all.ndjson");
    assert_eq!(differences, expected("store_lacks"), "{said}");
    assert_eq!(code, Some(1));
    assert!(said.contains("3002 records in 1 file; 2 repeat another one"), "{said}");
    assert!(said.contains("scope: office365_activity (OneDrive, SharePoint), tenant 11111111-"), "{said}");
    place.import("all.ndjson");
    assert_eq!(place.reconcile("all.ndjson").0, Some(0));
}

#[test]
fn reconcile_lists_exactly_what_the_file_lacks_within_its_scope() {
    let place = Place::new();
    let mut others: Vec<Value> = (ALL..ALL + 50).map(office).collect();
    for (number, other) in others.iter_mut().enumerate() {
        match number % 3 {
            // Another service, another tenant, another time.
            0 => {
                (other["Workload"], other["CreationTime"]) = (json!("Exchange"), json!("2026-03-02T00:10:00"))
            }
            1 => {
                other["OrganizationId"] = json!("22222222-2222-4222-8222-222222222222");
                other["CreationTime"] = json!("2026-03-02T00:10:00");
            }
            _ => other["CreationTime"] = json!("2026-03-03T00:10:00"),
        }
    }
    place.file("all.ndjson", lines((0..ALL).map(office).chain(others)));
    place.file("part.ndjson", lines((0..ALL).filter(|number| !removed().contains(number)).map(office)));
    place.import("all.ndjson");
    let (code, differences, said) = place.reconcile("part.ndjson");
    assert_eq!(differences, expected("file_lacks"), "{said}");
    assert_eq!(code, Some(0), "the store lacks nothing");
}

#[test]
fn reconcile_tells_other_contents_and_unreadable_rows() {
    let place = Place::new();
    place.file("all.ndjson", lines((0..20).map(office)));
    place.import("all.ndjson");
    let mut changed: Vec<Value> = (0..20).map(office).collect();
    changed[7]["UserId"] = json!("=mallory()");
    place.file("changed.ndjson", lines(changed.into_iter()) + "{\"neither\":\"this\"}\nnor this\n");
    let (code, differences, said) = place.reconcile("changed.ndjson");
    assert_eq!((code, differences), (Some(1), vec![("other_content".to_owned(), id(7))]), "{said}");
    assert!(said.contains("2 cannot be read and were not compared"), "{said}");
    let csv = text(&place.aoc(&["reconcile", "changed.ndjson", "--format", "csv"]).stdout);
    assert!(csv.starts_with("\"differs\",\"timestamp\",") && csv.contains("\"'=mallory()\""), "{csv}");
    let table = text(&place.aoc(&["reconcile", "changed.ndjson"]).stdout);
    assert!(table.starts_with("DIFFERS ") && table.lines().count() == 2, "{table}");
    place.import("changed.ndjson");
    assert_eq!(place.reconcile("changed.ndjson").1, [], "the store keeps both");
    let (code, differences, said) = place.reconcile("changed.ndjson");
    assert_eq!((code, differences), (Some(1), vec![]), "who knows what cannot be read? {said}");
    assert_eq!(place.reconcile("all.ndjson").1, [], "a revision is no surplus");
    assert_eq!(place.reconcile("missing.ndjson").0, Some(1));
}

#[test]
fn a_comparison_of_nothing_proves_nothing() {
    let place = Place::new();
    place.file("all.ndjson", lines((0..20).map(office)));
    place.import("all.ndjson");
    for (name, content) in [("empty.ndjson", ""), ("garbage.ndjson", "nor this\n")] {
        place.file(name, content);
        let (code, differences, said) = place.reconcile(name);
        assert_eq!((code, differences), (Some(1), vec![]), "{said}");
        assert!(said.contains("nothing was compared"), "{said}");
        let csv = text(&place.aoc(&["reconcile", name, "--format", "csv"]).stdout);
        assert!(csv.starts_with("\"differs\",") && csv.lines().count() == 1, "{csv}");
    }
    let mut rows: Vec<Value> = (0..20).chain([3, 3]).map(office).collect();
    rows[20]["UserId"] = json!("other@contoso.example");
    place.file("revised.ndjson", lines(rows.into_iter()));
    let said = place.reconcile("revised.ndjson").2;
    assert!(said.contains("22 records in 1 file; 1 repeat another one"), "a revision is no repeat: {said}");
}

/// The ids of an audit export, one per row.
fn ids_of(path: &Path) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let data = reader.headers().unwrap().iter().position(|name| name == "AuditData").unwrap();
    let id = |row: csv::StringRecord| serde_json::from_str::<Value>(&row[data]).unwrap()["Id"].clone();
    reader.records().map(|row| id(row.unwrap()).as_str().unwrap().to_owned()).collect()
}

/// The export without the rows of some ids.
fn without(path: &Path, ids: &[String], left_out: &BTreeSet<String>) -> Vec<u8> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(reader.headers().unwrap()).unwrap();
    for (row, id) in reader.records().zip(ids) {
        if !left_out.contains(id) {
            writer.write_record(&row.unwrap()).unwrap();
        }
    }
    writer.into_inner().unwrap()
}

#[test]
fn a_real_audit_export_is_reconciled() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/ual_export.csv");
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return;
    }
    let ids = ids_of(&path);
    let distinct: BTreeSet<&String> = ids.iter().collect();
    let removed: BTreeSet<String> = distinct.into_iter().skip(11).step_by(83).take(37).cloned().collect();
    let place = Place::new();
    place.file("part.csv", without(&path, &ids, &removed));
    place.import("part.csv");
    let path = path.display().to_string();
    let listed =
        |differs: &str| removed.iter().map(|id| (differs.to_owned(), id.clone())).collect::<Vec<_>>();
    let (code, differences, said) = place.reconcile(&path);
    assert_eq!((code, differences), (Some(1), listed("store_lacks")), "{said}");
    place.import(&path);
    let (code, differences, said) = place.reconcile(&path);
    assert_eq!((code, differences), (Some(0), Vec::new()), "{said}");
    let (code, differences, said) = place.reconcile("part.csv");
    assert_eq!((code, differences), (Some(0), listed("file_lacks")), "{said}");
}
