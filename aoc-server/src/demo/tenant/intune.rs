//! An action in Intune, written as Graph's `auditEvent`.

use super::clock::graph_time;
use super::people::{Job, Person};
use super::random::{Random, guid_of};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// What kind of action it is: name, operation, component.
pub(super) type DeviceActivity = (&'static str, &'static str, &'static str);

/// One action on a device, an app or a policy.
pub(super) struct DeviceAction {
    pub(super) at: DateTime<Utc>,
    activity: DeviceActivity,
    actor: Value,
    correlation: String,
    result: &'static str,
    resource: (String, Option<&'static str>, String),
    changed: Vec<(String, Value, Value)>,
}

impl DeviceAction {
    /// An action of a person on something with a name; the thing's id follows from the name.
    pub(super) fn new(at: DateTime<Utc>, person: &Person, activity: DeviceActivity, name: &str) -> Self {
        let permissions: &[&str] =
            if person.job == Job::Helpdesk { &["Microsoft.Intune_RemoteTasks_Sync"] } else { &["*"] };
        let actor = json!({
            "auditActorType": "ItPro", "userPermissions": permissions,
            "applicationId": "5926fc8e-304e-4f59-8bed-58ca97cc39a4",
            "applicationDisplayName": "Microsoft Intune portal extension",
            "userPrincipalName": person.upn, "servicePrincipalName": null,
            "ipAddress": null, "userId": person.id,
        });
        Self::of(at, actor, activity, name)
    }

    /// An action of an application, for example the connector that enrols devices.
    pub(super) fn by_app(at: DateTime<Utc>, app: &str, activity: DeviceActivity, name: &str) -> Self {
        let actor = json!({
            "auditActorType": "Application", "userPermissions": [""],
            "applicationId": guid_of("app", app), "applicationDisplayName": app,
            "userPrincipalName": null, "servicePrincipalName": app, "ipAddress": null, "userId": null,
        });
        Self::of(at, actor, activity, name)
    }

    fn of(at: DateTime<Utc>, actor: Value, activity: DeviceActivity, name: &str) -> Self {
        let correlation = guid_of(activity.0, &at.to_rfc3339());
        let resource = (name.to_owned(), None, guid_of("intune", name));
        Self { at, activity, actor, correlation, result: "Success", resource, changed: Vec::new() }
    }

    /// Makes the action concern a person's device.
    pub(super) fn device(mut self, owner: &Person) -> Self {
        self.resource = (owner.device.clone(), Some("ManagedDevice"), owner.device_id.clone());
        self.set("UserPrincipalName", None, &owner.upn)
    }

    /// Adds a property; Intune writes plain texts.
    pub(super) fn set(mut self, name: &str, old: Option<&str>, new: &str) -> Self {
        self.changed.push((name.to_owned(), old.map_or(Value::Null, Value::from), Value::from(new)));
        self
    }

    /// Makes the action one of several that belong together.
    pub(super) fn within(mut self, correlation: &str) -> Self {
        correlation.clone_into(&mut self.correlation);
        self
    }

    /// Makes the action one that was refused.
    pub(super) fn failed(mut self) -> Self {
        self.result = "Failure";
        self
    }

    /// The record as Graph's `auditEvents` sends it.
    pub(super) fn as_audit_event(&self, random: &mut Random) -> Value {
        let (name, operation, component) = self.activity;
        json!({
            "id": random.guid(),
            "displayName": name,
            "componentName": component,
            "activity": null,
            "activityDateTime": graph_time(self.at),
            "activityType": name,
            "activityOperationType": operation,
            "activityResult": self.result,
            "correlationId": self.correlation,
            "category": component,
            "actor": self.actor,
            "resources": [self.as_resource()],
        })
    }
    fn as_resource(&self) -> Value {
        let (resource, kind, id) = &self.resource;
        let changed: Vec<Value> = self
            .changed
            .iter()
            .chain([&("DeviceManagementAPIVersion".to_owned(), Value::Null, Value::from("5025-09-01"))])
            .map(|(name, old, new)| json!({"displayName": name, "oldValue": old, "newValue": new}))
            .collect();
        json!({
            "displayName": resource, "auditResourceType": kind, "resourceId": id,
            "modifiedProperties": changed,
        })
    }
}
