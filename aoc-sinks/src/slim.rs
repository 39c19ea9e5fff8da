//! How an event is written down: the raw record once, and beside it only what it does not hold.

use std::borrow::Cow;

use aoc_core::{ActorType, Change, TIME_UNREADABLE, Timestamp, UNREADABLE, prelude::*};
use serde_json::Value;

/// The head of a body: all of an event but its raw record, under short names, without what is empty.
#[derive(Serialize, Deserialize)]
struct Slim<'a> {
    #[serde(rename = "i")]
    id: Cow<'a, str>,
    #[serde(rename = "t")]
    timestamp: Timestamp,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    available_at: Option<Timestamp>,
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    ingested_at: Option<Timestamp>,
    #[serde(rename = "n", default, skip_serializing_if = "str::is_empty")]
    tenant: Cow<'a, str>,
    #[serde(rename = "s")]
    source: Cow<'a, str>,
    #[serde(rename = "e")]
    service: Cow<'a, str>,
    #[serde(rename = "o")]
    operation: Cow<'a, str>,
    #[serde(rename = "r")]
    result: Outcome,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    actor_display: Option<Cow<'a, str>>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    actor_upn: Option<Cow<'a, str>>,
    #[serde(rename = "y", default, skip_serializing_if = "Option::is_none")]
    actor_type: Option<ActorType>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    actor_ip: Option<Cow<'a, str>>,
    #[serde(rename = "a")]
    actor: Piece<'a>,
    #[serde(rename = "D", default, skip_serializing_if = "<[_]>::is_empty")]
    target_displays: Cow<'a, [String]>,
    #[serde(rename = "T", default, skip_serializing_if = "Vec::is_empty")]
    targets: Vec<Piece<'a>>,
    /// Target, property, old, new.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<SlimChange<'a>>,
    #[serde(rename = "C", default, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<Cow<'a, str>>,
    #[serde(rename = "m", default, skip_serializing_if = "str::is_empty")]
    display_summary: Cow<'a, str>,
    /// Where it is not made of source and id.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    dedupe_key: Option<Cow<'a, str>>,
    #[serde(rename = "R", default, skip_serializing_if = "Option::is_none")]
    revision_of: Option<Cow<'a, str>>,
    #[serde(rename = "f", default, skip_serializing_if = "<[_]>::is_empty")]
    flags: Cow<'a, [String]>,
    #[serde(rename = "z")]
    normalizer: Cow<'a, str>,
}

/// A piece of JSON: where it stands in the raw record, or itself.
#[derive(Serialize, Deserialize)]
enum Piece<'a> {
    #[serde(rename = "@")]
    At(usize, usize),
    #[serde(rename = "=")]
    Itself(Cow<'a, RawJson>),
}

impl<'a> Piece<'a> {
    fn of(json: &'a RawJson, raw: &str) -> Self {
        let text = json.text();
        // A short needle is found faster than one of a thousand bytes.
        let head = &text.as_bytes()[..text.len().min(24)];
        let mut places = memchr::memmem::find_iter(raw.as_bytes(), head);
        match places.find(|start| raw.as_bytes()[*start..].starts_with(text.as_bytes())) {
            Some(start) if text.len() > 8 => Self::At(start, text.len()),
            _ => Self::Itself(Cow::Borrowed(json)),
        }
    }

    fn read(self, raw: &str) -> Result<RawJson> {
        match self {
            Self::Itself(json) => Ok(json.into_owned()),
            Self::At(start, length) => {
                let piece = start.checked_add(length).and_then(|end| raw.get(start..end));
                RawJson::parse(piece.ok_or_else(|| Error::internal("a piece lies outside its record"))?)
            }
        }
    }
}

