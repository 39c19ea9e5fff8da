//! `aoc maintenance`: what it tells, what it changes, and that it leaves all else alone.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use aoc_core::{
    Comment, Event, EventLog, Key, Notebook, Position, RawJson, Timestamp,
    store::{Added, Annotation, Note, Stored},
};
use aoc_sinks::SqliteStore;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with a database, and `aoc` run in it.
struct Place(TempDir);

impl Place {
    /// With so many directory audits, imported.
    fn with(audits: usize) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let lines: String = (0..audits).map(|number| format!("{}\n", audit(number))).collect();
        fs::write(place.0.path().join("in.ndjson"), lines).unwrap();
        place.ok(&["import", "in.ndjson"]);
        place
    }

    fn store(&self) -> SqliteStore {
        SqliteStore::new(self.0.path().join("aoc.db"))
    }

    fn aoc(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.args(arguments).current_dir(self.0.path()).env_clear().stdin(Stdio::null()).output().unwrap()
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.aoc(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr) + &text(&output.stdout));
        text(&output.stdout)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["--format", "json"]].concat())).unwrap()
    }

    async fn events(&self) -> Vec<Stored> {
        self.store().read_after(Position::default(), 10_000).await.unwrap()
    }

    /// Rewrites some events as an older normalizer might have read them.
    async fn age(&self, positions: impl Iterator<Item = u64>, change: impl Fn(&mut Event)) {
        let store = self.store();
        let positions: Vec<Position> = positions.map(Position).collect();
        let mut events = store.read_at(&positions).await.unwrap();
        events.iter_mut().for_each(|stored| change(&mut stored.event));
        store.rewrite(&events).await.unwrap();
    }

    fn found(&self, operation: &str) -> u64 {
        let page = self.ok(&["search", "--operation", operation, "--format", "json", "--limit", "500"]);
        page.lines().count() as u64
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A directory audit of Microsoft Graph, invented.
fn audit(number: usize) -> Value {
    json!({
        "id": format!("Directory_{number}"),
        "category": (["RoleManagement", "UserManagement"][number % 2]),
        "result": "success",
        "activityDisplayName": "Add member to role",
        "activityDateTime": format!("2026-03-{:02}T09:00:{:02}Z", 1 + number % 20, number % 60),
        "loggedByService": "Core Directory",
        "initiatedBy": {"user": {"id": "u1", "userPrincipalName": "ada@contoso.example"}},
        "targetResources": [{"id": "t1", "displayName": "Berta", "type": "User", "modifiedProperties": []}],
    })
}

fn old_reading(event: &mut Event) {
    (event.operation, event.actor_display) = ("Old name".into(), Some("nobody".into()));
}

#[tokio::test]
async fn what_reads_otherwise_is_told_and_only_then_rewritten() {
    let place = Place::with(40);
    let before = place.events().await;
    place.store().annotate(Position(3), Annotation::AddTag("kept".into())).await.unwrap();
    place.age(1..=10, old_reading).await;
    place.age(11..=11, |event| event.normalizer = "stranger/1".into()).await;
    let told = place.json(&["maintenance", "renormalize"]);
    let counts = json!({"read": 40, "unchanged": 29, "changed": 10, "not_ours": 1, "would_be_unreadable": 0,
        "other_key": 0});
    assert_eq!((&told["applied"], &told["counts"]), (&json!(false), &counts));
    assert_eq!(told["members"]["operation"]["count"], 10);
    let examples = told["members"]["operation"]["examples"].as_array().unwrap();
    assert_eq!((examples.len(), &examples[0]["new"]), (3, &json!("\"Add member to role\"")));
    assert_eq!(place.events().await[0].event.operation, "Old name");
    let shown = place.ok(&["maintenance", "renormalize"]);
    assert!(shown.contains("10 would change") && shown.contains("--apply"), "{shown}");
    assert_eq!(place.json(&["maintenance", "renormalize", "--apply"])["counts"], counts);
    let mut after = place.events().await;
    assert_eq!(after[2].event.tags.iter().collect::<Vec<_>>(), ["kept"]);
    after[2].event.tags.clear();
    after[10].event.normalizer.clone_from(&before[10].event.normalizer);
    assert_eq!(after, before);
    assert_eq!((place.found("Old name"), place.found("Add member to role")), (0, 40));
    assert_eq!(place.json(&["maintenance", "renormalize"])["counts"]["changed"], 0);
    place.ok(&["maintenance", "verify"]);
}

#[tokio::test]
async fn an_interrupted_renormalisation_is_gone_on_with() {
    let place = Place::with(30);
    place.ok(&["search"]);
    place.age(1..=30, old_reading).await;
    let first = place.json(&["maintenance", "renormalize", "--apply", "--limit", "12"]);
    assert_eq!((&first["interrupted"], &first["counts"]["changed"]), (&json!(true), &json!(12)));
    assert_eq!((place.found("Old name"), place.found("Add member to role")), (18, 12));
    // As after a crash between rewriting and noting the place.
    place.age(13..=13, |event| event.operation = "Add member to role".into()).await;
    let last = place.json(&["maintenance", "renormalize", "--apply"]);
    assert_eq!((&last["continued_at"], &last["interrupted"]), (&json!(12), &json!(false)));
    assert_eq!((&last["counts"]["read"], &last["counts"]["changed"]), (&json!(30), &json!(30)));
    assert_eq!(place.found("Old name"), 0);
    assert_eq!(place.store().list("maintenance/").await.unwrap(), []);
}

#[tokio::test]
async fn an_index_that_a_crash_left_behind_is_rebuilt_by_the_next_run() {
    let place = Place::with(9);
    place.age(1..=9, old_reading).await;
    place.json(&["maintenance", "renormalize", "--apply", "--limit", "4"]);
    let mut note = place.store().read("maintenance/renormalize").await.unwrap().unwrap();
    (note["rewrote"], note["position"]) = (json!(true), json!(9));
    place.store().write(&[Note { key: "maintenance/renormalize".into(), value: note }]).await.unwrap();
    place.age(5..=9, |event| event.operation = "Add member to role".into()).await;
    let report = place.json(&["maintenance", "renormalize", "--apply"]);
    assert_eq!(report["interrupted"], false);
    assert_eq!(place.found("Add member to role"), 9);
    place.ok(&["maintenance", "verify"]);
}

#[tokio::test]
async fn nothing_becomes_unreadable_and_ids_stay() {
    let place = Place::with(5);
    let mut odd = Event::new("entra_audit", "odd", Timestamp::parse("2026-03-03T09:00:00Z").unwrap());
    (odd.service, odd.normalizer) = ("Old".into(), "entra_audit/0".into());
    odd.raw = RawJson::parse("[1,2]").unwrap();
    let mut renamed = odd.clone();
    (renamed.id, renamed.dedupe_key) = ("older id".into(), Key::of("entra_audit", "older id"));
    renamed.raw = RawJson::parse(audit(77).to_string()).unwrap();
    place.store().append(&[odd.clone(), renamed]).await.unwrap();
    let report = place.json(&["maintenance", "renormalize", "--apply"]);
    let counts = &report["counts"];
    assert_eq!((&counts["would_be_unreadable"], &counts["other_key"]), (&json!(1), &json!(1)));
    assert_eq!(report["other_keys"][0]["new"], "entra_audit:Directory_77");
    let events = place.events().await;
    assert_eq!(events[5].event, odd);
    assert_eq!(
        (events[6].event.id.as_str(), events[6].event.dedupe_key.as_str()),
        ("older id", "entra_audit:older id")
    );
    assert_eq!(events[6].event.operation, "Add member to role");
}

fn comment(id: &str) -> Annotation {
    let at = Timestamp::parse("2026-03-04T08:00:00Z").unwrap();
    Annotation::Comment(Comment { id: id.into(), text: "why".into(), author: "kim".into(), at })
}

#[tokio::test]
async fn repeats_are_removed_and_their_annotations_kept() {
    let place = Place::with(6);
    let store = place.store();
    let first = place.events().await.remove(0).event;
    let mut shaped = first.clone();
    (shaped.operation, shaped.normalizer) = ("Other".into(), "entra_audit.log_analytics/1".into());
    shaped.raw = RawJson::parse(r#"{"shape":"other"}"#).unwrap();
    let mut adopted = first.clone();
    adopted.dedupe_key = "adopted:1".to_owned().into();
    let mut other = adopted.clone();
    (other.dedupe_key, other.raw) = ("adopted:2".to_owned().into(), RawJson::parse("{}").unwrap());
    let added = store.append(&[shaped, adopted, other]).await.unwrap();
    assert_eq!(added, [Added::Revision(Position(7)), Added::New(Position(8)), Added::New(Position(9))]);
    for (position, annotation) in
        [(1, comment("a")), (7, comment("a")), (7, comment("b")), (8, Annotation::AddTag("t".into()))]
    {
        store.annotate(Position(position), annotation).await.unwrap();
    }
    assert_eq!(place.json(&["maintenance", "dedupe"])["repeated_revisions"], 0);
    drop(store);
    place.age(7..=7, |event| event.operation = "Add member to role".into()).await;
    let told = place.json(&["maintenance", "dedupe"]);
    let found = |report: &Value| {
        ["read", "revisions", "repeated_revisions", "repeated_ids", "other_content", "removed"]
            .map(|name| report[name].as_u64().unwrap())
    };
    assert_eq!(found(&told), [9, 1, 1, 1, 1, 0]);
    assert_eq!(told["examples"].as_array().unwrap().len(), 2);
    assert_eq!(place.events().await.len(), 9);
    let done = place.json(&["maintenance", "dedupe", "--apply"]);
    assert_eq!(found(&done), [9, 1, 1, 1, 1, 2]);
    assert_eq!((&done["merged_tags"], &done["merged_comments"]), (&json!(1), &json!(1)));
    let events = place.events().await;
    let positions: Vec<u64> = events.iter().map(|stored| stored.position.0).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5, 6, 9]);
    let kept = &events[0].event;
    assert_eq!((kept.tags.len(), kept.comments.len()), (1, 2));
    assert_eq!(place.found("Add member to role"), 7);
    assert_eq!(found(&place.json(&["maintenance", "dedupe", "--apply"])), [7, 0, 0, 0, 1, 0]);
    assert_eq!(place.store().list("maintenance/").await.unwrap(), []);
    place.ok(&["maintenance", "verify"]);
}

