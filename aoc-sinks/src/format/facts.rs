//! What all formats tell of an event.

use std::net::IpAddr;

use aoc_core::{ActorType, Alert, Event, Outcome, TIME_UNREADABLE, alert::Severity};
use serde_json::Value;

use super::{
    address::{self, Place},
    classify::classify,
    files::File,
    meaning::{ACCESS, FINDING, Meaning},
    parties::{self, Party, Targets},
    record::{Record, any_text, elements, member, text},
};

/// An event and what was read out of it.
pub(super) struct Facts<'a> {
    pub(super) event: &'a Event,
    pub(super) record: Record,
    pub(super) meaning: Meaning,
    pub(super) alert: Option<Alert>,
    pub(super) actor: Party,
    pub(super) targets: Targets,
    pub(super) address: Option<IpAddr>,
    pub(super) port: Option<u16>,
    pub(super) place: Place,
    pub(super) agent: Option<String>,
    pub(super) file: File,
}

impl<'a> Facts<'a> {
    pub(super) fn of(event: &'a Event) -> Self {
        let record = Record::read(&event.raw);
        let meaning = classify(event);
        let address = address::address(event);
        Self {
            meaning,
            alert: Alert::of(event),
            actor: parties::actor(event),
            targets: parties::targets(event, &record, meaning),
            address,
            port: address::port(&record, address),
            place: Place::of(&record),
            agent: agent(&record),
            file: File::of(&record),
            event,
            record,
        }
    }

    /// Who got or lost something, and of what kind it is where that is told.
    pub(super) fn receiver(&self) -> (Option<&Party>, Option<ActorType>) {
        let targets = &self.targets;
        let group = || targets.group.as_ref().filter(|_| self.meaning.class_uid == ACCESS);
        match (&targets.user, &targets.app) {
            (None, Some(app)) => (Some(app), Some(ActorType::App)),
            (user, _) => (user.as_ref().or_else(group), None),
        }
    }

    /// How it went; an alert of ours has no outcome.
    pub(super) fn outcome(&self) -> Outcome {
        if self.alert.is_some() { Outcome::Unknown } else { self.event.result }
    }

    /// Whether the event's time is what the record says.
    pub(super) fn is_time_known(&self) -> bool {
        !self.event.flags.iter().any(|flag| flag == TIME_UNREADABLE)
    }

    /// The time as the record says it, also where it cannot be read.
    pub(super) fn original_time(&self) -> Option<String> {
        if self.is_time_known() {
            return Some(self.event.timestamp.to_string());
        }
        let text = self.event.flags.iter().find_map(|flag| flag.strip_prefix("time_text:"));
        text.map(|text| text.trim().to_owned())
    }

    /// The name of the alert's severity, and OCSF's number for it, which is 1 for what is no alert.
    pub(super) fn severity(&self) -> (&'static str, u32) {
        let own = self.alert.as_ref().map(|alert| alert.severity);
        match own.or_else(|| self.reported_severity()) {
            None | Some(Severity::Informational) => ("Informational", 1),
            Some(Severity::Low) => ("Low", 2),
            Some(Severity::Medium) => ("Medium", 3),
            Some(Severity::High) => ("High", 4),
            Some(Severity::Critical) => ("Critical", 5),
        }
    }

    /// What the vendor says of its own finding.
    fn reported_severity(&self) -> Option<Severity> {
        let said = (self.meaning.class_uid == FINDING).then(|| self.record.text("Severity"))??;
        serde_json::from_value(said.to_lowercase().into()).ok()
    }

    /// ATT&CK techniques that the alert's labels name, such as `T1098` and `T1098.001`.
    pub(super) fn techniques(&self) -> Vec<String> {
        let labels = self.alert.iter().flat_map(|alert| &alert.labels);
        let named =
            labels.filter_map(|label| label.to_lowercase().strip_prefix("attack.t").map(str::to_owned));
        named
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            .map(|rest| format!("T{rest}"))
            .collect()
    }

    /// Each change as a line: the property, what it was, what it is.
    pub(super) fn changes(&self) -> Vec<String> {
        let shown = |value: &Value| any_text(value).unwrap_or_else(|| "nothing".to_owned());
        let lines = self.event.changes.iter();
        lines
            .map(|change| format!("{}: {} -> {}", change.property, shown(&change.old), shown(&change.new)))
            .collect()
    }

    /// The error of a sign-in that failed.
    pub(super) fn error_code(&self) -> Option<String> {
        let status = self.record.object("status");
        let code = status.and_then(|status| text(member(&status, "errorCode")));
        let code = code.or_else(|| self.record.first(&["resultType", "ErrorNumber", "LogonError"]));
        code.filter(|code| code != "0")
    }
}

fn agent(record: &Record) -> Option<String> {
    let named = |list: &str, name: &str, value: &str| {
        let pairs = record.list(list);
        let pair = pairs.iter().find(|pair| {
            let said = text(member(pair, name)).unwrap_or_default();
            said.eq_ignore_ascii_case("UserAgent") || said.eq_ignore_ascii_case("User-Agent")
        })?;
        text(member(pair, value))
    };
    record
        .first(&["userAgent"])
        .or_else(|| named("ExtendedProperties", "Name", "Value"))
        .or_else(|| named("additionalDetails", "key", "value"))
        .or_else(|| record.first(&["ClientInfoString"]))
}

/// Names and values of a list of pairs, in whatever members they are kept.
pub(super) fn pairs(list: &Value) -> Vec<(String, String)> {
    if let Value::Object(members) = list {
        return members.iter().filter_map(|(name, value)| Some((name.clone(), any_text(value)?))).collect();
    }
    let name = |pair: &Value| ["Name", "Key", "displayName"].iter().find_map(|name| text(member(pair, name)));
    let value = |pair: &Value| any_text(member(pair, "Value"));
    elements(list).iter().filter_map(|pair| Some((name(pair)?, value(pair)?))).collect()
}
