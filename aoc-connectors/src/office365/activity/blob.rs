//! One blob of records: downloaded in pieces, kept in memory while it is small, else in a file without a name.

use std::{
    fs::File,
    io::{BufReader, Seek, Write},
};

use aoc_core::{http::Answer, prelude::*};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::{
    client::{Client, Listed},
    elements::{Elements, Outline},
};
use crate::{RecordReader, microsoft::Failure};

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
    Spooled(Spooled),
    /// What is no whole array: what could be saved of it, and why it is none.
    Broken(Vec<RawJson>, Error),
    /// The same, in a file.
    BrokenFile(Spooled, Error),
}

/// Records in a file.
pub(super) enum Spooled {
    /// A whole array.
    Whole(Elements<BufReader<File>>),
    /// Whatever it is.
    Broken(Box<RecordReader<'static>>),
}

impl Spooled {
    /// The next record; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<RawJson>> {
        match self {
            Self::Whole(elements) => elements.next().map_err(no_room),
            // What cannot be read on is lost, and said to be.
            Self::Broken(reader) => Ok(reader.next_record().ok().flatten().map(|record| record.raw)),
        }
    }
}

/// Blobs larger than this go to a file.
const MOST_IN_MEMORY: usize = 1 << 20;

/// Downloads a blob. One that broke off on the way is an error; one that came whole but is no whole array is not.
pub(super) async fn download(client: &Client, listed: &Listed) -> Result<Blob, Failure> {
    // A link that leads nowhere is the fault of the blob, not of the API.
    let link = client.link(&listed.content_uri).map_err(|error| Error::rejected(error.to_string()))?;
    let mut answer = client.api.get(link).await?;
    let (mut spool, mut hash, mut outline) = (Spool::default(), Sha256::new(), Outline::default());
    while let Some(chunk) = next_chunk(client, &mut answer).await? {
        hash.update(&chunk);
        outline.see(&chunk);
        spool.write(&chunk).await?;
    }
    if spool.file.is_some() {
        spool.flush().await?;
    }
    let bytes = spool.bytes;
    let hash = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let content = match spool.file {
        None => read(&spool.memory, outline.is_array()),
        Some(file) => reread(file, outline.is_array()).map_err(no_room)?,
    };
    Ok(Blob { hash, bytes, content })
}

async fn next_chunk(client: &Client, answer: &mut Answer) -> Result<Option<Vec<u8>>, Failure> {
    match timeout(client.api.patience(), answer.chunk()).await {
        Ok(chunk) => Ok(chunk?),
        Err(_) => Err(client.api.late()),
    }
}

fn read(bytes: &[u8], is_array: bool) -> Content {
    let cause = match serde_json::from_slice::<Vec<RawJson>>(bytes) {
        Ok(records) => return Content::Records(records),
        Err(cause) => cause,
    };
    if is_array {
        // Something in it is no JSON; what that is becomes a record that cannot be read, and the others are fine.
        let mut elements = Elements::new(bytes);
        return Content::Records(std::iter::from_fn(|| elements.next().ok().flatten()).collect());
    }
    let reader = RecordReader::new(bytes).behind_json();
    let saved = reader.map_while(Result::ok).map(|record| record.raw);
    Content::Broken(saved.collect(), broken().because(cause))
}

fn reread(mut file: File, is_array: bool) -> std::io::Result<Content> {
    file.rewind()?;
    let input = BufReader::with_capacity(64 << 10, file);
    Ok(match is_array {
        true => Content::Spooled(Spooled::Whole(Elements::new(input))),
        false => {
            Content::BrokenFile(Spooled::Broken(Box::new(RecordReader::new(input).behind_json())), broken())
        }
    })
}

fn broken() -> Error {
    Error::rejected("a content blob is no whole JSON array")
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
        let most = if self.file.is_some() { MOST_IN_MEMORY / 4 } else { MOST_IN_MEMORY };
        if self.memory.len() <= most { Ok(()) } else { self.flush().await }
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
