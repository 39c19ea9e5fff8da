//! Records whose members are gone or of another type: never a panic, and never a lost event.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use aoc_connectors::{AnyRecord, RecordReader};
use aoc_core::{Event, Normalizer, Record, TIME_UNREADABLE, Timestamp, UNREADABLE, normalize};
use serde_json::{Value, json};
use support::{data, event, records};

/// What a member is replaced by.
fn replacements() -> [Value; 9] {
    [
        Value::Null,
        json!(-12.5),
        json!(0),
        json!(true),
        json!(""),
        json!("\u{0}\n{broken: [json"),
        json!(["x", 1, null, {"Name": 5}]),
        json!({"Name": [], "ID": {}, "id": 1}),
        json!([]),
    ]
}

/// Calls `visit` with the record once for every place in it, the value at that place replaced.
fn mutilate(record: &Value, replacement: &Value, visit: &mut dyn FnMut(&Value)) {
    let mut whole = record.clone();
    let mut pointers = Vec::new();
    places(record, &mut String::new(), &mut pointers);
    for pointer in pointers {
        let place = whole.pointer_mut(&pointer).unwrap();
        let before = std::mem::replace(place, replacement.clone());
        visit(&whole);
        *whole.pointer_mut(&pointer).unwrap() = before;
    }
}

fn places(value: &Value, pointer: &mut String, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(elements) => {
            elements.iter().take(2).enumerate().map(|(place, value)| (place.to_string(), value)).collect()
        }
        _ => return,
    };
    for (name, child) in children {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        found.push(pointer.clone());
        places(child, pointer, found);
        pointer.truncate(length);
    }
}

fn fixtures() -> Vec<(String, Value)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records");
    let mut found = Vec::new();
    for kind in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(kind.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !name.ends_with(".event.json") {
                found.push((name, serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()));
            }
        }
    }
    found
}

/// Replacing these makes another record of it, or none.
fn decides_what_it_is(before: &Event, after: &Event) -> bool {
    after.service == UNREADABLE && before.normalizer.contains('.')
}

#[track_caller]
fn check_mutilated(name: &str, record: &Value) {
    let any = AnyRecord::new();
    let before = event(&any, &record.to_string());
    for replacement in replacements() {
        mutilate(record, &replacement, &mut |mutilated| {
            let after = event(&any, &mutilated.to_string());
            let fails = after.service == UNREADABLE && before.service != UNREADABLE;
            assert!(
                !fails || decides_what_it_is(&before, &after),
                "{name}: {mutilated}\n{}",
                after.display_summary
            );
            serde_json::to_string(&after).unwrap();
        });
    }
}

#[test]
fn any_member_of_a_fixture_may_be_anything() {
    for (name, record) in fixtures() {
        check_mutilated(&name, &record);
    }
}

#[test]
fn any_member_of_a_real_record_may_be_anything() {
    let Some(data) = data() else { return };
    let files = [
        ("o365_management_activity", 97),
        ("entra_directory_audits", 9),
        ("entra_sign_ins", 23),
        ("intune_audit_events", 2),
        ("entra_directory_audits.azure_monitor", 5),
        ("entra_directory_audits.log_analytics", 5),
        ("entra_sign_ins.azure_monitor", 3),
        ("entra_sign_ins.log_analytics", 17),
        ("intune_audit_events.azure_monitor", 2),
        ("o365_office_activity.log_analytics", 3),
    ];
    for (file, step) in files {
        for record in records(&data.join(format!("{file}.ndjson"))).into_iter().step_by(step) {
            check_mutilated(file, &record.raw.read().unwrap());
        }
    }
}

#[test]
fn a_native_record_survives_the_loss_of_any_one_member() {
    for (name, record) in fixtures() {
        let any = AnyRecord::new();
        if event(&any, &record.to_string()).normalizer.contains('.') {
            continue;
        }
        let names: Vec<String> = record.as_object().unwrap().keys().cloned().collect();
        for member in names {
            let mut less = record.clone();
            less.as_object_mut().unwrap().remove(&member);
            let event = event(&any, &less.to_string());
            assert_ne!(event.service, UNREADABLE, "{name} without {member}: {}", event.display_summary);
        }
    }
}

