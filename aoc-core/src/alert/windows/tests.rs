//! Windows against what they mean, said slowly.
#![allow(clippy::unwrap_used, reason = "tests panic to fail")]

use std::time::Duration;

use super::*;
use crate::{alert::detect::CountIs, testkit::random::Random};

/// An event as the test knows it.
struct Known {
    spot: Spot,
    stored: i64,
    place: Place,
}

const WITHIN: i64 = 20;
const PARTS: usize = 3;

fn window(kind: WindowKind) -> Window {
    Window { kind, within: Duration::from_nanos(100 * WITHIN.unsigned_abs()) }
}

/// Every window that contains the time and begins with an event.
fn windows<'a>(events: &'a [&Known], time: i64) -> impl Iterator<Item = Vec<&'a Known>> {
    let starts = events.iter().map(|known| known.spot.time);
    starts.filter(move |start| (*start..=start + WITHIN).contains(&time)).map(|start| {
        events.iter().copied().filter(|known| (start..=start + WITHIN).contains(&known.spot.time)).collect()
    })
}

fn different(events: &[&Known]) -> u64 {
    let values: std::collections::BTreeSet<_> = events.iter().flat_map(|known| &known.place.values).collect();
    values.len() as u64
}

/// Whether events of all parts, each later than the one before, go on from here, the one at `spot` among them.
fn goes_on(events: &[&Known], spot: Spot, part: usize, first: i64, before: i64, has: bool) -> bool {
    if part == PARTS {
        return has;
    }
    events.iter().filter(|known| known.place.part == part && known.spot.time > before).any(|known| {
        let time = known.spot.time;
        let first = if part == 0 { time } else { first };
        time - first <= WITHIN && goes_on(events, spot, part + 1, first, time, has || known.spot == spot)
    })
}

fn expected(kind: &WindowKind, events: &[&Known], spot: Spot) -> Option<u64> {
    match kind {
        WindowKind::Count(CountIs::AtLeast(count)) => {
            windows(events, spot.time).map(|w| w.len() as u64).max().filter(|most| most >= count)
        }
        WindowKind::Count(CountIs::Exactly(count)) => {
            windows(events, spot.time).map(|w| w.len() as u64).find(|has| has == count)
        }
        WindowKind::Distinct(_, CountIs::AtLeast(count)) => {
            windows(events, spot.time).map(|w| different(&w)).max().filter(|most| most >= count)
        }
        WindowKind::Distinct(_, CountIs::Exactly(count)) => {
            windows(events, spot.time).map(|w| different(&w)).find(|has| has == count)
        }
        WindowKind::All => {
            let has = |w: &Vec<&Known>| (0..PARTS).all(|part| w.iter().any(|known| known.place.part == part));
            windows(events, spot.time).any(|w| has(&w)).then_some(0)
        }
        WindowKind::InOrder => goes_on(events, spot, 0, 0, i64::MIN, false).then_some(0),
    }
}

/// Some of its events come late, some have the same time, and there are as many as are remembered.
fn agrees(kind: WindowKind, seed: u64) -> usize {
    let mut random = Random::new(seed);
    let keep = 60;
    let mut memory = Memory::new("r", &window(kind.clone()), keep);
    let counts_values = matches!(kind, WindowKind::Distinct(..));
    let has_parts = matches!(kind, WindowKind::All | WindowKind::InOrder);
    let (mut all, mut found) = (Vec::<Known>::new(), 0);
    for number in 0..600_i64 {
        let time = number - i64::try_from([0, random.below(5), random.below(50)][random.below(3)]).unwrap();
        let place = Place {
            group: vec![format!("g{}", random.below(3))].into(),
            part: if has_parts { random.below(PARTS) } else { 0 },
            values: if counts_values { vec![format!("v{}", random.below(6))] } else { Vec::new() },
        };
        let key = Key::of("s", &number.to_string());
        let spot = memory.add(&key, time, number, std::slice::from_ref(&place));
        all.push(Known { spot, stored: number, place });
        let place = &all.last().unwrap().place;
        let counts = |known: &&Known| known.stored >= number - keep && known.place.group == place.group;
        let events: Vec<&Known> = all.iter().filter(counts).collect();
        let expected = expected(&kind, &events, spot);
        let has = memory.find(&place.group, spot, PARTS);
        assert_eq!(has.is_some(), expected.is_some(), "{kind:?} {seed} {number}");
        let (Some(has), Some(expected)) = (has, expected) else { continue };
        found += 1;
        assert!(has.events.contains(&key) || has.matched > 100, "{kind:?} {seed} {number}");
        match kind {
            WindowKind::Count(_) => assert_eq!(has.matched, expected, "{kind:?} {seed} {number}"),
            WindowKind::Distinct(..) => assert_eq!(has.distinct, Some(expected), "{kind:?} {seed} {number}"),
            WindowKind::All | WindowKind::InOrder => assert_eq!(has.events.len(), PARTS),
        }
    }
    assert!(memory.len() <= 61, "{}", memory.len());
    found
}

