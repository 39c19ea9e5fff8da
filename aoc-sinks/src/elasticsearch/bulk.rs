//! The answer to `_bulk`: an outcome for each event, whatever the status of the whole.

use std::collections::BTreeMap;

use aoc_core::prelude::*;
use serde_json::Value;

use crate::forward::{Heard, Link, Piece, Settled, kind_of};

#[derive(Deserialize)]
struct Bulk {
    #[serde(default)]
    items: Vec<BTreeMap<String, Item>>,
}

#[derive(Default, Deserialize)]
struct Item {
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    error: Option<Value>,
}

/// There already: the same key was created before.
const THERE: u16 = 409;
/// The document is too large.
const TOO_LARGE: u16 = 413;
/// What is the matter with a document itself.
const OF_DOCUMENTS: [&str; 3] =
    ["document_parsing_exception", "mapper_parsing_exception", "strict_dynamic_mapping_exception"];
/// This is said of documents, and of what they go into.
const OF_ANYTHING: &str = "illegal_argument_exception";
/// A reason that speaks of these is about no document.
const PLACES: [&str; 12] = [
    "alias",
    "aliases",
    "cluster",
    "index",
    "indexes",
    "indices",
    "pipeline",
    "pipelines",
    "shard",
    "shards",
    "stream",
    "streams",
];

/// What became of the pieces. What is safe there behind the first one that is not comes again, and is known then.
pub(super) fn outcome(link: &Link, heard: &Heard, pieces: &[Piece]) -> Result<Settled> {
    let read: Result<Bulk, _> = serde_json::from_slice(&heard.body);
    let bulk = read.map_err(|_| {
        link.tell(ErrorKind::Unavailable, "does not answer as Elasticsearch does, or not to the end", heard)
    })?;
    if bulk.items.len() != pieces.len() {
        let (told, sent) = (bulk.items.len(), pieces.len());
        let message = format!("{} told the outcome of {told} events, and was sent {sent}", link.host());
        return Err(Error::unavailable(message));
    }
    let mut settled = Settled { count: 0, refused: Vec::new(), broken: None };
    for (piece, item) in pieces.iter().zip(bulk.items) {
        let item = item.into_values().next().unwrap_or_default();
        let problem = problem(link, &item);
        match problem {
            Some(error) if error.kind() != ErrorKind::Rejected => {
                settled.broken = Some(match heard.retry_after {
                    Some(wait) => error.wait(wait),
                    None => error,
                });
                return Ok(settled);
            }
            problem => settled.refused.extend(problem.map(|error| (piece.index, error))),
        }
        settled.count += 1;
    }
    Ok(settled)
}

fn problem(link: &Link, item: &Item) -> Option<Error> {
    let Some(status) = item.status else {
        let message = format!("{} does not say what became of an event", link.host());
        return Some(Error::unavailable(message));
    };
    if (200..300).contains(&status) || status == THERE {
        return None;
    }
    let said = link.told(words(item.error.as_ref()).as_bytes());
    let kind = match kind_of(status) {
        ErrorKind::Rejected if status != TOO_LARGE && !is_about_document(item.error.as_ref()) => {
            ErrorKind::Denied
        }
        kind => kind,
    };
    let what = match kind {
        ErrorKind::Rejected => "refuses the event",
        ErrorKind::Denied => "takes no events there",
        _ => "cannot take events now",
    };
    Some(Error::new(kind, format!("{} {what} (status {status}): {said}", link.host())))
}

/// Whether an error says that something is wrong with the document, so that it is never taken as it is. What is not
/// known to say that, such as a limit of shards or a closed index, is mended there.
fn is_about_document(error: Option<&Value>) -> bool {
    let kind = member(error, "type").unwrap_or_default();
    OF_DOCUMENTS.contains(&kind)
        || kind == OF_ANYTHING && !speaks_of_place(member(error, "reason").unwrap_or_default())
}

/// Names stand in brackets, and those of fields were chosen by strangers: they say nothing.
fn speaks_of_place(reason: &str) -> bool {
    let (mut depth, mut words) = (0_usize, String::new());
    for c in reason.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => words.extend(c.to_lowercase()),
            _ => {}
        }
    }
    words.split(|c: char| !c.is_alphanumeric()).any(|word| PLACES.contains(&word))
}

fn member<'a>(error: Option<&'a Value>, key: &str) -> Option<&'a str> {
    error?.get(key)?.as_str()
}

/// The type of an error and its reason.
fn words(error: Option<&Value>) -> String {
    match (member(error, "type"), member(error, "reason")) {
        (Some(kind), Some(reason)) => format!("{kind}: {reason}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => error.map(Value::to_string).unwrap_or_default(),
    }
}
