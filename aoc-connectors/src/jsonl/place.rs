//! How far a file has been read.

use std::io::{self, Read, Seek, SeekFrom};

use aoc_core::Key;
use serde::{Deserialize, Serialize};

use crate::reader::base64;

/// A file is known again by so many bytes.
const HEAD: u64 = 1024;

/// How far a file has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// How many records.
    pub(super) records: u64,
    /// How many bytes, where reading can go on at a byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
    /// Of a table: how many rows whose line had its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<u64>,
    /// How long the file was when a row was given whose line had no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tail_at: Option<u64>,
    /// How long the file was when its end was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<u64>,
    /// Whether something was left alone at the end, as its writer might be at it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) has_held: bool,
    /// How the file begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) head: Option<Head>,
}

impl Place {
    /// Whether there is nothing to read behind the place in a file of this length. What was held back is given once the
    /// file is settled.
    pub(super) fn is_at_end(&self, length: u64, is_settled: bool) -> bool {
        let read = self.bytes.or(self.end.filter(|_| !self.has_held));
        read == Some(length) || (self.end == Some(length) && !is_settled)
    }

    /// Whether the place is of another file than this one, which is shorter or begins otherwise.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn is_of_another(&self, file: &mut (impl Read + Seek), length: u64) -> io::Result<bool> {
        if self.bytes.or(self.end).is_some_and(|read| read > length) {
            return Ok(true);
        }
        let Some(head) = &self.head else { return Ok(false) };
        Ok(Head::read(file, head.bytes)? != *head)
    }
}

/// How a file begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// How many bytes the digest is of.
    bytes: u64,
    digest: String,
}

impl Head {
    /// The head of a file, which is read on behind it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn of(file: &mut (impl Read + Seek)) -> io::Result<Self> {
        Self::read(file, HEAD)
    }

    fn read(file: &mut (impl Read + Seek), at_most: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        file.take(at_most.min(HEAD)).read_to_end(&mut bytes)?;
        Ok(Self { bytes: bytes.len() as u64, digest: Key::derived_id(&[&base64(&bytes)]) })
    }
}
