//! The judgement: from how many events came in which hours to whether it is too quiet. Pure.

use std::{collections::BTreeMap, ops::Range};

use crate::pipeline::delays::{DELAY_BOUNDS, Histogram};

/// How many events happened in which hour, counted from 1970; hours in which nothing happened are left out.
pub(super) type Hours = BTreeMap<i64, u64>;

/// Hours of a week: what is usual repeats itself by the week.
pub(super) const WEEK: i64 = 7 * 24;
/// How many earlier weeks say what is usual.
pub(super) const WEEKS: i64 = 4;

/// How many times an ordinary pause a silence must be to be news.
const NEWS: f64 = 1.5;

/// A stretch in which nothing happened although much should have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Silence {
    /// Its first hour.
    pub(super) since: i64,
    /// The hour behind its last.
    pub(super) until: i64,
    /// How many events such a stretch usually has.
    pub(super) expected: f64,
}

/// The silence before the hour `until`, where the stretch since the last event usually has `least` events or more, and
/// clearly more than it takes this workload to be silent now and then.
///
/// Nothing is said of what is known for less than a week.
pub(super) fn silence(hours: &Hours, until: i64, least: f64) -> Option<Silence> {
    let (first, last) = (*hours.first_key_value()?.0, *hours.last_key_value()?.0);
    let since = last + 1;
    if since - first < WEEK {
        return None;
    }
    let expected = missing(hours, since..until);
    let is_news = expected >= least && expected >= NEWS * ordinary_pause(hours);
    is_news.then_some(Silence { since, until, expected })
}

/// How many events the hours of a stretch usually have, as was known when it began.
fn missing(hours: &Hours, stretch: Range<i64>) -> f64 {
    let first = hours.first_key_value().map_or(stretch.start, |(first, _)| *first);
    let alive = first..stretch.start;
    stretch.map(|hour| usual(hours, alive.clone(), hour)).sum()
}

/// How many events were missing in the second-longest pause there was. Of workloads whose events come in heaps this is
/// much; the longest pause may have been an outage.
fn ordinary_pause(hours: &Hours) -> f64 {
    let pauses = hours.keys().zip(hours.keys().skip(1)).filter(|(before, after)| *before + 1 < **after);
    let mut missed: Vec<f64> = pauses.map(|(before, after)| missing(hours, before + 1..*after)).collect();
    missed.sort_by(f64::total_cmp);
    missed.pop();
    missed.pop().unwrap_or(0.0)
}

/// How many events an hour usually has: the mean of the same hour of earlier weeks in which the workload was known to
/// be alive. The loudest of several weeks is left out, so that a single heap of events makes no habit.
fn usual(hours: &Hours, alive: Range<i64>, hour: i64) -> f64 {
    let earlier = (1..=WEEKS).map(|week| hour - week * WEEK).filter(|hour| alive.contains(hour));
    let mut counts: Vec<u64> = earlier.map(|hour| hours.get(&hour).copied().unwrap_or(0)).collect();
    counts.sort_unstable();
    if counts.len() > 1 {
        counts.pop();
    }
    #[allow(clippy::cast_precision_loss, reason = "counts of an hour are far below 2^52")]
    let mean = counts.iter().sum::<u64>() as f64 / counts.len().max(1) as f64;
    mean
}

