use std::collections::BTreeSet;

use super::*;
use crate::{store::Note, testkit::random::Random};

/// Hours of one March, as small numbers.
fn at(hour: i64) -> Timestamp {
    Timestamp::from_ticks(1_772_323_200 * 10_000_000 + hour * 36_000_000_000)
}

fn window(from: i64, until: i64, stage: Stage) -> Coverage {
    let (content, tenant) = ("Audit.Exchange".to_owned(), "t".to_owned());
    Coverage { content, tenant, from: at(from), until: at(until), stage, items: Vec::new() }
}

fn item(id: &str, lost: Option<&str>) -> Item {
    Item { id: id.to_owned(), events: 10, hash: Some("ab".to_owned()), lost: lost.map(str::to_owned) }
}

const ALL: Range = Range { from: None, until: None };
const END: i64 = 80;

/// Windows as no source would tell them, with distinct starts, as keys of notes are.
fn invented(random: &mut Random) -> Vec<Coverage> {
    let starts: BTreeSet<usize> = (0..=random.below(14)).map(|_| random.below(60)).collect();
    let invent = |start: usize, random: &mut Random| {
        let stage = match random.below(10) {
            0 => Stage::Listed,
            1 => Stage::Fetched,
            2 => Stage::Lost(["expired", "refused"][random.below(2)].to_owned()),
            3 | 4 => Stage::Stored,
            _ => Stage::Sealed,
        };
        let from = i64::try_from(start).unwrap();
        let mut window = window(from, from + 1 + i64::try_from(random.below(12)).unwrap(), stage);
        for _ in 0..random.below(3) {
            let lost = random.per_mille(150).then_some("gone");
            window.items.push(item(&format!("blob{}", random.below(40)), lost));
        }
        window
    };
    starts.into_iter().map(|start| invent(start, random)).collect()
}

/// What holds in the hour that starts so, found by looking at every window.
fn standing(windows: &[Coverage], hour: i64) -> Option<Standing> {
    let covers = |window: &&Coverage| window.from <= at(hour) && at(hour) < window.until;
    let any = |is: fn(&Stage) -> bool| windows.iter().filter(covers).any(|window| is(&window.stage));
    let within = windows.iter().any(|window| window.from <= at(hour))
        && windows.iter().any(|window| window.until > at(hour));
    match () {
        () if any(|stage| *stage == Stage::Sealed) => Some(Standing::Sealed),
        () if any(|stage| *stage == Stage::Stored) => Some(Standing::Stored),
        () if any(|stage| matches!(stage, Stage::Lost(_))) => Some(Standing::Lost),
        () if any(|_| true) => Some(Standing::Open),
        () => within.then_some(Standing::Missing),
    }
}

/// Names of items that somebody lost and nobody stored.
fn lost_ids(windows: &[Coverage]) -> BTreeSet<String> {
    let ids = |lost: bool| {
        let items = windows.iter().flat_map(|window| &window.items);
        items.filter(|item| item.lost.is_some() == lost).map(|item| item.id.clone()).collect::<BTreeSet<_>>()
    };
    ids(true).difference(&ids(false)).cloned().collect()
}

