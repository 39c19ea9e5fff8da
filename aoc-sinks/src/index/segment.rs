//! A segment: an immutable index of up to 65,536 events, in memory or mapped from a file.

use std::{fs::File, ops::Deref, path::Path};

use aoc_core::{Error, Position, Result};
use memmap2::Mmap;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    bitmap::{Bitmap, MOST},
    layout::{COLUMNS, Column, MAGIC, SECTIONS, Section, TABLE},
    postings,
};

enum Bytes {
    Heap(Vec<u8>),
    Map(Mmap),
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Map(map) => map,
        }
    }
}

/// An index of some events. Whatever its bytes hold, reading them does not panic.
pub(crate) struct Segment {
    bytes: Bytes,
    events: usize,
    sections: [(usize, usize); SECTIONS],
    /// The names of each column.
    names: [Vec<String>; COLUMNS.len()],
}

impl Segment {
    /// Over bytes in memory, as the builder made them.
    pub(crate) fn in_memory(bytes: Vec<u8>) -> Result<Self> {
        Self::over(Bytes::Heap(bytes))
    }

    /// Over bytes that were kept elsewhere; they must have their checksum.
    #[cfg(feature = "mongodb")]
    pub(crate) fn checked(bytes: Vec<u8>) -> Result<Self> {
        if !is_whole(&bytes) {
            return Err(damaged("has another checksum"));
        }
        Self::in_memory(bytes)
    }

    /// Maps a file. `trusted` spares reading all of it to compare its checksum.
    #[allow(unsafe_code, reason = "mapping a file; see SAFETY")]
    pub(crate) fn open(path: &Path, trusted: bool) -> Result<Self> {
        let file = File::open(path).map_err(|cause| damaged("cannot be opened").because(cause))?;
        // SAFETY: segment files are never written again once they have their name: a new one is written under
        // another name, renamed, and in the end unlinked, which leaves the mapping as it is.
        let map = unsafe { Mmap::map(&file) }.map_err(|cause| damaged("cannot be mapped").because(cause))?;
        if !trusted && !is_whole(&map) {
            return Err(damaged("has another checksum"));
        }
        Self::over(Bytes::Map(map))
    }

    fn over(bytes: Bytes) -> Result<Self> {
        let (events, sections) = read_table(&bytes).ok_or_else(|| damaged("has no table of sections"))?;
        let mut segment = Self { bytes, events, sections, names: Default::default() };
        segment.names = segment.read_names().ok_or_else(|| damaged("has no names"))?;
        Ok(segment)
    }

    fn read_names(&self) -> Option<[Vec<String>; COLUMNS.len()]> {
        let mut rest = self.section(Section::Names);
        let mut names: [Vec<String>; COLUMNS.len()] = Default::default();
        for column in &mut names {
            for _ in 0..take_u32(&mut rest)?.min(MOST) {
                let length = take_u32(&mut rest)?;
                let (text, behind) = rest.split_at_checked(length)?;
                column.push(String::from_utf8_lossy(text).into_owned());
                rest = behind;
            }
        }
        Some(names)
    }

    pub(crate) fn section(&self, section: Section) -> &[u8] {
        let (start, length) = self.sections[section as usize];
        self.bytes.get(start..start + length).unwrap_or_default()
    }

    /// How many events.
    pub(crate) fn len(&self) -> usize {
        self.events
    }

