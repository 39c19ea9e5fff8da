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

#[derive(Deserialize)]
struct Item {
    status: u16,
    #[serde(default)]
    error: Option<Value>,
}

/// There already: the same key was created before.
const THERE: u16 = 409;

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
        let problem = item.into_values().next().and_then(|item| problem(link, &item));
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
    if (200..300).contains(&item.status) || item.status == THERE {
        return None;
    }
    let said = link.told(words(item.error.as_ref()).as_bytes());
    let kind = match kind_of(item.status) {
        // Nothing is wrong with an event because a pipeline is not there.
        ErrorKind::Rejected if said.contains("pipeline with id [") => ErrorKind::Denied,
        kind => kind,
    };
    let what = match kind {
        ErrorKind::Rejected => "refuses the event",
        ErrorKind::Denied => "takes no events there",
        _ => "cannot take events now",
    };
    Some(Error::new(kind, format!("{} {what} (status {}): {said}", link.host(), item.status)))
}

/// The type of an error and its reason.
fn words(error: Option<&Value>) -> String {
    let text = |key: &str| error.and_then(|error| error.get(key)?.as_str());
    match (text("type"), text("reason")) {
        (Some(kind), Some(reason)) => format!("{kind}: {reason}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => error.map(Value::to_string).unwrap_or_default(),
    }
}
