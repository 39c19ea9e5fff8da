//! Intune audit events as Azure Monitor and Log Analytics have them → Graph's own records.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    columns::Object,
    envelope::{Envelope, Part},
};
use crate::common::members::{Members, Names, Raw};

type Properties<'a> = Members<'a, Member, { Member::Other as usize }>;

#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier)]
enum Member {
    AuditEventId,
    ActivityResultStatus,
    Actor,
    TargetObjectIds,
    TargetDisplayNames,
    Targets,
    // of an actor
    ActorType,
    #[serde(rename = "UPN")]
    Upn,
    ApplicationName,
    Application,
    ObjectId,
    UserPermissions,
    // of a target and its modified properties
    Name,
    ModifiedProperties,
    Old,
    New,
    #[serde(other)]
    Other,
}

impl Names for Member {
    fn place(self) -> usize {
        self as usize
    }
}

/// The record as Graph would give it; `None` when there are no properties.
pub(crate) fn to_graph(envelope: &Envelope<'_>) -> Option<String> {
    let text = envelope.properties()?;
    let properties = Properties::read(&text)?;
    let operation = envelope.get(Part::OperationName).whole();
    let result = envelope.get(Part::ResultType).whole();
    let mut object = Object::new();
    object.add_some("id", properties.get(Member::AuditEventId).whole());
    object.add_some("displayName", operation);
    object.add_some("activityType", operation);
    object.add_some("activityDateTime", envelope.get(Part::Time).whole());
    object.add_some("activityResult", result.or(properties.get(Member::ActivityResultStatus).whole()));
    object.add_some("correlationId", envelope.get(Part::CorrelationId).whole());
    object.add("actor", &actor(&properties.get(Member::Actor).object()));
    object.add("resources", &resources(&properties));
    Some(object.end())
}

fn actor(actor: &Properties<'_>) -> String {
    let kind = match actor.get(Member::ActorType).number() {
        Some(1) => Some("\"ItPro\""),
        Some(5) => Some("\"Application\""),
        _ => actor.get(Member::ActorType).whole(),
    };
    let mut object = Object::new();
    object.add_some("auditActorType", kind);
    object.add_some("userPermissions", actor.get(Member::UserPermissions).whole());
    object.add_some("applicationId", actor.get(Member::Application).whole());
    object.add_some("applicationDisplayName", actor.get(Member::ApplicationName).whole());
    object.add_some("userPrincipalName", actor.get(Member::Upn).whole());
    object.add_some("userId", actor.get(Member::ObjectId).whole());
    object.end()
}

/// Names, ids and modified properties stand in three lists, in the same order.
fn resources(properties: &Properties<'_>) -> String {
    let names: Vec<&RawValue> = properties.get(Member::TargetDisplayNames).list();
    let ids: Vec<&RawValue> = properties.get(Member::TargetObjectIds).list();
    let targets: Vec<Properties<'_>> = properties.get(Member::Targets).list();
    let count = names.len().max(ids.len()).max(targets.len());
    let resource = |place: usize| {
        let target = targets.get(place);
        let own =
            target.and_then(|target| target.get(Member::Name).whole()).filter(|name| *name != "\"<null>\"");
        let name = own.or_else(|| names.get(place).map(|name| name.get()));
        let mut object = Object::new();
        object.add_some("displayName", name);
        object.add_some("resourceId", ids.get(place).map(|id| id.get()));
        if let Some(target) = target {
            object.add("modifiedProperties", &modified(target.get(Member::ModifiedProperties)));
        }
        object.end()
    };
    let resources: Vec<String> = (0..count).map(resource).collect();
    format!("[{}]", resources.join(","))
}

fn modified(properties: Raw<'_>) -> String {
    let property = |property: &Properties<'_>| {
        let mut object = Object::new();
        object.add_some("displayName", property.get(Member::Name).whole());
        object.add_some("oldValue", property.get(Member::Old).whole());
        object.add_some("newValue", property.get(Member::New).whole());
        object.end()
    };
    let properties: Vec<String> = properties.list().iter().map(property).collect();
    format!("[{}]", properties.join(","))
}
