//! Which members of a vendor's record have a field of their own in ECS documents, and of what type it is.

/// The one type that a field has.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Texts,
    Truth,
    Number,
}

use Kind::{Number, Text, Texts, Truth};

/// Field, member, type.
pub(super) type Property = (&'static str, &'static str, Kind);

pub(super) const AUDIT: &[Property] = &[
    ("id", "id", Text),
    ("category", "category", Text),
    ("activity_display_name", "activityDisplayName", Text),
    ("correlation_id", "correlationId", Text),
    ("logged_by_service", "loggedByService", Text),
    ("operation_type", "operationType", Text),
    ("result", "result", Text),
    ("result_reason", "resultReason", Text),
];

pub(super) const INITIATOR: &[Property] = &[
    ("id", "id", Text),
    ("displayName", "displayName", Text),
    ("userPrincipalName", "userPrincipalName", Text),
    ("ipAddress", "ipAddress", Text),
    ("roles", "roles", Texts),
    ("appId", "appId", Text),
    ("servicePrincipalId", "servicePrincipalId", Text),
    ("servicePrincipalName", "servicePrincipalName", Text),
];

pub(super) const TARGET: &[Property] = &[
    ("id", "id", Text),
    ("display_name", "displayName", Text),
    ("type", "type", Text),
    ("user_principal_name", "userPrincipalName", Text),
    ("group_type", "groupType", Text),
];

pub(super) const CHANGE: &[Property] = &[
    ("display_name", "displayName", Text),
    ("old_value", "oldValue", Text),
    ("new_value", "newValue", Text),
];

pub(super) const SIGN_IN: &[Property] = &[
    ("id", "id", Text),
    ("app_id", "appId", Text),
    ("app_display_name", "appDisplayName", Text),
    ("authentication_protocol", "authenticationProtocol", Text),
    ("authentication_requirement", "authenticationRequirement", Text),
    ("client_app_used", "clientAppUsed", Text),
    ("conditional_access_status", "conditionalAccessStatus", Text),
    ("correlation_id", "correlationId", Text),
    ("cross_tenant_access_type", "crossTenantAccessType", Text),
    ("home_tenant_id", "homeTenantId", Text),
    ("incoming_token_type", "incomingTokenType", Text),
    ("is_interactive", "isInteractive", Truth),
    ("resource_display_name", "resourceDisplayName", Text),
    ("resource_id", "resourceId", Text),
    ("resource_tenant_id", "resourceTenantId", Text),
    ("risk_detail", "riskDetail", Text),
    ("risk_event_types", "riskEventTypes_v2", Texts),
    ("risk_level_aggregated", "riskLevelAggregated", Text),
    ("risk_level_during_signin", "riskLevelDuringSignIn", Text),
    ("risk_state", "riskState", Text),
    ("service_principal_id", "servicePrincipalId", Text),
    ("service_principal_name", "servicePrincipalName", Text),
    ("token_issuer_type", "tokenIssuerType", Text),
    ("unique_token_identifier", "uniqueTokenIdentifier", Text),
    ("user_display_name", "userDisplayName", Text),
    ("user_id", "userId", Text),
    ("user_principal_name", "userPrincipalName", Text),
    ("user_type", "userType", Text),
];

pub(super) const STATUS: &[Property] = &[
    ("error_code", "errorCode", Number),
    ("failure_reason", "failureReason", Text),
    ("additional_details", "additionalDetails", Text),
];

pub(super) const DEVICE: &[Property] = &[
    ("device_id", "deviceId", Text),
    ("display_name", "displayName", Text),
    ("operating_system", "operatingSystem", Text),
    ("browser", "browser", Text),
    ("is_compliant", "isCompliant", Truth),
    ("is_managed", "isManaged", Truth),
    ("trust_type", "trustType", Text),
];

pub(super) const INTUNE: &[Property] = &[
    ("id", "id", Text),
    ("display_name", "displayName", Text),
    ("component_name", "componentName", Text),
    ("activity", "activity", Text),
    ("activity_type", "activityType", Text),
    ("activity_operation_type", "activityOperationType", Text),
    ("activity_result", "activityResult", Text),
    ("category", "category", Text),
    ("correlation_id", "correlationId", Text),
];

