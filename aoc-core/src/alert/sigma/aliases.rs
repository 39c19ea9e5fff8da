//! What fields of Sigma rules are called in records.
//!
//! Rules name one field as the portal, the Log Analytics table, the Event Hub or the API does, often several of them in
//! one folder. A name that stands here is looked up nowhere else.

/// The names of fields of one kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pack {
    /// Directory audits.
    AuditLogs,
    /// Sign-ins.
    SignInLogs,
    /// Risk detections, of which those of privileged identities are some.
    Risk,
    /// Records of the Management Activity API.
    Activity,
}

/// A name in lower case, and the paths it stands for.
type Alias = (&'static str, &'static [&'static str]);

impl Pack {
    /// The paths of a field: those of its alias, else its name as it stands, as a path.
    pub(super) fn paths(self, name: &str) -> Option<&'static [&'static str]> {
        let name = name.to_lowercase();
        let found = |name: &str| self.aliases().iter().find(|(alias, _)| *alias == name).map(|alias| alias.1);
        // The Event Hub wraps in `properties` what the API has at the top.
        found(&name).or_else(|| name.strip_prefix("properties.").and_then(found))
    }

    /// Whether records of this kind are wrapped in `properties` elsewhere.
    pub(super) fn is_unwrapped(self) -> bool {
        self != Self::Activity
    }

    fn aliases(self) -> &'static [Alias] {
        match self {
            Self::AuditLogs => AUDIT_LOGS,
            Self::SignInLogs => SIGN_IN_LOGS,
            Self::Risk => RISK,
            Self::Activity => ACTIVITY,
        }
    }
}

const ACTIVITY_NAME: &[&str] = &["activityDisplayName"];
const INITIATOR: &[&str] = &["initiatedBy.user.userPrincipalName", "initiatedBy.app.displayName"];
const INITIATOR_ADDRESS: &[&str] = &["initiatedBy.user.ipAddress"];
const CHANGES: &str = "targetResources.modifiedProperties";

const AUDIT_LOGS: &[Alias] = &[
    ("activitydisplayname", ACTIVITY_NAME),
    ("activitytype", ACTIVITY_NAME),
    ("operationname", ACTIVITY_NAME),
    ("properties.message", ACTIVITY_NAME),
    ("aadoperationtype", &["operationType"]),
    ("category", &["category"]),
    ("loggedbyservice", &["loggedByService"]),
    ("service", &["loggedByService"]),
    ("status", &["result"]),
    ("properties.result", &["result"]),
    ("resulttype", &["result"]),
    ("failure_status_reason", &["resultReason"]),
    ("resultdescription", &["resultReason"]),
    ("targetresources", &["targetResources"]),
    ("properties.targetresources", &["targetResources"]),
    ("targetresources.type", &["targetResources.type"]),
    ("targetresources.modifiedproperties", &[CHANGES]),
    ("targetresources.modifiedproperties.displayname", &["targetResources.modifiedProperties.displayName"]),
    ("targetresources.modifiedproperties.newvalue", &["targetResources.modifiedProperties.newValue"]),
    ("modifiedproperties", &[CHANGES]),
    ("modifiedproperties.displayname", &["targetResources.modifiedProperties.displayName"]),
    ("modifiedproperties.newvalue", &["targetResources.modifiedProperties.newValue"]),
    ("modifiedproperties.oldvalue", &["targetResources.modifiedProperties.oldValue"]),
    ("additionaldetails.additionalinfo", &["additionalDetails[key=additionalInfo].value"]),
    ("useragent", &["additionalDetails[key=User-Agent].value", "userAgent"]),
    (
        "consentcontext.isadminconsent",
        &["targetResources.modifiedProperties[displayName=ConsentContext.IsAdminConsent].newValue|unquote"],
    ),
    ("initiatedby", INITIATOR),
    ("initiatingusername", INITIATOR),
    ("actor", INITIATOR),
    ("properties.initiatedby", &["initiatedBy"]),
    ("userprincipalname", &["initiatedBy.user.userPrincipalName"]),
    ("username", &["initiatedBy.user.userPrincipalName"]),
    ("ipaddress", INITIATOR_ADDRESS),
    ("calleripaddress", INITIATOR_ADDRESS),
    ("target", &["targetResources.userPrincipalName", "targetResources.displayName"]),
    ("timegenerated", &["activityDateTime"]),
    ("time", &["activityDateTime"]),
];

const ADDRESS: &[&str] = &["ipAddress"];
const COUNTRY: &[&str] = &["location.countryOrRegion"];
const REASON: &[&str] = &["status.failureReason", "status.additionalDetails"];

const SIGN_IN_LOGS: &[Alias] = &[
    ("resulttype", &["status.errorCode"]),
    ("errorcode", &["status.errorCode"]),
    ("resultdescription", REASON),
    ("failurereason", &["status.failureReason"]),
    ("status", &["status.errorCode|outcome", "status.failureReason", "status.additionalDetails"]),
    ("location", COUNTRY),
    ("country", COUNTRY),
    ("locationdetails.countryorregion", COUNTRY),
    ("locationdetails.city", &["location.city"]),
    ("locationdetails.state", &["location.state"]),
    ("properties.appid", &["appId"]),
    ("properties.authenticationrequirement", &["authenticationRequirement"]),
    ("properties.devicedetail.deviceid", &["deviceDetail.deviceId"]),
    ("calleripaddress", ADDRESS),
    ("ipaddress", ADDRESS),
    ("clientapp", &["clientAppUsed"]),
    ("application", &["appDisplayName"]),
    ("applicationid", &["appId"]),
    ("conditionalaccesspolicies", &["appliedConditionalAccessPolicies"]),
    ("username", &["userPrincipalName"]),
    ("user", &["userPrincipalName"]),
    ("identity", &["userDisplayName"]),
    ("timegenerated", &["createdDateTime"]),
    ("time", &["createdDateTime"]),
];

const RISK: &[Alias] = &[
    ("riskeventtype", &["riskEventType"]),
    ("risktype", &["riskEventType", "riskType"]),
    ("calleripaddress", ADDRESS),
    ("username", &["userPrincipalName"]),
    ("timegenerated", &["detectedDateTime"]),
    ("time", &["detectedDateTime"]),
];

const ACTIVITY: &[Alias] = &[
    ("requesttype", &["ExtendedProperties[Name=RequestType].Value"]),
    ("useragent", &["UserAgent", "ExtendedProperties[Name=UserAgent].Value"]),
    ("eventsource", &["Workload"]),
    ("officeworkload", &["Workload"]),
    ("eventname", &["Name", "Operation"]),
    ("operationname", &["Operation"]),
    ("status", &["ResultStatus|outcome"]),
    ("payload", &["Parameters", "Operation", "Data"]),
    ("user", &["UserId"]),
    ("username", &["UserId"]),
    ("userprincipalname", &["UserId"]),
    ("sourceip", &["ClientIP", "ClientIPAddress"]),
    ("ipaddress", &["ClientIP", "ClientIPAddress"]),
    ("timegenerated", &["CreationTime"]),
];
