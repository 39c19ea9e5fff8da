//! The completeness ledger: which stretch of whose timeline is proven complete.
//!
//! Sources say what their pages prove ([`Coverage`]); the pipeline keeps it as notes. [`read`] reads them,
//! [`Proof::of`] says what they prove together and where the [`Gap`]s are, [`compact`] keeps the ledger small.

mod compact;
mod keys;
mod manifest;
#[cfg(test)]
mod merging;
mod report;
mod sweep;
#[cfg(test)]
mod tests;

use std::{cmp::Ordering, collections::BTreeMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    compact::compact,
    keys::{Ledger, Stream, Unreadable, read},
    report::{Gap, GapKind, Proof, Windows},
    sweep::{Range, Segment, Standing, segments},
};
use crate::Timestamp;

/// How far a stretch of a timeline has come. Each state includes those before it, but for `Lost`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The vendor said what it holds.
    Listed,
    /// All of it was fetched, but some of it is not stored yet.
    Fetched,
    /// All of it is in the store.
    Stored,
    /// Nothing can be added to it any more.
    Sealed,
    /// It cannot be had any more; the reason.
    Lost(String),
}

impl Stage {
    /// Which of two states of one stretch holds: what is stored is not lost because it cannot be had again.
    const fn rank(&self) -> u8 {
        match self {
            Self::Listed => 0,
            Self::Fetched => 1,
            Self::Lost(_) => 2,
            Self::Stored => 3,
            Self::Sealed => 4,
        }
    }
}

/// One thing a stretch holds, such as a content blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// The vendor's name of it.
    pub id: String,
    /// How many records it holds.
    pub events: u64,
    /// A digest of its bytes, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Why it is missing: it cannot be had any more, or not yet; nothing when it was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
}

/// What a page proves about a half-open stretch of its source's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The part of the source it speaks of, such as a content type; empty where there is but one.
    #[serde(default)]
    pub content: String,
    /// The tenant.
    #[serde(default)]
    pub tenant: String,
    /// Start of the stretch, inclusive, on the clock by which the source is asked.
    pub from: Timestamp,
    /// End of the stretch, exclusive.
    pub until: Timestamp,
    /// How far it has come.
    pub stage: Stage,
    /// What it holds.
    #[serde(default)]
    pub items: Vec<Item>,
}

impl Coverage {
    /// The note under which the ledger of the named source keeps this stretch.
    pub fn note(&self, source: &str) -> String {
        format!("ledger/{source}/{}/{}/{}", self.tenant, self.content, self.from)
    }

    /// What is known after both: nothing that was proven before is taken back, and no item is forgotten. Where one of the
    /// two says more of the time behind the other's end, that is a stretch of its own.
    pub fn after(mut self, earlier: Self) -> (Self, Option<Self>) {
        let rest = self.rest(&earlier);
        let places: BTreeMap<String, usize> =
            earlier.items.iter().enumerate().map(|(place, item)| (item.id.clone(), place)).collect();
        let mut items = earlier.items;
        for item in std::mem::take(&mut self.items) {
            match places.get(&item.id) {
                // What was stored once is not lost because it cannot be had again.
                Some(place) if item.lost.is_none() || items[*place].lost.is_some() => items[*place] = item,
                Some(_) => {}
                None => items.push(item),
            }
        }
        self.items = items;
        match self.stage.rank().cmp(&earlier.stage.rank()) {
            Ordering::Less => (self.stage, self.until) = (earlier.stage, earlier.until),
            Ordering::Equal => self.until = self.until.max(earlier.until),
            Ordering::Greater => {}
        }
        (self, rest)
    }

    /// What the longer one of two of different rank says of the time behind the other's end, where that is worth a note.
    fn rest(&self, earlier: &Self) -> Option<Self> {
        let (higher, lower) = match self.stage.rank().cmp(&earlier.stage.rank()) {
            Ordering::Less => (earlier, self),
            Ordering::Equal => return None,
            Ordering::Greater => (self, earlier),
        };
        let is_final = matches!(lower.stage, Stage::Lost(_) | Stage::Stored | Stage::Sealed);
        let says_more = is_final && lower.until > higher.until;
        says_more.then(|| Self { from: higher.until, items: Vec::new(), ..lower.clone() })
    }
}
