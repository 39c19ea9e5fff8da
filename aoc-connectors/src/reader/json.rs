//! Records in JSON: one after another, in arrays, in pages.

use std::io;

use aoc_core::Record;
use memchr::memmem;

use super::{
    buffer::Buffer,
    page::{Head, head},
    piece,
    scan::{Scan, Scanner},
};

/// A piece longer than this is no record.
const LONGEST: usize = 64 << 20;
/// Members before the array of a page are shorter than this.
const LONGEST_HEAD: usize = 64 << 10;

/// No more arrays than that are open around a record.
const DEEPEST: usize = 8;

/// What is open around the next record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Array,
    /// The array of a page: members may follow it.
    Page,
}

/// The pieces of a stream of JSON.
pub(super) struct Pieces<'a> {
    buffer: Buffer<'a>,
    around: Vec<Around>,
    /// Blanks between the last line break and where we are.
    indent: usize,
    /// How the last whole record begins, up to the end of its first name.
    opening: Vec<u8>,
    had_array: bool,
    holds_tail: bool,
}

impl<'a> Pieces<'a> {
    /// Over a buffer.
    pub(super) fn new(buffer: Buffer<'a>, holds_tail: bool) -> Self {
        Self { buffer, around: Vec::new(), indent: 0, opening: Vec::new(), had_array: false, holds_tail }
    }

    /// How many bytes were taken, unless an array is open.
    pub(super) fn resume_point(&self) -> Option<u64> {
        self.around.is_empty().then(|| self.buffer.taken())
    }

    /// Whether there is a piece that was held back.
    pub(super) fn is_holding(&self) -> bool {
        !self.buffer.data().is_empty()
    }

