//! Events of a group.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use super::Spot;

/// An event that counts.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) spot: Spot,
    pub(super) key: Arc<str>,
    pub(super) values: Box<[Arc<str>]>,
}

/// Events in the order of their time.
#[derive(Debug, Default)]
pub(super) struct List(VecDeque<Entry>);

impl List {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Entry> {
        self.0.get(index)
    }

    /// The time of the event there; the end of time where there is none.
    pub(super) fn time(&self, index: usize) -> i64 {
        self.0.get(index).map_or(i64::MAX, |entry| entry.spot.time)
    }

    /// How many events are earlier.
    pub(super) fn before(&self, time: i64) -> usize {
        self.0.partition_point(|entry| entry.spot.time < time)
    }

    /// How many events are not later.
    pub(super) fn until(&self, time: i64) -> usize {
        self.0.partition_point(|entry| entry.spot.time <= time)
    }

    pub(super) fn find(&self, spot: Spot) -> Option<usize> {
        self.0.binary_search_by(|entry| entry.spot.cmp(&spot)).ok()
    }

    pub(super) fn range(&self, range: std::ops::Range<usize>) -> impl ExactSizeIterator<Item = &Entry> {
        self.0.range(range)
    }

    fn add(&mut self, entry: Entry) {
        let index = self.0.partition_point(|other| other.spot < entry.spot);
        self.0.insert(index, entry);
    }

    fn remove(&mut self, spot: Spot) -> Option<Entry> {
        self.find(spot).and_then(|index| self.0.remove(index))
    }
}

/// The different values there are.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    /// When each was seen last, at the latest, and how often.
    seen: HashMap<Arc<str>, (i64, u32)>,
    by_time: BTreeSet<(i64, Arc<str>)>,
}

impl Kinds {
    /// Whether so many different values may have been seen since this time. Where not, it is certain.
    pub(super) fn may_have(&self, count: u64, since: i64) -> bool {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.seen.len() >= count && self.by_time.range((since, Arc::from(""))..).take(count).count() >= count
    }

    fn add(&mut self, value: &str, time: i64) -> Arc<str> {
        let value =
            self.seen.get_key_value(value).map_or_else(|| Arc::from(value), |(known, _)| known.clone());
        let (last, times) = self.seen.entry(value.clone()).or_insert((i64::MIN, 0));
        *times += 1;
        if *last < time {
            self.by_time.remove(&(*last, value.clone()));
            *last = time;
            self.by_time.insert((time, value.clone()));
        }
        value
    }

    fn remove(&mut self, value: &Arc<str>) {
        let Some((last, times)) = self.seen.get_mut(value) else { return };
        *times -= 1;
        if *times == 0 {
            self.by_time.remove(&(*last, value.clone()));
            self.seen.remove(value);
        }
    }
}

/// Events of one group.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// By part.
    lists: Vec<List>,
    pub(super) kinds: Kinds,
}

impl Group {
    pub(super) fn add(&mut self, part: usize, mut entry: Entry, values: &[String]) {
        if self.lists.len() <= part {
            self.lists.resize_with(part + 1, List::default);
        }
        entry.values = values.iter().map(|value| self.kinds.add(value, entry.spot.time)).collect();
        self.lists[part].add(entry);
    }

    pub(super) fn remove(&mut self, part: usize, spot: Spot) {
        let Some(entry) = self.lists.get_mut(part).and_then(|list| list.remove(spot)) else { return };
        entry.values.iter().for_each(|value| self.kinds.remove(value));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists.iter().all(|list| list.len() == 0)
    }

    /// The events of a part, where there ever was one.
    pub(super) fn list(&self, part: usize) -> Option<&List> {
        self.lists.get(part).filter(|list| list.len() > 0)
    }
}
