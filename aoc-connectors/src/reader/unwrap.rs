//! Objects that only wrap a record.

use std::{borrow::Cow, sync::LazyLock};

use aoc_core::{RawJson, Record, TIME_UNREADABLE, Timestamp, alert::ALERT_SOURCE};
use memchr::memmem::Finder;
use serde::Deserialize;

use crate::common::members::{Members, Names, Raw, unquote};

static AUDIT_DATA: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"AuditData\""));

static DEDUPE_KEY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"dedupe_key\""));

/// The members of an exported event that say what its record was.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Exported {
    DedupeKey,
    Normalizer,
    Raw,
    Source,
    Tenant,
    AvailableAt,
    Timestamp,
    Flags,
    #[serde(other)]
    Other,
}

impl Names for Exported {
    fn place(self) -> usize {
        self as usize
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier)]
enum Wrap {
    #[serde(rename = "event")]
    Event,
    AuditData,
    #[serde(rename = "source")]
    Source,
    #[serde(other)]
    Other,
}

impl Names for Wrap {
    fn place(self) -> usize {
        self as usize
    }
}

/// The members of a wrapper, and whether there are others.
type Wrapper<'a> = Members<'a, Wrap, { Wrap::Other as usize + 1 }>;

/// The record inside `{"source": …, "event": {…}}` with nothing else beside it, inside an audit export's `AuditData`, or
/// inside an event that AOC exported; else the value itself.
pub(super) fn unwrapped(raw: RawJson) -> Record {
    if let Some(record) = exported(raw.text()) {
        return record;
    }
    Record::new(inner(raw.text()).unwrap_or(raw))
}

/// The record of an event that AOC exported, with what AOC knew of it beside its text. An alert has none.
fn exported(text: &str) -> Option<Record> {
    DEDUPE_KEY.find(text.as_bytes())?;
    let event: Members<'_, Exported, { Exported::Other as usize }> = Members::read(text)?;
    let marks = [Exported::DedupeKey, Exported::Normalizer, Exported::Raw, Exported::Source];
    if event.count(&marks) < marks.len() || event.get(Exported::Source).text()? == ALERT_SOURCE {
        return None;
    }
    let mut record = Record::new(event.get(Exported::Raw).json());
    record.tenant = event.get(Exported::Tenant).text().map(Cow::into_owned);
    let time = |name| event.get(name).text().and_then(|text| Timestamp::parse(&text).ok());
    // The time of a record that has none of its own is since when it was known.
    let flags: Vec<String> = event.get(Exported::Flags).list();
    let known_since = time(Exported::Timestamp).filter(|_| flags.iter().any(|flag| flag == TIME_UNREADABLE));
    record.available_at = time(Exported::AvailableAt).or(known_since);
    Some(record)
}

fn inner(text: &str) -> Option<RawJson> {
    let wraps_event = first_name(text).is_some_and(|name| matches!(name, "source" | "event"));
    if !wraps_event && AUDIT_DATA.find(text.as_bytes()).is_none() {
        return None;
    }
    let wrap = Wrapper::read(text)?;
    if wraps_event && wrap.count(&[Wrap::AuditData, Wrap::Other]) == 0 {
        let event = wrap.get(Wrap::Event).nested().filter(|event| event.starts_with('{'));
        return event.and_then(|event| RawJson::parse(event).ok());
    }
    audit_data(wrap.get(Wrap::AuditData))
}

fn audit_data(member: Raw<'_>) -> Option<RawJson> {
    let whole = member.whole()?;
    match whole.as_bytes().first()? {
        b'{' => RawJson::parse(whole).ok(),
        b'"' => object(&unquote(whole)),
        _ => None,
    }
}

/// The JSON object that the text is.
pub(super) fn object(text: &str) -> Option<RawJson> {
    let text = text.trim();
    if text.starts_with('{') { RawJson::parse(text).ok() } else { None }
}

/// The name of an object's first member.
fn first_name(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('{')?.trim_start().strip_prefix('"')?;
    rest.split('"').next()
}
