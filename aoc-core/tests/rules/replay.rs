//! A restart changes nothing: what is shown again makes the same memory.

use std::collections::BTreeSet;

use aoc_core::{alert::watch::Watch, testkit::random::Random};

use super::*;

/// A log, one who follows it, and how far that one has come.
struct World {
    book: RuleBook,
    watch: Watch,
    log: Vec<Event>,
    position: usize,
}

impl World {
    fn new(book: RuleBook) -> Self {
        let watch = book.watch();
        Self { book, watch, log: Vec::new(), position: 0 }
    }

    /// Hands on a batch, appends what is found, and keeps the position where nothing comes between.
    fn step(&mut self, count: usize, crash: Crash) {
        let end = self.log.len().min(self.position + count);
        let mut found = Vec::new();
        for event in &self.log[self.position..end] {
            if event.source == "aoc" {
                self.watch.recall(event);
                continue;
            }
            for alert in self.watch.evaluate(event) {
                found.push(alert.into_event(event).unwrap());
            }
        }
        if crash != Crash::BeforeTheAppend {
            found.into_iter().for_each(|alert| self.append(alert));
        }
        if !matches!(crash, Crash::BeforeTheAppend | Crash::BeforeThePosition) {
            self.position = end;
        }
        if crash != Crash::Never {
            self.begin();
        }
    }

    fn append(&mut self, mut alert: Event) {
        if !self.log.iter().any(|event| event.dedupe_key == alert.dedupe_key) {
            alert.ingested_at = self.log.last().and_then(|event| event.ingested_at);
            self.log.push(alert);
        }
    }

    /// As the pipeline begins: what was stored in the window before the position, then alerts up to the end.
    fn begin(&mut self) {
        self.watch = self.book.watch();
        let Some(last) = self.position.checked_sub(1) else { return };
        let window = i64::try_from(self.book.window().as_nanos() / 100).unwrap();
        let start = self.log[last].ingested_at.unwrap().ticks() - window;
        for (index, event) in self.log.iter().enumerate() {
            if event.ingested_at.unwrap().ticks() < start {
                continue;
            }
            if event.source == "aoc" {
                self.watch.recall(event);
            } else if index <= last {
                self.watch.review(event);
            }
        }
    }

    fn alerts(&self) -> BTreeSet<(String, u64, Option<String>)> {
        let alerts = self.log.iter().filter_map(Alert::of);
        alerts
            .map(|alert| (format!("{}/{}", alert.rule, alert.subject), alert.matched, alert.entity))
            .collect()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Crash {
    Never,
    AfterThePosition,
    BeforeThePosition,
    BeforeTheAppend,
}

fn rules() -> RuleBook {
    let rules = [
        json!({"id": "quiet", "name": "x", "suppress": {"for": "40s", "by": ["actor"]}}),
        json!({"id": "count", "name": "x", "threshold": {"count": 4, "within": "60s", "group_by": ["actor_ip"]}}),
        json!({"id": "loud", "name": "x", "threshold": {"count": 5, "within": "90s"}, "suppress": {"for": "0s"}}),
        json!({"id": "distinct", "name": "x",
            "threshold": {"count": 3, "within": "50s", "group_by": ["actor_ip"], "distinct": "actor"},
            "suppress": {"for": "200s", "by": ["actor"]}}),
        json!({"id": "all", "name": "x", "threshold": {"count": 6, "within": "100s"}, "suppress": {"for": "70s"}}),
    ];
    book(rules).lateness(std::time::Duration::from_secs(80))
}

/// Events in the order of their storing; some happened long before.
fn incoming(random: &mut Random) -> Vec<Event> {
    let mut stored = 10_000;
    let mut events = Vec::new();
    for number in 0..500 {
        stored += i64::try_from([0, 0, random.below(20), random.below(60)][random.below(4)]).unwrap();
        let late =
            i64::try_from([0, random.below(10), random.below(100), random.below(400)][random.below(4)])
                .unwrap();
        let (actor, address) =
            (random.pick(&["ana", "ben", "eve", ""]), random.pick(&["192.0.2.1", "192.0.2.2"]));
        let mut event = event(&number.to_string(), stored - late, actor, address);
        event.ingested_at = Some(Timestamp::from_ticks(event.timestamp.ticks() + late * 10_000_000));
        events.push(event);
    }
    events
}

fn run(events: &[Event], random: &mut Random, crashes: usize) -> World {
    let mut world = World::new(rules());
    let mut coming = events.iter().cloned();
    loop {
        let some = random.below(12);
        // Alerts found meanwhile are stored before what comes now.
        world.log.extend(coming.by_ref().take(some));
        if coming.len() == 0 && world.position == world.log.len() {
            return world;
        }
        let crash = if random.per_mille(crashes) {
            *random.pick(&[Crash::AfterThePosition, Crash::BeforeThePosition, Crash::BeforeTheAppend])
        } else {
            Crash::Never
        };
        world.step(1 + random.below(20), crash);
    }
}

#[test]
fn a_restart_at_any_place_neither_loses_nor_adds_an_alert() {
    let mut found = 0;
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let events = incoming(&mut random);
        let undisturbed = run(&events, &mut random, 0).alerts();
        let disturbed = run(&events, &mut random, 300).alerts();
        assert_eq!(disturbed, undisturbed, "seed {seed}");
        found += undisturbed.len();
        for rule in ["quiet", "count", "loud", "distinct", "all"] {
            let of_rule = undisturbed.iter().filter(|(name, ..)| name.starts_with(rule)).count();
            assert!((3..450).contains(&of_rule), "{rule}: {of_rule}");
        }
    }
    assert!(found > 500, "{found}");
}

#[test]
fn what_is_remembered_does_not_grow_with_the_log() {
    let mut watch = rules().watch();
    let mut most = 0;
    for number in 0..5_000 {
        watch.evaluate(&event(&number.to_string(), number, "ana", "192.0.2.1"));
        most = most.max(watch.remembers());
    }
    assert!(most < 1_000, "{most}");
}
