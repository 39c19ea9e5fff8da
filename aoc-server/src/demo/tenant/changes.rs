//! A change of the directory, written as Graph's `directoryAudit` and as the Management Activity API's
//! record 8.

use super::actor::Actor;
use super::clock::graph_time;
use super::office365::{Envelope, envelope, with};
use super::people::{Person, TENANT};
use super::random::{Random, guid_of};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// What kind of change it is, as the directory words it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Activity {
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) operation: &'static str,
    pub(super) service: &'static str,
    pub(super) prefix: &'static str,
}

impl Activity {
    /// A change that the directory itself records.
    pub(super) const fn core(name: &'static str, category: &'static str, operation: &'static str) -> Self {
        Self { name, category, operation, service: "Core Directory", prefix: "Directory" }
    }

    /// The same activity recorded by another service.
    pub(super) const fn by(mut self, service: &'static str, prefix: &'static str) -> Self {
        self.service = service;
        self.prefix = prefix;
        self
    }
}

/// What is changed, with the properties that changed.
#[derive(Clone, Debug)]
pub(super) struct Target {
    kind: &'static str,
    id: String,
    name: String,
    upn: Option<String>,
    changed: Vec<(String, Value, Value)>,
}

impl Target {
    /// A thing of the directory; its id follows from the name.
    pub(super) fn new(kind: &'static str, name: &str) -> Self {
        let id = guid_of(if kind == "ServicePrincipal" { "principal" } else { kind }, name);
        Self { kind, id, name: name.to_owned(), upn: None, changed: Vec::new() }
    }

    /// A person.
    pub(super) fn user(person: &Person) -> Self {
        let (id, upn) = (person.id.clone(), Some(person.upn.clone()));
        Self { kind: "User", id, name: person.name.clone(), upn, changed: Vec::new() }
    }

    /// A person's device.
    pub(super) fn device(person: &Person) -> Self {
        let (id, name) = (person.device_id.clone(), person.device.clone());
        Self { kind: "Device", id, name, upn: None, changed: Vec::new() }
    }

    /// Adds a property that changed; texts stand alone, lists are lists.
    pub(super) fn set(mut self, name: &str, old: Value, new: Value) -> Self {
        self.changed.push((name.to_owned(), old, new));
        self
    }

    /// Adds a property that has a value now and had none before.
    pub(super) fn now(self, name: &str, new: &str) -> Self {
        self.set(name, Value::Null, Value::from(new))
    }

    fn as_resource(&self) -> Value {
        let changed: Vec<Value> = self
            .changed
            .iter()
            .map(
                |(name, old, new)| json!({"displayName": name, "oldValue": text(old), "newValue": text(new)}),
            )
            .collect();
        let group_type = (self.kind == "Group").then_some("unknownFutureValue");
        json!({"id": self.id, "displayName": self.name, "type": self.kind, "userPrincipalName": self.upn,
            "groupType": group_type, "modifiedProperties": changed})
    }

    fn as_identities(&self) -> Vec<Value> {
        let mut identities = vec![
            json!({"ID": format!("{}_{}", self.kind, self.id), "Type": 2}),
            json!({"ID": self.id, "Type": 2}),
            json!({"ID": self.kind, "Type": 2}),
        ];
        match &self.upn {
            Some(upn) => identities.push(json!({"ID": upn, "Type": 5})),
            None => identities.push(json!({"ID": self.name, "Type": 1})),
        }
        identities
    }
}

/// A value as Graph writes it: JSON inside of a text.
fn text(value: &Value) -> Value {
    if value.is_null() { Value::Null } else { Value::String(value.to_string()) }
}

/// A value as the Management Activity API writes it: plain text, lists over several lines.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default().replace('\n', "\r\n"),
    }
}

/// One change of the directory.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) at: DateTime<Utc>,
    pub(super) activity: Activity,
    actor: Actor,
    targets: Vec<Target>,
    correlation: String,
    result: &'static str,
    reason: String,
    details: Vec<(&'static str, String)>,
}