#[test]
fn windows_are_found_wherever_an_event_stands_in_them() {
    let field = || "v".to_owned();
    for kind in [
        WindowKind::Count(CountIs::AtLeast(9)),
        WindowKind::Count(CountIs::AtLeast(1)),
        WindowKind::Count(CountIs::Exactly(7)),
        WindowKind::Distinct(field(), CountIs::AtLeast(5)),
        WindowKind::Distinct(field(), CountIs::Exactly(4)),
        WindowKind::All,
        WindowKind::InOrder,
    ] {
        let found: usize = (0..10).map(|seed| agrees(kind.clone(), seed)).sum();
        assert!((200..=6_000).contains(&found), "{kind:?} {found}");
    }
}

#[test]
fn an_event_may_serve_several_parts_of_all_and_only_one_of_an_order() {
    let group: GroupKey = Vec::new().into();
    let places: Vec<Place> =
        (0..2).map(|part| Place { group: group.clone(), part, values: Vec::new() }).collect();
    let key = |number: usize| Key::of("s", &number.to_string());
    let mut memory = Memory::new("r", &window(WindowKind::All), 100);
    let spot = memory.add(&key(0), 5, 5, &places);
    assert_eq!(memory.find(&group, spot, 2).unwrap().events, [key(0)]);
    let mut memory = Memory::new("r", &window(WindowKind::InOrder), 100);
    let spot = memory.add(&key(0), 5, 5, &places);
    assert_eq!(memory.find(&group, spot, 2), None);
    let spot = memory.add(&key(1), 5, 5, &places[1..]);
    assert_eq!(memory.find(&group, spot, 2), None, "not later");
    let spot = memory.add(&key(2), 6, 6, &places[1..]);
    assert_eq!(memory.find(&group, spot, 2).unwrap().events, [key(0), key(2)]);
}

#[test]
fn a_rule_remembers_only_so_many_events() {
    let group: GroupKey = Vec::new().into();
    let place = Place { group: group.clone(), part: 0, values: vec!["v".into()] };
    let mut memory = Memory::new("r", &window(WindowKind::Count(CountIs::AtLeast(3))), i64::MAX);
    memory.most = 2;
    for number in 0..10 {
        let key = Key::of("s", &number.to_string());
        let spot = memory.add(&key, number, number, std::slice::from_ref(&place));
        assert_eq!(memory.find(&group, spot, 1), None);
    }
    assert_eq!((memory.len(), memory.warned), (2, true));
}

#[test]
fn a_flood_is_counted_without_looking_at_all_of_it_again() {
    let group: GroupKey = Vec::new().into();
    let kind = WindowKind::Distinct("v".into(), CountIs::AtLeast(50));
    for kind in [WindowKind::Count(CountIs::AtLeast(30_000)), kind, WindowKind::All, WindowKind::InOrder] {
        let window = Window { kind, within: Duration::from_secs(3_600) };
        let mut memory = Memory::new("r", &window, i64::MAX);
        for number in 0..20_000_i64 {
            let value = format!("v{}", number % 40);
            let place = Place { group: group.clone(), part: 0, values: vec![value] };
            let late = if number % 3 == 0 { 5_000 } else { 0 };
            let spot = memory.add(&Key::of("s", &value_of(number)), number * 10 - late, number, &[place]);
            assert_eq!(memory.find(&group, spot, 2), None);
        }
    }
}

fn value_of(number: i64) -> String {
    number.to_string()
}
