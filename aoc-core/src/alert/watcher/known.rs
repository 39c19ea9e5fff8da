//! Events that came by.

use std::collections::{HashMap, VecDeque};

use crate::Key;

/// Which events came by, and when they were stored.
pub(super) struct Known {
    keep: i64,
    stored: HashMap<[u8; 16], i64>,
    order: VecDeque<(i64, [u8; 16])>,
}

/// The most events whose keys are known.
const MOST_KNOWN: usize = 200_000;

impl Known {
    pub(super) fn new(keep: i64) -> Self {
        Self { keep, stored: HashMap::new(), order: VecDeque::new() }
    }

    /// Whether the event came by before.
    pub(super) fn add(&mut self, key: &Key, stored: i64) -> bool {
        let digest = key.digest();
        let is_old = |(first, _): &(i64, [u8; 16])| first.saturating_add(self.keep) < stored;
        while self.order.front().is_some_and(is_old) || self.order.len() > MOST_KNOWN {
            if let Some((_, digest)) = self.order.pop_front() {
                self.stored.remove(&digest);
            }
        }
        if self.stored.contains_key(&digest) {
            return true;
        }
        self.stored.insert(digest, stored);
        self.order.push_back((stored, digest));
        false
    }

    pub(super) fn stored(&self, key: &Key) -> Option<i64> {
        self.stored.get(&key.digest()).copied()
    }
}
