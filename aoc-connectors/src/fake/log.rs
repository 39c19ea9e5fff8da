//! The logs of Graph: records in the order of their times.

use std::{
    collections::BTreeMap,
    ops::{Bound, RangeBounds},
};

use hyper::body::Bytes;

/// A set of types of sign-ins, a bit each.
pub(super) type Kinds = u8;

/// The bit of a type of sign-ins.
pub(super) fn kind_of(name: &str) -> Option<Kinds> {
    const NAMES: [&str; 4] = ["interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"];
    NAMES.iter().position(|known| *known == name).map(|place| 1 << place)
}

/// A record of a log.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) ticks: i64,
    pub(super) visible_at: i64,
    pub(super) kinds: Kinds,
    pub(super) id: String,
    pub(super) text: Bytes,
}

/// Where a record stands: its time, then in the order of coming.
pub(super) type Place = (i64, u64);

/// Records in the order of their times.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: BTreeMap<Place, Entry>,
    added: u64,
}

/// What is asked of a log.
pub(super) struct Wish {
    pub(super) from: Bound<i64>,
    pub(super) to: Bound<i64>,
    pub(super) kinds: Kinds,
    pub(super) ascending: bool,
    pub(super) after: Option<Place>,
    pub(super) size: usize,
}

impl Log {
    pub(super) fn add(&mut self, entry: Entry) {
        self.added += 1;
        self.entries.insert((entry.ticks, self.added), entry);
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.entries.retain(|_, entry| entry.id != id);
    }

    /// A page, and where the next one begins if there is one.
    pub(super) fn page(&self, wish: &Wish, now: i64) -> (Vec<Bytes>, Option<Place>) {
        let Some(range) = self.range(wish) else { return (Vec::new(), None) };
        let fits = |entry: &Entry| entry.visible_at <= now && entry.kinds & wish.kinds != 0;
        let entries = self.entries.range(range).filter(|(_, entry)| fits(entry));
        let mut places: Box<dyn Iterator<Item = (&Place, &Entry)>> =
            if wish.ascending { Box::new(entries) } else { Box::new(entries.rev()) };
        let (mut page, mut last) = (Vec::new(), None);
        for (place, entry) in places.by_ref().take(wish.size) {
            page.push(entry.text.clone());
            last = Some(*place);
        }
        (page, places.next().and(last))
    }

    fn range(&self, wish: &Wish) -> Option<(Bound<Place>, Bound<Place>)> {
        let mut from = match wish.from {
            Bound::Included(ticks) => Bound::Included((ticks, 0)),
            Bound::Excluded(ticks) => Bound::Excluded((ticks, u64::MAX)),
            Bound::Unbounded => Bound::Unbounded,
        };
        let mut to = match wish.to {
            Bound::Included(ticks) => Bound::Included((ticks, u64::MAX)),
            Bound::Excluded(ticks) => Bound::Excluded((ticks, 0)),
            Bound::Unbounded => Bound::Unbounded,
        };
        if let Some(after) = wish.after {
            if !(from, to).contains(&after) {
                return None;
            }
            *(if wish.ascending { &mut from } else { &mut to }) = Bound::Excluded(after);
        }
        let empty = match (from, to) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
                from >= to
            }
        };
        (!empty).then_some((from, to))
    }

    /// Calls with the id of each record that can be seen now and is not older than this.
    pub(super) fn each_since(&self, from: i64, now: i64, take: &mut impl FnMut(&str)) {
        for entry in self.entries.range((from, 0)..).map(|(_, entry)| entry) {
            if entry.visible_at <= now && !entry.id.is_empty() {
                take(&entry.id);
            }
        }
    }
}
