//! Having the lead before anything is fetched.

use std::time::Duration;

use aoc_core::{
    Error, EventStore, Result,
    store::{Lead, Leader},
};
use tokio::time::{Instant, timeout_at};

/// Waits until this process leads, this long at most.
///
/// # Errors
/// [`Unavailable`](aoc_core::ErrorKind::Unavailable) when another process does, or the lead does not come in time.
pub(super) async fn lead(store: &dyn EventStore, patience: Duration) -> Result<()> {
    let (mut lead, until) = (store.lead(), Instant::now() + patience);
    loop {
        let now = lead.borrow_and_update().clone();
        match now {
            // Claims the right to write: where `aoc serve` runs over this database, that is said at once.
            Lead::Alone => return store.append(&[]).await.map(drop),
            Lead::Ours(..) => return Ok(()),
            Lead::Theirs(Some(leader)) => return Err(leads_already(&leader)),
            Lead::Theirs(None) => {}
        }
        if !matches!(timeout_at(until, lead.changed()).await, Ok(Ok(()))) {
            let message = "nobody leads, and this process did not get the lead in time; try again";
            return Err(Error::unavailable(message));
        }
    }
}

fn leads_already(Leader { name, .. }: &Leader) -> Error {
    Error::unavailable(format!("{name} leads and collects already; ask it: GET /api/fetch-audit-logs"))
}

#[cfg(test)]
mod tests {
    use aoc_core::{MemoryStore, testkit::shared::Shared};

    use super::*;

    const SOON: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn who_may_fetch_leads_or_is_alone() {
        lead(&MemoryStore::new(), SOON).await.unwrap();
        let shared = Shared::default();
        let store = shared.process("cli:2").await;
        let error = lead(&store, SOON).await.unwrap_err().to_string();
        assert!(error.starts_with("nobody leads"), "{error}");
        shared.give_to(Some("web1:4711")).await;
        let error = lead(&store, SOON).await.unwrap_err().to_string();
        assert_eq!(error, "web1:4711 leads and collects already; ask it: GET /api/fetch-audit-logs");
        shared.give_to(None).await;
        let (led, ()) = tokio::join!(lead(&store, Duration::from_secs(20)), async {
            tokio::time::sleep(SOON).await;
            shared.give_to(Some("cli:2")).await;
        });
        led.unwrap();
    }
}
