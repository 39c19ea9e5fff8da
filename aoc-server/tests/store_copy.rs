//! Copying one store into another: nothing is lost, nothing twice, whoever followed goes on where they were.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
};

use aoc_core::{
    Comment, Event, EventLog, Notebook, Position, RawJson, Timestamp,
    store::{Added, Annotation, Note},
};
use aoc_server::{
    Caller,
    operations::copy::{Copied, End, StoreCopy},
};
use aoc_sinks::SqliteStore;
use serde_json::{Value, json};
use tempfile::TempDir;

const FIRST: &str = "2026-03-02T08:00:00Z";

/// A generator of numbers that is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn event(number: u64, version: u64) -> Event {
    let first = Timestamp::parse(FIRST).unwrap().instant();
    let seconds = i64::try_from(number).unwrap();
    let mut event = Event::new(
        ["entra_audit", "intune_audit"][usize::try_from(number % 2).unwrap()],
        format!("event-{number}"),
        (first + chrono::TimeDelta::seconds(seconds)).into(),
    );
    event.ingested_at = Some(Timestamp::parse("2026-03-03T08:00:00.25Z").unwrap());
    event.service = format!("Service {}", number % 3);
    event.operation = format!("Do {version}");
    event.normalizer = "entra_audit/1".into();
    event.tenant = "contoso".into();
    event.raw = RawJson::parse(format!(r#"{{"n":{number},"version":{version},"weight":1.50}}"#)).unwrap();
    event
}

fn store(folder: &Path) -> SqliteStore {
    fs::create_dir_all(folder).unwrap();
    SqliteStore::new(folder.join("aoc.db"))
}

fn end(store: &SqliteStore, name: &str) -> End {
    End { store: Arc::new(store.clone()), identity: name.to_owned() }
}

/// A store with revisions, holes, annotations and notes of all kinds; every position that a note names is returned.
async fn filled(store: &SqliteStore, dice: &mut Dice) -> Vec<u64> {
    let mut events = Vec::new();
    for number in 0..2_300 {
        events.push(event(number, 0));
        if dice.roll(20) == 0 {
            events.push(event(dice.roll(number + 1), 1 + dice.roll(3)));
        }
    }
    for batch in events.chunks(400) {
        store.append(batch).await.unwrap();
    }
    let head = store.head().await.unwrap();
    for _ in 0..60 {
        let position = Position(1 + dice.roll(head.0));
        annotate(store, position, dice.roll(1_000)).await;
    }
    store.remove(&(0..200).map(|_| Position(1 + dice.roll(head.0))).collect::<Vec<_>>()).await.unwrap();
    store.forget_before(event(90, 0).timestamp).await.unwrap();
    let marks: Vec<u64> = (0..40).map(|_| dice.roll(head.0)).chain([0, 1, head.0]).collect();
    write_notes(store, &marks).await;
    marks
}

async fn annotate(store: &SqliteStore, position: Position, number: u64) {
    let at = Timestamp::parse("2026-03-04T08:00:00Z").unwrap();
    let comment = Comment { id: format!("c{number}"), text: "why".into(), author: "kim".into(), at };
    store.annotate(position, Annotation::AddTag(format!("tag {}", number % 7))).await.unwrap();
    store.annotate(position, Annotation::Comment(comment)).await.unwrap();
}

async fn write_notes(store: &SqliteStore, marks: &[u64]) {
    let mut notes = vec![
        Note { key: "cursor/entra".into(), value: json!({"page": [1, null]}) },
        Note { key: "since/rule".into(), value: json!("2026-03-02T08:00:00Z") },
        Note { key: "maintenance/renormalize".into(), value: json!({"position": 7}) },
    ];
    for mark in marks {
        notes.push(Note { key: format!("position/sink-{mark}"), value: json!(mark) });
        notes.push(Note { key: format!("rejected/sink/{mark:020}"), value: json!({"mark": mark}) });
    }
    notes.sort_by(|a, b| a.key.cmp(&b.key));
    notes.dedup_by(|a, b| a.key == b.key);
    store.write(&notes).await.unwrap();
}

async fn events(store: &SqliteStore) -> Vec<(Position, Event)> {
    let all = store.read_after(Position::default(), usize::MAX).await.unwrap();
    all.into_iter().map(|stored| (stored.position, stored.event)).collect()
}

/// Everything is the same but positions; those in notes lead to the same events.
async fn expect_copy(source: &SqliteStore, target: &SqliteStore, marks: &[u64]) {
    let (ours, theirs) = (events(source).await, events(target).await);
    assert_eq!(ours.len(), theirs.len());
    for ((_, one), (_, other)) in ours.iter().zip(&theirs) {
        assert_eq!(one, other);
    }
    assert_eq!(source.horizon().await.unwrap(), target.horizon().await.unwrap());
    let places: BTreeMap<u64, u64> =
        ours.iter().zip(&theirs).map(|(one, other)| (one.0.0, other.0.0)).collect();
    for mark in marks {
        let expected = places.range(..=mark).next_back().map_or(0, |(_, place)| *place);
        let position = target.read(&format!("position/sink-{mark}")).await.unwrap();
        assert_eq!(position, Some(json!(expected)), "position {mark}");
        let rejected = target.read(&format!("rejected/sink/{expected:020}")).await.unwrap();
        assert!(rejected.is_some(), "rejected {mark}");
    }
    for key in ["cursor/entra", "since/rule"] {
        assert_eq!(source.read(key).await.unwrap(), target.read(key).await.unwrap());
    }
    for key in ["maintenance/renormalize", "copy/from"] {
        assert_eq!(target.read(key).await.unwrap(), None, "{key}");
    }
}

/// Copies, and stops after so many batches.
async fn copy(source: &SqliteStore, target: &SqliteStore, batches: usize) -> Copied {
    let copy = StoreCopy::between(end(source, "source"), end(target, "target"));
    let (stop, mut seen) = (copy.stopper(), 0);
    let watch = |_| {
        seen += 1;
        if seen == batches {
            stop.stop();
        }
    };
    copy.run(&Caller::local(), watch).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_the_same_however_often_it_was_interrupted() {
    for (seed, batches) in [(1, usize::MAX), (2, 1), (3, 2)] {
        let place = TempDir::new().unwrap();
        let (source, target) = (store(&place.path().join("a")), store(&place.path().join("b")));
        let marks = filled(&source, &mut Dice(seed)).await;
        let mut copied = copy(&source, &target, batches).await;
        let mut runs = 1;
        while copied.interrupted {
            assert!(!copied.is_complete());
            copied = copy(&source, &target, batches).await;
            runs += 1;
        }
        assert!(batches == usize::MAX || runs > 1);
        assert!(copied.is_complete(), "{copied:?}");
        assert_eq!((copied.counts.read, copied.counts.duplicate), (copied.counts.new, 0));
        expect_copy(&source, &target, &marks).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_place_was_not_kept_is_copied_again_and_no_follower_misses_anything() {
    let place = TempDir::new().unwrap();
    let (source, target) = (store(&place.path().join("a")), store(&place.path().join("b")));
    let marks = filled(&source, &mut Dice(4)).await;
    copy(&source, &target, 1).await;
    let kept = target.read("copy/from").await.unwrap().unwrap();
    copy(&source, &target, 2).await;
    target.write(&[Note { key: "copy/from".into(), value: kept }]).await.unwrap();
    let copied = copy(&source, &target, usize::MAX).await;
    assert!(copied.is_complete() && copied.counts.duplicate > 0, "{copied:?}");
    expect_copy(&source, &target, &marks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_run_adds_what_is_new_and_moves_the_notes_on() {
    let place = TempDir::new().unwrap();
    let (source, target) = (store(&place.path().join("a")), store(&place.path().join("b")));
    filled(&source, &mut Dice(5)).await;
    copy(&source, &target, usize::MAX).await;
    let Added::New(position) = source.append(&[event(9_000, 0)]).await.unwrap()[0] else { panic!("not new") };
    let there = events(&source).await;
    annotate(&source, there[there.len() - 2].0, 3).await;
    write_notes(&source, &[position.0]).await;
    let copied = copy(&source, &target, usize::MAX).await;
    assert_eq!((copied.counts.new, copied.counts.comments, copied.kept_notes), (1, 1, 0));
    expect_copy(&source, &target, &[position.0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_in_the_copy_is_known_in_another_shape() {
    let place = TempDir::new().unwrap();
    let (source, target) = (store(&place.path().join("a")), store(&place.path().join("b")));
    source.append(&[event(1, 0), event(1, 1)]).await.unwrap();
    copy(&source, &target, usize::MAX).await;
    let mut other_shape = event(1, 1);
    other_shape.normalizer = "entra_audit.log_analytics/1".into();
    other_shape.raw = RawJson::parse(r#"{"other":"shape"}"#).unwrap();
    for store in [source, target] {
        assert_eq!(store.append(std::slice::from_ref(&other_shape)).await.unwrap(), [Added::Duplicate]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_mix_two_stores_is_refused_unless_asked_for() {
    let place = TempDir::new().unwrap();
    let (source, target) = (store(&place.path().join("a")), store(&place.path().join("b")));
    source.append(&[event(1, 0), event(2, 0)]).await.unwrap();
    source.write(&[Note { key: "cursor/entra".into(), value: json!(2) }]).await.unwrap();
    target.append(&[event(2, 0), event(3, 0)]).await.unwrap();
    target.write(&[Note { key: "cursor/entra".into(), value: json!(1) }]).await.unwrap();
    let caller = Caller::local();
    let error = StoreCopy::between(end(&source, "a"), end(&target, "b")).run(&caller, |_| {}).await;
    assert!(error.unwrap_err().to_string().contains("--merge"));
    let error = StoreCopy::between(end(&source, "a"), end(&source, "a")).run(&caller, |_| {}).await;
    assert!(error.unwrap_err().to_string().contains("both are the same store"));
    let error = StoreCopy::between(end(&source, "a"), end(&source, "b")).run(&caller, |_| {}).await;
    assert!(error.unwrap_err().to_string().contains("both are the same store"));
    let merge = StoreCopy::between(end(&source, "a"), end(&target, "b")).merging(true);
    let copied = merge.run(&caller, |_| {}).await.unwrap();
    assert_eq!((copied.counts.new, copied.counts.duplicate, copied.kept_notes), (1, 1, 1));
    assert_eq!(target.read("cursor/entra").await.unwrap(), Some(json!(1)));
    let error = StoreCopy::between(end(&source, "a"), end(&target, "b")).run(&Caller::nobody(), |_| {}).await;
    assert!(error.unwrap_err().to_string().contains("manage"));
}

fn aoc(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null()).output().unwrap()
}

#[test]
fn the_program_copies_what_two_configurations_name() {
    let place = TempDir::new().unwrap();
    let file = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    file("a.toml", "[store]\npath = \"a.db\"\n\n[sources.entra]\ntype = \"entra_audit\"\nprofile = \"x\"\n");
    file("b.toml", "[store]\npath = \"b.db\"\nretention = \"9000d\"\n");
    let copy = ["store", "copy", "--from", "a.toml", "--to", "b.toml"];
    let output = aoc(place.path(), &copy);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("there is no database at `a.db`"), "{error}");
    let record = r#"{"id":"D_1","category":"C","activityDisplayName":"A","activityDateTime":"2026-03-03T09:00:00Z","initiatedBy":{},"targetResources":[]}"#;
    file("one.ndjson", record);
    let config = "[store]\npath = \"a.db\"\n";
    file("import.toml", config);
    assert!(aoc(place.path(), &["import", "--config", "import.toml", "one.ndjson"]).status.success());
    let output = aoc(place.path(), &[&copy[..], &["--format", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["counts"]["read"], &report["counts"]["new"]), (&json!(1), &json!(1)));
    let again = aoc(place.path(), &copy);
    let shown = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(again.status.success() && shown.contains("the target has every event of the source"), "{shown}");
    let output = aoc(place.path(), &["store", "copy", "--from", "a.toml", "--to", "a.toml"]);
    assert_eq!(output.status.code(), Some(1));
}
