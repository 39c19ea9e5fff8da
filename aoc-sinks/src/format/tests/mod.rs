//! Sentences about all formats.

mod grants;
mod odd;
mod own;
mod paths;

use aoc_core::{Alert, Change, Event, Outcome, RawJson, Timestamp, alert::Severity};
use serde_json::{Value, json};

use super::{CATEGORIES, Format, TYPES, classify::classify, required, required::activity_name, table};

fn event(source: &str, service: &str, operation: &str) -> Event {
    let mut event = Event::new(source, "e-1", Timestamp::parse("2026-01-05T09:00:00.1234567Z").unwrap());
    (event.service, event.operation) = (service.into(), operation.into());
    event.result = Outcome::Success;
    event.tenant = "11111111-2222-3333-4444-555555555555".into();
    event.raw = RawJson::parse("{}").unwrap();
    event
}

fn role_event() -> Event {
    let mut event = event("entra_audit", "RoleManagement", "Add member to role");
    event.actor_display = Some("Ada Admin".into());
    event.actor_upn = Some("ada@contoso.com".into());
    event.actor_ip = Some("203.0.113.7".into());
    event.actor =
        RawJson::of(&json!({"user": {"id": "u-1", "userPrincipalName": "ada@contoso.com"}})).unwrap();
    event.target_displays = vec!["bob@contoso.com".into(), "Global Administrator".into()];
    let target = json!({"id": "u-2", "type": "User", "userPrincipalName": "bob@contoso.com"});
    event.targets = vec![RawJson::of(&target).unwrap()];
    event.changes.push(Change {
        target: Some("bob@contoso.com".into()),
        property: "Role.DisplayName".into(),
        old: Value::Null,
        new: "Global Administrator".into(),
    });
    event
}

fn alert_event() -> Event {
    let mut alert = Alert::about("role-given", Severity::High, "A role was given", &role_event());
    alert.labels = vec!["attack.t1098.003".into(), "attack.persistence".into()];
    alert.reasons = vec!["the operation is Add member to role".into()];
    alert.into_event(&role_event()).unwrap()
}

#[test]
fn every_row_uses_words_that_ecs_allows_together() {
    for row in table() {
        let meaning = row.meaning;
        let expected = |category: &str| {
            let known = CATEGORIES.iter().find(|(name, _)| *name == category);
            known.unwrap_or_else(|| panic!("{category} is no category")).1
        };
        for kind in meaning.types {
            assert!(TYPES.contains(kind), "{row:?}");
            assert!(meaning.category.iter().any(|category| expected(category).contains(kind)), "{row:?}");
        }
        for category in meaning.category {
            assert!(meaning.types.iter().any(|kind| expected(category).contains(kind)), "{row:?}");
        }
    }
}

#[test]
fn every_row_has_a_class_whose_required_members_and_activities_are_known() {
    for row in table() {
        let meaning = row.meaning;
        assert!(!required(meaning.class_uid).is_empty(), "{row:?}");
        let named = activity_name(meaning.class_uid, meaning.activity_id);
        assert!(named.is_some() || meaning.activity_id == 99, "{row:?}");
    }
}

#[test]
fn the_last_row_fits_everything_and_every_pattern_is_in_lower_case() {
    assert_eq!(table().last().unwrap().operations, ["*"]);
    for pattern in table().flat_map(|row| row.operations) {
        assert_eq!(*pattern, pattern.to_lowercase());
        assert!(!pattern.ends_with('.'), "{pattern}");
    }
}

