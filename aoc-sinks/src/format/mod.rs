//! What events look like to others: our own JSON, ECS, OCSF, CEF. The mappings are tables.
//!
//! [`table`] says what each operation is to ECS and OCSF alike; [`required`] says which members an OCSF class must
//! have. All formats are written from one reading of the event, so they cannot disagree about who did what.

mod address;
mod cef;
mod classify;
mod ecs;
mod ecs_frame;
mod ecs_vendor;
mod facts;
mod files;
mod grants;
mod meaning;
mod ocsf;
mod ocsf_classes;
mod ocsf_objects;
mod parties;
mod properties;
mod record;
mod required;
mod rows;
mod rows_office;
#[cfg(test)]
mod tests;
mod tree;

use aoc_core::{Error, Event, RawJson, Result, json_line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    classify::{Mapping, Whose, table},
    meaning::{CATEGORIES, Meaning, TYPES},
    required::required,
};

/// How an event is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Our own JSON, as the API tells it.
    #[default]
    Aoc,
    /// Elastic Common Schema: a JSON document.
    Ecs,
    /// Open Cybersecurity Schema Framework 1.8: a JSON document.
    Ocsf,
    /// Common Event Format: a line of text.
    Cef,
}

impl Format {
    /// The event as a JSON document. Members of [`Aoc`](Self::Aoc) that came as JSON which a document cannot hold, such
    /// as half a surrogate pair or a number out of range, are strings of that JSON there; a line holds them as they are.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) for a format that is no JSON;
    /// [`Internal`](aoc_core::ErrorKind::Internal) when the event has no JSON.
    pub fn document(self, event: &Event) -> Result<Value> {
        match self {
            Self::Aoc => serde_json::to_value(event)
                .or_else(|_| serde_json::to_value(holdable(event)))
                .map_err(|cause| Error::internal("an event has no JSON").because(cause)),
            Self::Ecs => Ok(ecs::document(event)),
            Self::Ocsf => Ok(ocsf::document(event)),
            Self::Cef => {
                Err(Error::config("`cef` is a line of text, expected a JSON format: aoc, ecs or ocsf"))
            }
        }
    }

    /// The event as one line of text, without a line break.
    ///
    /// # Errors
    /// [`Internal`](aoc_core::ErrorKind::Internal) when the event has no JSON.
    pub fn line(self, event: &Event) -> Result<String> {
        match self {
            Self::Cef => Ok(cef::line(event)),
            Self::Aoc => own_line(event),
            _ => Ok(self.document(event)?.to_string()),
        }
    }
}

/// Our own JSON as it came: nothing in it is read.
fn own_line(event: &Event) -> Result<String> {
    let mut line = json_line(event)?;
    line.pop();
    String::from_utf8(line).map_err(|cause| Error::internal("an event is no UTF-8").because(cause))
}

/// The event with what a document cannot hold as strings.
fn holdable(event: &Event) -> Event {
    let mut event = event.clone();
    let parts = [&mut event.raw, &mut event.actor];
    for part in parts.into_iter().chain(&mut event.targets) {
        if part.read::<Value>().is_err() {
            *part = RawJson::string(part.text());
        }
    }
    event
}
