//! Bytes as they are kept in the database: compressed, behind a checksum.

use aoc_core::{Error, Result};
use xxhash_rust::xxh3::xxh3_64;

const LEVEL: i32 = 3;

pub(super) fn pack(bytes: &[u8]) -> Result<Vec<u8>> {
    let compressed = zstd::encode_all(bytes, LEVEL)
        .map_err(|cause| Error::internal("a block cannot be compressed").because(cause))?;
    let mut packed = xxh3_64(&compressed).to_le_bytes().to_vec();
    packed.extend(compressed);
    Ok(packed)
}

/// `None` when they are damaged.
pub(super) fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (sum, compressed) = packed.split_first_chunk::<8>()?;
    let is_whole = xxh3_64(compressed).to_le_bytes() == *sum;
    is_whole.then(|| zstd::decode_all(compressed).ok()).flatten()
}
