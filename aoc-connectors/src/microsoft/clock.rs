//! The other side's clock: windows are cut by it, so that a wrong clock on this machine loses nothing.
//!
//! Time goes on by the steady clock, which nobody sets; the clock on the wall shows where that one stood still.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Instant, SystemTime},
};

use aoc_core::prelude::*;
use chrono::{DateTime, TimeDelta, Utc};

/// What answers told of the time on the other side. Its own methods believe the last of them, as the login service
/// does; [`agreed`](Self::agreed) only what is beyond doubt.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Heard>);

/// What of a clock is beyond doubt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Agreed<'a>(&'a Clock);

#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    agreed: Option<Told>,
    /// What one answer told that is far from what was known; a second that agrees with it makes it believed.
    doubted: Option<Told>,
}

/// A time on the other side, and when it was that here.
#[derive(Clone, Copy, Debug)]
struct Told {
    there: DateTime<Utc>,
    here: Moment,
}

/// A moment on this machine, by both of its clocks.
#[derive(Clone, Copy, Debug)]
struct Moment {
    wall: DateTime<Utc>,
    steady: Instant,
}

/// Clocks that differ by less than this are called equal: answers tell the time to the second and take a while to come.
const EQUAL: TimeDelta = TimeDelta::seconds(5);
/// What differs by more than this from what was known is not believed at once.
const SUDDEN: TimeDelta = TimeDelta::minutes(5);
/// Two answers that differ by no more than this tell the same.
const SAME: TimeDelta = TimeDelta::minutes(1);
/// What was told is asked for again after this.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// Nothing earlier than 2020 is believed.
const FIRST: DateTime<Utc> = DateTime::from_timestamp(1_577_836_800, 0).expect("it is a time");
/// A clock of this machine that is before this, the year 2026, is wrong.
const WRITTEN: DateTime<Utc> = DateTime::from_timestamp(1_767_225_600, 0).expect("it is a time");
/// Nothing further ahead of this machine's clock is believed.
const FURTHEST: TimeDelta = TimeDelta::days(3_650);

impl Clock {
    /// The time on the other side, as the last answer told it.
    pub(crate) fn now(&self) -> Timestamp {
        let here = Moment::now();
        let last = self.read().last();
        whole(last.map_or(here.wall, |told| told.at(here)))
    }

    /// How far the other side is ahead of us as the last answer told it, in seconds; negative when our clock is fast.
    pub(crate) fn ahead(&self) -> i64 {
        let here = Moment::now();
        self.read().last().map_or(0, |told| told.ahead(here))
    }

    /// Takes note of the `Date` of an answer that has just come.
    pub(crate) fn heard(&self, date: Option<SystemTime>) {
        let Some(date) = date.and_then(instant) else { return };
        let here = Moment::now();
        self.lock().heard(date, here);
    }

    /// What of it is beyond doubt.
    pub(crate) fn agreed(&self) -> Agreed<'_> {
        Agreed(self)
    }

    fn read(&self) -> Heard {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        // Nothing that is done under the lock can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Agreed<'_> {
    /// The time on the other side; where that is uncertain, rather too early than too late.
    pub(crate) fn now(self) -> Timestamp {
        whole(self.0.read().now(Moment::now()))
    }

    /// How far the other side is ahead of us, in seconds; negative when our clock is fast.
    pub(crate) fn ahead(self) -> i64 {
        let here = Moment::now();
        self.0.read().agreed.map_or(0, |told| told.ahead(here))
    }

    /// Whether an answer has told the time a short while ago, and this machine's clocks have agreed since.
    pub(crate) fn is_known(self) -> bool {
        self.0.read().is_known(Moment::now())
    }

    /// Whether it is known and no answer contradicts it.
    pub(crate) fn is_settled(self) -> bool {
        self.is_known() && !self.is_doubted()
    }

    /// Whether an answer told a time that is far from what was known, and no second one has agreed or objected yet.
    pub(crate) fn is_doubted(self) -> bool {
        self.0.read().doubted.is_some()
    }
}

impl Heard {
    fn last(&self) -> Option<Told> {
        self.doubted.or(self.agreed)
    }

    fn now(&self, here: Moment) -> DateTime<Utc> {
        match self.agreed {
            Some(told) if told.is_steady(here) => told.at(here),
            Some(told) => told.at(here).min(told.by_the_wall(here)),
            None => here.wall,
        }
    }

    fn is_known(&self, here: Moment) -> bool {
        self.agreed.is_some_and(|told| told.is_steady(here) && told.elapsed(here) <= FRESH)
    }

    fn heard(&mut self, date: DateTime<Utc>, here: Moment) {
        if date < FIRST || date - here.wall.max(WRITTEN) > FURTHEST {
            return;
        }
        let is_equal = (date - here.wall).abs() < EQUAL;
        let told = Told { there: if is_equal { here.wall } else { date }, here };
        let is_near = |time: DateTime<Utc>, by: TimeDelta| (told.there - time).abs() <= by;
        let is_expected = match self.agreed {
            Some(known) => is_near(known.at(here), SUDDEN) || is_near(known.by_the_wall(here), SUDDEN),
            None => is_near(here.wall, SUDDEN),
        };
        if is_expected || self.doubted.is_some_and(|doubted| is_near(doubted.at(here), SAME)) {
            *self = Self { agreed: Some(told), doubted: None };
        } else {
            self.doubted = Some(told);
        }
    }
}

impl Told {
    /// The time there by the steady clock.
    fn at(self, here: Moment) -> DateTime<Utc> {
        self.there.checked_add_signed(self.elapsed(here)).unwrap_or(self.there)
    }

    fn by_the_wall(self, here: Moment) -> DateTime<Utc> {
        self.there.checked_add_signed(here.wall - self.here.wall).unwrap_or(self.there)
    }