/// Writes an event: the length of the head (4 bytes, little end first), the head, the raw record.
pub(crate) fn write(event: &Event, out: &mut Vec<u8>) -> Result<()> {
    let raw = event.raw.text();
    let slim = Slim {
        id: Cow::Borrowed(&event.id),
        timestamp: event.timestamp,
        available_at: event.available_at,
        ingested_at: event.ingested_at,
        tenant: Cow::Borrowed(&event.tenant),
        source: Cow::Borrowed(&event.source),
        service: Cow::Borrowed(&event.service),
        operation: Cow::Borrowed(&event.operation),
        result: event.result,
        actor_display: borrow(&event.actor_display),
        actor_upn: borrow(&event.actor_upn),
        actor_type: event.actor_type,
        actor_ip: borrow(&event.actor_ip),
        actor: Piece::of(&event.actor, raw),
        target_displays: Cow::Borrowed(&event.target_displays),
        targets: event.targets.iter().map(|target| Piece::of(target, raw)).collect(),
        changes: event.changes.iter().map(write_change).collect(),
        correlation_id: borrow(&event.correlation_id),
        display_summary: Cow::Borrowed(&event.display_summary),
        dedupe_key: own_key(event),
        revision_of: borrow(&event.revision_of),
        flags: Cow::Borrowed(&event.flags),
        normalizer: Cow::Borrowed(&event.normalizer),
    };
    out.clear();
    out.extend([0; 4]);
    serde_json::to_writer(&mut *out, &slim)
        .map_err(|cause| Error::internal("an event has no JSON").because(cause))?;
    let head = u32::try_from(out.len() - 4).map_err(|_| Error::rejected("an event of more than 4 GiB"))?;
    out[..4].copy_from_slice(&head.to_le_bytes());
    out.extend_from_slice(raw.as_bytes());
    Ok(())
}

fn borrow(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Cow::Borrowed)
}

type SlimChange<'a> = (Option<Cow<'a, str>>, Cow<'a, str>, Cow<'a, Value>, Cow<'a, Value>);

fn write_change(change: &Change) -> SlimChange<'_> {
    (
        borrow(&change.target),
        Cow::Borrowed(&change.property),
        Cow::Borrowed(&change.old),
        Cow::Borrowed(&change.new),
    )
}

/// The dedupe key, where it is not made of source and id.
fn own_key(event: &Event) -> Option<Cow<'_, str>> {
    let key = event.dedupe_key.as_str();
    let rest = key.strip_prefix(event.source.as_str()).and_then(|rest| rest.strip_prefix(':'));
    (rest != Some(event.id.as_str())).then_some(Cow::Borrowed(key))
}

/// Reads an event.
pub(crate) fn read(bytes: &[u8]) -> Result<Event> {
    let damaged = || Error::internal("a body is damaged");
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
    let (head, raw) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(damaged)?;
    let raw = std::str::from_utf8(raw).map_err(|cause| damaged().because(cause))?;
    let slim: Slim<'_> = serde_json::from_slice(head).map_err(|cause| damaged().because(cause))?;
    let own = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    let mut event = Event::new(slim.source, slim.id, slim.timestamp);
    if let Some(key) = slim.dedupe_key {
        event.dedupe_key = Key::from(key.into_owned());
    }
    event.available_at = slim.available_at;
    event.ingested_at = slim.ingested_at;
    event.tenant = slim.tenant.into_owned();
    event.service = slim.service.into_owned();
    event.operation = slim.operation.into_owned();
    event.result = slim.result;
    event.actor_display = own(slim.actor_display);
    event.actor_upn = own(slim.actor_upn);
    event.actor_type = slim.actor_type;
    event.actor_ip = own(slim.actor_ip);
    event.actor = slim.actor.read(raw)?;
    event.target_displays = slim.target_displays.into_owned();
    event.targets = slim.targets.into_iter().map(|target| target.read(raw)).collect::<Result<_>>()?;
    event.changes = slim.changes.into_iter().map(read_change).collect();
    event.correlation_id = own(slim.correlation_id);
    event.display_summary = slim.display_summary.into_owned();
    event.revision_of = own(slim.revision_of);
    event.flags = slim.flags.into_owned();
    event.normalizer = slim.normalizer.into_owned();
    event.raw = RawJson::parse(raw)?;
    Ok(event)
}

fn read_change((target, property, old, new): SlimChange<'_>) -> Change {
    Change {
        target: target.map(Cow::into_owned),
        property: property.into_owned(),
        old: old.into_owned(),
        new: new.into_owned(),
    }
}

/// What stands in the place of an event that can no longer be read.
pub(crate) fn damaged(position: Position) -> Event {
    let mut event = Event::new("damaged", position.0.to_string(), Timestamp::from_ticks(0));
    event.service = UNREADABLE.into();
    event.operation = "Damaged event".into();
    event.display_summary = format!("The event at position {} is damaged in the database", position.0);
    event.flags = vec![TIME_UNREADABLE.into(), "damaged".into()];
    event
}