impl Change {
    /// A change that succeeded; its correlation id follows from the moment and the activity.
    pub(super) fn new(at: DateTime<Utc>, activity: Activity, actor: &Actor) -> Self {
        let correlation = guid_of(activity.name, &at.to_rfc3339());
        let (result, reason) = ("success", String::new());
        Self {
            at,
            activity,
            actor: actor.clone(),
            targets: Vec::new(),
            correlation,
            result,
            reason,
            details: Vec::new(),
        }
    }

    /// Adds what is changed.
    pub(super) fn on(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    /// Makes the change one of several that belong together.
    pub(super) fn within(mut self, correlation: &str) -> Self {
        correlation.clone_into(&mut self.correlation);
        self
    }

    /// Gives the reason, which for elevated roles is the person's justification.
    pub(super) fn because(mut self, reason: &str) -> Self {
        reason.clone_into(&mut self.reason);
        self
    }

    /// Makes the change one that was refused.
    pub(super) fn failed(mut self, reason: &str) -> Self {
        self.result = "failure";
        self.because(reason)
    }

    /// Adds a detail.
    pub(super) fn detail(mut self, key: &'static str, value: &str) -> Self {
        self.details.push((key, value.to_owned()));
        self
    }

    /// The record as Graph's `directoryAudits` sends it.
    pub(super) fn as_directory_audit(&self, random: &mut Random) -> Value {
        let Activity { name, category, operation, service, prefix } = self.activity;
        let number = random.between(1_000_000, 499_999_999);
        let targets: Vec<Value> = self.targets.iter().map(Target::as_resource).collect();
        let details: Vec<Value> =
            self.details.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        json!({
            "id": format!("{prefix}_{}_{}_{number}", self.correlation, random.tag(5)),
            "category": category,
            "correlationId": self.correlation,
            "result": self.result,
            "resultReason": self.reason,
            "activityDisplayName": name,
            "activityDateTime": graph_time(self.at),
            "loggedByService": service,
            "operationType": operation,
            "initiatedBy": self.actor.as_initiator(),
            "targetResources": targets,
            "additionalDetails": details,
        })
    }

    /// The same change as the Management Activity API sends it.
    pub(super) fn as_activity(&self, random: &mut Random) -> Value {
        let name = self.activity.name;
        let operation = if name.ends_with(' ') { name.to_owned() } else { format!("{name}.") };
        let (user, key, user_type) = self.actor.as_user();
        let head = Envelope::new(8, &operation, "AzureActiveDirectory").user(&user, &key, user_type);
        let status = if self.result == "success" { "Success" } else { "Failure" };
        with(
            envelope(self.at, &head, random),
            json!({
                "ResultStatus": status,
                "ObjectId": self.targets.first().map(|target| target.upn.as_ref().unwrap_or(&target.id)),
                "ClientIP": self.actor.address(), "ActorIpAddress": self.actor.address(),
                "AzureActiveDirectoryEventType": 1,
                "ExtendedProperties": self.extended_properties(),
                "ModifiedProperties": self.modified_properties(),
                "Actor": self.actor.as_identities(),
                "ActorContextId": TENANT,
                "InterSystemsId": self.correlation,
                "IntraSystemId": random.guid(),
                "SupportTicketId": "",
                "Target": self.targets.first().map(Target::as_identities).unwrap_or_default(),
                "TargetContextId": TENANT,
            }),
        )
    }

    fn extended_properties(&self) -> Value {
        let details: serde_json::Map<String, Value> = self
            .details
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Value::from(value.as_str())))
            .collect();
        let kind = self.targets.first().map_or("Other", |target| target.kind);
        json!([
            {"Name": "additionalDetails", "Value": Value::Object(details).to_string()},
            {"Name": "extendedAuditEventCategory", "Value": kind},
        ])
    }

    fn modified_properties(&self) -> Vec<Value> {
        self.targets
            .iter()
            .flat_map(|target| &target.changed)
            .map(|(name, old, new)| json!({"Name": name, "NewValue": plain(new), "OldValue": plain(old)}))
            .collect()
    }
}
