//! Believable audit events, and filters that fit them; the same seed gives the same.

mod filters;
mod raw;
mod words;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

pub use self::words::TAGS;
use super::random::Random;
use crate::{ActorType, Change, Event, Outcome, RawJson, TIME_UNREADABLE, Timestamp};

/// Makes events and filters.
///
/// ```
/// use aoc_core::testkit::events::Generator;
///
/// let events = Generator::new(7).events(3);
/// assert_eq!(events, Generator::new(7).events(3));
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    random: Random,
    made: u64,
    /// Events cluster around these times.
    clusters: Vec<DateTime<Utc>>,
    last: Timestamp,
}

/// Where the 90 days begin in which most events happen: 2026-01-01.
const BEGIN: i64 = 1_767_225_600;
const DAYS_90: usize = 90 * 86_400;

impl Generator {
    /// The events and filters of this seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let begin = DateTime::from_timestamp(BEGIN, 0).unwrap_or_default();
        let clusters = (0..8).map(|_| begin + seconds(random.below(DAYS_90))).collect();
        Self { random, made: 0, clusters, last: begin.into() }
    }

    /// The chance behind it, for tests that need some of their own.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// So many events, in no order of time. Their keys differ.
    pub fn events(&mut self, count: usize) -> Vec<Event> {
        (0..count).map(|_| self.event()).collect()
    }

    /// The next event. Its key is new.
    pub fn event(&mut self) -> Event {
        self.made += 1;
        let source = *self.random.pick(words::SOURCES);
        let (id, time) = (self.id(), self.time());
        let mut event = Event::new(source, id, time);
        event.normalizer = format!("{source}/1");
        event.service = (*self.random.pick(words::SERVICES)).into();
        event.operation = (*self.random.pick(words::OPERATIONS)).into();
        event.tenant = (*self.random.pick(words::TENANTS)).into();
        event.result = *self.random.pick(&Outcome::ALL);
        event.ingested_at = Some(Timestamp::new(time.instant() + seconds(self.random.below(3_600)), 3));
        if self.random.per_mille(400) {
            event.available_at = Some(Timestamp::new(time.instant() + seconds(self.random.below(900)), 7));
        }
        if self.random.per_mille(30) {
            event.flags = vec![TIME_UNREADABLE.into(), "odd: \"quoted\"".into()];
        }
        self.add_actor(&mut event);
        self.add_targets(&mut event);
        event.raw = self.raw(&event);
        event
    }

    /// An id no other event of this generator has.
    fn id(&mut self) -> String {
        let number = self.made;
        let guid = raw::guid(&mut self.random);
        match self.random.below(6) {
            0 => format!("Directory_{guid}_ABC_{number}"),
            1 => format!("{number}"),
            2 => format!("{guid}/{number}?x=%2F#ü"),
            _ => format!("{}{number:012x}", &guid[..24]),
        }
    }

    /// Clustered; many equal, few far away.
    fn time(&mut self) -> Timestamp {
        if self.random.per_mille(150) {
            return self.last;
        }
        let near = *self.random.pick(&self.clusters);
        let instant = match self.random.below(1_000) {
            0..=3 => Timestamp::parse("1601-01-01T00:00:00Z").map_or(near, Timestamp::instant),
            4..=6 => Timestamp::parse("9999-12-31T23:59:59.9999999Z").map_or(near, Timestamp::instant),
            7..=60 => near - seconds(self.random.below(400 * 86_400)),
            61..=200 => near,
            _ => near + seconds(self.random.below(7_200)) + TimeDelta::nanoseconds(self.nanos()),
        };
        let digits = if self.random.per_mille(20) { 9 } else { self.random.below(8) };
        self.last = Timestamp::new(instant, u8::try_from(digits).unwrap_or(7));
        self.last
    }

    fn nanos(&mut self) -> i64 {
        i64::try_from(self.random.below(1_000_000_000)).unwrap_or(0)
    }

    fn add_actor(&mut self, event: &mut Event) {
        let (display, upn) = *self.random.pick(words::PEOPLE);
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (event.actor_display, event.actor_upn) = (some(display), some(upn));
        if self.random.per_mille(20) {
            event.actor_display = Some(String::new());
        }
        const TYPES: [ActorType; 4] = [ActorType::User, ActorType::Admin, ActorType::App, ActorType::Guest];
        event.actor_type = self.random.per_mille(800).then(|| *self.random.pick(&TYPES));
        if self.random.per_mille(600) {
            event.actor_ip = Some((*self.random.pick(words::ADDRESSES)).into());
        }
        if self.random.per_mille(700) {
            event.actor = self.json(1);
        }
    }

    fn add_targets(&mut self, event: &mut Event) {
        event.target_displays = (0..self.random.below(4)).map(|_| raw::words(&mut self.random)).collect();
        event.targets = (0..self.random.below(3)).map(|_| self.json(1)).collect();
        event.changes = (0..self.random.below(3)).map(|_| self.change()).collect();
        if self.random.per_mille(500) {
            event.correlation_id = Some(raw::guid(&mut self.random));
        }
        let who = event.actor_name().unwrap_or("Somebody");
        event.display_summary = format!("{who}: {} {}", event.operation, event.target_displays.join(", "));
    }

    fn change(&mut self) -> Change {
        let value = |random: &mut Random| match random.below(4) {
            0 => Value::Null,
            1 => serde_json::json!({"list": [1, true, raw::words(random)]}),
            2 => Value::from(random.below(1_000)),
            _ => Value::from(raw::words(random)),
        };
        let target = self.random.per_mille(500).then(|| raw::words(&mut self.random));
        let property = raw::words(&mut self.random);
        Change { target, property, old: value(&mut self.random), new: value(&mut self.random) }
    }

    fn json(&mut self, depth: usize) -> RawJson {
        RawJson::parse(raw::object(&mut self.random, depth)).unwrap_or_default()
    }

    /// The record the event may have been made of. Some are no objects.
    fn raw(&mut self, event: &Event) -> RawJson {
        let random = &mut self.random;
        if random.per_mille(20) {
            return RawJson::parse(raw::value(random, 2)).unwrap_or_default();
        }
        let mut members = vec![
            format!("\"id\": {}", raw::quoted(random, &event.id)),
            format!("\"activityDateTime\":\"{}\"", event.timestamp),
            format!("\"activityDisplayName\" : {}", raw::quoted(random, &event.operation)),
        ];
        for i in 0..2 + random.below(6) {
            members.push(format!("\"extra{i}\":{}", raw::value(random, 3)));
        }
        let first = random.below(members.len());
        members.rotate_left(first);
        RawJson::parse(format!("{{{}}}", members.join(*random.pick(&[",", ", ", ",\r\n\t"]))))
            .unwrap_or_default()
    }
}