fn line<'a>(report: &'a Value, check: &str) -> &'a Value {
    let lines = report["lines"].as_array().unwrap();
    lines.iter().find(|line| line["check"] == check).unwrap_or_else(|| panic!("{check}: {report}"))
}

#[tokio::test]
async fn a_store_that_is_not_whole_is_told() {
    let place = Place::with(25);
    let shown = place.ok(&["maintenance", "verify"]);
    assert_eq!(shown.lines().filter(|line| line.starts_with("ok ")).count(), 10, "{shown}");
    place
        .store()
        .write(&[
            Note { key: "position/siem".into(), value: json!(26) },
            Note { key: "position/good".into(), value: json!(25) },
            Note { key: "ledger/office365/contoso/x/2026".into(), value: json!(1) },
        ])
        .await
        .unwrap();
    let output = place.aoc(&["maintenance", "verify", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let wrong: Vec<&str> = report["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["standing"] == "wrong")
        .map(|line| line["check"].as_str().unwrap())
        .collect();
    assert_eq!(wrong, ["positions and cursors", "ledger"]);
    let found = line(&report, "positions and cursors")["found"].as_str().unwrap();
    assert!(found.contains("position/siem") && !found.contains("position/good"), "{found}");
}

#[tokio::test]
async fn a_damaged_event_is_told() {
    let place = Place::with(25);
    let database = rusqlite::Connection::open(place.0.path().join("aoc.db")).unwrap();
    database.execute("UPDATE bodies SET body = x'00' WHERE position = 7", []).unwrap();
    let output = place.aoc(&["maintenance", "verify", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line(&report, "events can be read")["standing"], "wrong");
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn who_may_not_write_is_told_so_and_may_still_look() {
    let place = Place::with(3);
    let writer = place.store();
    writer.append(&[]).await.unwrap();
    for work in ["renormalize", "dedupe"] {
        let output = place.aoc(&["maintenance", work, "--apply"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("is writing to this database"), "{}", text(&output.stderr));
        place.ok(&["maintenance", work]);
    }
    place.ok(&["maintenance", "verify"]);
}
