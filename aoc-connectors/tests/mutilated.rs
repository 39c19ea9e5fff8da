//! Records whose members are gone or of another type: never a panic, and never a lost event.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use aoc_connectors::AnyRecord;
use aoc_core::{Event, Normalizer, Record, TIME_UNREADABLE, Timestamp, UNREADABLE};
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
