//! Looking for a window that contains an event.
//!
//! Times are ticks. A window is a span of at most `within`, from its first to its last event.

use std::{collections::HashMap, sync::Arc};

use super::{
    Found, Spot,
    list::{Entry, Group, List},
};
use crate::{Alert, Key, alert::detect::CountIs};

impl CountIs {
    fn least(self) -> u64 {
        match self {
            Self::AtLeast(count) | Self::Exactly(count) => count,
        }
    }

    fn is_met(self, count: u64) -> bool {
        match self {
            Self::AtLeast(least) => count >= least,
            Self::Exactly(exactly) => count == exactly,
        }
    }
}

impl Group {
    /// So many events.
    pub(super) fn count(&self, spot: Spot, within: i64, count: CountIs) -> Option<Found> {
        let list = self.list(0)?;
        let at = list.find(spot)?;
        let many = usize::try_from(count.least()).unwrap_or(usize::MAX).max(1);
        if list.len() < many {
            return None;
        }
        // So many in a row, the event among them: where none is short enough, no window has so many.
        let starts = (at + 1).saturating_sub(many)..=at.min(list.len() - many);
        if !starts.clone().any(|start| list.time(start + many - 1) - list.time(start) <= within) {
            return None;
        }
        let window = match count {
            CountIs::AtLeast(_) => fullest(list, at, within),
            CountIs::Exactly(_) => starts
                .filter(|start| is_first_of_its_time(list, *start))
                .map(|start| start..list.until(list.time(start).saturating_add(within)))
                .find(|window| window.len() == many),
        };
        window.map(|window| found(list.range(window), None))
    }

    /// Events with so many different values.
    pub(super) fn distinct(&self, spot: Spot, within: i64, count: CountIs) -> Option<Found> {
        let earliest = spot.time.saturating_sub(within);
        if !self.kinds.may_have(count.least(), earliest) {
            return None;
        }
        let list = self.list(0)?;
        let at = list.find(spot)?;
        let first = list.before(earliest);
        let (mut end, mut inside) = (first, HashMap::<&Arc<str>, u32>::new());
        let mut best: Option<(u64, std::ops::Range<usize>)> = None;
        for start in first..=at {
            let until = list.until(list.time(start).saturating_add(within));
            let values = list.range(end.min(until)..until).flat_map(|entry| &entry.values);
            values.for_each(|value| *inside.entry(value).or_default() += 1);
            end = until;
            let different = inside.len() as u64;
            let better = best.as_ref().is_none_or(|(most, _)| *most < different);
            if better && count.is_met(different) && is_first_of_its_time(list, start) {
                best = Some((different, start..end));
            }
            for value in list.get(start).iter().flat_map(|entry| &entry.values) {
                leave(&mut inside, value);
            }
        }
        best.map(|(different, range)| found(list.range(range), Some(different)))
    }

    /// An event of every part: of all windows the shortest.
    pub(super) fn all(&self, spot: Spot, within: i64, parts: usize) -> Option<Found> {
        let lists = (0..parts).map(|part| self.list(part)).collect::<Option<Vec<_>>>()?;
        // The event itself stands for every part it has.
        let nearest = lists.iter().map(|list| match list.find(spot) {
            Some(at) => (list.get(at), None),
            None => {
                let next = list.until(spot.time);
                (next.checked_sub(1).and_then(|index| list.get(index)), list.get(next))
            }
        });
        let nearest: Vec<(Option<&Entry>, Option<&Entry>)> = nearest.collect();
        let starts = nearest.iter().filter_map(|(before, _)| before.map(|entry| entry.spot.time));
        let windows = starts.chain([spot.time]).filter_map(|start| {
            let chosen = nearest
                .iter()
                .map(|(before, after)| before.filter(|entry| entry.spot.time >= start).or(*after));
            let chosen = chosen.collect::<Option<Vec<_>>>()?;
            let end = chosen.iter().map(|entry| entry.spot.time).max()?.max(spot.time);
            (end - start <= within).then_some((end - start, chosen))
        });
        let (_, mut chosen) = windows.min_by_key(|(length, _)| *length)?;
        chosen.sort_by_key(|entry| entry.spot);
        chosen.dedup_by_key(|entry| entry.spot);
        Some(found(chosen.into_iter(), None))
    }

    /// An event of every part, each later than the one before.
    pub(super) fn in_order(&self, spot: Spot, within: i64, parts: usize) -> Option<Found> {
        let lists = (0..parts).map(|part| self.list(part)).collect::<Option<Vec<_>>>()?;
        let own = (0..parts).filter_map(|part| {
            lists[part].find(spot).and_then(|at| lists[part].get(at)).map(|own| (part, own))
        });
        let chains = own.filter_map(|(part, own)| chain(&lists, part, own));
        let length = |chain: &[&Entry]| match (chain.first(), chain.last()) {
            (Some(first), Some(last)) => last.spot.time - first.spot.time,
            _ => 0,
        };
        let short = chains.filter(|chain| length(chain) <= within);
        short.min_by_key(|chain| length(chain)).map(|chain| found(chain.into_iter(), None))
    }
}

/// Of the windows that contain the event at this index that of the most events, the earliest of several.
fn fullest(list: &List, at: usize, within: i64) -> Option<std::ops::Range<usize>> {
    let last = list.until(list.time(at).saturating_add(within));
    let windows = (at..last).map(|end| list.before(list.time(end).saturating_sub(within))..end + 1);
    windows.max_by_key(|window| (window.len(), std::cmp::Reverse(window.start)))
}

/// The events nearest to that of a part, those of the parts before it earlier, those of the parts behind it later.
fn chain<'a>(lists: &[&'a List], part: usize, own: &'a Entry) -> Option<Vec<&'a Entry>> {
    let mut chain = vec![own];
    let mut time = own.spot.time;
    for list in lists[..part].iter().rev() {
        let entry = list.get(list.before(time).checked_sub(1)?)?;
        time = entry.spot.time;
        chain.push(entry);
    }
    chain.reverse();
    time = own.spot.time;
    for list in &lists[part + 1..] {
        let entry = list.get(list.until(time))?;
        time = entry.spot.time;
        chain.push(entry);
    }
    Some(chain)
}

/// Windows begin with the first of the events of one time.
fn is_first_of_its_time(list: &List, index: usize) -> bool {
    index == 0 || list.time(index - 1) < list.time(index)
}

fn leave<'a>(inside: &mut HashMap<&'a Arc<str>, u32>, value: &'a Arc<str>) {
    if let Some(times) = inside.get_mut(value) {
        *times -= 1;
        if *times == 0 {
            inside.remove(value);
        }
    }
}

fn found<'a>(entries: impl ExactSizeIterator<Item = &'a Entry>, distinct: Option<u64>) -> Found {
    let matched = entries.len() as u64;
    let first = entries.take(Alert::MOST_EVENTS);
    Found { matched, distinct, events: first.map(|entry| Key::from(entry.key.to_string())).collect() }
}
