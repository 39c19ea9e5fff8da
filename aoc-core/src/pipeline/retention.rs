//! Forgetting what is too old.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::store::EventStore;

const EVERY: Duration = Duration::from_secs(3_600);

pub(crate) async fn forget_old(
    store: Arc<dyn EventStore>,
    retention: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let retention = chrono::TimeDelta::from_std(retention).unwrap_or(chrono::TimeDelta::MAX);
    while !*stop.borrow() {
        if let Some(horizon) = chrono::Utc::now().checked_sub_signed(retention) {
            match store.forget_before(horizon.into()).await {
                Ok(0) => {}
                Ok(forgotten) => tracing::info!(forgotten, "events older than the retention were forgotten"),
                Err(error) => tracing::warn!(error = error.chain(), "old events could not be forgotten"),
            }
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
