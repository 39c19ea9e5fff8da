//! Notifications from outside: only ever a nudge to fetch.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tokio::sync::Semaphore;

use super::Operations;

/// How many bodies are looked at at the same time; those that come beyond that are dropped, as polling decides.
const AT_ONCE: usize = 2;
/// The most notifications of one body that are looked at.
const MOST: usize = 1_000;

/// What became of notifications since the start.
#[derive(Debug)]
pub(super) struct Webhook {
    rung: AtomicU64,
    ignored: AtomicU64,
    malformed: AtomicU64,
    places: Arc<Semaphore>,
}

impl Default for Webhook {
    fn default() -> Self {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Self { rung: AtomicU64::new(0), ignored: AtomicU64::new(0), malformed: AtomicU64::new(0), places }
    }
}

impl Webhook {
    /// The counts, each with its name in metrics.
    pub(super) fn counts(&self) -> [(&'static str, u64); 3] {
        [("rung", &self.rung), ("ignored", &self.ignored), ("malformed", &self.malformed)]
            .map(|(outcome, count)| (outcome, count.load(Ordering::Relaxed)))
    }
}

/// A body as Microsoft Graph sends it.
#[derive(Deserialize)]
struct Notifications<'a> {
    #[serde(borrow)]
    value: Vec<&'a RawValue>,
}

impl Operations {
    /// Takes a body of notifications and looks at them afterwards. Anybody may send one: each source decides itself whether
    /// a notification is genuine, and the sender learns nothing. Needs a tokio runtime.
    pub fn notify(self: &Arc<Self>, body: Vec<u8>) {
        let Ok(place) = self.webhook.places.clone().try_acquire_owned() else {
            self.webhook.ignored.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let operations = self.clone();
        tokio::spawn(async move {
            operations.ring_for(&body).await;
            drop(place);
        });
    }

    /// Counts a body that could not be read to its end.
    pub fn note_malformed_notification(&self) {
        self.webhook.malformed.fetch_add(1, Ordering::Relaxed);
    }

    async fn ring_for(&self, body: &[u8]) {
        let Ok(Notifications { value }) = serde_json::from_slice(body) else {
            self.note_malformed_notification();
            return;
        };
        for notification in value.into_iter().take(MOST) {
            let outcome = match serde_json::from_str::<Value>(notification.get()) {
                Ok(notification @ Value::Object(_)) => self.ring(&notification).await,
                _ => &self.webhook.malformed,
            };
            outcome.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn ring(&self, notification: &Value) -> &AtomicU64 {
        let running = self.running.read().await;
        let rung = running.as_ref().map_or(0, |running| running.ring(notification));
        if rung > 0 { &self.webhook.rung } else { &self.webhook.ignored }
    }
}