    /// The whole segment, to be written to a file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn ticks(&self, event: usize) -> i64 {
        number(self.section(Section::Ticks), event, i64::from_le_bytes)
    }

    /// The times of all events, in order.
    pub(crate) fn all_ticks(&self) -> impl Iterator<Item = i64> + '_ {
        self.section(Section::Ticks).as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes))
    }

    /// The number of the first event that is not before a time.
    pub(crate) fn first_from(&self, ticks: i64) -> usize {
        self.section(Section::Ticks)
            .as_chunks::<8>()
            .0
            .partition_point(|bytes| i64::from_le_bytes(*bytes) < ticks)
    }

    pub(crate) fn position(&self, event: usize) -> Position {
        Position(number(self.section(Section::Positions), event, u64::from_le_bytes))
    }

    pub(crate) fn all_positions(&self) -> impl Iterator<Item = Position> + '_ {
        self.section(Section::Positions)
            .as_chunks::<8>()
            .0
            .iter()
            .map(|bytes| Position(u64::from_le_bytes(*bytes)))
    }

    pub(crate) fn names(&self, column: Column) -> &[String] {
        &self.names[column as usize]
    }

    /// Per event, the number of its value in the column's names.
    pub(crate) fn column(&self, column: Column) -> &[[u8; 2]] {
        let start = column as usize * self.events * 2;
        let all = self.section(Section::Columns);
        all.get(start..start + self.events * 2).unwrap_or_default().as_chunks().0
    }

    pub(crate) fn word_count(&self) -> usize {
        self.section(Section::WordPostings).len() / 4
    }

    /// Where the text of a word starts; the line break behind it is at `word_start(word + 1) - 1`.
    pub(crate) fn word_start(&self, word: usize) -> usize {
        number(self.section(Section::WordStarts), word, u32::from_le_bytes) as usize
    }

    pub(crate) fn word(&self, word: usize) -> &[u8] {
        let (start, end) = (self.word_start(word), self.word_start(word + 1).saturating_sub(1));
        self.section(Section::Words).get(start..end).unwrap_or_default()
    }

    pub(crate) fn word_postings(&self, word: usize) -> u32 {
        number(self.section(Section::WordPostings), word, u32::from_le_bytes)
    }

    pub(crate) fn guid_count(&self) -> usize {
        self.section(Section::GuidPostings).len() / 4
    }

    pub(crate) fn guid(&self, guid: usize) -> u128 {
        number(self.section(Section::Guids), guid, u128::from_le_bytes)
    }

    pub(crate) fn guid_postings(&self, guid: usize) -> u32 {
        number(self.section(Section::GuidPostings), guid, u32::from_le_bytes)
    }

    pub(crate) fn postings(&self) -> &[u8] {
        self.section(Section::Postings)
    }

    /// Adds the events of a list to a set.
    pub(crate) fn add_postings(&self, set: &mut Bitmap, reference: u32) {
        postings::add_to(set, reference, self.postings(), self.events);
    }
}

fn read_table(bytes: &[u8]) -> Option<(usize, [(usize, usize); SECTIONS])> {
    if !bytes.starts_with(MAGIC) {
        return None;
    }
    let mut rest = bytes.get(8..)?;
    let events = take_u32(&mut rest).filter(|events| *events <= MOST)?;
    if take_u32(&mut rest)? != SECTIONS {
        return None;
    }
    let mut sections = [(0, 0); SECTIONS];
    for (i, section) in sections.iter_mut().enumerate() {
        let field = |at: usize| {
            bytes.get(at..at + 8).and_then(|b| usize::try_from(u64::from_le_bytes(b.try_into().ok()?)).ok())
        };
        *section = (field(TABLE + i * 16)?, field(TABLE + i * 16 + 8)?);
        bytes.get(section.0..section.0.checked_add(section.1)?)?;
    }
    let long_enough = |section: Section, each: usize| sections[section as usize].1 >= events * each;
    let whole = long_enough(Section::Ticks, 8)
        && long_enough(Section::Positions, 8)
        && long_enough(Section::Columns, 2 * COLUMNS.len());
    whole.then_some((events, sections))
}

/// Whether the last eight bytes are the checksum of those before.
fn is_whole(bytes: &[u8]) -> bool {
    let split = bytes.len().checked_sub(8).and_then(|middle| bytes.split_at_checked(middle));
    split.is_some_and(|(content, sum)| xxh3_64(content).to_le_bytes() == sum)
}

fn number<T: Default, const N: usize>(bytes: &[u8], at: usize, read: fn([u8; N]) -> T) -> T {
    bytes.as_chunks::<N>().0.get(at).map(|bytes| read(*bytes)).unwrap_or_default()
}

fn take_u32(bytes: &mut &[u8]) -> Option<usize> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*head) as usize)
}

fn damaged(how: &str) -> Error {
    Error::internal(format!("an index segment {how}"))
}
