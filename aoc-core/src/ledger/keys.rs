//! The notes of the ledger: whose they are, and what they hold.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Coverage;
use crate::{
    Result,
    store::{Note, Notebook},
};

/// What has a timeline of its own: one kind of content of one tenant, as one source brings it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Stream {
    /// The source's name in configuration.
    pub source: String,
    /// The tenant; empty where the source does not say.
    pub tenant: String,
    /// The part of the source, such as a content type; empty where there is but one.
    pub content: String,
}

/// A note of the ledger that says nothing: what it proved is not known any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unreadable {
    /// Its key.
    pub key: String,
    /// What is wrong with it.
    pub reason: String,
}

/// All that the notes say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The windows of each stream, by start, then end.
    pub streams: BTreeMap<Stream, Vec<Coverage>>,
    /// Notes that cannot be read.
    pub unreadable: Vec<Unreadable>,
}

const PREFIX: &str = "ledger/";

/// Reads the whole ledger out of a notebook.
///
/// # Errors
/// Those of the notebook. A note that cannot be read is no error, it is [told](Ledger::unreadable).
pub async fn read(notebook: &(impl Notebook + ?Sized)) -> Result<Ledger> {
    Ok(Ledger::of(notebook.list(PREFIX).await?))
}

impl Ledger {
    /// What these notes say.
    pub fn of(notes: Vec<Note>) -> Self {
        let mut ledger = Self::default();
        for Note { key, value } in notes {
            match read_note(&key, value) {
                Ok((stream, window)) => ledger.streams.entry(stream).or_default().push(window),
                Err(reason) => ledger.unreadable.push(Unreadable { key, reason }),
            }
        }
        for windows in ledger.streams.values_mut() {
            windows.sort_by_key(|window| (window.from, window.until));
        }
        ledger
    }
}

fn read_note(key: &str, value: serde_json::Value) -> Result<(Stream, Coverage), String> {
    let window: Coverage =
        serde_json::from_value(value).map_err(|cause| format!("this is no window: {cause}"))?;
    if window.until <= window.from {
        return Err(format!("the window ends at {}, not after its start", window.until));
    }
    // Parts of a key may hold a `/` themselves, so the value says where the source's name ends.
    let behind = format!("/{}/{}/{}", window.tenant, window.content, window.from);
    let source = key.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(&behind));
    let source = source.ok_or("the window is not the one that its key says")?.to_owned();
    Ok((Stream { source, tenant: window.tenant.clone(), content: window.content.clone() }, window))
}
