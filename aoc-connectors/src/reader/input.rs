//! The bytes of an input: decompressed, in UTF-8, counted.

use std::{
    io::{self, Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// How the reading of the input itself goes.
#[derive(Default)]
pub(super) struct Progress {
    /// Bytes read so far.
    pub(super) bytes: AtomicU64,
    /// Whether what is read on is what the input holds, byte for byte.
    pub(super) is_plain: AtomicBool,
    /// Whether the input, rather than what decodes it, has failed.
    pub(super) has_failed: AtomicBool,
}

/// A stream of bytes.
pub(super) type Stream<'a> = Box<dyn Read + Send + 'a>;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The input's text, counting what is read of the input itself.
pub(super) fn decoded(input: Stream<'_>, progress: Arc<Progress>) -> io::Result<Stream<'_>> {
    let mut stream: Stream<'_> = Box::new(Counting { input, progress: Arc::clone(&progress) });
    for layer in 0..2 {
        let (head, rest) = peek(stream)?;
        let is_utf_16 = matches!(head[..], [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
        progress.is_plain.store(layer == 0 && !is_utf_16, Ordering::Relaxed);
        stream = if head.starts_with(GZIP) {
            Box::new(flate2::read::MultiGzDecoder::new(rest))
        } else if head.starts_with(ZSTD) {
            Box::new(zstd::stream::read::Decoder::new(rest)?)
        } else {
            return Ok(text(&head, rest));
        };
        progress.is_plain.store(false, Ordering::Relaxed);
    }
    let (head, rest) = peek(stream)?;
    Ok(text(&head, rest))
}

/// The first bytes, and a stream that still holds them.
fn peek(mut stream: Stream<'_>) -> io::Result<(Vec<u8>, Stream<'_>)> {
    let mut head = Vec::with_capacity(4);
    stream.by_ref().take(4).read_to_end(&mut head)?;
    Ok((head.clone(), Box::new(Cursor::new(head).chain(stream))))
}

/// UTF-16 needs its byte order mark; the one of UTF-8 is a blank to those who read on.
fn text<'a>(head: &[u8], stream: Stream<'a>) -> Stream<'a> {
    match head {
        [0xff, 0xfe, ..] => Box::new(Utf16::new(stream, u16::from_le_bytes)),
        [0xfe, 0xff, ..] => Box::new(Utf16::new(stream, u16::from_be_bytes)),
        _ => stream,
    }
}

struct Counting<'a> {
    input: Stream<'a>,
    progress: Arc<Progress>,
}

impl Read for Counting<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let result = self.input.read(into);
        match &result {
            Ok(count) => _ = self.progress.bytes.fetch_add(*count as u64, Ordering::Relaxed),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.progress.has_failed.store(true, Ordering::Relaxed),
        }
        result
    }
}

/// UTF-16 → UTF-8. A half of a pair that stands alone becomes three bytes that are no UTF-8, as does a last odd byte, so
/// that neither goes unnoticed.
struct Utf16<'a> {
    input: Stream<'a>,
    unit: fn([u8; 2]) -> u16,
    raw: Vec<u8>,
    high: Option<u16>,
    /// Whether the mark is behind us: a U+FEFF that follows is a letter like any other.
    has_begun: bool,
    text: Vec<u8>,
    given: usize,
}

impl<'a> Utf16<'a> {
    fn new(input: Stream<'a>, unit: fn([u8; 2]) -> u16) -> Self {
        Self { input, unit, raw: Vec::new(), high: None, has_begun: false, text: Vec::new(), given: 0 }
    }

    fn more(&mut self) -> io::Result<()> {
        self.text.clear();
        self.given = 0;
        let before = self.raw.len();
        self.raw.resize(before + 32 * 1024, 0);
        let count = self.input.read(&mut self.raw[before..])?;
        self.raw.truncate(before + count);
        let whole = self.raw.len() / 2 * 2;
        let units: Vec<u16> =
            self.raw[..whole].chunks_exact(2).map(|pair| (self.unit)([pair[0], pair[1]])).collect();
        self.raw.drain(..whole);
        for unit in units {
            self.push(unit);
        }
        if count == 0 {
            if let Some(high) = self.high.take() {
                self.push_half(high);
            }
            self.text.extend(self.raw.drain(..).flat_map(|odd| [0xff, odd]));
        }
        Ok(())
    }

    fn push(&mut self, unit: u16) {
        let is_mark = !std::mem::replace(&mut self.has_begun, true) && unit == 0xfeff;
        if is_mark {
            return;
        }
        if let Some(high) = self.high.take() {
            if let Some(Ok(letter)) = char::decode_utf16([high, unit]).next() {
                return self.push_letter(letter);
            }
            self.push_half(high);
        }
        match unit {
            0xd800..=0xdbff => self.high = Some(unit),
            _ => match char::from_u32(u32::from(unit)) {
                Some(letter) => self.push_letter(letter),
                None => self.push_half(unit),
            },
        }
    }

    fn push_letter(&mut self, letter: char) {
        self.text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn push_half(&mut self, unit: u16) {
        let [high, low] = unit.to_be_bytes();
        let bytes = [0xe0 | (high >> 4), 0x80 | ((high & 0x0f) << 2) | (low >> 6), 0x80 | (low & 0x3f)];
        self.text.extend_from_slice(&bytes);
    }
}

impl Read for Utf16<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            let had_rest = !self.raw.is_empty() || self.high.is_some();
            self.more()?;
            if self.text.is_empty() && self.raw.is_empty() && self.high.is_none() && !had_rest {
                return Ok(0);
            }
        }
        let count = (self.text.len() - self.given).min(into.len());
        into[..count].copy_from_slice(&self.text[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
