//! The members of a sign-in that matter here.

use serde::Deserialize;

use crate::common::members::{Members, Names};

/// The wanted members of a record.
pub(super) type SignIn<'a> = Members<'a, Member, { Member::Other as usize }>;

/// Names of members, as Graph writes them.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
pub(super) enum Member {
    Id,
    CreatedDateTime,
    UserDisplayName,
    UserPrincipalName,
    UserId,
    AppId,
    AppDisplayName,
    IpAddress,
    ClientAppUsed,
    CorrelationId,
    ConditionalAccessStatus,
    IsInteractive,
    ResourceDisplayName,
    ResourceId,
    Status,
    ServicePrincipalId,
    ServicePrincipalName,
    UserType,
    TenantId,
    ResultType,
    ResultDescription,
    // What tells other records and shapes:
    ActivityDateTime,
    RiskEventType,
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

/// `status`.
pub(super) type Status<'a> = Members<'a, StatusName, { StatusName::Other as usize }>;

/// Names of members of a status.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
pub(super) enum StatusName {
    ErrorCode,
    FailureReason,
    AdditionalDetails,
    #[serde(other)]
    Other,
}

impl Names for StatusName {
    fn place(self) -> usize {
        self as usize
    }
}
