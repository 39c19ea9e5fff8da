//! The API's own record out of whatever shape it came in.

use std::borrow::Cow;

use aoc_core::Event;

use super::{Envelope, Kind, intune, log_analytics};

/// The record of an event in the shape of the API that it is from: as it is, or taken out of a line of Azure Monitor, or
/// made of a row of Log Analytics. A record that no normalizer of ours has read is left as it is.
pub fn api_record(event: &Event) -> Cow<'_, str> {
    let raw = event.raw.text();
    let is_shaped =
        [".azure_monitor/", ".log_analytics/"].iter().any(|shape| event.normalizer.contains(shape));
    let shaped = is_shaped.then(|| of_envelope(raw)).flatten();
    shaped.map_or(Cow::Borrowed(raw), Cow::Owned)
}

fn of_envelope(text: &str) -> Option<String> {
    let envelope = Envelope::read(text).ok()?;
    match (envelope.kind().ok()?, envelope.is_row()) {
        (Kind::EntraAudit, true) => log_analytics::entra_audit(text),
        (Kind::EntraSignIns, true) => log_analytics::sign_in(text),
        (Kind::EntraAudit | Kind::EntraSignIns, false) => envelope.properties().map(Cow::into_owned),
        (Kind::IntuneAudit, _) => intune::to_graph(&envelope),
        (Kind::Office365, _) => log_analytics::office_activity(text),
    }
}

#[cfg(test)]
mod tests {
    use aoc_core::{RawJson, Record, normalize};
    use serde_json::{Value, json};

    use super::*;
    use crate::AnyRecord;

    fn record_of(record: &Value) -> Value {
        let event = normalize(&AnyRecord::new(), Record::new(RawJson::of(record).unwrap()));
        serde_json::from_str(&api_record(&event)).unwrap()
    }

    #[test]
    fn the_same_record_comes_out_of_every_shape() {
        let own = json!({"id": "Directory_1", "category": "Policy", "activityDisplayName": "Update policy",
            "activityDateTime": "2026-01-05T09:00:00Z", "result": "success", "loggedByService": "Core Directory",
            "initiatedBy": {"user": {"userPrincipalName": "kim@contoso.com"}},
            "targetResources": [{"displayName": "MFA", "type": "Policy"}]});
        let line = json!({"time": "2026-01-05T09:00:00Z", "category": "AuditLogs", "operationName": "Update policy",
            "tenantId": "t", "properties": own});
        let row = json!({"TimeGenerated": "2026-01-05T09:00:00Z", "ActivityDateTime": "2026-01-05T09:00:00Z",
            "Id": "Directory_1", "Category": "Policy", "OperationName": "Update policy", "Result": "success",
            "LoggedByService": "Core Directory", "InitiatedBy": own["initiatedBy"].to_string(),
            "TargetResources": own["targetResources"].to_string(), "Type": "AuditLogs"});
        for shape in [&own, &line, &row] {
            assert_eq!(record_of(shape), own, "{shape}");
        }
        let stranger = json!({"riskEventType": "unlikelyTravel"});
        assert_eq!(record_of(&stranger), stranger);
    }
}
