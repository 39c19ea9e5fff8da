//! What every normalizer promises, on files: beside each recorded record stands the event it becomes.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{Event, Normalizer, RawJson, Record, Timestamp, normalize};

/// Checks a normalizer against a folder.
///
/// - `name.json` is a record's item as the vendor sent it; `name.record.json` is a whole [`Record`], where the
///   tenant or the time it became available matter.
/// - `name.event.json` beside it is the event it becomes, without `raw`. `UPDATE=1` writes these files anew;
///   read what it wrote.
///
/// Of each record it also checks that normalising is pure, that the key depends on nothing but the item's
/// content, and that nothing panics when members are missing or of another type.
///
/// # Panics
/// When something differs; all that differs is said at once.
pub fn check(normalizer: &dyn Normalizer, folder: impl AsRef<Path>) {
    let folder = folder.as_ref();
    let records = records_in(folder);
    assert!(!records.is_empty(), "{}: there is no record in this folder", folder.display());
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        write_events(normalizer, folder);
    }
    let mut wrong = stale_events(folder, &records);
    for (path, record) in &records {
        let name = path.display();
        let event = normalize(normalizer, record.clone());
        let mut found: Vec<String> = compare(&event, path).into_iter().collect();
        found.extend(impure(normalizer, record, &event));
        found.extend(panics(normalizer, record));
        wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

/// Writes the event of each record of a folder beside it, as [`check`] wants it. Events that stay as they were
/// are not touched.
///
/// # Panics
/// When a file cannot be read or written.
pub fn write_events(normalizer: &dyn Normalizer, folder: impl AsRef<Path>) {
    for (path, record) in records_in(folder.as_ref()) {
        let event = normalize(normalizer, record);
        if compare(&event, &path).is_some() {
            std::fs::write(event_path(&path), format!("{:#}\n", shown(&event))).unwrap();
        }
    }
}

/// The time at which all records of the files reached us.
fn received_at() -> Timestamp {
    Timestamp::parse("2026-06-01T12:00:00.000Z").unwrap()
}

fn records_in(folder: &Path) -> Vec<(PathBuf, Record)> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.retain(|path| {
        let name = path.to_string_lossy();
        name.ends_with(".json") && !name.ends_with(".event.json")
    });
    files.into_iter().map(|path| (path.clone(), record_of(&path))).collect()
}

fn record_of(path: &Path) -> Record {
    let text = std::fs::read_to_string(path).unwrap();
    let place = |error: String| format!("{}: {error}", path.display());
    if path.to_string_lossy().ends_with(".record.json") {
        return serde_json::from_str(&text).map_err(|error| place(error.to_string())).unwrap();
    }
    let raw = RawJson::parse(text.trim()).map_err(|error| place(error.to_string())).unwrap();
    Record { received_at: received_at(), ..Record::new(raw) }
}

fn event_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".record.json").or_else(|| name.strip_suffix(".json")).unwrap_or(&name);
    path.with_file_name(format!("{name}.event.json"))
}

/// The event as it stands in a file: what `raw` holds is the record's own file.
fn shown(event: &Event) -> Value {
    let mut value = serde_json::to_value(event).unwrap();
    for member in ["raw", "tags", "comments"] {
        value.as_object_mut().unwrap().remove(member);
    }
    value
}

fn compare(event: &Event, path: &Path) -> Option<String> {
    let (path, found) = (event_path(path), shown(event));
    let before = std::fs::read_to_string(&path).ok();
    let before = before.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    if before.as_ref() == Some(&found) {
        return None;
    }
    let Some(before) = before else {
        return Some("there is no event beside it; UPDATE=1 writes it".to_owned());
    };
    Some(format!("another event than its file says; UPDATE=1 writes it anew\n{}", differing(&before, &found)))
}

/// The members that differ, one a line.
fn differing(before: &Value, found: &Value) -> String {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (before, found) = (members(before), members(found));
    let names: BTreeSet<&String> = before.keys().chain(found.keys()).collect();
    let differ = names.into_iter().filter(|name| before.get(*name) != found.get(*name));
    let text = |value: Option<&Value>| value.map_or("(none)".to_owned(), Value::to_string);
    let lines =
        differ.map(|name| format!("    {name}: {} is now {}", text(before.get(name)), text(found.get(name))));
    lines.collect::<Vec<_>>().join("\n")
}

