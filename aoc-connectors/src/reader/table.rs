//! Records in tables: audit exports, and rows of anything else.

use std::{collections::VecDeque, io};

use aoc_core::{RawJson, Record};
use csv::ByteRecord;
use serde_json::{Map, Value};

use super::{
    buffer::Buffer,
    piece::{self, base64},
    unwrap,
};

const LONGEST_HEADER: usize = 64 << 10;

/// The delimiter, if the data begins with the header of a table. What stands before the header is taken away.
pub(super) fn delimiter(buffer: &mut Buffer<'_>) -> Option<u8> {
    while let Some(line) = first_line(buffer) {
        let mark = buffer.data().starts_with(b"\xef\xbb\xbf");
        let line = line.get(if mark { 3 } else { 0 }..).unwrap_or_default().trim_ascii().to_vec();
        if line.is_empty() || line.starts_with(b"#TYPE ") || line.starts_with(b"sep=") {
            let length = memchr::memchr(b'\n', buffer.data())? + 1;
            buffer.take(length);
            continue;
        }
        let delimiter = [b',', b';', b'\t'].into_iter().find(|delimiter| is_header(&line, *delimiter));
        let delimiter = delimiter.filter(|_| !is_before_json(buffer));
        if mark && delimiter.is_some() {
            buffer.take(3);
        }
        return delimiter;
    }
    None
}

fn first_line(buffer: &mut Buffer<'_>) -> Option<Vec<u8>> {
    loop {
        let data = buffer.data();
        match memchr::memchr(b'\n', data) {
            Some(end) => return Some(data[..end].to_vec()),
            None if data.len() > LONGEST_HEADER => return None,
            None if !buffer.fill() => return Some(buffer.data().to_vec()).filter(|line| !line.is_empty()),
            None => {}
        }
    }
}

/// Whether the first line that is not blank, behind this one, begins like a record in JSON: then this one is no header.
fn is_before_json(buffer: &mut Buffer<'_>) -> bool {
    let mut at = 0;
    while buffer.byte(at).is_some_and(|byte| byte != b'\n') {
        at += 1;
    }
    while at <= 2 * LONGEST_HEADER && buffer.byte(at).is_some_and(|byte| byte.is_ascii_whitespace()) {
        at += 1;
    }
    matches!(buffer.byte(at), Some(b'{' | b'['))
}

/// Whether the line holds names of columns: at least two, all different, and none that looks like a value.
fn is_header(line: &[u8], delimiter: u8) -> bool {
    let names: Vec<&[u8]> = line.split(|byte| *byte == delimiter).map(bare).collect();
    let is_name = |name: &&[u8]| {
        let letters =
            |byte: &u8| byte.is_ascii_alphanumeric() || b" _-.@()/#[]".contains(byte) || *byte >= 0x80;
        name.len() <= 80
            && name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || b"_@#".contains(byte))
            && name.iter().all(letters)
    };
    let is_new = |(place, name): (usize, &&[u8])| !names[..place].contains(name);
    names.len() >= 2 && names.iter().all(is_name) && names.iter().enumerate().all(is_new)
}

fn bare(name: &[u8]) -> &[u8] {
    let name = name.trim_ascii();
    name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name)
}

/// What became of the last row, if its line had no end yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tail {
    /// It had an end.
    #[default]
    None,
    /// It was held back.
    Held,
    /// It was given as it is.
    Given,
}

/// The rows of a table.
pub(super) struct Table<'a> {
    rows: csv::Reader<Buffer<'a>>,
    columns: Vec<String>,
    audit_data: Option<usize>,
    row: ByteRecord,
    /// The line of the header, until there is a row.
    lone_header: Vec<u8>,
    holds_tail: bool,
    tail: Tail,
    whole: u64,
    failure: Option<io::Error>,
}