    /// The error that ended the stream, once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.buffer.take_failure()
    }

    /// The next record.
    pub(super) fn next(&mut self) -> Option<Record> {
        loop {
            self.skip_blanks();
            let found = match self.buffer.byte(0)? {
                b'[' if self.around.len() < DEEPEST => {
                    self.enter(Around::Array, 1);
                    continue;
                }
                b'{' => match self.page_head().filter(|_| self.around.len() < DEEPEST) {
                    Some(length) => {
                        self.enter(Around::Page, length);
                        continue;
                    }
                    None => self.value()?,
                },
                b',' | b'}' if self.had_array => {
                    self.buffer.take(1);
                    continue;
                }
                b']' if self.had_array => self.leave(),
                b'[' => self.value()?,
                _ if self.around.is_empty() => self.line()?,
                _ => self.element()?,
            };
            if found.is_some() {
                return found;
            }
        }
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.buffer.byte(0) {
            match byte {
                b'\n' => self.indent = 0,
                b' ' | b'\t' => self.indent += 1,
                b'\r' | 0x1e => {}
                0xef if self.buffer.byte(2).is_some() && self.buffer.data().starts_with(b"\xef\xbb\xbf") => {
                    self.buffer.take(2);
                }
                _ => return,
            }
            self.buffer.take(1);
        }
    }

    fn enter(&mut self, around: Around, length: usize) {
        self.around.push(around);
        self.had_array = true;
        self.indent = 0;
        self.buffer.take(length);
    }

    /// Leaves an array and, if it is a page's, skips the members behind it. Such as hold more than names and numbers are
    /// a piece of their own.
    fn leave(&mut self) -> Option<Record> {
        self.buffer.take(1);
        if self.around.pop() != Some(Around::Page) {
            return None;
        }
        let mut scanner = Scanner::behind_member();
        loop {
            match scanner.resume(self.buffer.data()) {
                Scan::Complete(end) => {
                    let members = &self.buffer.data()[..end];
                    let has_more = members.iter().any(|byte| matches!(byte, b'{' | b'['));
                    let record = if has_more { piece::broken(members) } else { None };
                    self.buffer.take(end);
                    return record;
                }
                Scan::Broken(_) => return None,
                Scan::More if self.buffer.data().len() > LONGEST || !self.buffer.fill() => return None,
                Scan::More => {}
            }
        }
    }

    /// The length of `{"@odata.context":"…","value":[` or `{"records":[`.
    fn page_head(&mut self) -> Option<usize> {
        loop {
            match head(self.buffer.data()) {
                Head::Page(length) => return Some(length),
                Head::None => return None,
                Head::More if self.buffer.data().len() > LONGEST_HEAD || !self.buffer.fill() => return None,
                Head::More => {}
            }
        }
    }

    /// A value in brackets. The outer `None` is the end, the inner one a piece of blanks.
    fn value(&mut self) -> Option<Option<Record>> {
        let mut scanner = Scanner::new();
        loop {
            match scanner.resume(self.buffer.data()) {
                Scan::Complete(end) => return Some(self.whole(end)),
                Scan::Broken(at) => return self.broken(at),
                Scan::More if self.buffer.data().len() > LONGEST => return self.broken(LONGEST),
                Scan::More => {
                    if !self.buffer.fill() {
                        let end = self.buffer.data().len();
                        return if self.holds_tail { None } else { self.broken(end) };
                    }
                }
            }
        }
    }

    fn whole(&mut self, end: usize) -> Option<Record> {
        let data = self.buffer.data();
        if self.opening.is_empty() || !data.starts_with(&self.opening) {
            let opening = opening(data).to_vec();
            self.opening = opening;
        }
        let record = piece::record(&self.buffer.data()[..end]);
        self.buffer.take(end);
        record
    }

    /// An element that is no value in brackets: a string or number, or what is left of a broken record.
    fn element(&mut self) -> Option<Option<Record>> {
        let mut scanner = Scanner::new();
        let end = loop {
            match scanner.resume(self.buffer.data()) {
                Scan::Complete(end) => break end,
                Scan::More if self.buffer.data().len() <= LONGEST && self.buffer.fill() => {}
                _ => return self.broken(0),
            }
        };
        let behind =
            (end..).map_while(|place| self.buffer.byte(place)).find(|byte| !byte.is_ascii_whitespace());
        if !matches!(behind, Some(b',' | b']')) {
            return self.broken(end);
        }
        let record = piece::record(&self.buffer.data()[..end]);
        self.buffer.take(end);
        Some(record)
    }

    /// A line that does not begin like a value in brackets.
    fn line(&mut self) -> Option<Option<Record>> {
        let mut searched = 0;
        let end = loop {
            let data = self.buffer.data();
            if let Some(found) = memchr::memchr(b'\n', &data[searched..]) {
                break searched + found;
            }
            searched = data.len();
            if searched > LONGEST {
                break LONGEST;
            }
            if !self.buffer.fill() {
                if self.holds_tail {
                    return None;
                }
                break searched;
            }
        };
        let record = piece::broken(&self.buffer.data()[..end]);
        self.buffer.take(end);
        Some(record)
    }

    /// A piece that breaks at a byte: it goes on to where the next record seems to begin.
    fn broken(&mut self, at: usize) -> Option<Option<Record>> {
        let end = self.next_beginning(at);
        let record = piece::broken(&self.buffer.data()[..end]);
        self.buffer.take(end);
        self.indent = 0;
        Some(record)
    }

    fn next_beginning(&mut self, at: usize) -> usize {
        let first_line = memchr::memchr(b'\n', self.buffer.data());
        let is_pretty = first_line.is_some_and(|end| self.buffer.data()[..end].trim_ascii().len() < 3);
        let mut pattern = vec![b'\n'];
        if is_pretty {
            pattern.resize(self.indent + 1, b' ');
            pattern.push(b'{');
        }
        let own = opening(self.buffer.data()).to_vec();
        let opening = if self.opening.is_empty() { own } else { self.opening.clone() };
        let in_array = !self.around.is_empty() && opening.len() > 3;
        let mut searched = 1;
        loop {
            let data = self.buffer.data();
            let rest = &data[searched.min(data.len())..];
            let by_line = memmem::find(rest, &pattern);
            let by_opening = if in_array { memmem::find(rest, &opening) } else { None };
            let found = by_line.map(|place| place + 1).into_iter().chain(by_opening).min();
            if let Some(found) = found {
                return searched + found;
            }
            searched = data.len().saturating_sub(pattern.len().max(opening.len())).max(1);
            if data.len() > LONGEST.max(at) || !self.buffer.fill() {
                return self.buffer.data().len();
            }
        }
    }
}

/// How an object begins, up to the end of its first name.
fn opening(data: &[u8]) -> &[u8] {
    let quotes = memchr::memchr_iter(b'"', &data[..data.len().min(200)]);
    quotes.skip(1).map(|end| &data[..=end]).next().unwrap_or_default()
}