fn seconds(count: usize) -> TimeDelta {
    TimeDelta::seconds(i64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn generated_events_are_varied_and_their_keys_differ() {
        let events = Generator::new(1).events(3_000);
        let keys: BTreeSet<&str> = events.iter().map(|event| event.dedupe_key.as_str()).collect();
        assert_eq!(keys.len(), events.len());
        let count = |test: &dyn Fn(&Event) -> bool| events.iter().filter(|event| test(event)).count();
        assert!(count(&|event| event.raw == RawJson::default()) < 30, "records that are no JSON");
        assert!(count(&|event| event.timestamp.instant().timestamp() < 0) > 0, "very old ones");
        assert!(count(&|event| event.tenant.is_empty()) > 100);
        assert!(count(&|event| event.actor_name().is_none()) > 100);
    }

    #[test]
    fn generated_filters_find_some_and_not_all() {
        let mut generator = Generator::new(2);
        let events = generator.events(300);
        let mut found = [0; 3];
        for _ in 0..400 {
            let filter = generator.filter(&events);
            let hits = events.iter().filter(|event| filter.matches(event)).count();
            found[usize::from(hits > 0) + usize::from(hits == events.len())] += 1;
        }
        assert!(found[0] > 40 && found[1] > 150 && found[2] < 60, "none, some, all: {found:?}");
    }
}