impl<'a> Table<'a> {
    /// Over a buffer that begins with the header.
    pub(super) fn new(buffer: Buffer<'a>, delimiter: u8, holds_tail: bool) -> Self {
        let header_end = memchr::memchr(b'\n', buffer.data()).unwrap_or(buffer.data().len());
        let lone_header = buffer.data()[..header_end].to_vec();
        let mut rows = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .buffer_capacity(128 * 1024)
            .from_reader(buffer);
        let names = rows.byte_headers().map(|names| names.iter().map(name).collect::<Vec<_>>());
        let (columns, failure) = match names {
            Ok(columns) => (columns, None),
            Err(error) => (Vec::new(), io_error(error)),
        };
        let audit_data = columns.iter().position(|column| column.eq_ignore_ascii_case("AuditData"));
        let row = ByteRecord::new();
        Self { rows, columns, audit_data, row, lone_header, holds_tail, tail: Tail::None, whole: 0, failure }
    }

    /// Adds the records of the next row; `false` at the end.
    pub(super) fn next(&mut self, records: &mut VecDeque<Record>) -> bool {
        match self.rows.read_byte_record(&mut self.row) {
            Ok(true) => self.row(records),
            Ok(false) => self.end(records),
            Err(error) => {
                self.failure = io_error(error);
                false
            }
        }
    }

    /// How many rows were given whose line had its end.
    pub(super) fn whole_rows(&self) -> u64 {
        self.whole
    }

    /// What became of a last row without an end, or of a header without rows.
    pub(super) fn tail(&self) -> Tail {
        self.tail
    }

    fn row(&mut self, records: &mut VecDeque<Record>) -> bool {
        self.lone_header.clear();
        // A row whose line has an end is there before the end of the table is met.
        let is_torn = self.rows.get_ref().is_drained();
        if is_torn && self.holds_tail {
            self.tail = Tail::Held;
            return false;
        }
        if is_torn {
            self.tail = Tail::Given;
        } else {
            self.whole += 1;
        }
        self.add(records);
        true
    }

    /// A header without rows is a record, as it may be no header; but an audit export may well be empty.
    fn end(&mut self, records: &mut VecDeque<Record>) -> bool {
        let header = std::mem::take(&mut self.lone_header);
        if header.is_empty() || self.audit_data.is_some() {
            return false;
        }
        self.tail = if self.holds_tail { Tail::Held } else { Tail::Given };
        let record = if self.holds_tail { None } else { piece::broken(&header) };
        records.extend(record);
        !records.is_empty()
    }

    /// The error that ended the table, once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take().or_else(|| self.rows.get_mut().take_failure())
    }

    /// A row whose `AuditData` is whole gives that. Of any other the row is the record, and so is every whole object in
    /// it: an unclosed quote makes one row of two.
    fn add(&self, records: &mut VecDeque<Record>) {
        let Some(audit_data) = self.audit_data else {
            return records.push_back(Record::new(self.whole_row()));
        };
        if let Some(raw) =
            self.row.get(audit_data).and_then(object).filter(|_| self.row.len() <= self.columns.len())
        {
            return records.push_back(Record::new(raw));
        }
        records.push_back(Record::new(self.whole_row()));
        records.extend(self.row.iter().filter_map(object).map(Record::new));
    }

    fn whole_row(&self) -> RawJson {
        let mut members = Map::new();
        for (place, field) in self.row.iter().enumerate() {
            let column = self.columns.get(place).cloned().unwrap_or_else(|| format!("column {}", place + 1));
            let value = match std::str::from_utf8(field) {
                Ok(text) => Value::from(text),
                Err(_) => serde_json::json!({ "base64": base64(field) }),
            };
            members.insert(column, value);
        }
        RawJson::of(&members).unwrap_or_default()
    }
}

fn io_error(error: csv::Error) -> Option<io::Error> {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => Some(cause),
        _ => None,
    }
}

fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn object(field: &[u8]) -> Option<RawJson> {
    std::str::from_utf8(field).ok().and_then(unwrap::object)
}
