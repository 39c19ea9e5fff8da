//! Whether the server can do its work.

use std::time::Duration;

use super::{Operations, types::Health};

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

impl Operations {
    /// Whether the store answers. Anybody may ask, and learns nothing else.
    pub async fn health(&self) -> Health {
        let answer = tokio::time::timeout(PATIENCE, self.store.head()).await;
        let word = match answer {
            Ok(Ok(_)) => "ok",
            Ok(Err(error)) => {
                tracing::error!(error = error.chain(), "the store does not answer");
                "unavailable"
            }
            Err(_) => {
                tracing::error!(seconds = PATIENCE.as_secs(), "the store does not answer in time");
                "unavailable"
            }
        };
        Health { status: word.to_owned(), store: word.to_owned() }
    }
}
