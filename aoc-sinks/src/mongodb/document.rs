//! How an event is written down in MongoDB, and read.
//!
//! The members that the original had have their names, so that it, and people, can read them; `head` is all of the
//! event but its raw record, which is the text `raw_text`, exactly as it was received.

use aoc_core::{Comment, Timestamp, prelude::*, store::Stored};
use mongodb::bson::{
    Binary, Bson, Document, RawBsonRef, RawDocument, RawDocumentBuf, doc, spec::BinarySubtype,
};

use super::{number, position};
use crate::slim;

/// A document may have 16 MB; longer events are compressed.
const LONG: usize = 12 << 20;
/// With what is compressed it may grow to this.
const MOST: usize = 15 << 20;
const LEVEL: i32 = 3;
/// What an event may have that is read back; a damaged length asks for no more memory than this.
const MOST_BYTES: usize = 1 << 30;
/// How much of an event others can read.
const MOST_CHARACTERS: usize = 4_096;
const MOST_TARGETS: usize = 100;

/// The digest of a key, as a value.
pub(super) fn digest(key: &Key) -> Bson {
    Bson::Binary(binary(key.digest().to_vec()))
}

fn binary(bytes: Vec<u8>) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes }
}

/// The members of an event that both a new document and one that is adopted or rewritten get. Those that the original
/// had are for it, and for people; they are cut where they are long.
pub(super) fn members(event: &Event) -> Result<Document> {
    let mut members = told(event);
    members.extend(body(event, 0)?);
    Ok(members)
}

/// The members that the original had, and others by which an event is found.
pub(super) fn told(event: &Event) -> Document {
    doc! {
        "ticks": event.timestamp.ticks(),
        "id": short(&event.id),
        "timestamp": event.timestamp.to_string(),
        "tenant": short(&event.tenant),
        "source": short(&event.source),
        "service": short(&event.service),
        "operation": short(&event.operation),
        "result": event.result.as_str(),
        "actor_display": event.actor_display.as_deref().map(short),
        "actor_upn": event.actor_upn.as_deref().map(short),
        "target_displays": event.target_displays.iter().take(MOST_TARGETS).map(|name| short(name)).collect::<Vec<_>>(),
        "display_summary": short(&event.display_summary),
    }
}

/// All of an event, but its raw record where that stands beside it, in a document that has so many bytes already.
pub(super) fn body(event: &Event, beside: usize) -> Result<Document> {
    let mut bytes = Vec::new();
    slim::write(event, &mut bytes)?;
    if bytes.len() + beside > LONG {
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let packed = zstd::bulk::compress(&bytes, LEVEL)
            .map_err(|cause| Error::internal("compression failed").because(cause))?;
        if packed.len() + beside > MOST {
            let message =
                format!("an event of {length} bytes is more than MongoDB can hold, also compressed");
            return Err(Error::rejected(message).at(&event.id));
        }
        return Ok(doc! { "packed": binary(packed), "length": length });
    }
    let head = &bytes[4..bytes.len() - event.raw.text().len()];
    Ok(doc! { "head": std::str::from_utf8(head).map_err(Error::internal)? })
}

fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_CHARACTERS)]
}

/// By whose hand something is written: the token, and the number of the attempt.
pub(super) type Hand = (i64, i64);

/// Where a document stands in the log, and by whose hand.
pub(super) fn place(event: &Event, at: Position, (token, attempt): Hand, print: i64) -> Document {
    let mut place = doc! { "position": number(at), "token": token, "attempt": attempt, "key": digest(&event.dedupe_key), "print": print };
    if event.revision_of.is_some() {
        place.insert("alias", digest(&event.alias()));
    }
    place
}

/// A new document.
pub(super) fn write(event: &Event, at: Position, hand: Hand, print: i64) -> Result<RawDocumentBuf> {
    let mut document = doc! { "_id": number(at) };
    document.extend(place(event, at, hand, print));
    document.extend(members(event)?);
    document.insert("dedupe_key", event.dedupe_key.as_str());
    if !document.contains_key("packed") {
        document.insert("raw_text", event.raw.text());
    }
    RawDocumentBuf::try_from(&document)
        .map_err(|cause| Error::internal("an event has no BSON").because(cause))
}

