//! The shapes in which records come: the API's own, Azure Monitor's export, Log Analytics' tables. Found by content.

mod any;
mod api;
mod columns;
mod envelope;
pub(crate) mod intune;
pub(crate) mod log_analytics;

use aoc_core::{Error, Event, Key, Record, Result, TIME_UNREADABLE, Timestamp};

pub use any::AnyRecord;
pub use api::api_record;
pub(crate) use envelope::Envelope;

use crate::{common::flag, entra, intune as intune_audit, office365, sign_ins};

/// Whose record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    EntraAudit,
    EntraSignIns,
    IntuneAudit,
    Office365,
}

impl Kind {
    /// The component type.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Self::EntraAudit => entra::SOURCE,
            Self::EntraSignIns => sign_ins::SOURCE,
            Self::IntuneAudit => intune_audit::SOURCE,
            Self::Office365 => office365::SOURCE,
        }
    }

    /// Reads the API's own record of this kind; `None` when the text is none.
    fn native(self, record: &Record) -> Option<Event> {
        let text = record.raw.text();
        match self {
            Self::EntraAudit => entra::native(text, record),
            Self::EntraSignIns => sign_ins::native(text, record),
            Self::IntuneAudit => intune_audit::native(text, record),
            Self::Office365 => office365::native(text, record),
        }
    }

    /// Reads a record of this kind in another shape.
    fn shaped(self, envelope: &Envelope<'_>, record: &Record) -> Result<Event> {
        match self {
            Self::EntraAudit => entra::shaped(envelope, record),
            Self::EntraSignIns => sign_ins::shaped(envelope, record),
            Self::IntuneAudit => intune_audit::shaped(envelope, record),
            Self::Office365 => office365::office_activity(envelope.text, record),
        }
    }
}

/// Reads a record that is not the API's own, if it is of this kind.
pub(crate) fn only(kind: Kind, record: &Record) -> Result<Event> {
    let envelope = Envelope::read(record.raw.text())?;
    let found = envelope.kind()?;
    if found == kind {
        return kind.shaped(&envelope, record);
    }
    Err(Error::invalid(format!("a record of `{}`, not of `{}`", found.source(), kind.source())))
}

/// The id of a record that has none of its own: made of when it was, what it was and what it was done to.
pub(crate) fn derived_id(
    record: &Record,
    time: Timestamp,
    what: &[&str],
    targets: &[String],
    flags: &mut Vec<String>,
) -> String {
    let when = if flags.iter().any(|flag| flag == TIME_UNREADABLE) {
        record.raw.canonical()
    } else {
        time.ticks().to_string()
    };
    flag(flags, "id_derived");
    let mut parts = vec![when.as_str()];
    parts.extend(what);
    parts.extend(targets.iter().map(String::as_str));
    Key::derived_id(&parts)
}