#[test]
fn a_member_that_stands_twice_counts_by_its_last() {
    let text =
        r#"{"Id":"a","Id":"b","CreationTime":"2026-01-01T00:00:00","Operation":"x","Workload":"Exchange"}"#;
    assert_eq!(event(&AnyRecord::new(), text).id, "b");
}

#[test]
fn times_that_cannot_be_read_are_flagged_with_their_text() {
    for (time, expected) in [
        ("\"2026-01-05T09:00:00\"", Some("2026-01-05T09:00:00Z")),
        ("\"2026-01-05T09:00:00.1234567Z\"", Some("2026-01-05T09:00:00.1234567Z")),
        ("\"2026-01-05 09:00:00+00:00\"", Some("2026-01-05T09:00:00Z")),
        ("\"2026-01-05T09:00:65\"", None),
        ("\"soon\"", None),
        ("17", None),
        ("{}", None),
        ("null", None),
    ] {
        let text = format!(r#"{{"Id":"a","CreationTime":{time},"Operation":"x","Workload":"Exchange"}}"#);
        let event = event(&AnyRecord::new(), &text);
        match expected {
            Some(expected) => {
                assert_eq!((event.timestamp.to_string().as_str(), event.flags.len()), (expected, 0))
            }
            None => {
                assert_eq!(event.timestamp, Timestamp::parse("2026-02-01T00:00:00Z").unwrap());
                assert_eq!(event.flags[0], TIME_UNREADABLE, "{time}");
                let second = if time == "null" {
                    "time_absent".to_owned()
                } else {
                    format!("time_text: {}", time.trim_matches('"'))
                };
                assert_eq!(event.flags[1], second);
            }
        }
    }
}

#[test]
fn what_is_no_record_says_why() {
    for (text, reason) in [
        ("\"{broken\"", "no audit record but text that is no JSON"),
        ("[1]", "no audit record but a JSON array"),
        ("12", "no audit record but a JSON number"),
        ("null", "no audit record but null"),
        ("{}", "no audit record that AOC knows"),
        (
            r#"{"RecordType":"x","AuditData":"{\"Id\""}"#,
            "a row of an audit export whose `AuditData` is no whole JSON object",
        ),
        (r#"{"category":"X","properties":{}}"#, "Azure Monitor category `X` is no audit log that AOC reads"),
    ] {
        let event = event(&AnyRecord::new(), text);
        assert!(event.display_summary.contains(reason), "{text}: {}", event.display_summary);
    }
}

/// Byte-mutated copies of the real files, through the reader and the normalizer: no panic, no hang.
#[test]
fn mutated_files_neither_panic_nor_hang() {
    let Some(data) = data() else { return };
    let seconds: f64 = std::env::var("AOC_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(3.0);
    let seed = std::env::var("AOC_FUZZ_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64
    });
    println!("AOC_FUZZ_SEED={seed}");
    let mut files: Vec<Vec<u8>> = Vec::new();
    let mut paths: Vec<_> = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.is_file() && !path.to_string_lossy().contains(".meta."))
    {
        files.push(std::fs::read(path).unwrap());
    }
    let mut random = Random(seed | 1);
    let started = std::time::Instant::now();
    let any = AnyRecord::new();
    let mut rounds = 0;
    while started.elapsed().as_secs_f64() < seconds {
        let mutated = mutated(&files, &mut random);
        let round = std::time::Instant::now();
        let mut size = 0;
        for record in RecordReader::new(&mutated[..]).map_while(Result::ok) {
            size += record.raw.text().len();
            let event = normalize(&any, record);
            serde_json::to_string(&event).unwrap();
        }
        rounds += 1;
        assert!(round.elapsed().as_secs() < 10, "slow: seed {seed}, round {rounds}");
        assert!(size <= mutated.len() * 8 + 1000, "seed {seed}, round {rounds}: {size} of {}", mutated.len());
    }
    println!("{rounds} mutated files");
}

/// One line that is broken in any way costs no other line, in a file of lines; in an array of one line at most its neighbours.
#[test]
fn a_broken_record_costs_no_other() {
    let Some(data) = data() else { return };
    let text = std::fs::read_to_string(data.join("o365_management_activity.ndjson")).unwrap();
    let lines: Vec<&str> = text.lines().step_by(40).take(60).collect();
    let mut random = Random(42);
    for round in 0..200 {
        let place = random.below(lines.len());
        let mut broken = lines[place].as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(broken.len().max(1)).min(broken.len().saturating_sub(1));
            match random.below(4) {
                0 => broken.truncate(at + 1),
                1 => broken.insert(at, b"{}[]\",:\\x"[random.below(9)]),
                2 => _ = broken.remove(at),
                _ => broken[at] = b"{}[]\",:\\x"[random.below(9)],
            }
            if broken.is_empty() {
                break;
            }
        }
        let whole = |separator: &[u8], start: &[u8], end: &[u8]| {
            let pieces: Vec<&[u8]> = lines
                .iter()
                .enumerate()
                .map(|(n, line)| if n == place { &broken[..] } else { line.as_bytes() })
                .collect();
            [start, &pieces.join(separator), end].concat()
        };
        let missing = |bytes: &[u8]| {
            let found: std::collections::HashSet<String> =
                RecordReader::new(bytes).map(|record| record.unwrap().raw.text().to_owned()).collect();
            lines.iter().enumerate().filter(|(n, line)| *n != place && !found.contains(**line)).count()
        };
        let broken_text = String::from_utf8_lossy(&broken).into_owned();
        assert_eq!(missing(&whole(b"\n", b"", b"\n")), 0, "round {round}, lines: {broken_text}");
        assert_eq!(missing(&whole(b",\n", b"[", b"]")), 0, "round {round}, array of lines: {broken_text}");
        assert!(missing(&whole(b",", b"[", b"]")) <= 2, "round {round}, array: {broken_text}");
    }
}