/// The event of a document. A damaged one becomes an event that says so: it must not stop those who follow.
pub(super) fn read(document: &RawDocument) -> Result<Stored> {
    let at = position(whole(document, "position").ok_or_else(damaged)?);
    let event = event(document).unwrap_or_else(|error| {
        tracing::error!(position = at.0, error = error.chain(), "a stored event is damaged");
        slim::damaged(at)
    });
    Ok(Stored { position: at, event })
}

/// A whole number of any kind: tools that copy documents make small ones smaller.
pub(super) fn whole(document: &RawDocument, name: &str) -> Option<i64> {
    match document.get(name).ok()?? {
        RawBsonRef::Int64(number) => Some(number),
        RawBsonRef::Int32(number) => Some(number.into()),
        _ => None,
    }
}

fn event(document: &RawDocument) -> Result<Event> {
    let mut event = slim::read(&bytes_of(document)?)?;
    annotate(&mut event, document);
    Ok(event)
}

/// All of an event but its annotations, as `slim` reads it.
fn bytes_of(document: &RawDocument) -> Result<Vec<u8>> {
    if let Ok(packed) = document.get_binary("packed") {
        let length = usize::try_from(document.get_i64("length").unwrap_or_default()).unwrap_or_default();
        let unpacked = zstd::bulk::decompress(packed.bytes, length.min(MOST_BYTES));
        return unpacked.map_err(|cause| damaged().because(cause));
    }
    let head = document.get_str("head").map_err(|cause| damaged().because(cause))?;
    let raw = document.get_str("raw_json").or_else(|_| document.get_str("raw_text"));
    let raw = raw.map_err(|cause| damaged().because(cause))?;
    let length = u32::try_from(head.len()).map_err(|_| damaged())?;
    Ok([&length.to_le_bytes()[..], head.as_bytes(), raw.as_bytes()].concat())
}

fn annotate(event: &mut Event, document: &RawDocument) {
    let (Ok(tags), Ok(comments)) = (document.get("tags"), document.get("comments")) else { return };
    let tags = tags.and_then(|tags| tags.as_array()).into_iter().flatten().flatten();
    event.tags = tags.filter_map(|tag| tag.as_str().map(str::to_owned)).collect();
    let comments = comments.and_then(|comments| comments.as_array()).into_iter().flatten().flatten();
    event.comments = comments.filter_map(read_comment).collect();
}

/// A comment, as a document of the names it has in JSON.
pub(super) fn write_comment(comment: &Comment) -> Document {
    doc! { "id": &comment.id, "text": &comment.text, "author": &comment.author, "at": comment.at.to_string() }
}

/// Reads a comment; the original's may lack an id, have other names, or be a text only.
fn read_comment(comment: RawBsonRef<'_>) -> Option<Comment> {
    if let Some(text) = comment.as_str() {
        let (id, author, at) = (String::new(), String::new(), Timestamp::from_ticks(0));
        return Some(Comment { id, text: text.to_owned(), author, at });
    }
    let comment = comment.as_document()?;
    let text = |name: &str| comment.get_str(name).ok().map(str::to_owned);
    let date = |name: &str| {
        let date = comment.get_datetime(name).ok()?;
        chrono::DateTime::from_timestamp_millis(date.timestamp_millis()).map(Timestamp::from)
    };
    let time = |name: &str| text(name).and_then(|text| Timestamp::parse(&text).ok()).or_else(|| date(name));
    Some(Comment {
        id: text("id").unwrap_or_default(),
        text: ["text", "comment"].into_iter().find_map(text)?,
        author: ["author", "user", "created_by"].into_iter().find_map(text).unwrap_or_default(),
        at: ["at", "timestamp", "created_at"]
            .into_iter()
            .find_map(time)
            .unwrap_or_else(|| Timestamp::from_ticks(0)),
    })
}

fn damaged() -> Error {
    Error::internal("a document is damaged")
}
