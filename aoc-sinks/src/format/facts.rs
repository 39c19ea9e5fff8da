//! What all formats tell of an event.

use std::net::IpAddr;

use aoc_core::{Alert, Event, alert::Severity};
use serde_json::Value;

use super::{
    address::{self, Place},
    classify::classify,
    meaning::{FINDING, Meaning},
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

/// A file or folder.
#[derive(Default)]
pub(super) struct File {
    pub(super) name: Option<String>,
    pub(super) path: Option<String>,
    pub(super) extension: Option<String>,
    pub(super) url: Option<String>,
    /// `File`, `Folder`, ….
    pub(super) kind: Option<String>,
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
            targets: parties::targets(event, &record, meaning.class_uid),
            address,
            port: address::port(&record, address),
            place: Place::of(&record),
            agent: agent(&record),
            file: file(&record),
            event,
            record,
        }
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

fn file(record: &Record) -> File {
    let is_url = |text: &String| text.starts_with("https://") || text.starts_with("http://");
    let url = record.text("ObjectId").filter(is_url);
    let name = record.text("SourceFileName");
    let folder = record.text("SourceRelativeUrl");
    let path =
        name.as_ref().zip(folder).map(|(name, folder)| format!("{}/{name}", folder.trim_end_matches('/')));
    File {
        path: path.or_else(|| name.as_ref().and(url.clone())),
        extension: record.text("SourceFileExtension"),
        kind: name.as_ref().and_then(|_| record.text("ItemType")),
        name,
        url,
    }
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
