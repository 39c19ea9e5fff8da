//! An export of ours is read back by the command line.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{path::Path, process::Command};

use serde_json::Value;

fn aoc(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
    let output = command.args(arguments).current_dir(folder).env_clear().output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_export_in_an_empty_store_gives_the_same_events_with_their_tenant() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // A Graph record does not name its tenant: only whoever imported it knew.
    let record = r#"{"id":"Directory_1","activityDateTime":"2026-01-05T09:00:00Z","activityDisplayName":"Update user",
        "category":"UserManagement","result":"success","initiatedBy":{"user":{"userPrincipalName":"kim@contoso.com"}},
        "targetResources":[{"userPrincipalName":"lee@contoso.com","type":"User"}]}"#;
    std::fs::write(first.path().join("a.json"), record).unwrap();
    aoc(first.path(), &["import", "a.json", "--tenant", "contoso"]);
    let export = aoc(first.path(), &["export"]);
    assert_eq!(export.lines().count(), 1, "one event, one line");
    std::fs::write(second.path().join("export.ndjson"), &export).unwrap();
    aoc(second.path(), &["import", "export.ndjson", "--tenant", "another"]);
    let mut events =
        [&export, &aoc(second.path(), &["export"])].map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.iter_mut().for_each(|event| event["ingested_at"] = Value::Null);
    assert_eq!(events[0]["tenant"], "contoso");
    assert_eq!(events[0], events[1]);
}