fn mutated(files: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let file = &files[random.below(files.len())];
    let start = random.below(file.len());
    let start = file[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |line| line + 1);
    let mut bytes = file[start..file.len().min(start + 20_000 + random.below(40_000))].to_vec();
    if start > 0 && random.below(2) == 0 {
        let header = file.iter().position(|byte| *byte == b'\n').unwrap_or(0) + 1;
        bytes.splice(0..0, file[..header].iter().copied());
    }
    for _ in 0..=random.below(12) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(7) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => _ = bytes.remove(at),
            2 => bytes.insert(at, b"{}[]\",:\\\n\x00\xff"[random.below(11)]),
            3 => bytes.truncate(at),
            4 => {
                let other = &files[random.below(files.len())];
                let from = random.below(other.len());
                let piece = other[from..other.len().min(from + random.below(3000))].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                let end = (at + random.below(500)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => bytes[at] = b"{}[]\",:\\\n\x00\xff"[random.below(11)],
        }
    }
    bytes
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

#[test]
fn the_same_record_gives_the_same_event_whatever_came_before() {
    let Some(data) = data() else { return };
    let mixed: Vec<Record> =
        ["entra_sign_ins", "o365_management_activity", "intune_audit_events", "edge_same_id"]
            .iter()
            .flat_map(|file| records(&data.join(format!("{file}.ndjson"))).into_iter().take(30))
            .collect();
    let used = AnyRecord::new();
    for record in mixed.iter().chain(mixed.iter().rev()) {
        let (a, b) = (used.normalize(record).unwrap(), AnyRecord::new().normalize(record).unwrap());
        assert_eq!(a, b);
    }
}