fn stale_events(folder: &Path, records: &[(PathBuf, Record)]) -> Vec<String> {
    let expected: BTreeSet<PathBuf> = records.iter().map(|(path, _)| event_path(path)).collect();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let stale =
        files.filter(|path| path.to_string_lossy().ends_with(".event.json") && !expected.contains(path));
    stale.map(|path| format!("{}: there is no record beside this event", path.display())).collect()
}

/// The same record gives the same event; the order of members and the time of arrival are no part of its key.
fn impure(normalizer: &dyn Normalizer, record: &Record, event: &Event) -> Vec<String> {
    let mut wrong = Vec::new();
    if normalize(normalizer, record.clone()) != *event {
        wrong.push("the same record gave another event the second time".to_owned());
    }
    let later = Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    let raw = RawJson::parse(record.raw.canonical()).unwrap();
    let other = normalize(normalizer, Record { received_at: later, raw, ..record.clone() });
    if other.dedupe_key != event.dedupe_key {
        wrong.push(format!("the key {} became {}", event.dedupe_key, other.dedupe_key));
    }
    if !event.has_unreadable_time() && other.timestamp != event.timestamp {
        wrong.push("the time depends on when the record arrived".to_owned());
    }
    wrong
}

/// What makes the normalizer panic: each value of the record replaced by others or taken away, and the whole.
pub fn panics(normalizer: &dyn Normalizer, record: &Record) -> Vec<String> {
    let Ok(item) = record.raw.read::<Value>() else { return Vec::new() };
    let mut paths = Vec::new();
    collect_paths(&item, &mut String::new(), &mut paths);
    let mut wrong = Vec::new();
    for path in paths {
        for replacement in replacements() {
            let mutilated = replaced(&item, &path, replacement.as_ref());
            let text = replacement.map_or("nothing".to_owned(), |value| value.to_string());
            let record = Record { raw: RawJson::of(&mutilated).unwrap(), ..record.clone() };
            // The pipeline would catch the panic, too; here it is a fault.
            let done = catch_unwind(AssertUnwindSafe(|| normalizer.normalize(&record).is_ok()));
            match done.map(|_| normalize(normalizer, record)) {
                Err(_) => wrong.push(format!("it panics when `{path}` is {text}")),
                Ok(event) if event.id.is_empty() || event.source.is_empty() => {
                    wrong.push(format!("an event without id or source when `{path}` is {text}"));
                }
                Ok(_) => {}
            }
        }
    }
    wrong
}

fn replacements() -> Vec<Option<Value>> {
    let long = "é\u{0}\"".repeat(200);
    let values = [
        json!(null),
        json!(-1.5e300),
        json!(7),
        json!(true),
        json!(""),
        json!(long),
        json!("{\"a\":"),
        json!([]),
    ];
    let nested = [json!([null, 1, "x", [], {}]), json!({}), json!({"": {"displayName": [1]}, "id": null})];
    values.into_iter().chain(nested).map(Some).chain([None]).collect()
}

/// JSON pointers of all values, the whole included.
fn collect_paths(value: &Value, path: &mut String, paths: &mut Vec<String>) {
    paths.push(path.clone());
    let length = path.len();
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => return,
    };
    for (name, value) in members {
        path.push('/');
        path.push_str(&name.replace('~', "~0").replace('/', "~1"));
        collect_paths(value, path, paths);
        path.truncate(length);
    }
}

fn replaced(item: &Value, path: &str, replacement: Option<&Value>) -> Value {
    let mut item = item.clone();
    if let Some(value) = replacement {
        if let Some(place) = item.pointer_mut(path) {
            *place = value.clone();
        }
        return item;
    }
    let Some((parent, name)) = path.rsplit_once('/') else { return Value::Null };
    match item.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(&name.replace("~1", "/").replace("~0", "~"))),
        Some(Value::Array(items)) => drop(name.parse().ok().map(|i: usize| items.remove(i))),
        _ => {}
    }
    item
}
