//! A window over a stream that grows while somebody needs more of it at once.

use std::io::{self, Read};

use super::input::Stream;

const CHUNK: usize = 128 * 1024;

/// What was read of a stream and not yet taken.
pub(super) struct Buffer<'a> {
    stream: Stream<'a>,
    bytes: Vec<u8>,
    start: usize,
    taken: u64,
    is_at_end: bool,
    is_drained: bool,
    failure: Option<io::Error>,
}

impl<'a> Buffer<'a> {
    /// Over a stream; nothing is read yet.
    pub(super) fn new(stream: Stream<'a>) -> Self {
        Self {
            stream,
            bytes: Vec::new(),
            start: 0,
            taken: 0,
            is_at_end: false,
            is_drained: false,
            failure: None,
        }
    }

    /// What is there.
    pub(super) fn data(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Reads more; `false` when there is no more. An error ends the stream and is kept.
    pub(super) fn fill(&mut self) -> bool {
        if self.is_at_end {
            return false;
        }
        self.bytes.drain(..std::mem::take(&mut self.start));
        let before = self.bytes.len();
        // Doubling what is there keeps copying in proportion to what is read.
        self.bytes.resize(before + CHUNK.max(before), 0);
        let count = loop {
            match self.stream.read(&mut self.bytes[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(error);
                    break 0;
                }
                Ok(count) => break count,
            }
        };
        self.bytes.truncate(before + count);
        self.is_at_end = count == 0;
        count > 0
    }

    /// The byte at a place, reading as much as that needs.
    pub(super) fn byte(&mut self, place: usize) -> Option<u8> {
        while self.data().len() <= place {
            if !self.fill() {
                return None;
            }
        }
        self.data().get(place).copied()
    }

    /// Takes bytes away.
    pub(super) fn take(&mut self, count: usize) {
        self.start = (self.start + count).min(self.bytes.len());
        self.taken += count as u64;
    }

    /// How many bytes were taken.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether somebody who reads has met the end.
    pub(super) fn is_drained(&self) -> bool {
        self.is_drained
    }

    /// The error that ended the stream, once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}

/// An error is an end to those who read; it is kept for [`Buffer::take_failure`].
impl Read for Buffer<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.data().is_empty() && !self.fill() {
            self.is_drained = true;
            return Ok(0);
        }
        let count = self.data().len().min(into.len());
        into[..count].copy_from_slice(&self.data()[..count]);
        self.take(count);
        Ok(count)
    }
}