#[test]
fn operations_are_what_the_table_says() {
    for (source, service, operation, class, activity, category) in [
        ("entra_audit", "UserManagement", "Add user", 3001, 1, "iam"),
        ("office365_activity", "Directory", "Add user.", 3001, 1, "iam"),
        ("entra_audit", "UserManagement", "Reset password (by admin)", 3001, 4, "iam"),
        ("entra_audit", "UserManagement", "Reset user password", 3001, 4, "iam"),
        ("office365_activity", "Directory", "Change user password.", 3001, 3, "iam"),
        ("entra_audit", "UserManagement", "Disable account", 3001, 5, "iam"),
        ("office365_activity", "Directory", "Disable Strong Authentication.", 3001, 11, "iam"),
        ("entra_audit", "GroupManagement", "Add member to group", 3006, 3, "iam"),
        ("entra_audit", "GroupManagement", "Update group", 3006, 9, "iam"),
        ("entra_audit", "RoleManagement", "Add eligible member to role in PIM completed", 3005, 3, "iam"),
        ("office365_activity", "Directory", "Consent to application.", 3005, 1, "iam"),
        ("entra_audit", "ApplicationManagement", "Add owner to application", 3004, 3, "configuration"),
        ("entra_audit", "DirectoryManagement", "Add unverified domain", 3004, 1, "configuration"),
        ("entra_audit", "Policy", "Delete conditional access policy", 3004, 4, "configuration"),
        ("entra_sign_ins", "SignIn", "Sign-in", 3002, 1, "authentication"),
        ("office365_activity", "Directory", "UserLoginFailed", 3002, 1, "authentication"),
        (
            "intune_audit",
            "Intune",
            "createDeviceComplianceScript DeviceComplianceScript",
            3004,
            1,
            "configuration",
        ),
        ("intune_audit", "Intune", "wipe ManagedDevice", 3004, 7, "configuration"),
        ("office365_activity", "Exchange", "New-InboxRule", 6003, 1, "configuration"),
        ("office365_activity", "Exchange", "Add-MailboxPermission", 6003, 1, "iam"),
        ("office365_activity", "Exchange", "Remove-MailboxPermission", 6003, 4, "iam"),
        ("office365_activity", "Exchange", "MailItemsAccessed", 6003, 2, "email"),
        ("office365_activity", "SecurityComplianceCenter", "Get-ComplianceTag", 6003, 2, "configuration"),
        ("office365_activity", "SharePoint", "FileDownloaded", 6006, 2, "file"),
        ("office365_activity", "OneDrive", "AnonymousLinkCreated", 6006, 12, "file"),
        ("office365_activity", "SharePoint", "AnonymousLinkUsed", 6006, 14, "file"),
        ("office365_activity", "SharePoint", "FileVersionsAllDeleted", 6006, 4, "file"),
        ("office365_activity", "SharePoint", "SiteCollectionAdminAdded", 3005, 3, "iam"),
        ("office365_activity", "SharePoint", "ListViewed", 6001, 2, "web"),
        ("office365_activity", "Teams", "MemberAdded", 3006, 3, "iam"),
        ("office365_activity", "Teams", "TeamSettingChanged", 3004, 3, "configuration"),
        ("office365_activity", "OneDrive", "DLPRuleMatch", 2004, 1, "intrusion_detection"),
        ("office365_activity", "MicrosoftForms", "EditForm", 6003, 3, "api"),
        ("office365_activity", "PowerBI", "ViewReport", 6003, 2, "api"),
        ("office365_activity", "Yammer", "Whatever", 6003, 99, "api"),
        ("of_others", "", "", 6003, 99, "api"),
    ] {
        let meaning = classify(&event(source, service, operation));
        let found = (meaning.class_uid, meaning.activity_id, meaning.category[0]);
        assert_eq!(found, (class, activity, category), "{source} {service} {operation}");
    }
}

#[test]
fn an_ecs_document_tells_who_gave_whom_a_role() {
    let document = Format::Ecs.document(&role_event()).unwrap();
    assert_eq!(document["@timestamp"], "2026-01-05T09:00:00.1234567Z");
    let who = json!({"id": "u-1", "name": "ada@contoso.com", "full_name": "Ada Admin", "email": "ada@contoso.com",
        "domain": "contoso.com", "target": {"id": "u-2", "name": "bob@contoso.com", "email": "bob@contoso.com",
        "domain": "contoso.com"}});
    assert_eq!(document["user"], who);
    assert_eq!(document["source"], json!({"address": "203.0.113.7", "ip": "203.0.113.7"}));
    assert_eq!(document["event"]["category"], json!(["iam"]));
    assert_eq!(document["event"]["type"], json!(["admin", "change"]));
    assert_eq!(document["event"]["original"], "{}");
    assert_eq!(document["aoc"]["right"], json!(["Global Administrator"]));
}

