//! The members of a directory audit that matter here.

use serde::Deserialize;

use crate::common::members::{Members, Names};

/// The wanted members of a record.
pub(super) type Audit<'a> = Members<'a, Member, { Member::Other as usize }>;

/// Names of members, as Graph writes them.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
pub(super) enum Member {
    Id,
    Category,
    ActivityDisplayName,
    ActivityDateTime,
    CorrelationId,
    Result,
    ResultReason,
    LoggedByService,
    InitiatedBy,
    TargetResources,
    TenantId,
    // What tells other shapes:
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

/// `initiatedBy`, and the user or app in it.
pub(super) type Initiator<'a> = Members<'a, InitiatorName, { InitiatorName::Other as usize }>;

/// Names of members of an initiator.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
pub(super) enum InitiatorName {
    User,
    App,
    Id,
    DisplayName,
    UserPrincipalName,
    IpAddress,
    UserType,
    AppId,
    ServicePrincipalId,
    ServicePrincipalName,
    #[serde(other)]
    Other,
}

impl Names for InitiatorName {
    fn place(self) -> usize {
        self as usize
    }
}

/// A target, or a modified property in it.
pub(super) type Target<'a> = Members<'a, TargetName, { TargetName::Other as usize }>;

/// Names of members of a target.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
pub(super) enum TargetName {
    Id,
    DisplayName,
    #[serde(alias = "Type")]
    Type,
    UserPrincipalName,
    ModifiedProperties,
    OldValue,
    NewValue,
    #[serde(other)]
    Other,
}

impl Names for TargetName {
    fn place(self) -> usize {
        self as usize
    }
}
