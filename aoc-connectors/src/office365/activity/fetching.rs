//! Fetches the blobs of a window, several at a time, and decides what becomes of those that cannot be had.

use std::{collections::VecDeque, pin::pin};

use aoc_core::{ledger::Item, prelude::*};
use futures::{StreamExt, stream::FuturesUnordered};

use super::{
    blob::{Blob, Content, download},
    memory::{Memory, Open, PAGE_BYTES, Waiting},
    place::Place,
    source::{ActivitySource, Bringing},
};
use crate::microsoft::Failure;

/// Blobs fetched at a time.
const SIDE_BY_SIDE: usize = 8;
/// How often a blob is tried in one round.
const MOST_TRIES: u32 = 3;
/// In how many rounds a blob is tried that is itself at fault; one that only cannot be had now is tried for as long as the
/// API keeps it.
const MOST_ROUNDS: u32 = 8;

/// A blob that could not be fetched.
struct Failed {
    blob: Waiting,
    error: Error,
    fault: Fault,
}

/// Whose fault it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The blob's: it is broken, or there is none.
    Blob,
    /// The blob's too: we may not have it, though we may list it.
    Forbidden,
    /// The API's: it answered, or did not.
    Api,
    /// Nobody was asked.
    Nobody,
}

/// What was fetched for one page.
#[derive(Default)]
struct Batch {
    came: usize,
    bytes: usize,
    failed: Vec<Failed>,
    /// The others would fare the same.
    stops: bool,
}

impl Batch {
    /// Whether another blob is to be asked for. Where hardly any comes, it is no use to ask for all.
    fn wants_more(&self) -> bool {
        !self.stops && self.bytes < PAGE_BYTES && self.failed.len() < SIDE_BY_SIDE + self.came
    }
}

impl ActivitySource {
    /// Fetches blobs until they make a page.
    ///
    /// # Errors
    /// When nothing came at all, and that is not the fault of the blobs; then all still wait.
    pub(super) async fn fetch_blobs(
        &self,
        waiting: &mut VecDeque<Waiting>,
        place: &mut Place,
        memory: &mut Memory,
        bringing: &mut Bringing,
        now: Timestamp,
    ) -> Result<()> {
        let fetch = |blob: Waiting| async {
            let came = download(&self.client, &blob.listed).await;
            (blob, came)
        };
        let mut under_way = pin!(FuturesUnordered::new());
        let mut batch = Batch::default();
        loop {
            while under_way.len() < SIDE_BY_SIDE && batch.wants_more() && memory.open.is_empty() {
                let Some(next) = waiting.pop_front() else { break };
                under_way.push(fetch(next));
            }
            let Some((blob, came)) = under_way.next().await else { break };
            match came {
                Ok(came) => {
                    batch.came += 1;
                    batch.bytes += came.bytes.min(PAGE_BYTES);
                    batch.failed.extend(self.take(blob, came, place, memory, bringing));
                }
                Err(failure) if failure.code == "AF20051" => {
                    let id = &blob.listed.content_id;
                    bringing.warnings.push(format!("content {id} has expired and is lost"));
                    self.lost(&blob, "it expired before it was fetched (AF20051)", place, bringing);
                }
                Err(failure) => {
                    batch.stops |= stops(&failure);
                    let fault = fault(&failure);
                    batch.failed.push(Failed { blob, error: failure.error, fault });
                }
            }
        }
        let brought =
            !bringing.records.is_empty() || !bringing.coverage.is_empty() || !memory.open.is_empty();
        let tells = self.tells(&batch.failed, place, memory);
        let judged = self.judge(batch.failed, (brought, tells), waiting, place, bringing, now);
        memory.told |= judged.is_err() && tells;
        judged
    }

    /// Whether all blobs are refused, and it is to be told that none comes at all: once, when that is new.
    fn tells(&self, failed: &[Failed], place: &mut Place, memory: &Memory) -> bool {
        let is_new =
            |failed: &Failed| place.failures(failed.blob.created, &failed.blob.listed.content_id) == 0;
        !memory.told
            && memory.open.is_empty()
            && failed.iter().all(|failed| failed.fault == Fault::Forbidden)
            && failed.iter().any(is_new)
            && !place.has_any()
    }

