//! Events of AOC itself, files, and times that could not be read.

use aoc_core::{Event, RawJson, TIME_UNREADABLE};
use serde_json::{Value, json};

use super::{alert_event, event};
use crate::format::Format;

fn rule_event(operation: &str) -> Event {
    let mut event = event("aoc", "AOCAudit", operation);
    event.actor_display = Some("ada".into());
    event.target_displays = vec!["Mass download".into(), "mass-download".into()];
    let rule = json!({"id": "mass-download", "name": "Mass download", "severity": "low"});
    let change = json!({"rule": "mass-download", "before": rule, "after": rule});
    event.raw = RawJson::of(&change).unwrap();
    event
}

#[test]
fn a_change_of_a_rule_is_no_alert() {
    for (operation, kind, activity) in [
        ("Create alert rule", "creation", 1),
        ("Update alert rule", "change", 3),
        ("Delete alert rule", "deletion", 4),
    ] {
        let event = rule_event(operation);
        let ecs = Format::Ecs.document(&event).unwrap();
        assert_eq!((&ecs["event"]["kind"], &ecs["event"]["dataset"]), (&json!("event"), &json!("aoc.audit")));
        assert_eq!(ecs["event"]["category"], json!(["configuration"]));
        assert_eq!((&ecs["event"]["type"], &ecs["event"]["outcome"]), (&json!([kind]), &json!("success")));
        let ocsf = Format::Ocsf.document(&event).unwrap();
        assert_eq!((&ocsf["class_uid"], &ocsf["activity_id"]), (&json!(3004), &json!(activity)));
        let entity = json!({"name": "Mass download", "uid": "mass-download", "type": "alert rule"});
        assert_eq!(ocsf["entity"], entity);
        assert_eq!(ocsf["metadata"]["product"]["name"], "Admin Operations Center");
        let cef = Format::Cef.line(&event).unwrap();
        assert!(cef.contains(&format!("|{operation}|{operation}|1|")), "{cef}");
        assert!(cef.contains(" outcome=success cat=AOCAudit "), "{cef}");
    }
}

#[test]
fn an_alert_has_no_outcome() {
    let ecs = Format::Ecs.document(&alert_event()).unwrap();
    assert_eq!(
        (&ecs["event"]["outcome"], &ecs["event"]["dataset"]),
        (&json!("unknown"), &json!("aoc.alert"))
    );
    let cef = Format::Cef.line(&alert_event()).unwrap();
    assert!(cef.contains(" outcome=unknown "), "{cef}");
}

#[test]
fn a_file_has_its_name_once_in_its_path() {
    let link = "https://contoso.sharepoint.com/sites/hr/Docs/plan.docx";
    for (folder, name, link, path) in [
        ("Docs", "plan.docx", link, "Docs/plan.docx"),
        ("Docs/", "plan.docx", link, "Docs/plan.docx"),
        ("Docs/plan.docx", "plan.docx", link, "Docs/plan.docx"),
        ("plan.docx", "plan.docx", link, "plan.docx"),
        ("Docs/oldplan.docx", "plan.docx", link, "Docs/oldplan.docx/plan.docx"),
        ("Docs/2026", "2026", "https://contoso.sharepoint.com/Docs/2026/2026", "Docs/2026/2026"),
    ] {
        let mut event = event("office365_activity", "OneDrive", "SharingSet");
        let record = json!({"ObjectId": link, "SourceRelativeUrl": folder, "SourceFileName": name, "ItemType": "File"});
        event.raw = RawJson::of(&record).unwrap();
        let ecs = Format::Ecs.document(&event).unwrap();
        assert_eq!((&ecs["file"]["path"], &ecs["file"]["name"]), (&json!(path), &json!(name)));
    }
}

#[test]
fn the_name_of_a_file_is_no_link() {
    let link = "https://contoso.sharepoint.com/sites/hr/Docs/plan.docx?web=1";
    for (folder, said, name, path) in [
        (json!("Docs/plan.docx"), "https://contoso.com/", json!("plan.docx"), json!("Docs/plan.docx")),
        (json!("Docs"), link, json!("plan.docx"), json!("Docs/plan.docx")),
        (Value::Null, link, json!("plan.docx"), json!(link)),
        (Value::Null, "https://contoso.com/", Value::Null, Value::Null),
    ] {
        let mut event = event("office365_activity", "SharePoint", "AccessRequestCreated");
        let record =
            json!({"SourceRelativeUrl": folder, "SourceFileName": said, "SourceFileExtension": "docx"});
        event.raw = RawJson::of(&record).unwrap();
        let file = &Format::Ecs.document(&event).unwrap()["file"];
        assert_eq!((&file["name"], &file["path"]), (&name, &path));
    }
}

#[test]
fn a_time_that_could_not_be_read_is_told_as_it_came() {
    let mut event = event("entra_audit", "UserManagement", "Update user");
    event.flags = vec![TIME_UNREADABLE.into(), "time_text: 31.12.2025 25:61".into()];
    let original = |event: &Event| Format::Ocsf.document(event).unwrap()["metadata"]["original_time"].clone();
    assert_eq!(original(&event), "31.12.2025 25:61");
    let cef = Format::Cef.line(&event).unwrap();
    assert!(!cef.contains("rt="), "{cef}");
    event.flags.pop();
    assert!(original(&event).is_null());
}
