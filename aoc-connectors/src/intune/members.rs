//! The members of an Intune audit event that matter here.

use serde::Deserialize;

use crate::common::members::{Members, Names};

/// The wanted members of a record.
pub(super) type Audit<'a> = Members<'a, Member, { Member::Other as usize }>;

/// Names of members, as Graph writes them.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
pub(super) enum Member {
    Id,
    DisplayName,
    ComponentName,
    Activity,
    ActivityDateTime,
    ActivityType,
    ActivityOperationType,
    ActivityResult,
    CorrelationId,
    Actor,
    Resources,
    // What tells other records and shapes:
    ActivityDisplayName,
    InitiatedBy,
    TargetResources,
    #[serde(rename = "properties")]
    Envelope,
    #[serde(other)]
    Other,
}

impl Names for Member {
    fn place(self) -> usize {
        self as usize
    }
}

/// `actor`.
pub(super) type Actor<'a> = Members<'a, ActorName, { ActorName::Other as usize }>;

/// Names of members of an actor.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
pub(super) enum ActorName {
    AuditActorType,
    Type,
    UserPrincipalName,
    ApplicationDisplayName,
    ServicePrincipalName,
    ApplicationId,
    UserId,
    IpAddress,
    #[serde(other)]
    Other,
}

impl Names for ActorName {
    fn place(self) -> usize {
        self as usize
    }
}

/// A resource, or a modified property in it.
pub(super) type Resource<'a> = Members<'a, ResourceName, { ResourceName::Other as usize }>;

/// Names of members of a resource.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
pub(super) enum ResourceName {
    DisplayName,
    ResourceId,
    ModifiedProperties,
    OldValue,
    NewValue,
    #[serde(other)]
    Other,
}

impl Names for ResourceName {
    fn place(self) -> usize {
        self as usize
    }
}
