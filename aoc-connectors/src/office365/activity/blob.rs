//! One blob of records: downloaded in pieces, kept in memory while it is small, else in a file without a name.

use std::{
    fs::File,
    io::{BufReader, Seek, Write},
};

use aoc_core::prelude::*;
use sha2::{Digest, Sha256};

use super::client::{Client, Listed};
use crate::{RecordReader, microsoft::Failure, read_records};

/// What was downloaded.
pub(super) struct Blob {
    pub(super) hash: String,
    pub(super) bytes: usize,
    pub(super) content: Content,
}

/// The records of a blob.
pub(super) enum Content {
    /// All of them.
    Records(Vec<RawJson>),
    /// To be read from a file, piece by piece.
    Spooled(RecordReader<'static>),
    /// What is no whole array: what could be saved of it, and why it is none.
    Broken(Vec<RawJson>, Error),
    /// The same, in a file.
    BrokenFile(RecordReader<'static>, Error),
}

/// Blobs larger than this go to a file.
const MOST_IN_MEMORY: usize = 1 << 20;

/// Downloads a blob. One that broke off on the way is an error; one that came whole but is no whole array is not.
pub(super) async fn download(client: &Client, listed: &Listed) -> Result<Blob, Failure> {
    let mut answer = client.api.get(client.link(&listed.content_uri)?).await?;
    let (mut spool, mut hash, mut ends) = (Spool::default(), Sha256::new(), Ends::default());
    while let Some(chunk) = answer.chunk().await? {
        hash.update(&chunk);
        ends.see(&chunk);
        spool.write(&chunk).await?;
    }
    if spool.file.is_some() {
        spool.flush().await?;
    }
    let bytes = spool.bytes;
    let hash = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let content = match spool.file {
        None => read(&spool.memory, ends.is_array()),
        Some(file) => {
            let reader = reread(file).map_err(no_room)?;
            if ends.is_array() { Content::Spooled(reader) } else { Content::BrokenFile(reader, broken()) }
        }
    };
    Ok(Blob { hash, bytes, content })
}

fn read(bytes: &[u8], is_array: bool) -> Content {
    match serde_json::from_slice::<Vec<RawJson>>(bytes) {
        Ok(records) => Content::Records(records),
        // Something in it is no JSON; what that is becomes a record that cannot be read, and the others are fine.
        Err(_) if is_array => Content::Records(save(bytes)),
        Err(cause) => Content::Broken(save(bytes), broken().because(cause)),
    }
}

fn save(bytes: &[u8]) -> Vec<RawJson> {
    read_records(bytes).map_while(Result::ok).map(|record| record.raw).collect()
}

fn broken() -> Error {
    Error::unavailable("a content blob is no whole JSON array")
}

fn reread(mut file: File) -> std::io::Result<RecordReader<'static>> {
    file.rewind()?;
    Ok(RecordReader::new(BufReader::new(file)))
}

fn no_room(cause: std::io::Error) -> Error {
    Error::unavailable("a large content blob cannot be kept in the folder for temporary files").because(cause)
}

/// Where the bytes go.
#[derive(Default)]
struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    bytes: usize,
}

impl Spool {
    async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.bytes += chunk.len();
        self.memory.extend_from_slice(chunk);
        if self.memory.len() <= MOST_IN_MEMORY && self.file.is_none() {
            return Ok(());
        }
        if self.memory.len() < MOST_IN_MEMORY / 4 {
            return Ok(());
        }
        self.flush().await
    }

    async fn flush(&mut self) -> Result<()> {
        let (file, memory) = (self.file.take(), std::mem::take(&mut self.memory));
        let written = tokio::task::spawn_blocking(move || {
            let mut file = file.map_or_else(tempfile::tempfile, Ok)?;
            file.write_all(&memory)?;
            Ok(file)
        });
        let written =
            written.await.map_err(|cause| Error::internal("a writing thread panicked").because(cause))?;
        self.file = Some(written.map_err(no_room)?);
        Ok(())
    }
}

/// The first and last signs of a text that are not blank.
#[derive(Default)]
struct Ends {
    first: Option<u8>,
    last: Option<u8>,
}

impl Ends {
    fn see(&mut self, chunk: &[u8]) {
        let is_sign = |byte: &&u8| !byte.is_ascii_whitespace();
        // A mark of the byte order may stand before the array.
        self.first =
            self.first.or_else(|| chunk.iter().find(|byte| is_sign(byte) && byte.is_ascii()).copied());
        self.last = chunk.iter().rev().find(is_sign).copied().or(self.last);
    }

    fn is_array(&self) -> bool {
        (self.first, self.last) == (Some(b'['), Some(b']'))
    }
}