#[test]
fn gaps_are_what_looking_at_every_hour_finds() {
    let mut random = Random::new(41);
    for round in 0..1_500 {
        let windows = invented(&mut random);
        let range = match random.below(3) {
            0 => Range { from: Some(at(20)), until: Some(at(45)) },
            _ => ALL,
        };
        let Some(proof) = Proof::of(&windows, range) else {
            assert!((20..45).all(|hour| standing(&windows, hour).is_none()), "{round}: {windows:?}");
            continue;
        };
        let lost = lost_ids(&windows);
        let mut complete = true;
        let mut hours = Vec::new();
        for hour in (0..END).filter(|hour| range.meets(at(*hour), at(hour + 1))) {
            let Some(found) = standing(&windows, hour) else { continue };
            hours.push(hour);
            let of_kind = |kind: GapKind| {
                let mut gaps = proof.gaps.iter().filter(|gap| gap.kind == kind);
                gaps.any(|gap| gap.from <= at(hour) && at(hour) < gap.until)
            };
            assert_eq!(of_kind(GapKind::Missing), found == Standing::Missing, "{round} {hour} {proof:?}");
            assert_eq!(of_kind(GapKind::Incomplete), found == Standing::Open, "{round} {hour} {proof:?}");
            assert!(found != Standing::Lost || of_kind(GapKind::Lost), "{round} {hour} {proof:?}");
            let losing = windows.iter().any(|window| {
                let covers = window.from <= at(hour) && at(hour) < window.until;
                covers && window.items.iter().any(|item| lost.contains(&item.id))
            });
            assert!(losing || !of_kind(GapKind::Lost) || found == Standing::Lost, "{round} {hour} {proof:?}");
            complete &= matches!(found, Standing::Sealed | Standing::Stored) && !of_kind(GapKind::Lost);
            let says = proof.complete_until.is_some_and(|until| at(hour) < until);
            assert_eq!(says, complete, "{round} {hour} {windows:?} {proof:?}");
        }
        assert_eq!(proof.first, at(hours[0]));
        let told: Vec<&String> = proof.gaps.iter().flat_map(|gap| &gap.items).collect();
        if range == ALL {
            assert_eq!(told.iter().map(|id| (*id).clone()).collect::<BTreeSet<_>>(), lost, "{round}");
            let stored: BTreeSet<&str> = windows
                .iter()
                .flat_map(|window| &window.items)
                .filter(|item| item.lost.is_none())
                .map(|item| item.id.as_str())
                .collect();
            assert_eq!((proof.blobs, proof.events), (stored.len() as u64, stored.len() as u64 * 10));
            let last = hours
                .iter()
                .rev()
                .find(|hour| matches!(standing(&windows, **hour), Some(Standing::Sealed | Standing::Stored)));
            assert_eq!(proof.stored_until, last.map(|hour| at(hour + 1)));
        }
    }
}

fn notes(windows: &[Coverage]) -> Vec<Note> {
    windows.iter().map(|window| Note::new(window.note("o365"), window).unwrap()).collect()
}

/// The notes after others were written over them.
fn after(notes: &[Note], written: &[Note]) -> Vec<Note> {
    let mut all: std::collections::BTreeMap<String, Note> =
        notes.iter().map(|note| (note.key.clone(), note.clone())).collect();
    let keys: BTreeSet<&String> = written.iter().map(|note| &note.key).collect();
    assert_eq!(keys.len(), written.len(), "no key comes twice");
    for note in written {
        match note.value.is_null() {
            true => drop(all.remove(&note.key)),
            false => drop(all.insert(note.key.clone(), note.clone())),
        }
    }
    all.into_values().collect()
}

fn only(ledger: &Ledger) -> &[Coverage] {
    assert!(ledger.unreadable.is_empty(), "{ledger:?}");
    ledger.streams.values().next().map(Vec::as_slice).unwrap_or_default()
}

#[test]
fn compaction_changes_nothing_that_is_proven_and_is_done_once() {
    let mut random = Random::new(43);
    let mut fewer = 0;
    for round in 0..1_500 {
        let windows = invented(&mut random);
        let before = notes(&windows);
        let ledger = Ledger::of(before.clone());
        let limit = at(i64::try_from(random.below(80)).unwrap());
        let written = compact(&ledger, limit, None).unwrap().concat();
        let compacted = Ledger::of(after(&before, &written));
        fewer += only(&ledger).len() - only(&compacted).len();
        let proof = |ledger: &Ledger| {
            let mut proof = Proof::of(only(ledger), ALL).unwrap();
            proof.windows = Windows::default();
            proof
        };
        assert_eq!(proof(&compacted), proof(&ledger), "{round}: {windows:?}");
        assert!(compact(&compacted, limit, None).unwrap().is_empty(), "{round}: {compacted:?}");
    }
    assert!(fewer > 250, "{fewer}");
}

