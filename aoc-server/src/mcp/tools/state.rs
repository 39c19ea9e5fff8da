//! Tools that say how far what is stored can be relied on.

use aoc_core::{Result, Timestamp};
use futures::future::BoxFuture;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Told, schema_of};
use crate::{
    auth::Caller,
    mcp::arguments::read,
    operations::{
        Operations,
        types::{FindGaps, GapsAnswer, SourceHealth},
    },
};

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::looking::<SourceHealth>("source_health", "Ask how collecting goes", schema_of::<Nothing>(), source_health)
            .saying(
                "Says of each source of events when it last succeeded, why it fails, and how far behind it is. Nothing is told \
                 of sources where the process that is asked does not collect.",
            ),
        Entry::looking::<GapsAnswer>("gaps", "Ask what is missing", schema_of::<WhichGaps>(), gaps).saying(
            "Says for each source, tenant and content until when the log is proven complete, and what is known to be missing. To \
             be asked before saying that something did not happen.",
        ),
    ]
}

/// No arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn source_health<'a>(
    operations: &'a Operations,
    caller: &'a Caller,
    given: JsonObject,
) -> BoxFuture<'a, Result<Told>> {
    Box::pin(async move {
        let Nothing {} = read(given)?;
        let health = operations.source_health(caller).await?;
        let failing = health.sources.iter().filter(|source| source.last_error.is_some()).count();
        let sentence = match health.started_at {
            None => "This process does not collect, and knows nothing of sources.".to_owned(),
            Some(_) => format!("{} sources, of which {failing} fail.", health.sources.len()),
        };
        Told::new(sentence, &health)
    })
}

/// Asks what is proven complete. Lists mean one of these; what is left out restricts nothing.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct WhichGaps {
    /// Names of sources in configuration.
    source: Vec<String>,
    /// Tenants.
    tenant: Vec<String>,
    /// Parts of sources, such as content types.
    content: Vec<String>,
    /// Not before this time.
    from: Option<Timestamp>,
    /// Before this time.
    until: Option<Timestamp>,
}

fn gaps<'a>(
    operations: &'a Operations,
    caller: &'a Caller,
    given: JsonObject,
) -> BoxFuture<'a, Result<Told>> {
    Box::pin(async move {
        let WhichGaps { source, tenant, content, from, until } = read(given)?;
        let request = FindGaps { source, tenant, content, from, until, strip: false };
        let answer = operations.gaps(caller, &request).await?;
        let sentence = match (answer.streams.is_empty(), answer.is_whole()) {
            (true, _) => "The ledger has nothing here: nothing of it is proven complete.",
            (false, true) => {
                "Nothing is known to be missing; `complete_until` says until when that is proven."
            }
            (false, false) => "Something is missing, or cannot be proven.",
        };
        Told::new(sentence, &answer)
    })
}
