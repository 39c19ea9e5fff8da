//! Bodies: events written down and compressed.

use std::{collections::HashMap, sync::Mutex};

use aoc_core::prelude::*;
use rusqlite::{Connection, OptionalExtension};
use zstd::bulk::{Compressor, Decompressor};

use super::{failed, lock};
use crate::slim;

const LEVEL: i32 = 1;
/// A dictionary of this size was measured to halve both disk and time (`docs/decisions/0003`).
pub(super) const DICTIONARY_BYTES: usize = 110 * 1024;
/// The largest body that is read back; a damaged length asks for no more memory than this.
const MOST_BYTES: usize = 1 << 30;

/// Compresses bodies with the newest dictionary.
pub(super) struct Packer {
    compressor: Compressor<'static>,
    pub(super) dictionary: u32,
    plain: Vec<u8>,
}

impl Packer {
    pub(super) fn new(connection: &Connection) -> Result<Self> {
        let newest = "SELECT id, bytes FROM dictionaries ORDER BY id DESC LIMIT 1";
        let newest: Option<(u32, Vec<u8>)> = connection
            .query_row(newest, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(failed)?;
        match newest {
            Some((id, bytes)) => Self::with(id, &bytes),
            None => Ok(Self {
                compressor: Compressor::new(LEVEL).map_err(broken)?,
                dictionary: 0,
                plain: Vec::new(),
            }),
        }
    }

    pub(super) fn with(dictionary: u32, bytes: &[u8]) -> Result<Self> {
        let compressor = Compressor::with_dictionary(LEVEL, bytes).map_err(broken)?;
        Ok(Self { compressor, dictionary, plain: Vec::new() })
    }

    /// The body of an event.
    pub(super) fn pack(&mut self, event: &Event) -> Result<Vec<u8>> {
        slim::write(event, &mut self.plain)?;
        let length =
            u32::try_from(self.plain.len()).map_err(|_| Error::rejected("an event of more than 4 GiB"))?;
        let mut body = length.to_le_bytes().to_vec();
        body.extend(self.compressor.compress(&self.plain).map_err(broken)?);
        Ok(body)
    }
}

/// Unpacks bodies. Contexts that are not in use wait here: making one costs more than using it.
#[derive(Default)]
pub(super) struct Unpackers(Mutex<HashMap<u32, Vec<Decompressor<'static>>>>);

impl Unpackers {
    fn take(&self, connection: &Connection, dictionary: u32) -> Result<Decompressor<'static>> {
        let mut waiting = lock(&self.0);
        if let Some(unpacker) = waiting.get_mut(&dictionary).and_then(Vec::pop) {
            return Ok(unpacker);
        }
        if dictionary == 0 {
            return Decompressor::new().map_err(broken);
        }
        let mut statement =
            connection.prepare_cached("SELECT bytes FROM dictionaries WHERE id = ?1").map_err(failed)?;
        let bytes: Vec<u8> = statement.query_row([dictionary], |row| row.get(0)).map_err(failed)?;
        Decompressor::with_dictionary(&bytes).map_err(broken)
    }

    /// What was packed into a body.
    pub(super) fn unpack(&self, connection: &Connection, dictionary: u32, body: &[u8]) -> Result<Vec<u8>> {
        let (length, frame) =
            body.split_first_chunk::<4>().ok_or_else(|| Error::internal("a body is too short"))?;
        let length = u32::from_le_bytes(*length) as usize;
        if length > MOST_BYTES {
            return Err(Error::internal("a body's length is damaged"));
        }
        let mut unpacker = self.take(connection, dictionary)?;
        let plain = unpacker.decompress(frame, length).map_err(broken);
        lock(&self.0).entry(dictionary).or_default().push(unpacker);
        plain
    }
}

/// A dictionary for such texts.
pub(super) fn train(samples: &[Vec<u8>]) -> Result<Vec<u8>> {
    zstd::dict::from_samples(samples, DICTIONARY_BYTES).map_err(broken)
}

fn broken(cause: std::io::Error) -> Error {
    Error::internal("compression failed").because(cause)
}
