//! The source `jsonl` over files that are broken, being written or replaced: nothing is lost without a word.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    fs::OpenOptions,
    io::Write,
    path::Path,
    time::{Duration, SystemTime},
};

use aoc_connectors::jsonl::JsonLinesSource;
use aoc_core::{Bookmark, Cursor, ErrorKind, Source, Timestamp};
use serde_json::json;

const HEADER: &str = "RecordType,AuditData,Identity\n";

fn beginning() -> Bookmark {
    Bookmark::Since(Timestamp::parse("1970-01-01T00:00:00Z").unwrap())
}

/// What a source that knows nothing of before brings, until there is no more.
async fn all(path: &Path, mut from: Bookmark) -> (Vec<String>, Bookmark) {
    let mut texts = Vec::new();
    loop {
        let page = JsonLinesSource::new(path).fetch(&from).await.unwrap();
        texts.extend(page.records.iter().map(|record| record.raw.text().to_owned()));
        from = Bookmark::At(page.next);
        if !page.more {
            return (texts, from);
        }
    }
}

fn append(path: &Path, bytes: impl AsRef<[u8]>) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(bytes.as_ref()).unwrap();
}

fn settle(path: &Path) {
    let file = OpenOptions::new().append(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
}

fn row(number: usize) -> String {
    format!("A,\"{{\"\"Id\"\":\"\"{number}\"\"}}\",{number}\n")
}

fn ids(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("{{\"Id\":\"{number}\"}}")).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Reads until an error comes, and goes on asking; how many records came before it.
async fn until_error(path: &Path, forgets: bool) -> usize {
    let mut source = JsonLinesSource::new(path);
    let (mut from, mut count) = (beginning(), 0);
    let error = loop {
        match source.fetch(&from).await {
            Ok(page) => {
                assert!(page.more, "the end was reported after {count} records");
                count += page.records.len();
                from = Bookmark::At(page.next);
            }
            Err(error) => break error,
        }
        if forgets {
            source = JsonLinesSource::new(path);
        }
    };
    assert_eq!(error.kind(), ErrorKind::Rejected);
    for _ in 0..3 {
        assert_eq!(source.fetch(&from).await.unwrap_err().kind(), ErrorKind::Rejected);
        assert_eq!(JsonLinesSource::new(path).fetch(&from).await.unwrap_err().kind(), ErrorKind::Rejected);
    }
    count
}

#[tokio::test]
async fn a_broken_compressed_file_is_an_error_at_every_fetch_behind_its_readable_records() {
    let folder = tempfile::tempdir().unwrap();
    let lines: String =
        (0..1500).map(|n| format!("{{\"Id\":\"{n}\",\"h\":{}}}\n", n * 7919 % 1013)).collect();
    let rows: String = std::iter::once(HEADER.to_owned()).chain((0..1500).map(row)).collect();
    let whole = [
        ("lines.gz", gzip(lines.as_bytes())),
        ("lines.zst", zstd::encode_all(lines.as_bytes(), 1).unwrap()),
        ("rows.gz", gzip(rows.as_bytes())),
        ("header.gz", gzip(b"a name, and another")),
    ];
    for (name, bytes) in whole {
        for is_settled in [false, true] {
            let path = folder.path().join(format!("{is_settled}-{name}"));
            std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
            if is_settled {
                settle(&path);
            }
            let count = until_error(&path, false).await;
            assert!(name.ends_with("zst") || name.starts_with("header") || count > 100, "{name}: {count}");
            assert_eq!(until_error(&path, true).await, count, "{name}: each record comes once");
        }
    }
}

#[tokio::test]
async fn a_half_written_row_is_left_alone_until_its_line_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.csv");
    let torn = row(1);
    // Within a name, behind the header, within quotes, at a line break within quotes, before the line break.
    for cut in 1..torn.len() {
        std::fs::write(&path, HEADER.to_owned() + &row(0) + &torn[..cut]).unwrap();
        let (texts, at) = all(&path, beginning()).await;
        assert_eq!(texts, ids(0..1), "{cut}");
        append(&path, torn[cut..].to_owned() + &row(2));
        let (texts, at) = all(&path, at).await;
        assert_eq!(texts, ids(1..3), "{cut}");
        assert_eq!(all(&path, at).await.0, [""; 0]);
    }
    std::fs::write(&path, "Name,Text\r\nx,\"a\n").unwrap();
    let (texts, at) = all(&path, beginning()).await;
    assert_eq!(texts, [""; 0]);
    append(&path, "b\"\r\n");
    assert_eq!(all(&path, at).await.0, [r#"{"Name":"x","Text":"a\nb"}"#]);
}

#[tokio::test]
async fn a_header_being_written_waits_for_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.csv");
    let mut at = beginning();
    for piece in ["Name,Te", "xt", "\n", "x,y"] {
        append(&path, piece);
        let (texts, next) = all(&path, at).await;
        assert_eq!(texts, [""; 0], "{piece:?}");
        at = next;
    }
    append(&path, "\n");
    assert_eq!(all(&path, at).await.0, [r#"{"Name":"x","Text":"y"}"#]);
}

#[tokio::test]
async fn a_torn_row_that_was_given_is_read_again_once_it_is_whole_and_shifts_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paused.csv");
    let torn = row(1);
    append(&path, HEADER.to_owned() + &row(0) + &torn[..torn.len() - 8]);
    let (texts, at) = all(&path, beginning()).await;
    assert_eq!(texts, ids(0..1));
    settle(&path);
    let (texts, at) = all(&path, at).await;
    assert_eq!(texts.len(), 1, "the torn row as it is: {texts:?}");
    assert_eq!(all(&path, at.clone()).await.0, [""; 0]);
    append(&path, torn[torn.len() - 8..].to_owned() + &row(2));
    assert_eq!(all(&path, at).await.0, ids(1..3));
}

#[tokio::test]
async fn a_row_of_several_records_counts_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.csv");
    let odd = "A,\"{\"\"Id\"\":\"\"x\n\",\"{\"\"Id\"\":\"\"y\"\"}\"\n";
    append(&path, HEADER.to_owned() + odd + &row(0));
    let (texts, at) = all(&path, beginning()).await;
    assert_eq!(texts.len(), 3, "{texts:?}");
    append(&path, row(1) + &row(2));
    assert_eq!(all(&path, at).await.0, ids(1..3));
}

#[tokio::test]
async fn a_table_of_many_pages_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.csv");
    append(&path, HEADER.to_owned() + &(0..2500).map(row).collect::<String>());
    let (texts, at) = all(&path, beginning()).await;
    assert!(texts == ids(0..2500), "{}", texts.len());
    assert_eq!(all(&path, at).await.0, [""; 0]);
}

