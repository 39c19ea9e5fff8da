//! The event of a document of the original's.

use aoc_core::{Key, Record, TIME_UNREADABLE, Timestamp, UNREADABLE, normalize, prelude::*};
use mongodb::bson::{Bson, Document, RawDocumentBuf, oid::ObjectId};

use super::{
    json::{json, json_of, time_of},
    owner::body,
    source,
};

/// Documents longer than this are looked at, whether they have room for their event.
const LARGE: usize = 4 << 20;

/// The event of a document: as its raw record is read, else as its own members say.
pub(super) fn event(raw: &RawDocumentBuf, normalizer: Option<&dyn Normalizer>) -> Event {
    let document = Document::try_from(raw).unwrap_or_else(|_| readable(raw));
    let event = event_of(&document, normalizer);
    let bytes = raw.as_bytes().len();
    if bytes > LARGE && body(&event, bytes).is_err() { too_large(event) } else { event }
}

/// What can be read of a document that holds broken texts. Its `_id` tells it from others.
fn readable(raw: &RawDocumentBuf) -> Document {
    let mut document = Document::new();
    for (name, value) in raw.iter().flatten() {
        if let Ok(value) = Bson::try_from(value) {
            document.insert(name.to_string(), value);
        }
    }
    let own = document.get("_id").map(ToString::to_string);
    document.insert("damaged", own);
    document
}

fn event_of(document: &Document, normalizer: Option<&dyn Normalizer>) -> Event {
    let record = raw_of(document);
    let read = normalizer.map(|normalizer| normalize(normalizer, arrived(document, record.clone())));
    let is_read = |event: &Event| {
        let same_id = text(document, "id").is_none_or(|id| id == event.id);
        event.service != UNREADABLE && same_id
    };
    read.filter(is_read).unwrap_or_else(|| own(document, record))
}

/// An event whose raw record is only where the original put it: MongoDB takes no document of more than 16 MB.
fn too_large(mut event: Event) -> Event {
    event.flags.push("raw_too_large".into());
    (event.raw, event.actor, event.targets) = Default::default();
    event
}

fn arrived(document: &Document, raw: RawJson) -> Record {
    Record { raw, tenant: tenant(document), available_at: None, received_at: received(document) }
}

fn tenant(document: &Document) -> Option<String> {
    ["tenant", "tenant_id"].into_iter().find_map(|name| text(document, name))
}

/// The raw record: what is kept as such, else the document itself.
fn raw_of(document: &Document) -> RawJson {
    let parsed = |text: &str| {
        let starts = text.trim_start().starts_with(['{', '[']);
        RawJson::parse(text).ok().filter(|_| starts)
    };
    match document.get("raw") {
        None | Some(Bson::Null) => {}
        Some(Bson::String(text)) => return parsed(text).unwrap_or_else(|| RawJson::string(text)),
        Some(raw) => return json(raw),
    }
    let from_text = document.get_str("raw_text").ok().and_then(parsed);
    from_text.unwrap_or_else(|| {
        let mut rest = document.clone();
        // What people added later makes no other record of it.
        ["_id", "tags", "comments"].into_iter().for_each(|name| drop(rest.remove(name)));
        RawJson::parse(json_of(&rest)).unwrap_or_default()
    })
}

/// When it reached the original.
fn received(document: &Document) -> Timestamp {
    let own = document.get_object_id("_id").ok().and_then(|id: ObjectId| time_of(id.timestamp()));
    let noted = || ["ingested_at", "created_at"].into_iter().find_map(|name| time(document.get(name)?));
    let happened = || document.get("timestamp").and_then(time);
    own.or_else(noted).or_else(happened).unwrap_or_else(|| Timestamp::from_ticks(0))
}

/// A time as the original may have written it.
pub(super) fn time(value: &Bson) -> Option<Timestamp> {
    match value {
        Bson::DateTime(date) => time_of(*date),
        Bson::String(text) => {
            let day = || Timestamp::parse(&format!("{}T00:00:00Z", text.trim())).ok();
            Timestamp::parse(text).ok().or_else(day)
        }
        Bson::Int32(seconds) => time_of_number(f64::from(*seconds)),
        #[expect(clippy::cast_precision_loss, reason = "times are small numbers")]
        Bson::Int64(number) => time_of_number(*number as f64),
        Bson::Double(number) => time_of_number(*number),
        _ => None,
    }
}

/// Seconds since 1970, or milliseconds where that would be too far off.
#[expect(clippy::cast_possible_truncation, reason = "too large ones are no time")]
fn time_of_number(number: f64) -> Option<Timestamp> {
    let millis = if number.abs() < 1e11 { number * 1_000.0 } else { number };
    let is_time = number > 0.0 && millis < 1e14;
    is_time.then(|| chrono::DateTime::from_timestamp_millis(millis as i64).map(Timestamp::from)).flatten()
}

/// The event that the document's own members tell of.
fn own(document: &Document, raw: RawJson) -> Event {
    let (mut flags, received) = (Vec::new(), received(document));
    let id = text(document, "id").unwrap_or_else(|| {
        flags.push("id_derived".to_owned());
        Key::derived_id(&[&raw.canonical()])
    });
    let happened = document.get("timestamp").and_then(time).unwrap_or_else(|| {
        flags.push(TIME_UNREADABLE.to_owned());
        received
    });
    let service = text(document, "service").unwrap_or_default();
    let mut event = Event::new(source::guess(&service, document), id, happened);
    (event.service, event.flags, event.ingested_at) = (service, flags, Some(received));
    event.tenant = tenant(document).unwrap_or_default();
    event.normalizer = "original/1".into();
    describe(&mut event, document);
    event.raw = raw;
    event
}

/// What the document says of who did what.
fn describe(event: &mut Event, document: &Document) {
    event.operation = text(document, "operation").unwrap_or_default();
    event.result = outcome(&text(document, "result").unwrap_or_default());
    event.actor_display = text(document, "actor_display");
    event.actor_upn = text(document, "actor_upn");
    event.display_summary = text(document, "display_summary").unwrap_or_default();
    match document.get("actor") {
        Some(actor @ Bson::Document(_)) => event.actor = json(actor),
        Some(Bson::String(name)) if event.actor_display.is_none() => event.actor_display = Some(name.clone()),
        _ => {}
    }
    let list = |name: &str| match document.get(name) {
        Some(Bson::Array(values)) => values.clone(),
        Some(value @ (Bson::String(_) | Bson::Document(_))) => vec![value.clone()],
        _ => Vec::new(),
    };
    event.target_displays = list("target_displays").iter().filter_map(text_of).collect();
    event.targets =
        list("targets").iter().filter(|target| target.as_document().is_some()).map(json).collect();
}

fn outcome(text: &str) -> Outcome {
    let text = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if has(&["partial"]) => Outcome::Partial,
        () if has(&["fail", "error", "denied", "false"]) => Outcome::Failure,
        () if has(&["succe", "true"]) => Outcome::Success,
        () => Outcome::Unknown,
    }
}

/// A member that is a text, or can be written as one; nothing where it is empty.
fn text(document: &Document, name: &str) -> Option<String> {
    document.get(name).and_then(text_of)
}

fn text_of(value: &Bson) -> Option<String> {
    let text = match value {
        Bson::String(text) => text.clone(),
        Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Boolean(_) => json(value).text().to_owned(),
        Bson::ObjectId(id) => id.to_hex(),
        _ => String::new(),
    };
    (!text.trim().is_empty()).then_some(text)
}
