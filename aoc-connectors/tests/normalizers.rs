//! Recorded records and the events they become: `tests/records/<type>/*.json` → `*.event.json`.
//!
//! `UPDATE=1 cargo test -p aoc-connectors --test normalizers` writes the events; read what it wrote.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};

use aoc_connectors::{
    AnyRecord, EntraAuditNormalizer, EntraSignInsNormalizer, IntuneAuditNormalizer,
    Office365ActivityNormalizer,
};
use aoc_core::{Normalizer, UNREADABLE};
use serde_json::Value;
use support::event;

fn check(kind: &str, normalizer: &dyn Normalizer) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records").join(kind);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.to_string_lossy().ends_with(".event.json"));
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        check_file(kind, normalizer, &path);
    }
}

#[track_caller]
fn check_file(kind: &str, normalizer: &dyn Normalizer, path: &Path) {
    let record = std::fs::read_to_string(path).unwrap();
    let event = event(normalizer, &record);
    assert_eq!(event.source, kind, "{}: {}", path.display(), event.display_summary);
    assert_eq!(event, support::event(&AnyRecord::new(), &record), "AnyRecord reads it otherwise");
    let mut shown = serde_json::to_value(&event).unwrap();
    // The record stands in the file beside it.
    shown.as_object_mut().unwrap().remove("raw");
    let expected_path = path.with_extension("event.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&expected_path, serde_json::to_string_pretty(&shown).unwrap() + "\n").unwrap();
    }
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(&expected_path).unwrap()).unwrap();
    assert_eq!(shown, expected, "{}", path.display());
}

#[test]
fn entra_audits() {
    check("entra_audit", &EntraAuditNormalizer);
}

#[test]
fn entra_sign_ins() {
    check("entra_sign_ins", &EntraSignInsNormalizer);
}

#[test]
fn intune_audits() {
    check("intune_audit", &IntuneAuditNormalizer);
}

#[test]
fn office_365_activity() {
    check("office365_activity", &Office365ActivityNormalizer);
}

/// `name.json` and `name.<shape>.json` are one event.
#[test]
fn shapes_of_one_record_are_one_event() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records");
    let read = |path: &Path| event(&AnyRecord::new(), &std::fs::read_to_string(path).unwrap());
    let mut compared = 0;
    for (kind, name, shape) in [
        ("entra_audit", "add_member_to_role", "azure_monitor"),
        ("entra_audit", "add_member_to_role", "log_analytics"),
        ("entra_sign_ins", "wrong_password", "azure_monitor"),
        ("intune_audit", "delete_assignment", "azure_monitor"),
    ] {
        let native = read(&root.join(kind).join(format!("{name}.json")));
        let shaped = read(&root.join(kind).join(format!("{name}.{shape}.json")));
        assert_eq!(native.dedupe_key, shaped.dedupe_key);
        assert!(shaped.says_the_same_as(&native) && shaped.is_repeat_of(&native), "{native:#?}\n{shaped:#?}");
        assert_eq!(shaped.tenant, "11111111-2222-3333-4444-555555555555");
        compared += 1;
    }
    assert_eq!(compared, 4);
}

#[test]
fn a_normalizer_refuses_records_of_others_and_says_whose_they_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records");
    let text =
        std::fs::read_to_string(root.join("entra_audit/add_member_to_role.azure_monitor.json")).unwrap();
    let event = event(&Office365ActivityNormalizer, &text);
    assert_eq!(event.service, UNREADABLE);
    assert!(event.display_summary.contains("`entra_audit`"), "{}", event.display_summary);
}

#[test]
fn a_cmdlet_with_an_empty_object_id_names_its_target_by_identity_then_name() {
    let target = |parameters: &str| {
        let json = format!(
            r#"{{"Id":"1","CreationTime":"2026-01-05T09:00:00","Operation":"New-TransportRule","Workload":"Exchange","UserId":"kim@contoso.com","ObjectId":"","Parameters":{parameters}}}"#
        );
        support::event(&AnyRecord::new(), &json).target_displays
    };
    assert_eq!(
        target(r#"[{"Name":"Name","Value":"Forward all"},{"Name":"Mode","Value":"x"}]"#),
        ["Forward all"]
    );
    assert_eq!(target(r#"[{"Name":"Name","Value":"n"},{"Name":"Identity","Value":"i"}]"#), ["i"]);
    assert_eq!(target(r#"[{"Name":"Identity","Value":""},{"Name":"Name","Value":"n"}]"#), ["n"]);
    assert_eq!(target("[]"), [""; 0]);
}
