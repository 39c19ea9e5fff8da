//! Acknowledgement: Splunk numbers requests in a channel, and tells once of each number that it is indexed.

use std::{
    collections::{BTreeMap, hash_map::RandomState},
    hash::{BuildHasher, Hasher},
    time::Duration,
};

use aoc_core::{http::Method, prelude::*};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    Way,
    meaning::{self, NO_ACK, Verdict},
};

/// How long is waited at first before acknowledgement is asked for; twice as long each time.
const FIRST_POLL: Duration = Duration::from_millis(250);
/// As often as Splunk wants to be asked.
const POLL: Duration = Duration::from_secs(10);

/// A channel, and what is to be acknowledged in it.
///
/// Invariant: the numbers in `pending` belong to one run of the other side. After a restart it counts anew, and a number
/// could mean another request; so a channel is left as soon as one of its numbers is not understood.
pub(super) struct Channel {
    name: String,
    /// The index of the first event of each request, by the number of the request.
    pending: BTreeMap<u64, usize>,
    /// Whether Splunk has begun to count anew since.
    restarted: bool,
    /// Whether Splunk has said since it was last in doubt that it acknowledges for the token.
    is_checked: bool,
}

impl Channel {
    /// A new channel.
    pub(super) fn new() -> Self {
        Self { name: guid(), pending: BTreeMap::new(), restarted: false, is_checked: false }
    }

    /// Its GUID.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A batch begins. What one that was cut off has left behind is not asked for.
    pub(super) fn begin(&mut self) {
        if !self.pending.is_empty() || self.restarted {
            self.renew();
        }
    }

    fn renew(&mut self) {
        *self = Self { is_checked: self.is_checked, ..Self::new() };
    }

    /// Sees, once, that Splunk acknowledges for the token: what is sent without that would be sent again and again.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) when it does not, and that of an answer that is no success.
    pub(super) async fn check(&mut self, way: &Way) -> Result<()> {
        if !self.is_checked {
            // Nothing has this number yet, or it was told already.
            self.ask(way, &[0]).await?;
            self.is_checked = true;
        }
        Ok(())
    }

    /// A request was taken that begins with the event of this index.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when its number shows that Splunk counts anew, [`Denied`](ErrorKind::Denied)
    /// when it has none.
    pub(super) fn sent(&mut self, ack: Option<u64>, first: usize) -> Result<()> {
        let Some(ack) = ack else {
            self.is_checked = false;
            return Err(Error::denied(NO_ACK));
        };
        if self.pending.last_key_value().is_some_and(|(last, _)| ack <= *last) {
            self.restarted = true;
            return Err(restarted());
        }
        self.pending.insert(ack, first);
        Ok(())
    }

    /// Waits until all that was sent is acknowledged; what is not comes again.
    ///
    /// # Errors
    /// When nothing is safe there before the error.
    pub(super) async fn settle(
        &mut self,
        way: &Way,
        delivered: Result<Delivered>,
        most: Duration,
    ) -> Result<Delivered> {
        if self.pending.is_empty() {
            return delivered;
        }
        let settled = self.wait(way, most).await;
        let first = self.pending.values().min().copied();
        let (Err(error), Some(first)) = (settled, first) else { return delivered };
        self.renew();
        let mut delivered = delivered?;
        // Requests go in order: the first one that is not acknowledged comes before where the sending broke off.
        delivered.broken_off = Some((first, error));
        if first == 0 {
            return delivered.broken_off.map_or_else(|| Ok(Delivered::default()), |(_, error)| Err(error));
        }
        Ok(delivered)
    }

    async fn wait(&mut self, way: &Way, most: Duration) -> Result<()> {
        if self.restarted {
            return Err(restarted());
        }
        let (begun, mut pause) = (Instant::now(), FIRST_POLL);
        while !self.pending.is_empty() {
            let left = most.saturating_sub(begun.elapsed());
            if left.is_zero() {
                let host = way.link.host();
                let message =
                    format!("{host} did not say within {} s that it indexed the events", most.as_secs());
                return Err(Error::unavailable(message));
            }
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(POLL);
            match self.poll(way).await {
                // Whoever is away for a while may still tell in time.
                Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::RateLimited) => {
                    pause = pause.max(error.retry_after().unwrap_or_default());
                }
                polled => polled?,
            }
        }
        Ok(())
    }

    /// Asks once. A yes is told once only, so it is kept.
    async fn poll(&mut self, way: &Way) -> Result<()> {
        let asked: Vec<u64> = self.pending.keys().copied().collect();
        let told = self.ask(way, &asked).await?;
        self.pending.retain(|ack, _| told.acks.get(&ack.to_string()) != Some(&true));
        Ok(())
    }

    async fn ask(&self, way: &Way, asked: &[u64]) -> Result<Told> {
        let request = way.request(Method::POST, "ack", Some(&self.name));
        let request = request.header("content-type", "application/json");
        let heard = way.link.send(request.body(json!({"acks": asked}).to_string())).await?;
        if !heard.is_success() {
            return Err(match meaning::of(&way.link, &heard) {
                Verdict::Failed(error) => error,
                // Nothing is said about the data here.
                _ => way.link.error_of(ErrorKind::Denied, &heard),
            });
        }
        let unread = |_| Error::unavailable(format!("{} sent no acknowledgements", way.link.host()));
        serde_json::from_slice(&heard.body).map_err(unread)
    }
}

fn restarted() -> Error {
    Error::unavailable("Splunk counts its acknowledgements anew; it was restarted")
}

#[derive(Deserialize)]
struct Told {
    acks: BTreeMap<String, bool>,
}

/// A random GUID; the standard library's hashers are seeded by chance.
fn guid() -> String {
    let random = || RandomState::new().build_hasher().finish();
    let (high, low) = (random(), random());
    let version = (high & !0xf000) | 0x4000;
    let variant = (low & !(0b11 << 62)) | (0b10 << 62);
    let (a, b, c) = (version >> 32, (version >> 16) & 0xffff, version & 0xffff);
    format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", variant >> 48, variant & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_guids_and_differ() {
        let (a, b) = (guid(), guid());
        assert_ne!(a, b);
        let lengths: Vec<usize> = a.split('-').map(str::len).collect();
        assert_eq!((lengths, &a[14..15]), (vec![8, 4, 4, 4, 12], "4"));
        assert!("89ab".contains(&a[19..20]));
    }

    #[test]
    fn a_number_that_comes_again_shows_a_restart() {
        let mut channel = Channel::new();
        channel.sent(Some(3), 0).unwrap();
        channel.sent(Some(4), 10).unwrap();
        assert_eq!(channel.sent(Some(0), 20).unwrap_err().kind(), ErrorKind::Unavailable);
    }
}