#[tokio::test]
async fn another_file_in_its_place_is_read_from_its_start_even_if_it_is_longer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rotated.ndjson");
    for size in [3, 300] {
        std::fs::write(&path, ids(0..size).join("\n") + "\n").unwrap();
        let (texts, at) = all(&path, beginning()).await;
        assert_eq!(texts.len(), size);
        append(&path, "{\"Id\":\"more\"}\n");
        let (texts, at) = all(&path, at).await;
        assert_eq!(texts, [r#"{"Id":"more"}"#], "the same file");
        let length = std::fs::metadata(&path).unwrap().len();
        let other = ids(1000..1000 + 2 * size).join("\n") + "\n";
        std::fs::write(&path, &other).unwrap();
        assert_eq!(all(&path, at.clone()).await.0, ids(1000..1000 + 2 * size));
        std::fs::write(&path, &other.as_bytes()[..usize::try_from(length).unwrap()]).unwrap();
        assert!(all(&path, at).await.0.len() > size / 2, "another of the same length");
    }
}

#[tokio::test]
async fn a_text_line_with_a_comma_does_not_make_a_table_of_the_lines_that_follow() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.ndjson");
    append(&path, "{\"Id\":\"0\"}\n");
    let (_, at) = all(&path, beginning()).await;
    append(&path, "Restarted, going on\n");
    let (texts, at) = all(&path, at).await;
    assert_eq!(texts, ["\"Restarted, going on\""]);
    append(&path, "{\"Id\":\"1\"}\n");
    assert_eq!(all(&path, at).await.0, ids(1..2));
}

#[tokio::test]
async fn cursors_of_versions_that_knew_no_head_and_no_rows_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |cursor: serde_json::Value| Bookmark::At(Cursor::of(cursor).unwrap());
    let lines = folder.path().join("lines.ndjson");
    append(&lines, ids(0..3).join("\n") + "\n");
    assert_eq!(all(&lines, at(json!({"records": 1, "bytes": 10}))).await.0, ids(1..3));
    let table = folder.path().join("table.csv");
    append(&table, HEADER.to_owned() + &(0..3).map(row).collect::<String>());
    let (texts, next) = all(&table, at(json!({"records": 2, "end": 60}))).await;
    assert_eq!(texts, ids(2..3));
    append(&table, row(3));
    assert_eq!(all(&table, next).await.0, ids(3..4));
}
