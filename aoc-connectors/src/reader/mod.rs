//! Reads audit records out of files of any shape, found by content.
//!
//! gzip and zstd (one inside the other at most), UTF-8 and UTF-16 with a byte order mark; lines of JSON, arrays, pages with
//! `value`, blobs with `records`, pretty-printed objects one after another, objects that only wrap a record, AOC's own
//! export; tables with commas, semicolons or tabs, of which an audit export's column `AuditData` is the record.
//!
//! No byte is lost and nothing broken stops the reader: a piece that is no JSON becomes a record that holds it as a JSON
//! string, and one that is no text becomes `{"base64": "…"}`. Memory is bounded by the largest record.

mod buffer;
mod input;
mod json;
mod page;
mod piece;
mod scan;
mod table;
mod unwrap;

use std::{
    collections::VecDeque,
    io::{self, Read},
    sync::{Arc, atomic::Ordering},
};

use aoc_core::{Error, Record, Result};

use buffer::Buffer;
use input::Progress;
use json::Pieces;
pub(crate) use piece::base64;
use table::{Table, Tail};

/// Reads the records of an input, whatever its shape.
///
/// ```
/// let file = br#"{"value":[{"id":"a"},{"id":"b"}]}"#;
/// let ids: Vec<_> = aoc_connectors::read_records(&file[..]).map(|record| record.unwrap().raw).collect();
/// assert_eq!(format!("{ids:?}"), r#"[{"id":"a"}, {"id":"b"}]"#);
/// ```
pub fn read_records<'a>(input: impl Read + Send + 'a) -> RecordReader<'a> {
    RecordReader::new(input)
}

/// The records of one input, in its order.
pub struct RecordReader<'a> {
    state: State<'a>,
    progress: Arc<Progress>,
    waiting: VecDeque<Record>,
    holds_tail: bool,
    is_json: bool,
    resumes_at: Option<u64>,
    rows: Option<u64>,
    tail: Tail,
    delayed: Option<Error>,
}

