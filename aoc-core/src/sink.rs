//! Sinks: where events are delivered.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Event, Result};

/// What became of a delivered batch.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Delivered {
    /// Events that the receiver refused for good: their index in the batch, and why. All others are safe there.
    #[schemars(with = "Vec<(usize, serde_json::Value)>")]
    pub refused: Vec<(usize, Error)>,
    /// Where the delivery broke off after it had begun: from this index on nothing is safe there yet, because of this
    /// error. These events come again as after an error; those before do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<(usize, serde_json::Value)>")]
    pub broken_off: Option<(usize, Error)>,
}

impl Delivered {
    /// All events before this index are safe there; the others come again, because of this error.
    pub fn until(index: usize, error: Error) -> Self {
        Self { refused: Vec::new(), broken_off: Some((index, error)) }
    }
}

/// Delivers events somewhere else, in order.
///
/// `Ok` means every event is safe there, but for those the answer lists as refused for good (they are set
/// aside under `rejected/…` with the reason) and those from where it [broke off](Delivered::broken_off). On `Unavailable`, `RateLimited` or `Denied` the same batch comes
/// again later; on `Rejected` (the receiver refuses the batch and cannot say which event) it is offered in
/// halves until the culprit stands alone. An empty batch only asks whether the other side is there.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Delivers the batch.
    async fn deliver(&self, events: &[Event]) -> Result<Delivered>;
}
