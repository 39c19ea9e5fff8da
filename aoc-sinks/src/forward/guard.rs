//! A receiver that refuses everything, kept apart from one that refuses an event.

use std::sync::{Mutex, PoisonError};

use aoc_core::{Error, ErrorKind, Key, Result};

use super::{Courier, Piece};

/// What is known of a receiver since the sink was built.
///
/// An address, a stream or a schema that is wrong may be answered like an event that is wrong. So as long as nothing was
/// accepted, a second event that is refused alone with the same status and body is not set aside: the last one of the
/// batch is tried, and if that is refused alike all waits, from the second one on. If it is accepted, events are refused
/// for what is in them from then on; that one comes again.
///
/// An answer that differs each time, by a number or a time, is not seen through.
#[derive(Default)]
pub(crate) struct Guard(Mutex<Known>);

#[derive(Default)]
enum Known {
    #[default]
    Nothing,
    /// It refused this event alone, with these words.
    Refuses(Key, String),
    /// It accepts some.
    Discerns,
}

impl Guard {
    /// Something was accepted.
    pub(super) fn accepted(&self) {
        *self.lock() = Known::Discerns;
    }

    /// Remembers an event that was refused alone.
    fn refused(&self, key: &Key, error: &Error) {
        let mut known = self.lock();
        if !matches!(*known, Known::Discerns) {
            *known = Known::Refuses(key.clone(), error.to_string());
        }
    }

    /// Whether another event was refused in the same words, and none was accepted.
    fn has_heard(&self, key: &Key, error: &Error) -> bool {
        matches!(&*self.lock(), Known::Refuses(other, words) if other != key && *words == error.to_string())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a refused request means: the reason to set its only event aside, or why the batch ends here.
///
/// # Errors
/// [`Rejected`](ErrorKind::Rejected) where the culprit is to be looked for in the request, [`Denied`](ErrorKind::Denied)
/// where the receiver refuses everything, and the courier's.
pub(super) async fn judge(
    courier: &impl Courier,
    request: &[Piece],
    rest: &[Piece],
    error: Error,
) -> Result<Error> {
    let (Some(first), Some(last)) = (request.first(), rest.last()) else { return Err(error) };
    let (guard, is_alone) = (courier.guard(), request.len() == 1);
    let asked = if is_alone { first } else { last };
    if guard.has_heard(&asked.key, &error) {
        // The only one that is left was asked already.
        if rest.len() == 1 || refuses(courier, last, &error).await? {
            return Err(Error::denied(format!("the receiver refuses every event: {error}")));
        }
        guard.accepted();
    }
    if !is_alone {
        return Err(error);
    }
    guard.refused(&first.key, &error);
    Ok(error)
}

/// Whether this one is refused alone in the same words.
async fn refuses(courier: &impl Courier, piece: &Piece, error: &Error) -> Result<bool> {
    match courier.send(std::slice::from_ref(piece)).await {
        Ok(_) => Ok(false),
        Err(other) if other.kind() == ErrorKind::Rejected => Ok(other.to_string() == error.to_string()),
        Err(other) => Err(other),
    }
}
