//! Sets of the events of one segment.

/// The most events of a segment: their numbers fit two bytes.
pub(crate) const MOST: usize = 1 << 16;

/// A set of numbers below a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bitmap {
    words: Vec<u64>,
    length: usize,
}

impl Bitmap {
    /// No number below `length`.
    pub(crate) fn none(length: usize) -> Self {
        Self { words: vec![0; length.div_ceil(64)], length }
    }

    /// Every number from `from` to below `until`.
    pub(crate) fn range(length: usize, from: usize, until: usize) -> Self {
        let mut set = Self::none(length);
        for (i, word) in set.words.iter_mut().enumerate() {
            let (low, high) = (from.max(i * 64), until.min(length).min(i * 64 + 64));
            if low < high {
                let ones = u64::MAX >> (64 - (high - low));
                *word = ones << (low - i * 64);
            }
        }
        set
    }

    /// The numbers whose value passes.
    pub(crate) fn of(length: usize, mut pass: impl FnMut(usize) -> bool) -> Self {
        let mut set = Self::none(length);
        for (i, word) in set.words.iter_mut().enumerate() {
            let end = (i * 64 + 64).min(length);
            *word = (i * 64..end).fold(0, |bits, at| bits | (u64::from(pass(at)) << (at - i * 64)));
        }
        set
    }

    pub(crate) fn insert(&mut self, number: usize) {
        if number < self.length {
            self.words[number / 64] |= 1 << (number % 64);
        }
    }

    pub(crate) fn contains(&self, number: usize) -> bool {
        self.words.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// Adds those of a bitmap in bytes, little end first.
    pub(crate) fn insert_bytes(&mut self, bytes: &[u8]) {
        for (word, chunk) in self.words.iter_mut().zip(bytes.chunks(8)) {
            let mut eight = [0; 8];
            eight[..chunk.len()].copy_from_slice(chunk);
            *word |= u64::from_le_bytes(eight);
        }
        self.trim();
    }

    /// Forgets bits beyond the length, which only damaged bytes have.
    fn trim(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.length % 64) {
            *last &= u64::MAX >> (64 - rest);
        }
    }

    pub(crate) fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    pub(crate) fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    pub(crate) fn and_not(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.count() == self.length
    }

    /// The numbers, small ones first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(i, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(i * 64 + bit)
            })
        })
    }

    /// The numbers, large ones first.
    pub(crate) fn iter_back(&self) -> impl Iterator<Item = usize> + '_ {
        self.iter_back_below(self.length)
    }

    /// The numbers below a bound, large ones first.
    pub(crate) fn iter_back_below(&self, bound: usize) -> impl Iterator<Item = usize> + '_ {
        let words = bound.div_ceil(64).min(self.words.len());
        self.words[..words].iter().enumerate().rev().flat_map(move |(i, word)| {
            let kept = bound - i * 64;
            let mut rest = if kept >= 64 { *word } else { word & !(u64::MAX << kept) };
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| 63 - rest.leading_zeros() as usize)?;
                rest &= !(1 << bit);
                Some(i * 64 + bit)
            })
        })
    }

    /// The set in bytes, little end first.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        self.words.iter().flat_map(|word| word.to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_sets() {
        for (length, from, until) in
            [(200, 0, 200), (200, 63, 65), (64, 0, 64), (70, 69, 70), (10, 5, 5), (130, 64, 128)]
        {
            let range = Bitmap::range(length, from, until);
            assert_eq!(range.iter().collect::<Vec<_>>(), (from..until).collect::<Vec<_>>());
            assert_eq!(range.iter_back().collect::<Vec<_>>(), (from..until).rev().collect::<Vec<_>>());
            assert_eq!(range, Bitmap::of(length, |n| from <= n && n < until));
            let mut read = Bitmap::none(length);
            read.insert_bytes(&range.bytes().collect::<Vec<_>>());
            assert_eq!((range.count(), read), (until - from, range));
        }
    }
}
