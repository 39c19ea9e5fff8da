//! Log Analytics rows → the API's own records.

use super::columns::{Columns, Object, decoded};

/// Column, member, whether the column holds JSON. Where a member stands twice the later column wins, if it is filled.
type Mapping = [(&'static str, &'static str, bool)];

const AUDIT: &Mapping = &[
    ("TimeGenerated", "activityDateTime", false),
    ("ActivityDateTime", "activityDateTime", false),
    ("Id", "id", false),
    ("Category", "category", false),
    ("OperationName", "activityDisplayName", false),
    ("ActivityDisplayName", "activityDisplayName", false),
    ("CorrelationId", "correlationId", false),
    ("Result", "result", false),
    ("ResultDescription", "resultReason", false),
    ("ResultReason", "resultReason", false),
    ("LoggedByService", "loggedByService", false),
    ("AADOperationType", "operationType", false),
    ("InitiatedBy", "initiatedBy", true),
    ("TargetResources", "targetResources", true),
    ("AdditionalDetails", "additionalDetails", true),
];

const SIGN_IN: &Mapping = &[
    ("TimeGenerated", "createdDateTime", false),
    ("CreatedDateTime", "createdDateTime", false),
    ("Id", "id", false),
    ("UserDisplayName", "userDisplayName", false),
    ("UserPrincipalName", "userPrincipalName", false),
    ("UserId", "userId", false),
    ("AppId", "appId", false),
    ("AppDisplayName", "appDisplayName", false),
    ("IPAddress", "ipAddress", false),
    ("ClientAppUsed", "clientAppUsed", false),
    ("CorrelationId", "correlationId", false),
    ("ConditionalAccessStatus", "conditionalAccessStatus", false),
    ("IsInteractive", "isInteractive", false),
    ("ResourceDisplayName", "resourceDisplayName", false),
    ("ResourceIdentity", "resourceId", false),
    ("ServicePrincipalId", "servicePrincipalId", false),
    ("ServicePrincipalName", "servicePrincipalName", false),
    ("UserType", "userType", false),
    ("ResultType", "resultType", false),
    ("ResultDescription", "resultDescription", false),
    ("Status", "status", true),
    ("AuthenticationProtocol", "authenticationProtocol", false),
    ("AuthenticationRequirement", "authenticationRequirement", false),
    ("ConditionalAccessPolicies", "appliedConditionalAccessPolicies", true),
    ("DeviceDetail", "deviceDetail", true),
    ("LocationDetails", "location", true),
    ("NetworkLocationDetails", "networkLocationDetails", true),
    ("RiskDetail", "riskDetail", false),
    ("RiskEventTypes_V2", "riskEventTypes_v2", true),
    ("RiskLevelAggregated", "riskLevelAggregated", false),
    ("RiskLevelDuringSignIn", "riskLevelDuringSignIn", false),
    ("RiskState", "riskState", false),
    ("UserAgent", "userAgent", false),
];

/// Columns of `OfficeActivity` that are called otherwise in the API; those called `""` are not the record's.
const RENAMED: [(&str, &str); 16] = [
    ("TimeGenerated", "CreationTime"),
    ("OfficeWorkload", "Workload"),
    ("OfficeObjectId", "ObjectId"),
    ("OfficeId", "Id"),
    ("SourceRecordId", "Id"),
    ("Client_IPAddress", "ClientIPAddress"),
    ("Logon_Type", "LogonType"),
    ("Site_Url", "SiteUrl"),
    ("Event_Data", "EventData"),
    ("Site_", "Site"),
    ("Source_Name", "SourceName"),
    ("Start_Time", "StartTime"),
    ("TenantId", ""),
    ("Type", ""),
    ("SourceSystem", ""),
    ("ElevationTime", ""),
];

/// Columns of `OfficeActivity` that hold JSON.
const NESTED: [&str; 13] = [
    "Parameters",
    "Folders",
    "Folder",
    "DestFolder",
    "AffectedItems",
    "Item",
    "ModifiedProperties",
    "ExtendedProperties",
    "OperationProperties",
    "Actor",
    "Target",
    "Members",
    "AppAccessContext",
];

/// A row of `AuditLogs` → a directory audit.
pub(crate) fn entra_audit(row: &str) -> Option<String> {
    Some(map(&Columns::read(row)?, AUDIT))
}

/// A row of any table of sign-ins → a sign-in.
pub(crate) fn sign_in(row: &str) -> Option<String> {
    Some(map(&Columns::read(row)?, SIGN_IN))
}

/// A row of `OfficeActivity` → a Management Activity record.
pub(crate) fn office_activity(row: &str) -> Option<String> {
    let columns = Columns::read(row)?;
    let mut object = Object::new();
    for (column, value) in columns.each() {
        let renamed = RENAMED.iter().find(|(from, _)| *from == column).map(|(_, to)| *to);
        let is_copy = column.strip_suffix('_').is_some_and(|original| columns.get(original).is_some());
        let name = renamed.unwrap_or(column);
        if name.is_empty() || is_copy {
            continue;
        }
        let is_nested = NESTED.contains(&column);
        object.add(name, &if is_nested { decoded(value) } else { value.into() });
    }
    Some(object.end())
}

fn map(columns: &Columns<'_>, mapping: &Mapping) -> String {
    let mut object = Object::new();
    for (column, member, is_nested) in mapping {
        let Some(value) = columns.get(column) else { continue };
        object.add(member, &if *is_nested { decoded(value) } else { value.into() });
    }
    object.end()
}
