//! Objects that only wrap a record.

use std::sync::LazyLock;

use aoc_core::RawJson;
use memchr::memmem::Finder;
use serde::Deserialize;

use crate::common::members::{Members, Names, Raw, unquote};

static AUDIT_DATA: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"AuditData\""));

#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier)]
enum Wrap {
    #[serde(rename = "event")]
    Event,
    AuditData,
    #[serde(other)]
    Other,
}

impl Names for Wrap {
    fn place(self) -> usize {
        self as usize
    }
}

/// The record inside `{"source": …, "event": {…}}` or beside an audit export's `AuditData`, else the value itself.
pub(super) fn unwrapped(raw: RawJson) -> RawJson {
    inner(raw.text()).unwrap_or(raw)
}

fn inner(text: &str) -> Option<RawJson> {
    let wraps_event = first_name(text).is_some_and(|name| matches!(name, "source" | "event"));
    if !wraps_event && AUDIT_DATA.find(text.as_bytes()).is_none() {
        return None;
    }
    let wrap: Members<'_, Wrap, { Wrap::Other as usize }> = Members::read(text)?;
    if wraps_event {
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