pub(super) const INTUNE_ACTOR: &[Property] = &[
    ("type", "auditActorType", Text),
    ("application_id", "applicationId", Text),
    ("application_display_name", "applicationDisplayName", Text),
    ("user_id", "userId", Text),
    ("user_principal_name", "userPrincipalName", Text),
    ("service_principal_name", "servicePrincipalName", Text),
    ("user_permissions", "userPermissions", Texts),
];

/// Members of records of the Management Activity API; the field has the member's name.
pub(super) const OFFICE: &[(&str, Kind)] = &[
    ("Id", Text),
    ("RecordType", Text),
    ("Operation", Text),
    ("OrganizationId", Text),
    ("OrganizationName", Text),
    ("UserType", Text),
    ("UserKey", Text),
    ("UserId", Text),
    ("Workload", Text),
    ("ResultStatus", Text),
    ("ObjectId", Text),
    ("ClientIP", Text),
    ("ClientIPAddress", Text),
    ("ActorIpAddress", Text),
    ("Scope", Text),
    ("Version", Text),
    ("AppId", Text),
    ("ClientAppId", Text),
    ("ApplicationId", Text),
    ("ApplicationDisplayName", Text),
    ("AppAccessContext", Text),
    ("ActorContextId", Text),
    ("TargetContextId", Text),
    ("InterSystemsId", Text),
    ("IntraSystemId", Text),
    ("SupportTicketId", Text),
    ("AzureActiveDirectoryEventType", Text),
    ("ErrorNumber", Text),
    ("LogonError", Text),
    ("ExternalAccess", Truth),
    ("OriginatingServer", Text),
    ("ClientInfoString", Text),
    ("ClientProcessName", Text),
    ("ClientVersion", Text),
    ("LogonType", Text),
    ("InternalLogonType", Text),
    ("LogonUserSid", Text),
    ("MailboxGuid", Text),
    ("MailboxOwnerSid", Text),
    ("MailboxOwnerUPN", Text),
    ("CrossMailboxOperation", Truth),
    ("OperationCount", Number),
    ("SessionId", Text),
    ("CorrelationId", Text),
    ("EventSource", Text),
    ("EventData", Text),
    ("ItemType", Text),
    ("ItemName", Text),
    ("Site", Text),
    ("SiteUrl", Text),
    ("WebId", Text),
    ("ListId", Text),
    ("ListTitle", Text),
    ("ListItemUniqueId", Text),
    ("SourceFileName", Text),
    ("SourceFileExtension", Text),
    ("SourceRelativeUrl", Text),
    ("DestinationFileName", Text),
    ("DestinationRelativeUrl", Text),
    ("SharingType", Text),
    ("TargetUserOrGroupName", Text),
    ("TargetUserOrGroupType", Text),
    ("UserAgent", Text),
    ("Platform", Text),
    ("IsManagedDevice", Truth),
    ("DeviceDisplayName", Text),
    ("TeamGuid", Text),
    ("TeamName", Text),
    ("ChannelGuid", Text),
    ("ChannelName", Text),
    ("ChatThreadId", Text),
    ("CommunicationType", Text),
    ("MessageId", Text),
    ("AddOnName", Text),
    ("AlertId", Text),
    ("AlertType", Text),
    ("AlertEntityId", Text),
    ("EntityType", Text),
    ("Category", Text),
    ("Severity", Text),
    ("Status", Text),
    ("Source", Text),
    ("Name", Text),
    ("Comments", Text),
    ("PolicyId", Text),
    ("IncidentId", Text),
    ("Subject", Text),
    ("NetworkMessageId", Text),
    ("InternetMessageId", Text),
    ("P1Sender", Text),
    ("P2Sender", Text),
    ("Recipients", Texts),
    ("SenderIp", Text),
    ("Verdict", Text),
    ("DetectionMethod", Text),
    ("DetectionType", Text),
    ("DeliveryAction", Text),
    ("InvestigationId", Text),
    ("InvestigationName", Text),
    ("InvestigationType", Text),
    ("DataType", Text),
    ("ResultCount", Text),
    ("NonPIIParameters", Text),
    ("EffectiveOrganization", Text),
];

/// Lists of names and values, which become objects of texts.
pub(super) const OFFICE_PAIRS: &[&str] =
    &["Parameters", "ExtendedProperties", "OperationProperties", "DeviceProperties", "ExtraProperties"];
