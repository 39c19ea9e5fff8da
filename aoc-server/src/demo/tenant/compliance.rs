//! The security and compliance centre: searches, policies, alerts.

use super::clock::{Day, activity_time};
use super::office365::{Envelope, envelope, with};
use super::people::{Job, ORGANIZATION, People, Person};
use super::random::{Random, guid_of};
use super::recorder::Recorder;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// A cmdlet of the centre; its parameters are one text.
fn cmdlet(
    at: DateTime<Utc>,
    person: &Person,
    (name, object, parameters): (&str, &str, &str),
    random: &mut Random,
) -> Value {
    let head = Envelope::new(18, name, "SecurityComplianceCenter").user(&person.upn, &person.upn, 2);
    with(
        envelope(at, &head, random),
        json!({
            "ResultStatus": "Success", "ObjectId": object, "SecurityComplianceCenterEventType": 0,
            "ClientApplication": "EMC", "CmdletVersion": "...", "EffectiveOrganization": ORGANIZATION,
            "NonPIIParameters": parameters, "Parameters": parameters, "StartTime": activity_time(at),
            "UserServicePlan": "",
        }),
    )
}

/// An alert of Microsoft's own detection.
pub(super) fn alert(
    at: DateTime<Utc>,
    (name, severity, category): (&str, &str, &str),
    entity: &str,
    random: &mut Random,
) -> Value {
    let key = "SecurityComplianceAlerts";
    let head = Envelope::new(40, "AlertTriggered", "SecurityComplianceCenter").user(key, key, 4);
    let data =
        json!({"ts": activity_time(at), "te": activity_time(at), "an": name, "sev": severity, "f3u": entity});
    let id = random.guid();
    with(
        envelope(at, &head, random),
        json!({
            "ResultStatus": "Succeeded", "ObjectId": id, "AlertId": id, "AlertType": "System",
            "AlertEntityId": entity, "EntityType": "User", "AlertLinks": [{"AlertLinkHref": ""}],
            "Category": category, "Comments": "New alert", "Data": data.to_string(), "Name": name,
            "PolicyId": guid_of("alert", name), "Severity": severity,
            "Source": "Office 365 Security & Compliance", "Status": "Active",
        }),
    )
}

const CMDLETS: [(&str, &str, &str); 6] = [
    ("Get-ComplianceTag", "", ""),
    ("Get-DlpSiDetectionsReport", "", "-StartDate \"today\""),
    ("Get-ComplianceSearch", "", "-ResultSize \"100\""),
    ("New-ComplianceSearch", "Case 2026-114", "-Name \"Case 2026-114\" -ExchangeLocation \"All\""),
    ("Set-DlpComplianceRule", "Payment cards", "-Identity \"Payment cards\" -Disabled \"False\""),
    ("Set-RetentionCompliancePolicy", "Mail 7 years", "-Identity \"Mail 7 years\" -Force \"True\""),
];
const ALERTS: [(&str, &str, &str); 3] = [
    ("Email reported by user as malware or phish", "Low", "ThreatManagement"),
    ("Messages have been delayed", "High", "MailFlow"),
    ("Email messages containing phish URL removed after delivery", "Informational", "ThreatManagement"),
];

/// Writes down a day in the centre.
pub(super) fn record(day: Day, people: &People, book: &mut Recorder) {
    for _ in 0..day.busy(5, &mut book.random) {
        let person = people.one_of(&[Job::Security], &mut book.random);
        let at = day.at_work(person, &mut book.random);
        let step = *book.random.pick(&CMDLETS);
        let record = cmdlet(at, person, step, &mut book.random);
        book.office(at, record);
    }
    if day.seldom(45, &mut book.random) {
        let person = people.colleague(&mut book.random);
        let at = day.at_work(person, &mut book.random);
        let kind = *book.random.pick(&ALERTS);
        let record = alert(at, kind, &person.upn, &mut book.random);
        book.office(at, record);
    }
}
