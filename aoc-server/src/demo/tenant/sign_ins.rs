//! A sign-in, written as Graph's `signIn` and as the Management Activity API's record 15.

use super::clock::graph_time;
use super::office365::{Envelope, envelope, named_values, with};
use super::people::{Job, Person, TENANT};
use super::places::Place;
use super::random::{Random, guid_of};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// How a sign-in ended, as both interfaces word it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) code: i64,
    pub(super) name: &'static str,
    pub(super) reason: &'static str,
    pub(super) details: &'static str,
}

impl Outcome {
    const fn new(code: i64, name: &'static str, reason: &'static str, details: &'static str) -> Self {
        Self { code, name, reason, details }
    }
}

pub(super) static SIGNED_IN: Outcome = Outcome::new(0, "", "", "");
pub(super) static WITH_MFA: Outcome =
    Outcome::new(0, "", "", "MFA requirement satisfied by claim in the token");
pub(super) static WRONG_PASSWORD: Outcome =
    Outcome::new(50126, "InvalidUserNameOrPassword", "Invalid username or password.", "");
pub(super) static LOCKED: Outcome =
    Outcome::new(50053, "IdsLocked", "The account is locked: too many attempts with a wrong password.", "");
pub(super) static MFA_ASKED: Outcome = Outcome::new(
    50076,
    "UserStrongAuthClientAuthNRequired",
    "Multi-factor authentication is required to reach this resource.",
    "MFA required in Azure AD",
);
pub(super) static MFA_DENIED: Outcome = Outcome::new(
    500121,
    "AuthenticationFailedSasError",
    "Authentication failed during the request for strong authentication.",
    "MFA denied; user declined the authentication",
);
pub(super) static BLOCKED: Outcome = Outcome::new(
    53003,
    "BlockedByConditionalAccess",
    "Access was blocked by Conditional Access policies.",
    "",
);
pub(super) static EXPIRED: Outcome =
    Outcome::new(50055, "InvalidPasswordExpiredPassword", "The password has expired.", "");
pub(super) static NO_CONSENT: Outcome =
    Outcome::new(65001, "DelegationDoesNotExist", "Nobody has consented to this application yet.", "");

/// The application somebody signs in to: id, name, the resource behind it.
pub(super) type Portal = (&'static str, &'static str, &'static str);

const OUTLOOK: &str = "Office 365 Exchange Online";
const GRAPH: &str = "Microsoft Graph";
/// Microsoft's own applications have the same ids in every tenant.
pub(super) static PORTALS: [Portal; 7] = [
    ("4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome", GRAPH),
    ("d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office", OUTLOOK),
    ("00000002-0000-0ff1-ce00-000000000000", OUTLOOK, OUTLOOK),
    ("1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams", "Microsoft Teams Services"),
    ("00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online", "Office 365 SharePoint Online"),
    ("ab9b8c07-8f02-4f72-87fa-80105867a763", "OneDrive SyncEngine", "Office 365 SharePoint Online"),
    ("0ec893e0-5785-4de6-99da-4ed124e5296c", "Office UWP PWA", GRAPH),
];
/// Where administrators sign in.
pub(super) static ADMIN_PORTALS: [Portal; 4] = [
    ("c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal", "Windows Azure Service Management API"),
    ("00000006-0000-0ff1-ce00-000000000000", "Microsoft Office 365 Portal", GRAPH),
    ("fb78d390-0c51-40cd-8e17-fdbfab77341b", "Microsoft Exchange REST API Based Powershell", OUTLOOK),
    ("14d82eec-204b-4c2f-b7e8-296a70dab67e", "Microsoft Graph Command Line Tools", GRAPH),
];

/// One attempt to sign in.
pub(super) struct SignIn<'a> {
    pub(super) at: DateTime<Utc>,
    pub(super) person: &'a Person,
    pub(super) place: Place,
    pub(super) portal: Portal,
    pub(super) client: &'static str,
    pub(super) outcome: &'static Outcome,
    pub(super) correlation: String,
    pub(super) agent: &'static str,
    /// On the person's own managed device.
    pub(super) managed: bool,
}

/// The browser of a managed computer.
pub(super) const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0";
/// A script.
pub(super) const SCRIPT: &str = "python-requests/2.32.3";

impl<'a> SignIn<'a> {
    /// A successful sign-in in the browser; guests and partners bring devices that are not managed.
    pub(super) fn new(at: DateTime<Utc>, person: &'a Person, place: Place, portal: Portal) -> Self {
        let correlation = guid_of(&person.upn, &at.to_rfc3339());
        let (client, agent) = ("Browser", EDGE);
        let managed = !matches!(person.job, Job::Guest | Job::Partner);
        Self { at, person, place, portal, client, outcome: &WITH_MFA, correlation, agent, managed }
    }

