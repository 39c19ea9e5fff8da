//! The reader: every shape of file, and nothing lost in broken ones.
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{self, Cursor, Read, Write};

use aoc_connectors::{RecordReader, read_records};
use aoc_core::ErrorKind;

fn raws(bytes: &[u8]) -> Vec<String> {
    read_records(bytes).map(|record| record.unwrap().raw.text().to_owned()).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(raws(text.as_bytes()), expected, "{text}");
    // However the bytes arrive.
    let slow = RecordReader::new(OneByOne(Cursor::new(text.as_bytes().to_vec())));
    let slow: Vec<String> = slow.map(|record| record.unwrap().raw.text().to_owned()).collect();
    assert_eq!(slow, expected, "one by one: {text}");
}

struct OneByOne<R>(R);

impl<R: Read> Read for OneByOne<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(&mut into[..1])
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn lines_arrays_pages_and_objects_one_after_another() {
    check("", &[]);
    check("\n \n", &[]);
    check("{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}", &["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"]);
    check("\u{feff}{\"a\":1}\n\u{feff}{\"a\":2}", &["{\"a\":1}", "{\"a\":2}"]);
    check("[{\"a\":1},{\"a\":[2]}]", &["{\"a\":1}", "{\"a\":[2]}"]);
    check("[1,\"a\" , {\"b\":2}, null]", &["1", "\"a\"", "{\"b\":2}", "null"]);
    check("[]\n[{\"a\":1}]{\"a\":2}", &["{\"a\":1}", "{\"a\":2}"]);
    check("{\n  \"a\": 1.50\n}\n{\n  \"b\": {\n  }\n}", &["{\n  \"a\": 1.50\n}", "{\n  \"b\": {\n  }\n}"]);
    check("{\"a\":1}{\"b\":2} {\"c\":3}", &["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]);
    check("{\"value\":[{\"a\":1},{\"a\":2}]}", &["{\"a\":1}", "{\"a\":2}"]);
    check(
        "{\n \"@odata.context\": \"x\\\"\",\"@odata.count\":2,\n \"value\" : [ {\"a\":1} ],\n \"@odata.nextLink\":\"y\"\n}\n{\"value\":[{\"a\":2}]}",
        &["{\"a\":1}", "{\"a\":2}"],
    );
    check("{\"records\":[{\"a\":1},{\"a\":2}]}\n{\"records\":[]}", &["{\"a\":1}", "{\"a\":2}"]);
    check("[{\"records\":[{\"a\":1}]},{\"records\":[{\"a\":2}]}]", &["{\"a\":1}", "{\"a\":2}"]);
    check(
        "{\"value\":[{\"a\":1}],\"value\":[{\"a\":2}]}\n{\"a\":3}",
        &["{\"a\":1}", r#"",\"value\":[{\"a\":2}]}""#, "{\"a\":3}"],
    );
    check("{\"value\":[{\"a\":1}]\n{\"value\":[{\"a\":2}]", &["{\"a\":1}", "{\"a\":2}"]);
    check("{\"value\":\"no page\"}", &["{\"value\":\"no page\"}"]);
}

#[test]
fn wrappers_give_what_they_wrap() {
    check("{\"source\":\"o365\",\"event\":{\"a\": 1}}", &["{\"a\": 1}"]);
    check("{\"event\":{\"a\":1},\"source\":\"o365\"}", &["{\"a\":1}"]);
    check("{\"source\":\"o365\",\"event\":1}", &["{\"source\":\"o365\",\"event\":1}"]);
    check(r#"{"Identity":"x","AuditData":"{\"Id\":\"x\"}"}"#, &[r#"{"Id":"x"}"#]);
    check(r#"[{"AuditData":{"Id":"x"}}]"#, &[r#"{"Id":"x"}"#]);
    check(r#"{"AuditData":"{\"Id\""}"#, &[r#"{"AuditData":"{\"Id\""}"#]);
}

#[test]
fn a_broken_line_is_a_record_of_its_own() {
    check("{\"a\":1}\n{\"a\":\n{\"a\":3}", &["{\"a\":1}", r#""{\"a\":""#, "{\"a\":3}"]);
    check("{\"a\":\n{\"a\":3}\n{\"a\":4}", &[r#""{\"a\":""#, "{\"a\":3}", "{\"a\":4}"]);
    check("{\"a\":1}\n{\"a\":{\"b\":1\n{\"a\":3}\n", &["{\"a\":1}", r#""{\"a\":{\"b\":1""#, "{\"a\":3}"]);
    check("{\"a\":\"x\n{\"a\":2}\n", &[r#""{\"a\":\"x""#, "{\"a\":2}"]);
    check("{\"a\":1}}\n{\"a\":2}", &["{\"a\":1}", r#""}""#, "{\"a\":2}"]);
    check("hello\n{\"a\":2}", &["\"hello\"", "{\"a\":2}"]);
    check("12\n\"text\"\nnull", &["12", "\"text\"", "null"]);
    check("{\"a\":\"\\x\"}\n{\"a\":2}", &[r#""{\"a\":\"\\x\"}""#, "{\"a\":2}"]);
    check("{\"a\":1", &[r#""{\"a\":1""#]);
}

#[test]
fn a_broken_element_does_not_take_the_others_with_it() {
    check(
        r#"[{"Id":1,"n":[{"Name":"x"}]},{"Id":2,"n":"x},{"Id":3,"n":"y"}]"#,
        &[r#"{"Id":1,"n":[{"Name":"x"}]}"#, r#""{\"Id\":2,\"n\":\"x}""#, r#"{"Id":3,"n":"y"}"#],
    );
    check(
        "[\n  {\n    \"Id\": 1\n  },\n  {\n    \"Id\": 2,,\n  },\n  {\n    \"Id\": 3\n  }\n]",
        &["{\n    \"Id\": 1\n  }", r#""{\n    \"Id\": 2,,\n  }""#, "{\n    \"Id\": 3\n  }"],
    );
    check("{\n  \"a\": x\n}\n{\n  \"a\": 2\n}", &[r#""{\n  \"a\": x\n}""#, "{\n  \"a\": 2\n}"]);
}

#[test]
fn what_is_no_text_is_kept_in_base64() {
    assert_eq!(raws(b"{\"a\":\"\xff\"}\n{\"a\":2}"), [r#"{"base64":"eyJhIjoi/yJ9"}"#, r#"{"a":2}"#]);
}

#[test]
fn utf_16_is_read_by_its_mark() {
    let text = "{\"a\":\"é🙂\"}\r\n{\"a\":2}";
    for (mark, bytes) in [
        (&b"\xff\xfe"[..], text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
        (&b"\xfe\xff"[..], text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ] {
        assert_eq!(raws(&[mark, &bytes].concat()), ["{\"a\":\"é🙂\"}", "{\"a\":2}"]);
    }
    let lone: Vec<u8> =
        "{\"a\":\"?\"}".encode_utf16().flat_map(|u| if u == 63 { 0xd800 } else { u }.to_le_bytes()).collect();
    assert!(raws(&[b"\xff\xfe", &lone[..]].concat())[0].starts_with("{\"base64\""));
    assert_eq!(raws(b"\xff\xfe1"), [r#"{"base64":"/zE="}"#]);
}

#[test]
fn compressed_inputs_are_found_by_their_magic() {
    let (one, two) = (b"{\"a\":1}\n", b"{\"a\":2}\n");
    let expected = ["{\"a\":1}", "{\"a\":2}"];
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    assert_eq!(raws(&[gzip(one), gzip(two)].concat()), expected);
    assert_eq!(raws(&[zstd(one), zstd(two)].concat()), expected);
    assert_eq!(raws(&gzip(&zstd(&[&one[..], two].concat()))), expected);
    assert_eq!(raws(&zstd(&gzip(&[&one[..], two].concat()))), expected);
}

#[test]
fn broken_compression_is_an_error_after_all_that_was_readable() {
    let text: String = (0..5000).map(|n| format!("{{\"a\":{n}}}\n")).collect();
    let whole = gzip(text.as_bytes());
    let mut reader = read_records(&whole[..whole.len() / 2]);
    let mut count = 0;
    let error = loop {
        match reader.next_record() {
            Ok(Some(_)) => count += 1,
            Ok(None) => panic!("no error"),
            Err(error) => break error,
        }
    };
    assert!(count > 100, "{count}");
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(reader.next_record().unwrap().is_none());
}

struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is gone"))
    }
}

#[test]
fn an_input_that_cannot_be_read_is_unavailable() {
    let mut reader = read_records((&b"{\"a\":1}\n{\"a\""[..]).chain(Failing));
    assert_eq!(reader.next_record().unwrap().unwrap().raw.text(), "{\"a\":1}");
    assert_eq!(reader.next_record().unwrap().unwrap().raw.text(), r#""{\"a\"""#);
    assert_eq!(reader.next_record().unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(reader.next_record().unwrap().is_none());
}

#[test]
fn audit_exports_give_their_audit_data() {
    let csv = "\u{feff}#TYPE Selected.Something\r\n\"RecordType\",\"AuditData\",\"Identity\"\r\n\
               \"A\",\"{\"\"Id\"\":\"\"1\"\",\"\"x\"\":\"\"a,b\nc\"\"}\",\"1\"\r\nB,\"{\"\"Id\"\":\"\"2\"\"}\",2\r\n";
    check(
        csv,
        &[
            r#"{"AuditData":"{\"Id\":\"1\",\"x\":\"a,b\nc\"}","Identity":"1","RecordType":"A"}"#,
            r#"{"Id":"2"}"#,
        ],
    );
    check(
        "RecordType;AuditData;Identity\nA;\"{\"\"Id\"\":\"\"1\"\"}\";1\nB;{\"Id\":\"2\"};2\n",
        &[r#"{"Id":"1"}"#, r#"{"Id":"2"}"#],
    );
}

#[test]
fn a_truncated_row_is_kept_and_takes_no_other_with_it() {
    let csv = "\"RecordType\",\"AuditData\",\"Identity\"\n\
               \"A\",\"{\"\"Id\"\":\"\"1\"\",\"\"x\n\
               \"B\",\"{\"\"Id\"\":\"\"2\"\"}\",\"2\"\n\
               \"C\",\"{\"\"Id\"\":\"\"3\"\"}\",\"3\"\n";
    let all = raws(csv.as_bytes());
    assert!(all.contains(&r#"{"Id":"2"}"#.to_owned()), "{all:#?}");
    assert!(all.contains(&r#"{"Id":"3"}"#.to_owned()), "{all:#?}");
    assert_eq!(all.len(), 3, "{all:#?}");
}

#[test]
fn other_tables_give_their_rows() {
    check(
        "TimeGenerated [UTC],Operation\n2026-01-01,\"a \"\"b\"\"\"\nx\ny,z,more\n",
        &[
            r#"{"Operation":"a \"b\"","TimeGenerated [UTC]":"2026-01-01"}"#,
            r#"{"TimeGenerated [UTC]":"x"}"#,
            r#"{"Operation":"z","TimeGenerated [UTC]":"y","column 3":"more"}"#,
        ],
    );
}

#[test]
fn a_tail_can_be_held_until_it_is_whole() {
    let held = |text: &'static str| {
        let mut reader = read_records(text.as_bytes()).hold_tail();
        let records = reader.by_ref().count();
        (records, reader.resume_point().unwrap())
    };
    assert_eq!(held("{\"a\":1}\n{\"a\":"), (1, 8));
    assert_eq!(held("{\"a\":1}\nhell"), (1, 8));
    assert_eq!(held("{\"a\":1}\n{\"a\":2}"), (2, 15));
}

/// Nothing makes the reader read the same bytes again and again.
#[test]
fn hostile_inputs_take_no_longer_than_others() {
    let pieces = [
        "{\"a\":[\n",
        "{\"a\":[",
        "[",
        "{",
        "\"",
        ",",
        "]",
        "}",
        "\\",
        "{\"a\":\n",
        "[{\"Id\":\n",
        "[{\"Id\":[",
        "{\"value\":[",
        "{\"Id\":\"x",
        "\n  {\n\"",
        "x",
        "{\"@a\":\"b\",",
        "{\"event\":{",
        "a,b\n\"",
        "\u{feff}",
    ];
    for piece in pieces {
        let bytes = piece.repeat((1 << 18) / piece.len());
        let started = std::time::Instant::now();
        let size: usize = raws(bytes.as_bytes()).iter().map(String::len).sum();
        let elapsed = started.elapsed();
        println!("{piece:?}: {elapsed:?}, {size} bytes");
        assert!(elapsed.as_secs() < 5, "{piece:?}: {elapsed:?}");
    }
    let array = format!("[{}", "{\"Id\":1,\"n\":\"x},".repeat(60_000));
    assert!(raws(array.as_bytes()).len() > 10);
}
