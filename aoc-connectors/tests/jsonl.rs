//! The source `jsonl`: restarting anywhere skips nothing, and a file that grows is followed.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{fs::OpenOptions, io::Write, path::Path};

use aoc_connectors::{JsonLines, jsonl::JsonLinesSource};
use aoc_core::{Bookmark, Component, ErrorKind, Kind, Registry, Source, Timestamp};

const BEGINNING: &str = "1970-01-01T00:00:00Z";

fn beginning() -> Bookmark {
    Bookmark::Since(Timestamp::parse(BEGINNING).unwrap())
}

/// All there is, each page asked of a source that knows nothing of the pages before where `forgets`.
async fn all(path: &Path, mut from: Bookmark, forgets: bool) -> (Vec<String>, Bookmark) {
    let mut source = JsonLinesSource::new(path);
    let mut texts = Vec::new();
    loop {
        let page = source.fetch(&from).await.unwrap();
        texts.extend(page.records.iter().map(|record| record.raw.text().to_owned()));
        from = Bookmark::At(page.next);
        if !page.more {
            return (texts, from);
        }
        if forgets {
            source = JsonLinesSource::new(path);
        }
    }
}

fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("{{\"Id\":\"{number}\"}}")).collect()
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[tokio::test]
async fn restarting_at_any_cursor_skips_nothing_whatever_the_shape() {
    let folder = tempfile::tempdir().unwrap();
    let records = numbered(0..2500);
    let lines = records.join("\n") + "\n";
    let shapes: [(&str, Vec<u8>); 4] = [
        ("lines", lines.clone().into_bytes()),
        ("array", format!("[{}]", records.join(",")).into_bytes()),
        ("page", format!("{{\"value\":[{}],\"@odata.nextLink\":\"x\"}}", records.join(",\n")).into_bytes()),
        ("zstd", zstd::encode_all(lines.as_bytes(), 1).unwrap()),
    ];
    for (name, bytes) in shapes {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        for forgets in [false, true] {
            let (texts, end) = all(&path, beginning(), forgets).await;
            assert!(texts == records, "{name}");
            assert_eq!(all(&path, end, true).await.0, [""; 0], "{name}");
        }
    }
}

#[tokio::test]
async fn a_growing_file_is_followed_line_by_whole_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.ndjson");
    append(&path, "{\"Id\":\"0\"}\n{\"Id\":");
    let (texts, at) = all(&path, beginning(), false).await;
    assert_eq!(texts, numbered(0..1));
    let (texts, at) = all(&path, at, false).await;
    assert_eq!(texts, [""; 0]);
    append(&path, "\"1\"}\n{\"Id\":\"2\"}\n");
    let (texts, at) = all(&path, at, false).await;
    assert_eq!(texts, numbered(1..3));
    std::fs::write(&path, "{\"Id\":\"0\"}\n").unwrap();
    assert_eq!(all(&path, at, false).await.0, numbered(0..1));
}

#[tokio::test]
async fn the_broken_end_of_a_file_that_nobody_writes_is_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("truncated.ndjson");
    append(&path, "{\"Id\":\"0\"}\n{\"Id\":");
    let file = OpenOptions::new().append(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).unwrap();
    let (texts, at) = all(&path, beginning(), false).await;
    assert_eq!(texts, ["{\"Id\":\"0\"}", r#""{\"Id\":""#]);
    assert_eq!(all(&path, at, false).await.0, [""; 0]);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_unavailable_and_named() {
    let error = JsonLinesSource::new("/nowhere/records.ndjson").fetch(&beginning()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.chain().contains("/nowhere/records.ndjson"), "{error}");
    assert_eq!(
        error.to_string(),
        "the file cannot be read",
        "whoever reads over the API need not know where"
    );
}

#[tokio::test]
async fn it_is_registered_and_builds() {
    let mut registry = Registry::new();
    aoc_connectors::register(&mut registry);
    let entry = registry.find(Kind::Source, "jsonl").unwrap();
    assert_eq!(entry.example, JsonLines::EXAMPLE);
    entry.build(serde_json::json!({ "path": "x" })).await.unwrap();
    assert!(entry.build(serde_json::json!({ "path": "x", "pth": "y" })).await.is_err());
}
