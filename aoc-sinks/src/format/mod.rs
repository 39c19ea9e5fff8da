//! What events look like to others: our own JSON, ECS, OCSF, CEF. The mappings are tables.

use aoc_core::{Error, Event, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// The event as a JSON document.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) for a format that is no JSON;
    /// [`Internal`](aoc_core::ErrorKind::Internal) when the event has no JSON.
    pub fn document(self, event: &Event) -> Result<Value> {
        match self {
            Self::Aoc => serde_json::to_value(event)
                .map_err(|cause| Error::internal("an event has no JSON").because(cause)),
            Self::Ecs | Self::Ocsf => Err(Error::internal("not written yet")),
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
            Self::Cef => Err(Error::internal("not written yet")),
            _ => Ok(self.document(event)?.to_string()),
        }
    }
}
