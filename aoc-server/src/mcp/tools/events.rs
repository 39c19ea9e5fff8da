//! Tools that look at events.

use aoc_core::{
    Error, Event, RawJson, Result,
    query::{BucketSize, Filter},
};
use futures::future::BoxFuture;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Entry, Told, schema_of, schema_of_both};
use crate::{
    auth::Caller,
    mcp::{
        arguments::{Page, read, read_both},
        escape::{fitted, shortened},
    },
    operations::{
        Operations,
        types::{CountOverTime, EventPage, Listed, SearchEvents, Summary, TimelineAnswer},
    },
};

/// The most buckets of a timeline.
const MOST_BUCKETS: usize = 500;
/// The most values of each part of a summary.
const MOST_VALUES: usize = 25;
/// The most bytes of a record.
const MOST_OF_A_RECORD: usize = 16_000;

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::looking::<EventPage>("search_events", "Search events", schema_of_both::<Filter, Page>(), search).saying(
            "Searches audit events of Microsoft 365, newest first, a page at a time. All filters that are given must hold; \
             without any, all events are found. `total` counts all pages. `search` is free text: each part must occur \
             somewhere in the event. Events come without their records as received: `get_event` gives these.",
        ),
        Entry::looking::<Event>("get_event", "Get an event", schema_of::<GetEvent>(), get)
            .saying("Gives one event; `id` is its id or its dedupe key."),
        Entry::looking::<Summary>("get_summary", "Summarise the last days", schema_of::<GetSummary>(), summary).saying(
            "Counts the events of the last days by service, operation, result and actor, the 25 most frequent of each.",
        ),
        Entry::looking::<TimelineAnswer>(
            "timeline",
            "Count events over time",
            schema_of_both::<Filter, Buckets>(),
            timeline,
        )
        .saying("Counts the events of a filter, and those that failed, over time, oldest first."),
    ]
}

fn search<'a>(
    operations: &'a Operations,
    caller: &'a Caller,
    given: JsonObject,
) -> BoxFuture<'a, Result<Told>> {
    Box::pin(async move {
        let (filter, page) = read_both::<Filter, Page>(given)?;
        page.check()?;
        let cursor = page.cursor.as_deref().map(str::parse).transpose()?;
        let mut request = SearchEvents { filter, page_size: page.page_size, cursor, raw: false };
        loop {
            let found = operations.search(caller, request.clone()).await?;
            let told = told_page(&found, cursor.is_none());
            let count = found.items.len();
            if count <= 1 || told.as_ref().is_ok_and(|told| told.shows_all("items", count)) {
                return told;
            }
            request.page_size = count / 2;
        }
    })
}

/// A page of events, of which `next_cursor` knows how many it has.
fn told_page(found: &EventPage, is_first: bool) -> Result<Told> {
    let end = if found.next_cursor.is_some() { "; `next_cursor` leads on" } else { "" };
    let sentence = match (found.total, is_first) {
        (0, _) => "No event is like this.".to_owned(),
        (total, true) => format!("The newest {} of {total} events{end}.", found.items.len()),
        (total, false) => format!("{} more of {total} events{end}.", found.items.len()),
    };
    Told::new(sentence, found)
}

/// Which event.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetEvent {
    /// Its `id` or its `dedupe_key`.
    id: String,
    /// Its source, where several use the id.
    source: Option<String>,
    /// Whether it comes with the record as received, of which at most 16 kB are shown.
    #[serde(default)]
    raw: bool,
}

fn get<'a>(operations: &'a Operations, caller: &'a Caller, given: JsonObject) -> BoxFuture<'a, Result<Told>> {
    Box::pin(async move {
        let GetEvent { id, source, raw } = read(given)?;
        let event = operations.get(caller, &id, source.as_deref()).await?;
        told(event, raw)
    })
}

/// One event; its record at most in part.
pub(super) fn told(mut event: Event, raw: bool) -> Result<Told> {
    let mut sentence = "One event.".to_owned();
    if raw && event.raw.text().len() > MOST_OF_A_RECORD {
        event.raw = RawJson::of(&shown_of(&event.raw)?)?;
        sentence.push_str(" Its record is long and shown in part.");
    }
    Told::new(sentence, &Listed::new(event, raw))
}

/// As much of a record as there is room for: with its members, else the beginning of its text.
fn shown_of(raw: &RawJson) -> Result<Value> {
    let fitting = fitted(&raw.read()?, MOST_OF_A_RECORD).map(|(shown, _)| shown);
    Ok(fitting.unwrap_or_else(|| shortened(raw.text(), MOST_OF_A_RECORD / 8).0.into()))
}

/// Which days.
#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct GetSummary {
    /// How many days, up to now.
    #[schemars(range(min = 1, max = 3660))]
    days: u32,
}

impl Default for GetSummary {
    fn default() -> Self {
        Self { days: 7 }
    }
}

fn summary<'a>(
    operations: &'a Operations,
    caller: &'a Caller,
    given: JsonObject,
) -> BoxFuture<'a, Result<Told>> {
    Box::pin(async move {
        let GetSummary { days } = read(given)?;
        let mut summary = operations.summary(caller, days).await?;
        let Summary { total, by_service, by_operation, by_result, by_actor, .. } = &mut summary;
        let total = *total;
        for values in [by_service, by_operation, by_result, by_actor] {
            values.truncate(MOST_VALUES);
        }
        Told::new(format!("{total} events in the last {days} days."), &summary)
    })
}

/// How fine.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Buckets {
    /// How long a bucket is; left out, as long as gives no more than 200 of them.
    bucket: Option<BucketSize>,
}

fn timeline<'a>(
    operations: &'a Operations,
    caller: &'a Caller,
    given: JsonObject,
) -> BoxFuture<'a, Result<Told>> {
    Box::pin(async move {
        let (filter, Buckets { bucket }) = read_both::<Filter, Buckets>(given)?;
        let answer = operations.timeline(caller, CountOverTime { filter, bucket }).await?;
        let count = answer.buckets.len();
        if count > MOST_BUCKETS {
            let message =
                format!("bucket: too small, it gives {count} of them and {MOST_BUCKETS} is the most");
            return Err(Error::invalid(message));
        }
        let events: u64 = answer.buckets.iter().map(|bucket| bucket.count).sum();
        Told::new(format!("{events} events in {count} buckets."), &answer)
    })
}
