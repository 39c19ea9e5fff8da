//! Odd events and mutated records.

use aoc_core::{
    Event, RawJson,
    testkit::{events::Generator, random::Random},
};
use serde_json::{Value, json};

use super::{
    event,
    paths::{Paths, leads},
};
use crate::format::{Format, required};

/// Records of an invented tenant, with the members that the formats read.
fn records() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    vec![
        (
            "entra_audit",
            "UserManagement",
            "Update user",
            json!({"id": "1", "initiatedBy": {"user": {"id": "u", "roles": ["a"], "ipAddress": "203.0.113.7"},
                "app": {"appId": "a"}}, "additionalDetails": [{"key": "User-Agent", "value": "curl"}],
                "targetResources": [{"id": "t", "type": "User", "userPrincipalName": "bob@contoso.com",
                "modifiedProperties": [{"displayName": "p", "oldValue": "[]", "newValue": "[\"x\"]"}]}]}),
        ),
        (
            "entra_sign_ins",
            "SignIn",
            "Sign-in",
            json!({"properties": {"userAgent": "x", "isInteractive": true, "riskEventTypes_v2": ["a"],
                "status": {"errorCode": 50126, "failureReason": "no"}, "location": {"city": "Bonn",
                "countryOrRegion": "DE", "geoCoordinates": {"latitude": 50, "longitude": 7.1}},
                "deviceDetail": {"deviceId": "d", "displayName": "pc", "isManaged": false},
                "appliedConditionalAccessPolicies": [{"displayName": "mfa", "result": "success"}]}}),
        ),
        (
            "intune_audit",
            "Intune",
            "Delete DeviceConfiguration",
            json!({"actor": {"userId": "u", "userPermissions": ["*"]}, "resources": [{"displayName": "d",
                "resourceId": "r", "auditResourceType": "x"}], "activityType": "t"}),
        ),
        (
            "office365_activity",
            "Exchange",
            "New-InboxRule",
            json!({"RecordType": 1, "ClientIP": "203.0.113.7:443", "Parameters": [{"Name": "From.To", "Value": "x"}],
                "ModifiedProperties": [{"Name": "n", "NewValue": "1", "OldValue": {"a": 1}}], "ExternalAccess": true,
                "ExtendedProperties": [{"Name": "UserAgent", "Value": "x"}], "OperationCount": 3, "Recipients": ["a"],
                "SourceFileName": "a.txt", "SourceRelativeUrl": "docs", "ObjectId": "https://contoso.com/a.txt",
                "AppAccessContext": {"AADSessionId": "s"}, "EventData": "<Group>g</Group>", "ItemType": "File"}),
        ),
    ]
}

/// Puts something odd in a random place.
fn mutate(value: &mut Value, random: &mut Random) {
    let inner: Vec<&mut Value> = match value {
        Value::Object(members) if random.per_mille(800) => members.values_mut().collect(),
        Value::Array(items) if random.per_mille(800) => items.iter_mut().collect(),
        _ => Vec::new(),
    };
    let count = inner.len();
    if count > 0 {
        let at = random.below(count);
        return inner.into_iter().nth(at).into_iter().for_each(|inner| mutate(inner, random));
    }
    let odd = [
        Value::Null,
        json!(""),
        json!("  "),
        json!(true),
        json!("true"),
        json!(-1),
        json!(1.5e300),
        json!(u64::MAX),
        json!([]),
        json!({}),
        json!([null, 1, "x", [1], {"Name": "a.b", "Value": [1]}]),
        json!({"Name": 1, "Value": {"x": null}, "": {"a.b": 1}}),
        json!("{\"latitude\": \"x\"}"),
        json!("[1, {\"Name\": null}]"),
        json!("\u{0}\n|=\\\u{202e}é"),
        json!("2026-01-01"),
        json!("[::ffff:203.0.113.7]:443"),
    ];
    *value = random.pick(&odd).clone();
}

fn check(event: &Event, ecs: &mut Paths, ocsf: &mut Paths) {
    ecs.add("", &Format::Ecs.document(event).unwrap());
    let document = Format::Ocsf.document(event).unwrap();
    let class = u32::try_from(document["class_uid"].as_u64().unwrap()).unwrap();
    for path in required(class) {
        assert!(leads(&document, path), "{path} is missing in {document}");
    }
    ocsf.add("", &document);
    for format in [Format::Aoc, Format::Ecs, Format::Ocsf, Format::Cef] {
        let line = format.line(event).unwrap();
        assert!(!line.contains(['\r', '\n']), "{line}");
        assert!(format != Format::Cef || line.len() <= 8 * 1024, "{}", line.len());
    }
}

#[test]
fn generated_events_have_one_type_per_path_and_all_that_is_required() {
    let (mut ecs, mut ocsf) = (Paths::default(), Paths::default());
    for event in Generator::new(11).events(1_500) {
        check(&event, &mut ecs, &mut ocsf);
    }
    assert_eq!((ecs.clashes, ocsf.clashes), (vec![], vec![]));
}

#[test]
fn mutated_records_have_one_type_per_path_and_all_that_is_required() {
    let (mut ecs, mut ocsf) = (Paths::default(), Paths::default());
    let mut random = Random::new(12);
    for round in 0..800 {
        for (source, service, operation, record) in records() {
            let mut record = record;
            for _ in 0..round % 5 {
                mutate(&mut record, &mut random);
            }
            let mut event = event(source, service, operation);
            event.raw = RawJson::of(&record).unwrap();
            event.actor = RawJson::of(&record["initiatedBy"]).unwrap();
            event.targets = vec![RawJson::of(&record["targetResources"][0]).unwrap()];
            check(&event, &mut ecs, &mut ocsf);
        }
    }
    assert_eq!((ecs.clashes, ocsf.clashes), (vec![], vec![]));
}

#[test]
fn a_record_that_no_document_can_hold_is_still_told() {
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    for text in [deep.as_str(), r#"{"userAgent":"\ud83d"}"#, "1e999", r#"{"properties":[{"a":1}]}"#] {
        let mut event = event("entra_sign_ins", "SignIn", "Sign-in");
        event.raw = RawJson::parse(text).unwrap_or_default();
        check(&event, &mut Paths::default(), &mut Paths::default());
    }
}
