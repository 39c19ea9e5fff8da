//! Which source a document of the original's came from.

use mongodb::bson::{Bson, Document};

/// Members that only raw records of one kind have, and its source.
const SHAPES: [(&[&str], &str); 4] = [
    (&["CreationTime", "Operation"], "office365_activity"),
    (&["activityDateTime", "initiatedBy"], "entra_audit"),
    (&["createdDateTime", "appDisplayName"], "entra_sign_ins"),
    (&["activityDateTime", "resources"], "intune_audit"),
];
/// Parts of names of services, in small letters, and the source.
const SERVICES: [(&str, &str); 16] = [
    ("intune", "intune_audit"),
    ("signin", "entra_sign_ins"),
    ("sign-in", "entra_sign_ins"),
    ("azureactivedirectory", "office365_activity"),
    ("exchange", "office365_activity"),
    ("sharepoint", "office365_activity"),
    ("onedrive", "office365_activity"),
    ("teams", "office365_activity"),
    ("office", "office365_activity"),
    ("o365", "office365_activity"),
    ("securitycompliance", "office365_activity"),
    ("management", "entra_audit"),
    ("directory", "entra_audit"),
    ("entra", "entra_audit"),
    ("policy", "entra_audit"),
    ("authentication", "entra_audit"),
];

/// The source that a document is of, by the shape of its raw record, else by its service.
pub(super) fn guess(service: &str, document: &Document) -> &'static str {
    let raw = document.get("raw").and_then(Bson::as_document);
    let is_of = |members: &[&str]| raw.is_some_and(|raw| members.iter().all(|name| raw.contains_key(name)));
    let by_shape = SHAPES.iter().find(|(members, _)| is_of(members)).map(|(_, source)| *source);
    let service = service.to_lowercase();
    let by_service = || SERVICES.iter().find(|(part, _)| service.contains(part)).map(|(_, source)| *source);
    by_shape.or_else(by_service).unwrap_or("original")
}
