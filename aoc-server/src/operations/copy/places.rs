//! Which place in the target's log a place in the source's log has become.

use std::collections::{BTreeMap, BTreeSet};

use aoc_core::Position;
use serde::{Deserialize, Serialize};

/// Places of the source that are kept in notes, and how they are called in the target.
///
/// Invariant: all events of the source up to a place are in the target up to the place it has become.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Places {
    known: BTreeMap<u64, Position>,
    /// The last place in the target that an event of the source was found at.
    pub(super) top: Position,
}

impl Places {
    /// An event of the source is here in the target.
    pub(super) fn reach(&mut self, position: Option<Position>) {
        self.top = self.top.max(position.unwrap_or_default());
    }

    /// These marks are reached, and no event behind them.
    pub(super) fn settle<'a>(&mut self, marks: impl Iterator<Item = &'a u64>) {
        for mark in marks {
            self.known.entry(*mark).or_insert(self.top);
        }
    }

    /// What a place has become, if it was watched.
    pub(super) fn get(&self, mark: u64) -> Option<Position> {
        self.known.get(&mark).copied()
    }

    /// What the last watched place before it has become: whoever goes on from there repeats and misses nothing.
    pub(super) fn before(&self, mark: u64) -> Position {
        self.known.range(..mark).next_back().map(|(_, place)| *place).unwrap_or_default()
    }
}

/// How many of these places, in order, come up to and with the first mark that is not before the first of them.
pub(super) fn up_to_mark(places: &[u64], marks: &BTreeSet<u64>) -> usize {
    let first = places.first().copied().unwrap_or_default();
    match marks.range(first..).next() {
        Some(mark) => places.partition_point(|place| place <= mark).max(1),
        None => places.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_cut_behind_each_mark() {
        let marks = BTreeSet::from([3, 5, 20]);
        assert_eq!(up_to_mark(&[1, 2, 3, 4], &marks), 3);
        assert_eq!(up_to_mark(&[4, 6, 7], &marks), 1);
        assert_eq!(up_to_mark(&[6, 7], &marks), 2);
        assert_eq!(up_to_mark(&[21, 22], &marks), 2);
    }

    #[test]
    fn a_place_that_was_not_watched_is_one_before_it() {
        let mut places = Places::default();
        places.reach(Some(Position(7)));
        places.settle([4].iter());
        places.reach(Some(Position(5)));
        places.settle([9].iter());
        assert_eq!((places.get(9), places.get(5)), (Some(Position(7)), None));
        assert_eq!((places.before(5), places.before(4)), (Position(7), Position(0)));
    }
}
