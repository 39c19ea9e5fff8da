//! A database as the Python original leaves it, invented, for tests.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "these are tests; they panic to fail")]

use aoc_core::Secret;
use mongodb::bson::{Bson, DateTime, Document, doc, oid::ObjectId};

use super::{adopt::json_of, connection::client};

/// When the first document happened, in seconds since 1970.
const FIRST: i64 = 1_767_600_000;

/// So many documents of `events`: most of them with raw records of Office 365, Entra and Intune, every twentieth odd.
pub fn documents(count: usize) -> Vec<Document> {
    (0..count).map(document).collect()
}

/// Adds documents to `events`.
pub async fn add(uri: &str, database: &str, events: &[Document]) {
    let database = client(&Secret::new(uri)).await.unwrap().database(database);
    for part in events.chunks(2_000) {
        database.collection::<Document>("events").insert_many(part).await.unwrap();
    }
}

/// Writes a database: these documents of `events`, `watermarks` and `rules`.
pub async fn fill(uri: &str, database: &str, events: &[Document]) {
    add(uri, database, events).await;
    let database = client(&Secret::new(uri)).await.unwrap().database(database);
    let at = DateTime::from_millis((FIRST + 86_400) * 1_000);
    let watermarks = [
        doc! { "_id": "directory", "last_fetch": "2026-01-06T08:00:00+00:00" },
        doc! { "source": "intune", "updated_at": at, "last_timestamp": at },
        doc! { "_id": "office365", "value": "2026-01-06T09:30:00Z" },
        doc! { "_id": "broken", "value": "soon" },
    ];
    database.collection::<Document>("watermarks").insert_many(watermarks).await.unwrap();
    let rule =
        doc! { "id": "rule-1", "name": "Admins", "enabled": true, "conditions": [{ "field": "operation" }] };
    database.collection::<Document>("rules").insert_one(rule).await.unwrap();
}

fn time(number: usize) -> i64 {
    FIRST + i64::try_from(number).unwrap() * 60
}

/// RFC 3339 without a zone, as Office 365 writes it.
fn clock(number: usize) -> String {
    chrono::DateTime::from_timestamp(time(number), 0).unwrap().format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn own_id(number: usize) -> ObjectId {
    let mut bytes = [0x42; 12];
    bytes[..4].copy_from_slice(&u32::try_from(time(number)).unwrap().to_be_bytes());
    bytes[8..].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
    ObjectId::from_bytes(bytes)
}

/// The raw record of a document.
pub fn raw(number: usize) -> Document {
    let user = format!("user{}@contoso.example", number % 7);
    match number % 5 {
        0 | 1 => doc! {
            "Id": format!("office-{number}"), "CreationTime": clock(number), "Operation": "FileAccessed",
            "Workload": "SharePoint", "RecordType": 6, "UserType": 0, "OrganizationId": "tenant-1", "UserId": user,
            "ClientIP": "192.0.2.7", "ObjectId": format!("https://contoso.example/file-{number}"),
        },
        2 => doc! {
            "id": format!("intune-{number}"), "displayName": "Create policy", "componentName": "DeviceConfiguration",
            "activityType": "Create", "activityDateTime": clock(number) + "Z", "activityResult": "Success",
            "activityOperationType": "Create", "category": "DeviceConfiguration", "correlationId": "c",
            "actor": { "userPrincipalName": user, "type": "ItPro" },
            "resources": [{ "displayName": format!("policy {number}"), "type": "Policy", "modifiedProperties": [] }],
        },
        _ => doc! {
            "id": format!("Directory_{number}"), "activityDateTime": clock(number) + "Z", "category": "UserManagement",
            "activityDisplayName": "Update user", "result": "success", "loggedByService": "Core Directory",
            "correlationId": "c", "operationType": "Update",
            "initiatedBy": { "user": { "userPrincipalName": user, "displayName": "Kim" } },
            "targetResources": [{ "displayName": format!("target {number}"), "type": "User", "modifiedProperties": [] }],
        },
    }
}

fn usual(number: usize) -> Document {
    let raw = raw(number);
    let id = raw.get_str("Id").or_else(|_| raw.get_str("id")).unwrap().to_owned();
    let service = ["SharePoint", "SharePoint", "Intune", "UserManagement", "UserManagement"][number % 5];
    doc! {
        "_id": own_id(number), "dedupe_key": format!("key-{id}"), "id": id, "timestamp": clock(number) + "Z",
        "service": service, "operation": "as the original said", "result": "success",
        "actor_display": "Kim", "actor_upn": Bson::Null, "actor": { "user": "Kim" },
        "target_displays": [format!("target {number}")], "targets": [{ "name": format!("target {number}") }],
        "display_summary": "Kim did something", "raw_text": json_of(&raw), "raw": raw,
        "tags": [], "comments": [],
    }
}

fn document(number: usize) -> Document {
    let mut document = usual(number);
    match number % 20 {
        1 => drop(document.remove("raw")),
        2 => drop(document.insert("timestamp", DateTime::from_millis(time(number) * 1_000))),
        3 => document.extend(doc! { "tags": Bson::Null, "comments": Bson::Null }),
        4 => document.extend(
            doc! { "tags": ["seen"], "comments": [{ "text": "odd", "timestamp": clock(number) + "Z" }] },
        ),
        // No record of a source: what the original said is all there is.
        5 => {
            document
                .insert("raw", doc! { "weird": format!("needle-{number}"), "at": DateTime::from_millis(5) });
        }
        // Those before it again: one as it was, one with another content.
        6 => {
            document = Document::from_iter(
                usual(number - 6).into_iter().chain([("_id".into(), own_id(number).into())]),
            )
        }
        7 => {
            document = usual(number - 7);
            document.insert("_id", own_id(number));
            document.get_document_mut("raw").unwrap().insert("Operation", "FileDeleted");
        }
        // Next to nothing.
        8 => document = doc! { "_id": own_id(number), "note": format!("only-{number}") },
        9 => ["raw", "raw_text", "id", "service", "tags", "comments"]
            .iter()
            .for_each(|name| drop(document.remove(name))),
        10 => document
            .extend(doc! { "timestamp": "yesterday", "raw": "no record", "tags": "one", "targets": 5 }),
        _ => {}
    }
    document
}
