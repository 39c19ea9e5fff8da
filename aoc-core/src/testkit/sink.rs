//! What every sink promises: [`Sink`] as sentences. [`suite!`](crate::suite) makes tests of them, given a
//! [`Receiver`]: the sink, and the fake other side that can say what arrived and be told to refuse.

use std::sync::Arc;

use async_trait::async_trait;

use super::{events::Generator, fakes::Recorder};
use crate::{Error, ErrorKind, Event, Sink};

/// A sink and its other side.
#[async_trait]
pub trait Receiver: Send + Sync {
    /// The sink.
    fn sink(&self) -> Arc<dyn Sink>;

    /// The ids of the events that have arrived, in order, with repeats.
    async fn arrived(&self) -> Vec<String>;

    /// From now on the other side answers so that the sink must fail with this kind; `None`: it is well again.
    /// Says whether the other side can do that.
    async fn refuse(&self, kind: Option<ErrorKind>) -> bool;
}

const KINDS: [ErrorKind; 4] =
    [ErrorKind::Unavailable, ErrorKind::RateLimited, ErrorKind::Denied, ErrorKind::Rejected];

fn ids(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.id.clone()).collect()
}

async fn deliver(receiver: &impl Receiver, events: &[Event]) {
    let delivered = receiver.sink().deliver(events).await.unwrap();
    assert!(delivered.refused.is_empty(), "refused: {:?}", delivered.refused);
}

/// Events arrive whole batches after another, in order, odd ones and many of them included.
pub async fn events_arrive_in_order(receiver: impl Receiver) {
    let events = Generator::new(71).events(900);
    let (few, many) = events.split_at(400);
    for batch in few.chunks(37) {
        deliver(&receiver, batch).await;
    }
    deliver(&receiver, many).await;
    assert_eq!(receiver.arrived().await, ids(&events));
}

/// An empty batch only asks whether the other side is there.
pub async fn an_empty_batch_only_probes(receiver: impl Receiver) {
    for _ in 0..2 {
        deliver(&receiver, &[]).await;
    }
    assert_eq!(receiver.arrived().await, Vec::<String>::new());
}

/// A refused batch is an error of the right kind, and can be delivered later.
pub async fn a_refused_batch_is_an_error_of_the_right_kind(receiver: impl Receiver) {
    let events = Generator::new(72).events(20);
    for (kind, batch) in KINDS.into_iter().zip(events.chunks(5)) {
        if receiver.refuse(Some(kind)).await {
            match receiver.sink().deliver(batch).await {
                Err(error) => assert_eq!(error.kind(), kind, "{}", error.chain()),
                Ok(delivered) if kind == ErrorKind::Rejected => {
                    assert_eq!(delivered.refused.len(), batch.len())
                }
                Ok(_) => panic!("{kind:?} was called a success"),
            }
            assert!(receiver.refuse(None).await);
        }
        deliver(&receiver, batch).await;
    }
    let mut arrived = receiver.arrived().await;
    arrived.dedup();
    for id in ids(&events) {
        assert!(arrived.contains(&id), "{id} did not arrive");
    }
}

/// A probe fails when the other side is not there or refuses our rights.
pub async fn a_probe_says_when_the_other_side_refuses(receiver: impl Receiver) {
    for kind in [ErrorKind::Unavailable, ErrorKind::Denied] {
        if receiver.refuse(Some(kind)).await {
            let error = receiver.sink().deliver(&[]).await.expect_err("a probe that sees nothing");
            assert_eq!(error.kind(), kind, "{}", error.chain());
            receiver.refuse(None).await;
        }
    }
    deliver(&receiver, &[]).await;
}

#[async_trait]
impl Receiver for Recorder {
    fn sink(&self) -> Arc<dyn Sink> {
        Arc::new(self.clone())
    }

    async fn arrived(&self) -> Vec<String> {
        self.ids()
    }

    async fn refuse(&self, kind: Option<ErrorKind>) -> bool {
        self.fail_always(kind.map(|kind| move || Error::new(kind, "told to")));
        true
    }
}