    /// The steady clock stands still while a machine sleeps; the one on the wall can be set.
    fn is_steady(self, here: Moment) -> bool {
        (here.wall - self.here.wall - self.elapsed(here)).abs() <= EQUAL
    }

    fn elapsed(self, here: Moment) -> TimeDelta {
        TimeDelta::from_std(here.steady.saturating_duration_since(self.here.steady)).unwrap_or(TimeDelta::MAX)
    }

    fn ahead(self, here: Moment) -> i64 {
        let ahead = self.at(here) - here.wall;
        let seconds = (ahead.num_milliseconds() + 500).div_euclid(1_000);
        if ahead.abs() < EQUAL { 0 } else { seconds }
    }
}

impl Moment {
    fn now() -> Self {
        Self { wall: Utc::now(), steady: Instant::now() }
    }
}

/// The instant of a date, if it can be one.
fn instant(date: SystemTime) -> Option<DateTime<Utc>> {
    let seconds = date.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)
}

/// In whole milliseconds: more is not asked for.
fn whole(time: DateTime<Utc>) -> Timestamp {
    Timestamp::new(time, 3)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        Timestamp::parse(text).unwrap().instant()
    }

    /// A machine whose clocks can be moved each for itself.
    struct Machine {
        here: Moment,
        heard: Heard,
    }

    impl Machine {
        fn at(text: &str) -> Self {
            Self { here: Moment { wall: time(text), steady: Instant::now() }, heard: Heard::default() }
        }

        fn pass(&mut self, wall: i64, steady: u64) {
            self.here.wall += TimeDelta::seconds(wall);
            self.here.steady += Duration::from_secs(steady);
        }

        fn hear(&mut self, text: &str) -> &mut Self {
            self.heard.heard(time(text), self.here);
            self
        }

        fn says(&self, text: &str) {
            assert_eq!(self.heard.now(self.here), time(text));
        }

        fn knows(&self) -> bool {
            self.heard.is_known(self.here)
        }
    }

    #[test]
    fn an_absurd_date_is_never_believed() {
        for absurd in
            ["1970-01-01T00:00:00Z", "2019-12-31T23:59:59Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
        {
            let mut machine = Machine::at("2026-03-18T12:00:00Z");
            machine.hear(absurd).hear(absurd).hear(absurd);
            assert!(!machine.knows(), "{absurd}");
            machine.says("2026-03-18T12:00:00Z");
            machine.hear("2026-03-18T12:02:00Z").hear(absurd).hear(absurd);
            assert!(machine.knows() && machine.heard.doubted.is_none());
            machine.says("2026-03-18T12:02:00Z");
        }
    }

    #[test]
    fn a_sudden_change_needs_a_second_answer_that_agrees() {
        let mut machine = Machine::at("2026-03-18T12:00:00Z");
        machine.hear("2026-03-18T12:00:01Z").hear("2026-04-17T12:00:00Z");
        machine.says("2026-03-18T12:00:00Z");
        assert!(machine.heard.doubted.is_some());
        machine.hear("2026-03-18T12:00:02Z").hear("2026-04-17T12:00:00Z");
        machine.says("2026-03-18T12:00:00Z");
        machine.pass(30, 30);
        machine.hear("2026-04-17T12:00:31Z");
        machine.says("2026-04-17T12:00:31Z");
        assert!(machine.heard.doubted.is_none());
        // A machine that woke up in 1970 learns what time it is.
        let mut reset = Machine::at("1970-01-01T00:00:00Z");
        reset.hear("2026-03-18T12:00:01Z");
        assert!(!reset.knows());
        reset.hear("2026-03-18T12:00:02Z");
        reset.says("2026-03-18T12:00:02Z");
    }

    #[test]
    fn a_jump_of_this_machines_clock_moves_nothing_and_is_asked_about() {
        for jump in [86_400, -86_400] {
            let mut machine = Machine::at("2026-03-18T12:00:00Z");
            machine.hear("2026-03-18T14:00:00Z");
            machine.hear("2026-03-18T14:00:00Z");
            assert!(machine.knows());
            machine.pass(60 + jump, 60);
            assert!(!machine.knows(), "it is asked again");
            assert!(machine.heard.now(machine.here) <= time("2026-03-18T14:01:00Z"), "never too late");
            machine.hear("2026-03-18T14:01:00Z");
            assert!(machine.knows());
            machine.says("2026-03-18T14:01:00Z");
        }
    }

    #[test]
    fn a_machine_that_slept_asks_again() {
        let mut machine = Machine::at("2026-03-18T12:00:00Z");
        machine.hear("2026-03-18T12:00:00Z").hear("2026-03-18T12:00:00Z");
        machine.pass(30_000, 2);
        assert!(!machine.knows());
        machine.says("2026-03-18T12:00:02Z");
        machine.hear("2026-03-18T20:20:00Z");
        assert!(machine.knows(), "the clock on the wall is the second that agrees");
        machine.pass(601, 601);
        assert!(!machine.knows(), "what was told long ago is asked for again");
        machine.says("2026-03-18T20:30:01Z");
    }

    #[test]
    fn the_login_service_goes_by_the_last_answer() {
        let clock = Clock::default();
        let ahead = SystemTime::now() + Duration::from_secs(86_400);
        clock.heard(Some(ahead));
        assert!((86_398..=86_401).contains(&clock.ahead()), "{}", clock.ahead());
        assert_eq!(clock.agreed().ahead(), 0);
        assert!(clock.agreed().is_doubted() && !clock.agreed().is_known());
        clock.heard(Some(ahead));
        assert!(clock.agreed().is_settled());
        assert_eq!(clock.agreed().ahead(), clock.ahead());
    }
}
