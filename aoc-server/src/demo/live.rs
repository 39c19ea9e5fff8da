//! Contoso at a fake Microsoft: its last week, and what happens while somebody watches.

use std::collections::BTreeMap;

use aoc_connectors::fake::{Blob, FakeMicrosoft, Given, Tenant};
use aoc_core::prelude::*;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde_json::Value;

use super::tenant::{DemoRecord, ID};

/// How long Management Activity keeps what it has; the rest of the past comes otherwise.
pub const KEPT: TimeDelta = TimeDelta::days(7);
/// How long after its time a record of Graph can be seen.
const SEEN_AFTER: TimeDelta = TimeDelta::minutes(1);
/// Which stretch of time a content blob holds, and how long after it the blob becomes available.
const BLOB: TimeDelta = TimeDelta::minutes(15);
const BLOB_AFTER: TimeDelta = TimeDelta::minutes(3);

/// Starts a fake Microsoft that serves these records, each when its time has come; those of the future are there
/// already and can be seen then.
///
/// # Errors
/// Those of [`FakeMicrosoft::start`]; [`Internal`](ErrorKind::Internal) when a record has no JSON.
pub async fn microsoft(records: Vec<DemoRecord>) -> Result<(FakeMicrosoft, Tenant)> {
    let fake = FakeMicrosoft::start().await?;
    let tenant = fake.add_tenant(Tenant::new(ID));
    let mut blobs: BTreeMap<(DateTime<Utc>, &'static str), Vec<Value>> = BTreeMap::new();
    for DemoRecord { source, time, record } in records {
        let given = |record: Value| Given::from(record).visible_at((time + SEEN_AFTER).into());
        match source {
            "entra_audit" => drop(tenant.add_audit(given(record))),
            "entra_sign_ins" => drop(tenant.add_sign_in(given(record))),
            "intune_audit" => drop(tenant.add_intune(given(record))),
            _ => blobs.entry((end_of_blob(time), content_of(&record))).or_default().push(record),
        }
    }
    for ((end, content), records) in blobs {
        let created: Timestamp = (end + BLOB_AFTER).into();
        tenant.subscribe(content);
        let expires: Timestamp = (end + KEPT * 2).into();
        tenant.add_blob(Blob::new(content, records).created(created).visible_at(created).expires(expires));
    }
    Ok((fake, tenant))
}

/// The configuration that collects from it.
pub fn configuration(fake: &FakeMicrosoft, tenant: &Tenant) -> String {
    let sources = [
        ("entra", "entra_audit"),
        ("sign_ins", "entra_sign_ins"),
        ("intune", "intune_audit"),
        ("office365", "office365_activity"),
    ];
    let mut text = format!("[profiles.contoso]\n{}", fake.profile_toml(tenant));
    for (name, kind) in sources {
        text.push_str(&format!(
            "[sources.{name}]\ntype = \"{kind}\"\nprofile = \"contoso\"\nevery = \"15s\"\n"
        ));
    }
    text
}

fn end_of_blob(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(BLOB).unwrap_or(time) + BLOB
}

/// The content type in which Microsoft delivers a record.
fn content_of(record: &Value) -> &'static str {
    match record.get("Workload").and_then(Value::as_str).unwrap_or_default() {
        "AzureActiveDirectory" => "Audit.AzureActiveDirectory",
        "Exchange" => "Audit.Exchange",
        "SharePoint" | "OneDrive" => "Audit.SharePoint",
        _ => "Audit.General",
    }
}
