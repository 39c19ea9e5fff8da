//! Keeping the ledger small.

use std::{sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use tokio::sync::{RwLock, watch};

use crate::{Result, ledger, store::EventStore};

const EVERY: Duration = Duration::from_secs(86_400);
/// Windows that ended so long ago and are sealed are told by the day.
const AGE: TimeDelta = TimeDelta::days(40);

pub(crate) async fn keep_ledger(
    store: Arc<dyn EventStore>,
    ledger: Arc<RwLock<()>>,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        let alone = ledger.write().await;
        let compacted = compact(&*store).await;
        drop(alone);
        match compacted {
            Ok(0) => {}
            Ok(rewritten) => {
                tracing::info!(rewritten, "old windows of the ledger were summed up or forgotten")
            }
            Err(error) => tracing::warn!(error = error.chain(), "the ledger could not be summed up"),
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Sums up what is old and forgets what retention forgot; says how many notes that changed.
async fn compact(store: &dyn EventStore) -> Result<usize> {
    let ledger = ledger::read(store).await?;
    for note in &ledger.unreadable {
        tracing::warn!(key = note.key, reason = note.reason, "a note of the ledger cannot be read");
    }
    let horizon = store.horizon().await?;
    let steps = ledger::compact(&ledger, (Utc::now() - AGE).into(), horizon)?;
    for notes in &steps {
        store.write(notes).await?;
    }
    Ok(steps.iter().map(Vec::len).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        MemoryStore, Timestamp,
        ledger::{Coverage, Stage},
        store::{Note, Notebook},
    };

    #[tokio::test]
    async fn sealed_windows_older_than_forty_days_are_summed_up() {
        let store = MemoryStore::new();
        let midnight = Utc::now().date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        let hour = |ago: i64, hour: i64| -> Timestamp {
            (midnight - TimeDelta::days(ago) + TimeDelta::hours(hour)).into()
        };
        for (ago, number) in [50, 10].into_iter().flat_map(|ago| (0..24).map(move |number| (ago, number))) {
            let window = Coverage {
                content: "c".into(),
                tenant: String::new(),
                from: hour(ago, number),
                until: hour(ago, number + 1),
                stage: Stage::Sealed,
                items: Vec::new(),
            };
            store.write(&[Note::new(window.note("x"), &window).unwrap()]).await.unwrap();
        }
        assert_eq!(compact(&store).await.unwrap(), 24);
        let ledger = ledger::read(&store).await.unwrap();
        let windows = ledger.streams.values().next().unwrap();
        assert_eq!((windows.len(), windows[0].until), (25, hour(49, 0)));
        assert_eq!(compact(&store).await.unwrap(), 0);
    }
}