    /// Makes the attempt end in another way.
    pub(super) fn ended(mut self, outcome: &'static Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Makes the attempt come from a device that is not Contoso's.
    pub(super) fn elsewhere(mut self, client: &'static str, agent: &'static str) -> Self {
        (self.client, self.agent, self.managed) = (client, agent, false);
        self
    }

    /// The record as Graph's `signIns` sends it.
    pub(super) fn as_graph(&self, random: &mut Random) -> Value {
        let (app_id, app, resource) = self.portal;
        let record = json!({
            "id": random.guid(),
            "createdDateTime": graph_time(self.at),
            "userDisplayName": self.person.name,
            "userPrincipalName": self.person.upn,
            "userId": self.person.id,
            "appId": app_id,
            "appDisplayName": app,
            "ipAddress": self.place.address,
            "clientAppUsed": self.client,
            "userAgent": self.agent,
            "correlationId": self.correlation,
            "isInteractive": self.client == "Browser",
            "resourceDisplayName": resource,
            "resourceId": guid_of("resource", resource),
            "deviceDetail": self.device(),
            "location": self.place.site.location(),
        });
        with(with(record, self.result()), self.risk())
    }

    fn result(&self) -> Value {
        let Outcome { code, reason, details, .. } = self.outcome;
        let access = match code {
            0 if details.is_empty() => "notApplied",
            0 => "success",
            50076 | 53003 | 500_121 => "failure",
            _ => "notApplied",
        };
        let factors =
            if access == "notApplied" { "singleFactorAuthentication" } else { "multiFactorAuthentication" };
        json!({
            "status": {"errorCode": code, "failureReason": some(reason), "additionalDetails": some(details)},
            "conditionalAccessStatus": access,
            "appliedConditionalAccessPolicies": policies(access, *code),
            "authenticationRequirement": factors,
        })
    }

    fn risk(&self) -> Value {
        let level = if self.place.site.country == "NZ" && self.outcome.code == 0 { "high" } else { "none" };
        let state = if level == "high" { "atRisk" } else { "none" };
        let events: &[&str] = if level == "high" { &["unfamiliarFeatures", "passwordSpray"] } else { &[] };
        let kind = if self.person.job == Job::Guest { "guest" } else { "member" };
        json!({
            "riskDetail": "none", "riskLevelAggregated": level, "riskLevelDuringSignIn": level,
            "riskState": state, "riskEventTypes": events, "riskEventTypes_v2": events,
            "userType": kind, "homeTenantId": TENANT, "resourceTenantId": TENANT,
            "crossTenantAccessType": "none", "tokenIssuerType": "AzureAD",
        })
    }

    fn device(&self) -> Value {
        if self.managed {
            json!({"deviceId": self.person.device_id, "displayName": self.person.device,
                "operatingSystem": "Windows 11", "browser": "Edge 142.0.0", "isCompliant": true,
                "isManaged": true, "trustType": "Azure AD joined"})
        } else {
            json!({"deviceId": "", "displayName": null, "operatingSystem": "", "browser": null,
                "isCompliant": null, "isManaged": null, "trustType": null})
        }
    }

    /// The same sign-in as the Management Activity API sends it.
    pub(super) fn as_activity(&self, random: &mut Random) -> Value {
        let operation = if self.outcome.code == 0 { "UserLoggedIn" } else { "UserLoginFailed" };
        let person = self.person;
        let head = Envelope::new(15, operation, "AzureActiveDirectory").user(&person.upn, &person.id, 0);
        let record = with(
            envelope(self.at, &head, random),
            json!({
                // Microsoft writes "Success" for many a failure; the operation decides.
                "ResultStatus": if self.outcome.code == 50126 { "Failed" } else { "Success" },
                "ObjectId": "00000002-0000-0000-c000-000000000000",
                "ClientIP": self.place.address, "ActorIpAddress": self.place.address,
                "AzureActiveDirectoryEventType": 1, "ApplicationId": self.portal.0,
                "ExtendedProperties": self.extended_properties(),
                "ModifiedProperties": [], "DeviceProperties": self.device_properties(),
                "Actor": [{"ID": person.id, "Type": 0}, {"ID": person.upn, "Type": 5}],
                "ActorContextId": TENANT, "InterSystemsId": self.correlation, "IntraSystemId": random.guid(),
                "SupportTicketId": "", "TargetContextId": TENANT,
                "Target": [{"ID": "00000002-0000-0000-c000-000000000000", "Type": 0}],
            }),
        );
        with(record, self.error())
    }

    fn error(&self) -> Value {
        if self.outcome.code == 0 {
            return json!({});
        }
        json!({"ErrorNumber": self.outcome.code.to_string(), "LogonError": self.outcome.name})
    }

    fn extended_properties(&self) -> Value {
        let detail = if self.outcome.code == 0 { "Redirect" } else { "Success" };
        let (agent, request) = (("UserAgent", self.agent), ("RequestType", "OAuth2:Authorize"));
        named_values(&[("ResultStatusDetail", detail), agent, request])
    }

    fn device_properties(&self) -> Value {
        let session = guid_of("session", &self.correlation);
        if self.managed {
            named_values(&[
                ("Id", &self.person.device_id),
                ("DisplayName", &self.person.device),
                ("OS", "Windows 10"),
                ("BrowserType", "Edge"),
                ("IsCompliantAndManaged", "True"),
                ("SessionId", &session),
            ])
        } else {
            named_values(&[("OS", "Other"), ("BrowserType", "Other"), ("SessionId", &session)])
        }
    }
}

/// The tenant's Conditional Access policies: name, what is demanded.
pub(super) static POLICIES: [(&str, &str); 4] = [
    ("CA001 Require MFA for everybody", "Mfa"),
    ("CA002 Block legacy authentication", "Block"),
    ("CA003 Admins only from managed devices", "RequireCompliantDevice"),
    ("CA004 Block countries without business", "Block"),
];

fn policies(access: &str, code: i64) -> Vec<Value> {
    let result = |name: &str| match (access, name.as_bytes().get(4)) {
        ("success", Some(b'1')) => "success",
        ("failure", Some(b'1')) if code != 53003 => "failure",
        ("failure", Some(b'4')) if code == 53003 => "failure",
        _ => "notApplied",
    };
    let policy = |(name, control): &(&str, &str)| {
        json!({"id": guid_of("Policy", name), "displayName": name,
            "enforcedGrantControls": [control], "enforcedSessionControls": [], "result": result(name)})
    };
    POLICIES.iter().map(policy).collect()
}

fn some(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::from(text) }
}
