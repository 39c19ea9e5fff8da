//! What windows hold: items, counted once each, with a digest that says which.

use std::{collections::HashSet, ops::Range};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::{Coverage, Item, Stage};
use crate::Timestamp;

/// How many items are stored, how many records they hold, and the digest of them all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) blobs: u64,
    pub(super) events: u64,
    /// Empty where there are no items.
    pub(super) digest: String,
}

/// The name of the item that stands for so many.
pub(super) fn summary_name(blobs: u64) -> String {
    format!("{blobs} blobs")
}

/// How many items an item stands for; 1 but for summaries.
fn weight(item: &Item) -> u64 {
    let number = item.id.strip_suffix(" blobs").and_then(|number| number.parse().ok());
    number.filter(|_| is_summary(item)).unwrap_or(1)
}

/// Whether the item stands for others. Vendors' names have no blanks.
pub(super) fn is_summary(item: &Item) -> bool {
    let digits = item.id.strip_suffix(" blobs").is_some_and(|number| number.parse::<u64>().is_ok());
    digits && item.hash.as_ref().is_some_and(|hash| hash.len() == 64)
}

impl Manifest {
    /// Of these items, which are stored.
    pub(super) fn of(items: &[&Item]) -> Self {
        let mut hash = Sha256::new();
        for item in items {
            add(&mut hash, &item.id);
            hash.update(item.events.to_le_bytes());
            add(&mut hash, item.hash.as_deref().unwrap_or_default());
        }
        let digest = match items {
            [] => String::new(),
            // What was summed up before has its digest already.
            [one] if is_summary(one) => one.hash.clone().unwrap_or_default(),
            _ => hex(hash),
        };
        Self {
            blobs: items.iter().map(|item| weight(item)).sum(),
            events: items.iter().map(|item| item.events).sum(),
            digest,
        }
    }

    /// Of several, in order.
    pub(super) fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut total, mut hash) = (Self::default(), Sha256::new());
        for part in parts.into_iter().filter(|part| !part.digest.is_empty()) {
            total.blobs += part.blobs;
            total.events += part.events;
            add(&mut hash, &part.digest);
        }
        if total != Self::default() {
            total.digest = hex(hash);
        }
        total
    }
}

fn add(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The stored items of each window, each item only where it comes first.
pub(super) fn stored_items(windows: &[Coverage]) -> Vec<Vec<&Item>> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut all = Vec::with_capacity(windows.len());
    for window in windows {
        let stored = window.items.iter().filter(|item| item.lost.is_none());
        all.push(stored.filter(|item| is_summary(item) || seen.insert(&item.id)).collect());
    }
    all
}

/// The names of all items that some window stored.
pub(super) fn stored_ids(windows: &[Coverage]) -> HashSet<&str> {
    let items = windows.iter().flat_map(|window| &window.items);
    items.filter(|item| item.lost.is_none() && !is_summary(item)).map(|item| item.id.as_str()).collect()
}

/// Which windows, in order of their starts, may be told as one: sealed ones that touch, begin on the same day (UTC), and
/// have lost nothing; any other stands alone.
pub(super) fn runs(windows: &[Coverage], stored: &HashSet<&str>) -> Vec<Range<usize>> {
    let loses = |item: &Item| item.lost.is_some() && !stored.contains(item.id.as_str());
    let whole = |window: &Coverage| window.stage == Stage::Sealed && !window.items.iter().any(loses);
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut end: Option<Timestamp> = None;
    for (place, window) in windows.iter().enumerate() {
        let goes_on = place > 0 && end.is_some_and(|end| window.from <= end) && {
            let before = &windows[place - 1];
            whole(before) && whole(window) && day(before.from) == day(window.from)
        };
        match runs.last_mut().filter(|_| goes_on) {
            Some(run) => run.end = place + 1,
            None => {
                runs.push(place..place + 1);
                end = None;
            }
        }
        end = end.max(Some(window.until));
    }
    runs
}

fn day(time: Timestamp) -> NaiveDate {
    time.instant().date_naive()
}
