//! The two threads that go ahead of the store: one reads records, one makes events of them.

use std::thread;

use aoc_connectors::{AnyRecord, RecordReader};
use aoc_core::{Error, Event, Record, Result, normalize};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{
    Stop,
    files::{Failure, Input},
};

/// How many records are appended at once, at most.
const MOST_RECORDS: usize = 1_000;
/// How many bytes of records are appended at once, about.
const MOST_BYTES: usize = 8 << 20;

/// What comes out of the threads.
pub(super) enum Piece {
    /// Events to append, and how many bytes of all files were read when they were.
    Events { events: Vec<Event>, bytes: u64 },
    /// Something could not be read.
    Failed(Failure),
    /// That was all.
    End,
}

/// What goes from the first thread to the second.
enum Raw {
    Records { records: Vec<Record>, bytes: u64 },
    Failed(Failure),
    End,
}

/// The threads. They end by themselves when nobody listens any more.
pub(super) struct Workers {
    pieces: Receiver<Piece>,
}

impl Workers {
    pub(super) fn start(inputs: Vec<Input>, tenant: Option<String>, stop: Stop) -> Result<Self> {
        let (raw_sender, raw) = channel(1);
        let (sender, pieces) = channel(1);
        let reader = Reader { tenant, stop, sender: raw_sender, records: Vec::new(), size: 0, bytes: 0 };
        // Threads of their own: one that waits for its input must not keep the program from ending.
        spawn("read", move || reader.read_all(&inputs))?;
        spawn("normalize", move || normalize_all(raw, &sender))?;
        Ok(Self { pieces })
    }

    /// The next piece; threads that end without saying so have panicked.
    pub(super) async fn next(&mut self) -> Result<Piece> {
        let piece = self.pieces.recv().await;
        piece.ok_or_else(|| Error::internal("a thread that reads or normalizes panicked"))
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
    spawned.map(drop).map_err(|cause| Error::unavailable("cannot start a thread").because(cause))
}

fn normalize_all(mut raw: Receiver<Raw>, sender: &Sender<Piece>) {
    let normalizer = AnyRecord::new();
    while let Some(raw) = raw.blocking_recv() {
        let piece = match raw {
            Raw::Failed(failure) => Piece::Failed(failure),
            Raw::End => Piece::End,
            Raw::Records { records, bytes } => {
                let events = records.into_iter().map(|record| normalize(&normalizer, record)).collect();
                Piece::Events { events, bytes }
            }
        };
        if sender.blocking_send(piece).is_err() {
            return;
        }
    }
}

/// Reads one file after another; a batch may hold the end of one and the beginning of the next.
struct Reader {
    tenant: Option<String>,
    stop: Stop,
    sender: Sender<Raw>,
    records: Vec<Record>,
    /// Bytes of the records.
    size: usize,
    /// Bytes of the files behind us.
    bytes: u64,
}

/// Nobody listens any more.
struct Gone;

impl Reader {
    fn read_all(mut self, inputs: &[Input]) {
        for input in inputs {
            let read =
                self.read(input).and_then(|()| if self.stop.is_stopped() { Err(Gone) } else { Ok(()) });
            if read.is_err() {
                break;
            }
        }
        // Whoever stopped us still wants what was read.
        let _ = self.flush(self.bytes).and_then(|()| self.send(Raw::End));
    }

    fn read(&mut self, input: &Input) -> Result<(), Gone> {
        let mut reader = match input.open() {
            Ok(file) => RecordReader::new(file),
            Err(error) => return self.fail(input, &error),
        };
        while !self.stop.is_stopped() {
            match reader.next_record() {
                Ok(Some(record)) => self.push(record, reader.bytes_read())?,
                Ok(None) => break,
                Err(error) => {
                    self.fail(input, &error)?;
                    break;
                }
            }
        }
        self.bytes += reader.bytes_read();
        Ok(())
    }

    fn push(&mut self, mut record: Record, bytes_of_file: u64) -> Result<(), Gone> {
        // One that came with its record, out of an export of ours, is the better one.
        record.tenant = record.tenant.or_else(|| self.tenant.clone());
        self.size += record.raw.text().len();
        self.records.push(record);
        if self.records.len() >= MOST_RECORDS || self.size >= MOST_BYTES {
            self.flush(self.bytes + bytes_of_file)?;
        }
        Ok(())
    }

    fn flush(&mut self, bytes: u64) -> Result<(), Gone> {
        self.size = 0;
        let records = std::mem::take(&mut self.records);
        self.send(Raw::Records { records, bytes })
    }

    fn fail(&self, input: &Input, error: &Error) -> Result<(), Gone> {
        self.send(Raw::Failed(Failure::new(input.path(), error)))
    }

    fn send(&self, raw: Raw) -> Result<(), Gone> {
        self.sender.blocking_send(raw).map_err(|_| Gone)
    }
}
