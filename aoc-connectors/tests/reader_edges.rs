//! The reader where shapes are easily mistaken for one another.
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{self, Read};

use aoc_connectors::read_records;
use aoc_core::ErrorKind;

fn raws(bytes: &[u8]) -> Vec<String> {
    read_records(bytes).map(|record| record.unwrap().raw.text().to_owned()).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(raws(text.as_bytes()), expected, "{text}");
}

#[test]
fn a_text_line_before_json_is_no_header_and_is_kept() {
    let line = "\"Transcript started, output follows\"";
    check("Transcript started, output follows\n{\"Id\":\"a,b\"}\n", &[line, "{\"Id\":\"a,b\"}"]);
    check(
        "Transcript started, output follows\r\n\r\n [{\"Id\":1},\n{\"Id\":2}]",
        &[line, "{\"Id\":1}", "{\"Id\":2}"],
    );
}

#[test]
fn a_header_without_rows_is_kept_as_a_record() {
    check("only, header\n", &["\"only, header\""]);
    check("\u{feff}only;header", &["\"only;header\""]);
    check("only,header\n\n", &["\"only,header\""]);
    check("only,header\nx,y\n", &[r#"{"header":"y","only":"x"}"#]);
}

#[test]
fn an_audit_export_without_rows_is_empty() {
    check("\u{feff}\"RecordType\",\"AuditData\",\"Identity\"\r\n", &[]);
}

#[test]
fn a_wrapper_with_other_members_is_kept_whole() {
    for whole in [
        r#"{"event":{"a":1},"host":"x"}"#,
        r#"{"source":"o365","event":{"a":1},"time":1}"#,
        r#"{"event":{"a":1},"AuditData":null}"#,
    ] {
        check(whole, &[whole]);
    }
    check(r#"{"event":{"a":1}}"#, &[r#"{"a":1}"#]);
}

#[test]
fn only_the_first_mark_of_utf_16_is_no_text() {
    let text = "\u{feff}{\"a\":\"x\u{feff}y\"}\n\u{feff}{\"a\":\"\u{feff}\"}";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big] {
        assert_eq!(raws(&bytes), ["{\"a\":\"x\u{feff}y\"}", "{\"a\":\"\u{feff}\"}"]);
    }
}

struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is gone"))
    }
}

#[test]
fn an_input_that_fails_within_its_header_or_a_row_is_unavailable_and_keeps_what_was_read() {
    for (text, kept) in [
        ("RecordType,AuditData,Ident", None),
        ("Name,Te", Some("\"Name,Te\"")),
        ("Name,Text\nx,\"y", Some(r#"{"Name":"x","Text":"y"}"#)),
    ] {
        let mut reader = read_records(text.as_bytes().chain(Failing));
        if let Some(kept) = kept {
            assert_eq!(reader.next_record().unwrap().unwrap().raw.text(), kept);
        }
        assert_eq!(reader.next_record().unwrap_err().kind(), ErrorKind::Unavailable, "{text}");
        assert!(reader.next_record().unwrap().is_none());
    }
}
