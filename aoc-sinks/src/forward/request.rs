//! A batch, cut into requests, and what became of it.

use aoc_core::{Delivered, Error, ErrorKind, Event, Key, Result};
use async_trait::async_trait;

use super::guard::{self, Guard};

/// Sees that a request may have enough bytes for an event; else all would be refused.
///
/// # Errors
/// [`Config`](ErrorKind::Config) when it may not.
pub(crate) fn check_max_bytes(max_bytes: usize) -> Result<()> {
    if max_bytes < LEAST {
        return Err(Error::config(format!("max_bytes: {max_bytes} is too few, expected {LEAST} or more")));
    }
    Ok(())
}

const LEAST: usize = 4_000;

/// One event, as it is sent.
pub(crate) struct Piece {
    /// Its index in the batch.
    pub(crate) index: usize,
    /// Its key.
    pub(crate) key: Key,
    /// What is sent.
    pub(crate) body: Vec<u8>,
}

/// A batch, as it is sent.
pub(crate) struct Prepared {
    pub(crate) pieces: Vec<Piece>,
    /// Those that cannot be sent, and why.
    pub(crate) refused: Vec<(usize, Error)>,
}

impl Prepared {
    /// Writes each event. One that cannot be written, or has more bytes than a request may have, is refused: it must
    /// not hold up the others.
    pub(crate) fn of(events: &[Event], most: usize, write: impl Fn(&Event) -> Result<Vec<u8>>) -> Self {
        let mut prepared = Self { pieces: Vec::with_capacity(events.len()), refused: Vec::new() };
        for (index, event) in events.iter().enumerate() {
            match write(event) {
                Ok(body) if body.len() > most => {
                    let (is, most) = (body.len(), most);
                    let message = format!("the event has {is} bytes, and a request at most {most}");
                    prepared.refused.push((index, Error::rejected(message)));
                }
                Ok(body) => prepared.pieces.push(Piece { index, key: event.dedupe_key.clone(), body }),
                Err(error) => {
                    let message = format!("the event cannot be written for the receiver: {error}");
                    prepared.refused.push((index, Error::rejected(message)));
                }
            }
        }
        prepared
    }
}

/// What became of a request.
pub(crate) struct Settled {
    /// So many pieces, from the first on, are safe there or refused. What is left goes into another request.
    pub(crate) count: usize,
    /// Those of them that were refused, by their index in the batch.
    pub(crate) refused: Vec<(usize, Error)>,
    /// Why the one behind them is not safe there, and comes again.
    pub(crate) broken: Option<Error>,
}

impl Settled {
    /// All pieces are safe there.
    pub(crate) fn all(pieces: &[Piece]) -> Self {
        Self { count: pieces.len(), refused: Vec::new(), broken: None }
    }
}

/// Takes pieces to the receiver in one request.
#[async_trait]
pub(crate) trait Courier: Sync {
    /// Sends them. After an error none of them counts as delivered.
    async fn send(&self, pieces: &[Piece]) -> Result<Settled>;

    /// What is known of the receiver since the sink was built.
    fn guard(&self) -> &Guard;
}

/// Sends a batch in requests of at most `most` bytes each, but of one piece at least, in order, and gives account of it.
///
/// The first error ends it: what was sent before is delivered, what comes behind comes again. A receiver that refuses
/// everything is told from one that refuses an event: see [`Guard`].
///
/// # Errors
/// The courier's, when nothing was delivered before it.
pub(crate) async fn hand_over(courier: &impl Courier, prepared: Prepared, most: usize) -> Result<Delivered> {
    let Prepared { pieces, mut refused } = prepared;
    let mut at = 0;
    while at < pieces.len() {
        let request = &pieces[at..at + fitting(&pieces[at..], most)];
        let broken = match courier.send(request).await {
            Ok(settled) => {
                if settled.refused.len() < settled.count {
                    courier.guard().accepted();
                }
                refused.extend(settled.refused);
                at += settled.count;
                settled.broken.or_else(|| {
                    (settled.count == 0)
                        .then(|| Error::internal("a request settled nothing without a reason"))
                })
            }
            Err(error) if error.kind() == ErrorKind::Rejected => {
                match guard::judge(courier, request, &pieces[at..], error).await {
                    Ok(reason) => {
                        refused.push((request[0].index, reason));
                        at += 1;
                        None
                    }
                    Err(error) => Some(error),
                }
            }
            Err(error) => Some(error),
        };
        if let Some(error) = broken {
            return broken_off(pieces.get(at), at, refused, error);
        }
    }
    Ok(Delivered { refused, broken_off: None })
}

fn broken_off(
    next: Option<&Piece>,
    at: usize,
    refused: Vec<(usize, Error)>,
    error: Error,
) -> Result<Delivered> {
    match next {
        None => Ok(Delivered { refused, broken_off: None }),
        Some(_) if at == 0 => Err(error),
        Some(piece) => Ok(Delivered { refused, broken_off: Some((piece.index, error)) }),
    }
}

/// How many pieces go into a request.
fn fitting(pieces: &[Piece], most: usize) -> usize {
    let mut bytes = 0;
    let fits = |piece: &&Piece| {
        bytes += piece.body.len() + 1;
        bytes <= most
    };
    pieces.iter().take_while(fits).count().max(1)
}
