//! Keeping an index up to date. It is a follower that knows its own position.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{
    backoff::{Backoff, Next},
    status::{Board, Failure, State},
};
use crate::store::{EventIndex, EventStore};

const NAME: &str = "index";
const LOOK_EVERY: Duration = Duration::from_secs(5);

pub(crate) async fn keep_index(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    board: Board,
    mut stop: watch::Receiver<bool>,
) {
    let (mut tail, mut backoff) = (store.tail(), Backoff::default());
    while !*stop.borrow() {
        let wait = match index.catch_up().await {
            Ok(position) => {
                backoff.reset();
                board.follower(NAME, |status| {
                    (status.state, status.position, status.last_error) = (State::Ok, position, None);
                });
                LOOK_EVERY
            }
            Err(error) => {
                tracing::warn!(error = error.chain(), "the index cannot follow the log");
                board.follower(NAME, |status| {
                    (status.state, status.last_error) = (State::Failing, Some(Failure::of(&error)));
                });
                match backoff.after(&error) {
                    Next::After(wait) => wait,
                    Next::Stop => return,
                }
            }
        };
        tokio::select! {
            _ = stop.changed() => return,
            _ = tail.changed(), if wait == LOOK_EVERY => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}
