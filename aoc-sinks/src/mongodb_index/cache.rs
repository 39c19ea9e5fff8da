//! What was read lately, up to so many bytes.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Values by the generation and number of their block. What was not used for the longest time goes first.
pub(super) struct Cache<V> {
    most: usize,
    kept: Mutex<Kept<V>>,
}

struct Kept<V> {
    values: HashMap<(u64, i64), (V, usize, u64)>,
    by_use: BTreeMap<u64, (u64, i64)>,
    bytes: usize,
    uses: u64,
}

impl<V: Clone> Cache<V> {
    pub(super) fn new(most: usize) -> Self {
        let kept = Kept { values: HashMap::new(), by_use: BTreeMap::new(), bytes: 0, uses: 0 };
        Self { most, kept: Mutex::new(kept) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept<V>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, key: (u64, i64)) -> Option<V> {
        let mut kept = self.kept();
        kept.uses += 1;
        let now = kept.uses;
        let (value, _, used) = kept.values.get_mut(&key)?;
        let (value, before) = (value.clone(), std::mem::replace(used, now));
        kept.by_use.remove(&before);
        kept.by_use.insert(now, key);
        Some(value)
    }

    pub(super) fn put(&self, key: (u64, i64), value: V, bytes: usize) {
        if bytes > self.most {
            return;
        }
        let mut kept = self.kept();
        kept.remove(key);
        kept.uses += 1;
        let now = kept.uses;
        kept.values.insert(key, (value, bytes, now));
        kept.by_use.insert(now, key);
        kept.bytes += bytes;
        while kept.bytes > self.most {
            let Some((_, oldest)) = kept.by_use.pop_first() else { return };
            kept.remove(oldest);
        }
    }
}

impl<V> Kept<V> {
    fn remove(&mut self, key: (u64, i64)) {
        if let Some((_, bytes, used)) = self.values.remove(&key) {
            self.bytes -= bytes;
            self.by_use.remove(&used);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_the_longest_time_goes_first() {
        let cache = Cache::new(10);
        cache.put((1, 1), 'a', 4);
        cache.put((1, 2), 'b', 4);
        assert_eq!(cache.get((1, 1)), Some('a'));
        cache.put((1, 3), 'c', 4);
        assert_eq!((cache.get((1, 1)), cache.get((1, 2)), cache.get((1, 3))), (Some('a'), None, Some('c')));
        cache.put((1, 4), 'd', 11);
        assert_eq!(cache.get((1, 4)), None, "what does not fit is not kept");
    }
}