#[test]
fn an_ocsf_document_tells_who_gave_whom_a_role() {
    let document = Format::Ocsf.document(&role_event()).unwrap();
    assert_eq!((&document["class_uid"], &document["type_uid"]), (&json!(3005), &json!(300_503)));
    assert_eq!(document["activity_name"], "Assign Role");
    assert_eq!(document["privileges"], json!(["Global Administrator"]));
    assert_eq!(document["user"]["name"], "bob@contoso.com");
    assert_eq!(document["actor"]["user"]["uid"], "u-1");
    assert_eq!(document["src_endpoint"]["ip"], "203.0.113.7");
    assert_eq!(document["metadata"]["uid"], "entra_audit:e-1");
    assert_eq!(document["time"], 1_767_603_600_123_i64);
}

#[test]
fn an_alert_is_a_finding_with_its_rule_and_techniques() {
    let ocsf = Format::Ocsf.document(&alert_event()).unwrap();
    assert_eq!((&ocsf["type_uid"], &ocsf["severity_id"]), (&json!(200_401), &json!(4)));
    assert_eq!(ocsf["finding_info"]["title"], "A role was given");
    assert_eq!(ocsf["finding_info"]["analytic"]["uid"], "role-given");
    let attack = json!([{"technique": {"uid": "T1098"}, "sub_technique": {"uid": "T1098.003"}}]);
    assert_eq!(ocsf["finding_info"]["attacks"], attack);
    assert_eq!(ocsf["evidences"][0]["actor"]["user"]["name"], "ada@contoso.com");
    let ecs = Format::Ecs.document(&alert_event()).unwrap();
    assert_eq!((&ecs["event"]["kind"], &ecs["event"]["severity"]), (&json!("alert"), &json!(73)));
    assert_eq!(ecs["rule"], json!({"id": "role-given", "name": "A role was given"}));
    assert_eq!(ecs["threat"]["technique"]["subtechnique"]["id"], json!(["T1098.003"]));
    let cef = Format::Cef.line(&alert_event()).unwrap();
    assert!(cef.contains("|role-given|A role was given|8|"), "{cef}");
}

#[test]
fn what_microsoft_reports_is_a_finding_of_its_own_severity() {
    let mut event = event("office365_activity", "SecurityComplianceCenter", "AlertTriggered");
    event.raw = RawJson::parse(r#"{"Name":"Mass download","Severity":"High"}"#).unwrap();
    let ocsf = Format::Ocsf.document(&event).unwrap();
    assert_eq!((&ocsf["severity_id"], &ocsf["finding_info"]["title"]), (&json!(4), &json!("Mass download")));
    assert_eq!(Format::Ecs.document(&event).unwrap()["event"]["severity"], 73);
}

#[test]
fn changed_properties_stand_under_their_names() {
    let mut event = event("office365_activity", "Directory", "Add member to role.");
    let raw = r#"{"ModifiedProperties":[{"Name":"Role.DisplayName","NewValue":"Helpdesk","OldValue":""}]}"#;
    event.raw = RawJson::parse(raw).unwrap();
    let ecs = Format::Ecs.document(&event).unwrap();
    let changed = json!({"Role_DisplayName": {"NewValue": "Helpdesk"}});
    assert_eq!(ecs["o365"]["audit"]["ModifiedProperties"], changed);
}

#[test]
fn what_no_document_can_hold_is_a_string_there_and_stays_in_the_line() {
    let mut event = event("entra_audit", "UserManagement", "Update user");
    event.raw = RawJson::parse("{\n\"a\":\"\\ud83d\"}").unwrap();
    let document = Format::Aoc.document(&event).unwrap();
    assert_eq!(document["raw"], "{\n\"a\":\"\\ud83d\"}");
    let line = Format::Aoc.line(&event).unwrap();
    assert!(line.contains(r#""raw":{ "a":"\ud83d"}"#), "{line}");
}

#[test]
fn what_is_required_and_not_known_is_unknown() {
    let bare = |operation| Format::Ocsf.document(&event("entra_audit", "", operation)).unwrap();
    assert_eq!(bare("Add user")["user"]["name"], "unknown");
    assert_eq!(bare("Add member to group")["group"]["name"], "unknown");
    assert_eq!(bare("Add member to role")["privileges"], json!(["unknown"]));
    let called = Format::Ocsf.document(&event("of_others", "", "")).unwrap();
    assert_eq!(called["api"], json!({"operation": "unknown", "service": {"name": "unknown"}}));
    assert_eq!(called["src_endpoint"], json!({"name": "unknown"}));
}
