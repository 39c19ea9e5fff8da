//! Bodies: the event's JSON, compressed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aoc_core::prelude::*;
use rusqlite::{Connection, OptionalExtension};
use zstd::{
    bulk::{Compressor, Decompressor},
    dict::{DecoderDictionary, EncoderDictionary},
};

use super::{failed, lock};

const LEVEL: i32 = 1;
/// A dictionary of this size was measured to halve both disk and time (`docs/decisions/0003`).
pub(super) const DICTIONARY_BYTES: usize = 110 * 1024;
/// The largest body that is read back; a damaged length asks for no more memory than this.
const MOST_BYTES: usize = 1 << 30;

/// Compresses bodies with the newest dictionary.
pub(super) struct Packer {
    compressor: Compressor<'static>,
    pub(super) dictionary: i64,
    json: Vec<u8>,
}

impl Packer {
    pub(super) fn new(connection: &Connection) -> Result<Self> {
        let newest = "SELECT id, bytes FROM dictionaries ORDER BY id DESC LIMIT 1";
        let newest: Option<(i64, Vec<u8>)> = connection
            .query_row(newest, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(failed)?;
        match newest {
            Some((id, bytes)) => Self::with(id, &bytes),
            None => Ok(Self {
                compressor: Compressor::new(LEVEL).map_err(broken)?,
                dictionary: 0,
                json: Vec::new(),
            }),
        }
    }

    pub(super) fn with(dictionary: i64, bytes: &[u8]) -> Result<Self> {
        let prepared = EncoderDictionary::copy(bytes, LEVEL);
        // One per trained dictionary and process, and there is one of those in a store's life.
        let prepared: &'static EncoderDictionary<'static> = Box::leak(Box::new(prepared));
        let compressor = Compressor::with_prepared_dictionary(prepared).map_err(broken)?;
        Ok(Self { compressor, dictionary, json: Vec::new() })
    }

    /// The body of an event.
    pub(super) fn pack(&mut self, event: &Event) -> Result<Vec<u8>> {
        self.json.clear();
        serde_json::to_writer(&mut self.json, event)
            .map_err(|cause| Error::internal("an event has no JSON").because(cause))?;
        let length =
            u32::try_from(self.json.len()).map_err(|_| Error::rejected("an event of more than 4 GiB"))?;
        let mut body = length.to_le_bytes().to_vec();
        body.extend(self.compressor.compress(&self.json).map_err(broken)?);
        Ok(body)
    }
}

/// The dictionaries that bodies were compressed with, read once.
#[derive(Default)]
pub(super) struct Dictionaries(Mutex<HashMap<i64, Arc<DecoderDictionary<'static>>>>);

impl Dictionaries {
    fn get(&self, connection: &Connection, id: i64) -> Result<Arc<DecoderDictionary<'static>>> {
        if let Some(known) = lock(&self.0).get(&id) {
            return Ok(known.clone());
        }
        let mut statement =
            connection.prepare_cached("SELECT bytes FROM dictionaries WHERE id = ?1").map_err(failed)?;
        let bytes: Vec<u8> = statement.query_row([id], |row| row.get(0)).map_err(failed)?;
        let prepared = Arc::new(DecoderDictionary::copy(&bytes));
        lock(&self.0).insert(id, prepared.clone());
        Ok(prepared)
    }

    /// The JSON in a body.
    pub(super) fn unpack(&self, connection: &Connection, dictionary: i64, body: &[u8]) -> Result<Vec<u8>> {
        let (length, frame) =
            body.split_at_checked(4).ok_or_else(|| Error::internal("a body is too short"))?;
        let length = length.iter().rev().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
        if length > MOST_BYTES {
            return Err(Error::internal("a body's length is damaged"));
        }
        let json = match dictionary {
            0 => Decompressor::new().and_then(|mut plain| plain.decompress(frame, length)),
            id => {
                let prepared = self.get(connection, id)?;
                Decompressor::with_prepared_dictionary(&prepared)
                    .and_then(|mut d| d.decompress(frame, length))
            }
        };
        json.map_err(broken)
    }
}

/// A dictionary for such JSON texts.
pub(super) fn train(samples: &[Vec<u8>]) -> Result<Vec<u8>> {
    zstd::dict::from_samples(samples, DICTIONARY_BYTES).map_err(broken)
}

fn broken(cause: std::io::Error) -> Error {
    Error::internal("compression failed").because(cause)
}
