//! Which events are looked at one by one, where there are too many.

use std::collections::HashSet;

use aoc_core::{Event, Key};

/// Events found by several searches, the important ones first.
#[derive(Clone, Debug, Default)]
pub(super) struct Strata {
    /// Those that failed.
    pub(super) failures: Vec<Event>,
    /// Those of services in which administrators work.
    pub(super) admin: Vec<Event>,
    /// Those of operations that are rare among the events.
    pub(super) rare: Vec<Event>,
    /// The newest or oldest of all.
    pub(super) rest: Vec<Event>,
}

impl Strata {
    /// At most `most` events, each once, oldest first: no kind takes the place of all others.
    pub(super) fn choose(self, most: usize) -> Vec<Event> {
        let mut taken = Taken { seen: HashSet::new(), list: Vec::new() };
        let mut queues =
            [self.failures, self.admin, self.rare, self.rest].map(|events| events.into_iter().peekable());
        let shares = [most * 2 / 5, most * 3 / 10, most / 5, most];
        for (queue, share) in queues.iter_mut().zip(shares) {
            taken.from(queue, share.min(most - taken.list.len()));
        }
        for queue in &mut queues {
            taken.from(queue, most - taken.list.len());
        }
        let mut chosen = taken.list;
        chosen
            .sort_by(|a, b| (a.timestamp.ticks(), &a.dedupe_key).cmp(&(b.timestamp.ticks(), &b.dedupe_key)));
        chosen
    }
}

struct Taken {
    seen: HashSet<Key>,
    list: Vec<Event>,
}

impl Taken {
    fn from(&mut self, queue: &mut impl Iterator<Item = Event>, most: usize) {
        let end = self.list.len() + most;
        while self.list.len() < end {
            let Some(event) = queue.next() else { return };
            if self.seen.insert(event.dedupe_key.clone()) {
                self.list.push(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aoc_core::Timestamp;

    fn events(name: &str, count: i64) -> Vec<Event> {
        (0..count).map(|n| Event::new(name, n.to_string(), Timestamp::from_ticks(n))).collect()
    }

    #[test]
    fn every_kind_has_its_share_and_what_is_left_goes_to_whoever_has_more() {
        let strata = Strata {
            failures: events("f", 100),
            admin: events("a", 1),
            rare: events("f", 3),
            rest: events("r", 100),
        };
        let chosen = strata.choose(20);
        let of = |name: &str| chosen.iter().filter(|event| event.source == name).count();
        assert_eq!((chosen.len(), of("a")), (20, 1));
        assert!(of("f") >= 8 && of("r") >= 8, "{} {}", of("f"), of("r"));
        assert!(chosen.is_sorted_by_key(|event| event.timestamp.ticks()));
    }
}
