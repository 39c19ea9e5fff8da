//! Which events a rule is about: its `logsource`.

use serde_json::{Map, Value};

use super::aliases::Pack;
use crate::{Error, Result};

/// A kind of record that rules tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Graph's directoryAudit.
    DirectoryAudit,
    /// Graph's signIn.
    SignIn,
    /// Graph's riskDetection.
    RiskDetection,
    /// A record of the Management Activity API.
    Activity,
}

const SIGN_IN_MARKS: [&str; 5] = [
    "createdDateTime",
    "conditionalAccessStatus",
    "authenticationRequirement",
    "clientAppUsed",
    "isInteractive",
];
const SIGN_IN_DETAILS: [&str; 5] =
    ["appId", "userPrincipalName", "ipAddress", "status", "servicePrincipalId"];

impl Kind {
    /// Whether a record is of this kind, by its members.
    pub(super) fn is(self, record: &Value) -> bool {
        let Some(members) = record.as_object() else { return false };
        let has = |names: &[&str]| names.iter().any(|name| has_member(members, name));
        match self {
            Self::DirectoryAudit => has(&["activityDisplayName"]),
            Self::RiskDetection => has(&["riskEventType"]),
            Self::SignIn => {
                let has_result =
                    || members.get("status").is_some_and(|status| status.get("errorCode").is_some());
                let is_one = has_result() || has(&SIGN_IN_MARKS) && has(&SIGN_IN_DETAILS);
                let others = [Self::DirectoryAudit, Self::RiskDetection, Self::Activity];
                is_one && !others.into_iter().any(|other| other.is(record))
            }
            Self::Activity => has(&["Operation"]) && has(&["Workload", "RecordType", "CreationTime"]),
        }
    }
}

fn has_member(members: &Map<String, Value>, name: &str) -> bool {
    members.contains_key(name) || members.keys().any(|key| key.eq_ignore_ascii_case(name))
}

/// The kinds of records that a rule is about, each with what its fields are called there.
pub(super) type Origins = Vec<(Kind, Pack)>;

const AUDIT: (Kind, Pack) = (Kind::DirectoryAudit, Pack::AuditLogs);
const SIGN_IN: (Kind, Pack) = (Kind::SignIn, Pack::SignInLogs);
const RISK: (Kind, Pack) = (Kind::RiskDetection, Pack::Risk);
const ACTIVITY: (Kind, Pack) = (Kind::Activity, Pack::Activity);

/// Reads a `logsource`.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) when no event can be of it.
pub(super) fn origins(rule: &Map<String, Value>) -> Result<Origins> {
    let Some(source) = rule.get("logsource").and_then(Value::as_object) else {
        return Err(Error::invalid("missing `logsource`: it says which events the rule is about"));
    };
    let part = |name: &str| match source.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.trim().to_lowercase()),
        Some(_) => Err(Error::invalid(format!("`{name}` is no text")).at("logsource")),
    };
    let (product, service, category) = (part("product")?, part("service")?, part("category")?);
    let nothing = |what: &str| Err(Error::invalid(format!("no source of AOC brings {what}")).at("logsource"));
    if !category.is_empty() {
        return nothing(&format!("the category {category}"));
    }
    Ok(match (product.as_str(), service.as_str()) {
        ("azure", "auditlogs") => vec![AUDIT],
        ("azure", "signinlogs") => vec![SIGN_IN],
        ("azure", "riskdetection" | "pim") => vec![RISK],
        ("azure", "") => vec![AUDIT, SIGN_IN, RISK],
        ("m365" | "microsoft365", "" | "audit" | "exchange" | "threat_detection" | "threat_management") => {
            vec![ACTIVITY]
        }
        ("", "") => return nothing("events of any product; `logsource` needs one such as `azure` or `m365`"),
        ("", service) => return nothing(&format!("the service {service} of no product")),
        (product, "") => return nothing(product),
        (product, service) => return nothing(&format!("{product}/{service}")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_are_told_apart_whatever_the_case_of_their_members() {
        let all = [Kind::DirectoryAudit, Kind::SignIn, Kind::RiskDetection, Kind::Activity];
        for (record, kind) in [
            (json!({"activityDisplayName": "x"}), Some(Kind::DirectoryAudit)),
            (json!({"ACTIVITYdisplayname": "x"}), Some(Kind::DirectoryAudit)),
            (json!({"createdDateTime": "x", "appId": "y", "riskEventTypes": []}), Some(Kind::SignIn)),
            (
                json!({"riskEventType": "x", "createdDateTime": "x", "ipAddress": "y"}),
                Some(Kind::RiskDetection),
            ),
            (json!({"Operation": "x", "Workload": "y"}), Some(Kind::Activity)),
            (json!({"status": {"errorCode": 0}}), Some(Kind::SignIn)),
            (json!({"Operation": "x"}), None),
            (json!({"createdDateTime": "x"}), None),
            (json!("x"), None),
        ] {
            let found = all.into_iter().filter(|kind| kind.is(&record)).collect::<Vec<_>>();
            assert_eq!(found, kind.into_iter().collect::<Vec<_>>(), "{record}");
        }
    }

    #[test]
    fn sources_that_nothing_brings_are_refused() {
        let refused = |source: Value| {
            let rule = json!({"logsource": source});
            origins(rule.as_object().unwrap()).unwrap_err().to_string()
        };
        let service = json!({"product": "azure", "service": "activitylogs"});
        assert_eq!(refused(service), "logsource: no source of AOC brings azure/activitylogs");
        assert_eq!(refused(json!({"product": "aws"})), "logsource: no source of AOC brings aws");
        let category = json!({"category": "process_creation", "product": "windows"});
        assert_eq!(refused(category), "logsource: no source of AOC brings the category process_creation");
        assert!(refused(json!({"service": "audit"})).contains("the service audit of no product"));
        assert!(refused(json!({"product": 1})).contains("`product` is no text"));
        assert!(refused(json!(null)).starts_with("missing `logsource`"));
    }
}