    /// What becomes of blobs that could not be fetched: tried again in this round, in later ones, or lost.
    fn judge(
        &self,
        failed: Vec<Failed>,
        (mut brought, tells): (bool, bool),
        waiting: &mut VecDeque<Waiting>,
        place: &mut Place,
        bringing: &mut Bringing,
        now: Timestamp,
    ) -> Result<()> {
        let mut worst: Option<Error> = None;
        for Failed { mut blob, error, fault } in failed {
            blob.tries += u32::from(fault != Fault::Nobody);
            let id = blob.listed.content_id.clone();
            let is_last_round = place.failures(blob.created, &id) + 1 >= MOST_ROUNDS;
            let is_forbidden = fault == Fault::Forbidden && !tells;
            if blob.tries < MOST_TRIES && !is_forbidden {
                // Behind the others: whatever is wrong with it must not hold them up.
                waiting.push_back(blob);
            } else if fault == Fault::Blob && is_last_round {
                bringing.warnings.push(format!("content {id} is lost: {error}"));
                self.lost(&blob, &error.to_string(), place, bringing);
                brought = true;
            } else {
                let warning = format!("content {id} could not be fetched and will be tried again: {error}");
                bringing.warnings.push(warning);
                bringing.coverage.extend(place.put_off(blob.created, &id, now, &error));
                brought = true;
            }
            let counts = fault != Fault::Blob && !is_forbidden;
            if counts && worst.as_ref().is_none_or(|worst| worst.retry_after().is_none()) {
                worst = Some(error);
            }
        }
        match worst {
            // What came is stored first; if it is still so then, the error comes with the next page.
            Some(error) if !brought => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes what was downloaded; gives the blob back where it must be tried again.
    fn take(
        &self,
        blob: Waiting,
        came: Blob,
        place: &mut Place,
        memory: &mut Memory,
        bringing: &mut Bringing,
    ) -> Option<Failed> {
        let is_last_try = blob.tries + 1 >= MOST_TRIES
            && place.failures(blob.created, &blob.listed.content_id) + 1 >= MOST_ROUNDS;
        let hash = came.hash;
        let (spooled, lost) = match came.content {
            Content::Broken(_, error) | Content::BrokenFile(_, error) if !is_last_try => {
                return Some(Failed { blob, error, fault: Fault::Blob });
            }
            Content::Records(records) => {
                self.stored(&blob, records.len() as u64, hash, None, place, bringing);
                self.add(records, blob.created, bringing);
                return None;
            }
            Content::Broken(records, error) => {
                self.stored(&blob, records.len() as u64, hash, Some(error.to_string()), place, bringing);
                self.add(records, blob.created, bringing);
                return None;
            }
            Content::Spooled(spooled) => (spooled, None),
            Content::BrokenFile(spooled, error) => (spooled, Some(error.to_string())),
        };
        memory.open.push_back(Open { of: blob, spooled, hash, events: 0, lost });
        None
    }

    /// More of a large blob; gives it back while there is more.
    pub(super) async fn read_on(
        &self,
        mut open: Open,
        place: &mut Place,
        bringing: &mut Bringing,
    ) -> Result<Option<Open>> {
        let read = tokio::task::spawn_blocking(move || open.next().map(|next| (next, open)));
        let ((records, is_last), open) =
            read.await.map_err(|cause| Error::internal("a reading thread panicked").because(cause))??;
        self.add(records, open.of.created, bringing);
        if !is_last {
            return Ok(Some(open));
        }
        self.stored(&open.of, open.events, open.hash, open.lost, place, bringing);
        Ok(None)
    }

    fn add(&self, records: Vec<RawJson>, created: Timestamp, bringing: &mut Bringing) {
        bringing.records.extend(records.into_iter().map(|raw| Record {
            tenant: Some(self.client.tenant.clone()),
            available_at: Some(created),
            ..Record::new(raw)
        }));
    }

    fn stored(
        &self,
        blob: &Waiting,
        events: u64,
        hash: String,
        lost: Option<String>,
        place: &mut Place,
        bringing: &mut Bringing,
    ) {
        let id = blob.listed.content_id.clone();
        if let Some(reason) = &lost {
            let warning = format!("content {id} is not whole: {reason}; {events} records of it are kept");
            bringing.warnings.push(warning);
        }
        bringing.coverage.extend(place.done(blob.created, Item { id, events, hash: Some(hash), lost }));
    }

    fn lost(&self, blob: &Waiting, reason: &str, place: &mut Place, bringing: &mut Bringing) {
        let id = blob.listed.content_id.clone();
        let item = Item { id, events: 0, hash: None, lost: Some(reason.to_owned()) };
        bringing.coverage.extend(place.done(blob.created, item));
    }
}

/// Whether the others would fare the same, so that asking on is no use.
fn stops(failure: &Failure) -> bool {
    let stops = matches!(
        failure.error.kind(),
        ErrorKind::RateLimited | ErrorKind::Denied | ErrorKind::Config | ErrorKind::Internal
    );
    stops && fault(failure) != Fault::Forbidden
}

fn fault(failure: &Failure) -> Fault {
    match failure.error.kind() {
        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Rejected => Fault::Blob,
        // Without an answer it was the token that is refused.
        ErrorKind::Denied if !matches!(failure.status, 0 | 401) => Fault::Forbidden,
        // Held back on this side.
        ErrorKind::RateLimited if failure.status == 0 => Fault::Nobody,
        _ => Fault::Api,
    }
}
