//! Chance that repeats itself: the same words give the same numbers.

/// A small pseudo-random generator (splitmix64), started from words rather than from a clock.
pub(super) struct Random {
    state: u64,
}

impl Random {
    /// Starts from words, for example a topic and a date.
    pub(super) fn of(words: &[&str]) -> Self {
        let mut state = 0xcbf2_9ce4_8422_2325_u64;
        for byte in words.iter().flat_map(|word| word.bytes().chain([0])) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self { state }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit` - 1; 0 when there is nothing to choose from.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % (limit.max(1) as u64)) as usize
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as usize) as i64
    }

    /// True in `percent` of a hundred cases.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the items, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A GUID of version 4.
    pub(super) fn guid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let version = (high & 0xffff_ffff_ffff_0fff) | 0x4000;
        let variant = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            version >> 32,
            (version >> 16) & 0xffff,
            version & 0xffff,
            variant >> 48,
            variant & 0xffff_ffff_ffff
        )
    }

    /// `length` upper-case letters and digits.
    pub(super) fn tag(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        (0..length).map(|_| char::from(*self.pick(LETTERS))).collect()
    }

    /// `length` upper-case hexadecimal digits.
    pub(super) fn hex(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(*self.pick(b"0123456789ABCDEF"))).collect()
    }
}

/// The GUID that belongs to a name: the same for every record that speaks of it.
pub(super) fn guid_of(kind: &str, name: &str) -> String {
    Random::of(&[kind, name]).guid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_give_the_same_numbers() {
        assert_eq!(guid_of("user", "mara"), guid_of("user", "mara"));
        assert_ne!(guid_of("user", "mara"), guid_of("group", "mara"));
        assert_eq!(Random::of(&["a"]).tag(5), Random::of(&["a"]).tag(5));
    }

    #[test]
    fn a_guid_is_of_version_four() {
        let guid = guid_of("any", "thing");
        assert_eq!((guid.len(), &guid[14..15]), (36, "4"));
        assert!("89ab".contains(&guid[19..20]));
    }

    #[test]
    fn numbers_stay_within_their_limits() {
        let mut random = Random::of(&["limits"]);
        assert!((0..1000).all(|_| (3..=9).contains(&random.between(3, 9))));
        assert_eq!(random.below(0), 0);
    }
}
