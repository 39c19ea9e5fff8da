//! What a rule that counts remembers: events by group, in the order of their own time.

mod list;
mod search;
#[cfg(all(test, feature = "testkit"))]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use self::list::{Entry, Group};
use super::detect::{Window, WindowKind};
use crate::Key;

/// The values of a group, one for each field.
pub(crate) type GroupKey = Arc<[String]>;

/// Where an event counts.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) group: GroupKey,
    /// As what: the part, where each part is looked for; else always the first.
    pub(crate) part: usize,
    /// The values that are counted, where they are.
    pub(crate) values: Vec<String>,
}

/// Events that made an alert together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// How many.
    pub(crate) matched: u64,
    /// How many different values, where these are counted.
    pub(crate) distinct: Option<u64>,
    /// The earliest first.
    pub(crate) events: Vec<Key>,
}

/// Where an event stands in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    /// In ticks.
    pub(crate) time: i64,
    /// In the order of coming.
    pub(crate) number: u64,
}

/// Invariant: what is remembered is what was stored since `keep` ticks before the newest event, so that it is a function of
/// that stretch of the log.
pub(crate) struct Memory {
    rule: String,
    kind: WindowKind,
    within: i64,
    keep: i64,
    most: usize,
    groups: HashMap<GroupKey, Group>,
    /// In the order of storing.
    order: VecDeque<Kept>,
    next: u64,
    warned: bool,
}

struct Kept {
    stored: i64,
    spot: Spot,
    group: GroupKey,
    part: usize,
}

/// The most events a rule remembers.
const MOST: usize = 200_000;

impl Memory {
    /// Of the rule of this name; events count for `keep` ticks of stored time.
    pub(crate) fn new(rule: &str, window: &Window, keep: i64) -> Self {
        Self {
            rule: rule.to_owned(),
            kind: window.kind.clone(),
            within: super::watcher::ticks(window.within),
            keep,
            most: MOST,
            groups: HashMap::new(),
            order: VecDeque::new(),
            next: 0,
            warned: false,
        }
    }

    /// Remembers an event that happened and was stored at these ticks, wherever it counts.
    pub(crate) fn add(&mut self, key: &Key, time: i64, stored: i64, places: &[Place]) -> Spot {
        self.forget(stored);
        let spot = Spot { time, number: self.next };
        self.next += 1;
        let key: Arc<str> = key.as_str().into();
        for place in places {
            let entry = Entry { spot, key: key.clone(), values: Box::default() };
            self.groups.entry(place.group.clone()).or_default().add(place.part, entry, &place.values);
            self.order.push_back(Kept { stored, spot, group: place.group.clone(), part: place.part });
        }
        while self.order.len() > self.most {
            self.warn();
            self.forget_first();
        }
        spot
    }

    /// The best window of a group that contains this event, where one is as the rule wants it.
    pub(crate) fn find(&self, group: &GroupKey, spot: Spot, parts: usize) -> Option<Found> {
        let group = self.groups.get(group)?;
        match &self.kind {
            WindowKind::Count(count) => group.count(spot, self.within, *count),
            WindowKind::Distinct(_, count) => group.distinct(spot, self.within, *count),
            WindowKind::All => group.all(spot, self.within, parts),
            WindowKind::InOrder => group.in_order(spot, self.within, parts),
        }
    }

    /// How many events are remembered; one that counts twice is two.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    fn forget(&mut self, now: i64) {
        while self.order.front().is_some_and(|kept| kept.stored.saturating_add(self.keep) < now) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some(kept) = self.order.pop_front() else { return };
        let Some(group) = self.groups.get_mut(&kept.group) else { return };
        group.remove(kept.part, kept.spot);
        if group.is_empty() {
            self.groups.remove(&kept.group);
        }
    }

    fn warn(&mut self) {
        if !std::mem::replace(&mut self.warned, true) {
            let (rule, most) = (&self.rule, self.most);
            tracing::warn!(
                rule,
                most,
                "a rule counts more events than it can remember; the oldest are forgotten"
            );
        }
    }
}