/// The delay, in seconds, that 99 of 100 stayed within; 0 where none was measured.
pub(super) fn most_of(delays: &Histogram) -> u64 {
    let total = delays.count();
    let mut within = 0;
    let enough = delays.buckets.iter().position(|count| {
        within += count;
        within * 100 >= total * 99
    });
    match (total, enough) {
        (0, _) | (_, None) => 0,
        (_, Some(bucket)) => DELAY_BOUNDS.get(bucket).copied().unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Monday, 00:00.
    const MONDAY: i64 = 4 * 24 + 2_900 * WEEK;
    const LEAST: f64 = 20.0;

    /// The same seed gives the same numbers.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, end: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % end.max(1)
        }

        /// About `mean`, as when each event is on its own.
        fn about(&mut self, mean: u64) -> u64 {
            match mean {
                0..100 => (0..10 * mean).map(|_| u64::from(self.below(10) == 0)).sum(),
                _ => mean / 2 + self.below(mean),
            }
        }

        /// About `mean` altogether, but nothing in two hours of three.
        fn in_heaps(&mut self, mean: u64) -> u64 {
            if self.below(3) == 0 { self.about(3 * mean) } else { 0 }
        }
    }

    /// A mean count per hour: office hours on working days; nights and week-ends have next to nothing.
    fn office(hour: i64, busy: u64) -> u64 {
        let (day, of_day) = ((hour - MONDAY).div_euclid(24).rem_euclid(7), hour.rem_euclid(24));
        match (day, of_day) {
            (0..=4, 8..=17) => busy,
            (0..=4, 6..=7 | 18..=20) => busy / 10,
            _ => 0,
        }
    }

    /// So many weeks of office hours before this hour.
    fn lived(weeks: i64, until: i64, busy: u64, chance: &mut Chance) -> Hours {
        (until - weeks * WEEK..until)
            .map(|hour| (hour, chance.about(office(hour, busy))))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// What is seen when the last four weeks and a bit are looked at.
    fn seen(hours: &Hours, now: i64) -> Hours {
        hours.range(now - 5 * WEEK..now).map(|(hour, count)| (*hour, *count)).collect()
    }

    #[test]
    fn a_weekly_rhythm_with_quiet_nights_and_week_ends_raises_nothing() {
        for (seed, busy) in [(1, 3), (2, 10), (3, 40), (4, 300), (5, 5_000)] {
            let end = MONDAY + 8 * WEEK;
            let hours = lived(8, end, busy, &mut Chance(seed));
            for now in MONDAY..end {
                assert_eq!(
                    silence(&seen(&hours, now), now, LEAST),
                    None,
                    "busy {busy}, hour {}",
                    now - MONDAY
                );
            }
        }
    }

    #[test]
    fn an_outage_on_a_tuesday_at_ten_is_found_within_the_hours_that_it_takes() {
        let tuesday_at_ten = MONDAY + 24 + 10;
        for (busy, hours_it_takes) in [(300, 1), (40, 2), (15, 6)] {
            for seed in 0..20 {
                let hours = lived(6, tuesday_at_ten, busy, &mut Chance(seed));
                let seen = seen(&hours, tuesday_at_ten);
                let found = (tuesday_at_ten..tuesday_at_ten + 48)
                    .find_map(|now| silence(&seen, now, LEAST))
                    .unwrap_or_else(|| panic!("not found: busy {busy}, seed {seed}"));
                assert!(found.expected >= LEAST);
                assert!((-2..=0).contains(&(found.since - tuesday_at_ten)), "{found:?}");
                assert!(found.until - tuesday_at_ten <= hours_it_takes, "busy {busy}: {found:?}");
            }
        }
    }

    #[test]
    fn a_workload_whose_events_come_in_heaps_is_known_for_its_pauses() {
        let (mut plain, mut raised) = (0, 0);
        for seed in 0..10 {
            let (mut chance, end) = (Chance(seed), MONDAY + 8 * WEEK);
            let heaps = (MONDAY..end).map(|hour| (hour, chance.in_heaps(office(hour, 20))));
            let hours: Hours = heaps.filter(|(_, count)| *count > 0).collect();
            let mut known = std::collections::BTreeSet::new();
            for now in MONDAY + 2 * WEEK..end {
                let seen = seen(&hours, now);
                let since = seen.keys().next_back().unwrap() + 1;
                plain += u32::from(missing(&seen, since..now) >= LEAST && known.insert((0, since)));
                raised += u32::from(silence(&seen, now, LEAST).is_some() && known.insert((1, since)));
            }
        }
        assert!(plain > 200 && raised < 30, "{raised} of {plain} in 60 weeks");
    }

    #[test]
    fn the_night_before_it_does_not_hurry_an_outage() {
        let evening = MONDAY + 21;
        let hours = lived(6, evening, 40, &mut Chance(7));
        let found = (evening..evening + 48).find_map(|now| silence(&hours, now, LEAST)).unwrap();
        assert!(found.until >= MONDAY + 24 + 8, "nothing is missing before Tuesday at eight: {found:?}");
    }

    #[test]
    fn workloads_of_low_volume_raise_nothing_for_a_long_time() {
        for seed in 0..20 {
            let mut chance = Chance(seed);
            // Two or three events a week, at any hour.
            let mut hours = Hours::new();
            for _ in 0..20 {
                *hours.entry(MONDAY + i64::try_from(chance.below(8 * 168)).unwrap()).or_default() += 1;
            }
            for now in MONDAY..MONDAY + 10 * WEEK {
                assert_eq!(silence(&seen(&hours, now), now, LEAST), None, "seed {seed}");
            }
        }
    }

    #[test]
    fn less_than_a_week_of_history_is_not_judged() {
        let now = MONDAY + 24 + 10;
        let young: Hours = (now - WEEK + 1..now).map(|hour| (hour, 100)).collect();
        assert_eq!(silence(&young, now + 48, LEAST), None);
        let older: Hours = (now - WEEK..now).map(|hour| (hour, 100)).collect();
        assert_eq!(
            silence(&older, now + 1, LEAST),
            Some(Silence { since: now, until: now + 1, expected: 100.0 })
        );
        assert_eq!(silence(&Hours::new(), now, LEAST), None);
    }

    #[test]
    fn one_heap_of_events_makes_no_habit() {
        let end = MONDAY + 6 * WEEK;
        let mut hours = lived(6, end, 40, &mut Chance(3));
        let heap = MONDAY + 4 * WEEK + 6 * 24 + 3;
        hours.insert(heap, 100_000);
        for now in MONDAY..end {
            assert_eq!(silence(&seen(&hours, now), now, LEAST), None, "hour {}", now - MONDAY);
        }
    }

    #[test]
    fn weeks_of_silence_do_not_become_usual() {
        let end = MONDAY + 6 * WEEK;
        let hours = lived(6, end, 40, &mut Chance(3));
        let found = silence(&seen(&hours, end + 10 * 24), end + 10 * 24, LEAST).unwrap();
        let week = silence(&seen(&hours, end + WEEK), end + WEEK, LEAST).unwrap();
        assert!(found.expected > week.expected, "{} {}", found.expected, week.expected);
    }

    #[test]
    fn most_delays_are_within_the_bound_of_their_bucket() {
        let mut delays = Histogram::default();
        assert_eq!(most_of(&delays), 0);
        (0..198).for_each(|_| delays.add(Duration::from_secs(200)));
        (0..2).for_each(|_| delays.add(Duration::from_secs(50_000)));
        assert_eq!(most_of(&delays), 300);
        (0..9).for_each(|_| delays.add(Duration::from_secs(50_000)));
        assert_eq!(most_of(&delays), 86_400);
        (0..9).for_each(|_| delays.add(Duration::from_secs(5_000_000)));
        assert_eq!(most_of(&delays), u64::MAX);
    }
}