enum State<'a> {
    Fresh(Box<dyn Read + Send + 'a>),
    Json(Pieces<'a>),
    Table(Table<'a>),
    Done,
}

impl<'a> RecordReader<'a> {
    /// Over an input; nothing is read yet.
    pub fn new(input: impl Read + Send + 'a) -> Self {
        Self {
            state: State::Fresh(Box::new(input)),
            progress: Arc::default(),
            waiting: VecDeque::new(),
            holds_tail: false,
            is_json: false,
            resumes_at: None,
            rows: None,
            tail: Tail::None,
            delayed: None,
        }
    }

    /// Leaves a last line alone that is not whole yet, as its writer may be at it.
    #[must_use]
    pub fn hold_tail(mut self) -> Self {
        self.holds_tail = true;
        self
    }

    /// Takes the input for JSON whatever it begins with, as what stands before it was.
    pub(crate) fn behind_json(mut self) -> Self {
        self.is_json = true;
        self
    }

    /// How many bytes of the input, as it is (compressed or not), have been read so far.
    pub fn bytes_read(&self) -> u64 {
        self.progress.bytes.load(Ordering::Relaxed)
    }

    /// The byte at which a new reader would go on with the next record; `None` where it could not, as the input is
    /// compressed, not in UTF-8, a table, or an array that is open.
    pub fn resume_point(&self) -> Option<u64> {
        match &self.state {
            State::Json(pieces) if self.progress.is_plain.load(Ordering::Relaxed) => pieces.resume_point(),
            _ => self.resumes_at,
        }
    }

    /// How many rows of a table were given whose line had its end; `None` for anything but a table.
    pub(crate) fn whole_rows(&self) -> Option<u64> {
        match &self.state {
            State::Table(table) => Some(table.whole_rows()),
            _ => self.rows,
        }
    }

    /// Whether the end was reached, but for something that was held back.
    pub(crate) fn has_held(&self) -> bool {
        self.tail == Tail::Held
    }

    /// Whether a table's last row was given though its line has no end.
    pub(crate) fn has_given_tail(&self) -> bool {
        match &self.state {
            State::Table(table) => table.tail() == Tail::Given,
            _ => self.tail == Tail::Given,
        }
    }

    /// Whether the next call gives an error.
    pub(crate) fn is_failing(&self) -> bool {
        self.delayed.is_some()
    }

    /// The records of the row at which a batch ended, so that the next one begins with a row.
    pub(crate) fn rest_of_row(&mut self) -> impl Iterator<Item = Record> + '_ {
        self.waiting.drain(..)
    }

    /// Skips so many rows of a table, and what stands behind them without an end. Skips nothing in anything else.
    pub(crate) fn skip_rows(&mut self, rows: u64, and_tail: bool) -> Result<()> {
        if matches!(self.state, State::Fresh(_)) {
            self.start().map_err(|cause| self.failure(cause))?;
        }
        while self.whole_rows().is_some_and(|whole| whole < rows) && self.next_record()?.is_some() {}
        self.waiting.clear();
        if and_tail && self.whole_rows().is_some() {
            self.next_record()?;
            self.waiting.clear();
        }
        Ok(())
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// [`Unavailable`](aoc_core::ErrorKind::Unavailable) when the input cannot be read,
    /// [`Rejected`](aoc_core::ErrorKind::Rejected) when its compression is broken. The records before that
    /// point have been given; none follow.
    pub fn next_record(&mut self) -> Result<Option<Record>> {
        loop {
            if let Some(record) = self.waiting.pop_front() {
                return Ok(Some(record));
            }
            if let Some(error) = self.delayed.take() {
                return Err(error);
            }
            let result = match &mut self.state {
                State::Fresh(_) => self.start(),
                State::Json(pieces) => match pieces.next() {
                    Some(record) => return Ok(Some(record)),
                    None => self.stop(),
                },
                State::Table(table) => match table.next(&mut self.waiting) {
                    true => continue,
                    false => self.stop(),
                },
                State::Done => return Ok(None),
            };
            result.map_err(|cause| self.failure(cause))?;
        }
    }

    /// Up to `at_most` records; fewer only at the end, or before an error that comes with the next call.
    ///
    /// # Errors
    /// Those of [`next_record`](Self::next_record).
    pub fn next_batch(&mut self, at_most: usize) -> Result<Vec<Record>> {
        let mut batch = Vec::with_capacity(at_most.min(4096));
        while batch.len() < at_most {
            match self.next_record() {
                Ok(Some(record)) => batch.push(record),
                Ok(None) => break,
                Err(error) if batch.is_empty() => return Err(error),
                Err(error) => {
                    self.delayed = Some(error);
                    break;
                }
            }
        }
        Ok(batch)
    }

    /// Opens the input and finds its shape.
    fn start(&mut self) -> io::Result<()> {
        let State::Fresh(input) = std::mem::replace(&mut self.state, State::Done) else { return Ok(()) };
        let stream = input::decoded(input, Arc::clone(&self.progress))?;
        let mut buffer = Buffer::new(stream);
        let delimiter = if self.is_json { None } else { table::delimiter(&mut buffer) };
        self.state = match delimiter {
            Some(delimiter) => State::Table(Table::new(buffer, delimiter, self.holds_tail)),
            None => State::Json(Pieces::new(buffer, self.holds_tail)),
        };
        Ok(())
    }

    /// Ends, with the error at which the input ended, if it did.
    fn stop(&mut self) -> io::Result<()> {
        let failure = match &mut self.state {
            State::Json(pieces) => pieces.take_failure(),
            State::Table(table) => table.take_failure(),
            _ => None,
        };
        self.resumes_at = self.resume_point();
        self.rows = self.whole_rows();
        self.tail = match &self.state {
            State::Json(pieces) if self.holds_tail && pieces.is_holding() => Tail::Held,
            State::Table(table) => table.tail(),
            _ => Tail::None,
        };
        self.state = State::Done;
        failure.map_or(Ok(()), Err)
    }

    fn failure(&self, cause: io::Error) -> Error {
        let error = if self.progress.has_failed.load(Ordering::Relaxed) {
            Error::unavailable("the input cannot be read")
        } else {
            Error::rejected("the compressed input is broken")
        };
        error.because(cause)
    }
}

impl Iterator for RecordReader<'_> {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_record().transpose()
    }
}