#[test]
fn sealed_windows_of_a_day_become_one_and_what_was_lost_stays() {
    let mut windows: Vec<Coverage> = (0..48).map(|hour| window(hour, hour + 1, Stage::Sealed)).collect();
    for (place, window) in windows.iter_mut().enumerate() {
        window.items = vec![item(&format!("b{place}"), None)];
    }
    windows[5].items.push(item("bad", Some("gone")));
    windows[7].items.push(item("twice", Some("gone")));
    windows[8].items.push(item("twice", None));
    windows[30].stage = Stage::Lost("expired".into());
    let before = notes(&windows);
    let proof = Proof::of(&windows, ALL).unwrap();
    let written = compact(&Ledger::of(before.clone()), at(100), None).unwrap();
    assert_eq!(written.len(), 1, "a stream is one step");
    let compacted = Ledger::of(after(&before, &written[0]));
    let left = only(&compacted);
    let stretches: Vec<_> = left.iter().map(|window| (window.from, window.until)).collect();
    let expected =
        [(0, 5), (5, 6), (6, 24), (24, 30), (30, 31), (31, 48)].map(|(from, until)| (at(from), at(until)));
    assert_eq!(stretches, expected, "a hole, a loss and midnight divide");
    let names: Vec<&str> = left[2].items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!((names, left[2].items[0].events), (vec!["19 blobs"], 190));
    let names: Vec<&str> = left[1].items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(names, ["1 blobs", "bad"]);
    let again = Proof::of(left, ALL).unwrap();
    assert_eq!((again.blobs, again.events, &again.digest), (proof.blobs, proof.events, &proof.digest));
    assert_eq!(again.gaps[0].items, ["bad"]);
    assert_eq!((again.gaps[1].kind, again.gaps[1].reason.as_str()), (GapKind::Lost, "expired"));
    assert_eq!(proof.complete_until, Some(at(5)), "up to the window that a blob is lost of");
    assert_eq!(again.gaps.len(), 2);
}

#[test]
fn what_ends_before_the_horizon_is_forgotten() {
    let windows = [
        window(0, 1, Stage::Lost("expired".into())),
        window(1, 3, Stage::Stored),
        window(3, 4, Stage::Listed),
    ];
    let before = notes(&windows);
    let written = compact(&Ledger::of(before.clone()), at(0), Some(at(2))).unwrap().concat();
    assert_eq!(only(&Ledger::of(after(&before, &written))), &windows[1..]);
}

#[test]
fn a_note_that_cannot_be_read_is_told() {
    let good = window(0, 1, Stage::Sealed);
    let mut notes = notes(std::slice::from_ref(&good));
    for (key, value) in [
        ("ledger/o365/t/Audit.Exchange/2026-03-01T00:00:00Z", serde_json::json!({"from": 7})),
        ("ledger/o365/other/Audit.Exchange/2026-03-01T00:00:00Z", serde_json::to_value(&good).unwrap()),
        (
            &window(5, 5, Stage::Listed).note("o365"),
            serde_json::to_value(window(5, 5, Stage::Listed)).unwrap(),
        ),
    ] {
        notes.push(Note { key: key.to_owned(), value });
    }
    let ledger = Ledger::of(notes);
    let reasons: Vec<&str> = ledger.unreadable.iter().map(|note| note.reason.as_str()).collect();
    assert!(reasons[0].starts_with("this is no window: "), "{reasons:?}");
    assert!(reasons[1].contains("not the one that its key says"), "{reasons:?}");
    assert!(reasons[2].starts_with("the window ends at "), "{reasons:?}");
    assert_eq!(ledger.streams.into_values().collect::<Vec<_>>(), [[good]]);
}

#[test]
fn names_with_slashes_are_told_apart() {
    let mut odd = window(0, 1, Stage::Sealed);
    (odd.tenant, odd.content) = (String::new(), "auditLogs/signIns".into());
    let ledger = Ledger::of(vec![Note::new(odd.note("entra/eu"), &odd).unwrap()]);
    let stream = ledger.streams.keys().next().unwrap();
    assert_eq!((stream.source.as_str(), stream.content.as_str()), ("entra/eu", "auditLogs/signIns"));
}
