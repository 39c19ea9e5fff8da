//! The members of a Management Activity record that matter here.

use serde::Deserialize;

use crate::common::members::{Members, Names};

/// The wanted members of a record.
pub(super) type Activity<'a> = Members<'a, Member, { Member::Other as usize }>;

/// Names of members, as the API writes them.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier)]
#[allow(missing_docs, reason = "the names say it")]
pub(super) enum Member {
    Id,
    RecordType,
    CreationTime,
    Operation,
    OrganizationId,
    UserType,
    UserKey,
    UserId,
    Workload,
    ResultStatus,
    ObjectId,
    #[serde(rename = "ClientIP")]
    ClientIp,
    #[serde(rename = "ClientIPAddress")]
    ClientIpAddress,
    ActorIpAddress,
    UserIp,
    Actor,
    Target,
    ModifiedProperties,
    Parameters,
    OperationProperties,
    ErrorNumber,
    ErrorCode,
    LogonError,
    LogonType,
    LogonUserSid,
    InterSystemsId,
    CorrelationId,
    #[serde(rename = "CorrelationID")]
    CorrelationIdToo,
    AppAccessContext,
    ActorUserId,
    AadAppId,
    MailboxOwnerUPN,
    Item,
    Folder,
    DestFolder,
    AffectedItems,
    SourceFileName,
    DestinationFileName,
    SiteUrl,
    TargetUserOrGroupName,
    UserSharedWith,
    ListTitle,
    TeamName,
    TeamGuid,
    ChannelName,
    Members,
    ChatThreadId,
    ItemName,
    Name,
    AlertEntityId,
    AlertId,
    Data,
    SharePointMetaData,
    ExchangeMetaData,
    PolicyDetails,
    Recipients,
    Receivers,
    Subject,
    Url,
    FileData,
    FileName,
    InvestigationName,
    FormName,
    ActionName,
    LabelName,
    ReportName,
    DashboardName,
    DatasetName,
    WorkSpaceName,
    ObjectName,
    ApplicationId,
    RelativeUrl,
    // What tells other shapes:
    TimeGenerated,
    OfficeWorkload,
    AuditData,
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

/// `{Member, NewValue, OldValue}`, `{Member, Value}`, `{Key, Value}`.
pub(super) type Property<'a> = Members<'a, PropertyName, { PropertyName::Other as usize }>;

/// Names of members of a property.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier)]
pub(super) enum PropertyName {
    #[serde(alias = "Key")]
    Name,
    Value,
    NewValue,
    OldValue,
    #[serde(other)]
    Other,
}

impl Names for PropertyName {
    fn place(self) -> usize {
        self as usize
    }
}

/// `{ID, Type}` in `Actor` and `Target`.
pub(super) type Identity<'a> = Members<'a, IdentityName, { IdentityName::Other as usize }>;

/// Names of members of an identity.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier)]
pub(super) enum IdentityName {
    #[serde(rename = "ID", alias = "Id")]
    Id,
    Type,
    #[serde(other)]
    Other,
}

impl Names for IdentityName {
    fn place(self) -> usize {
        self as usize
    }
}

/// An item, folder, file, policy or person inside a record.
pub(super) type Thing<'a> = Members<'a, ThingName, { ThingName::Other as usize }>;

/// Names of members of a thing.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier)]
pub(super) enum ThingName {
    Subject,
    Path,
    Name,
    ParentFolder,
    FileName,
    FilePathUrl,
    PolicyName,
    #[serde(rename = "UPN")]
    Upn,
    DisplayName,
    /// Of an alert's `Data`: the user it is about.
    #[serde(rename = "f3u")]
    AlertUser,
    /// Of an alert's `Data`: the recipient it is about.
    #[serde(rename = "trc")]
    AlertRecipient,
    /// Of an alert's `Data`: what it is about.
    #[serde(rename = "eid")]
    AlertEntity,
    CorrelationId,
    #[serde(other)]
    Other,
}

impl Names for ThingName {
    fn place(self) -> usize {
        self as usize
    }
}
