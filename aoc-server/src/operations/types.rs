//! Requests and answers: the words of the API and of the command line.

use std::collections::BTreeMap;

use aoc_core::{
    Error, Event, Outcome, Query, RawJson, Result, Timestamp,
    ledger::{GapKind, Standing, Unreadable, Windows},
    pipeline::{Counts, Delays, Failure, Leadership, State},
    query::{Bucket, BucketSize, Counted, Filter, PageMark},
    store::Position,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

/// Asks for a page of events, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SearchEvents {
    /// Which events.
    pub filter: Filter,
    /// How many at most; 1 to 500.
    pub page_size: usize,
    /// Where the page starts, as `next_cursor` of the page before said.
    #[serde(with = "cursor_text")]
    #[schemars(with = "Option<String>")]
    pub cursor: Option<PageMark>,
    /// Whether each event carries its record as received.
    pub raw: bool,
}

impl Default for SearchEvents {
    fn default() -> Self {
        Self { filter: Filter::default(), page_size: Query::default().limit, cursor: None, raw: true }
    }
}

mod cursor_text {
    use aoc_core::query::PageMark;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(super) fn serialize<S: Serializer>(
        cursor: &Option<PageMark>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        cursor.map(|mark| mark.to_string()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<PageMark>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(de::Error::custom)).transpose()
    }
}

/// A page of events.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct EventPage {
    /// The events, newest first.
    pub items: Vec<Listed>,
    /// How many events there are over all pages.
    pub total: u64,
    /// How many were asked for.
    pub page_size: usize,
    /// Where the next page starts; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// An event in a list, with its record as received or without it.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(transparent)]
pub struct Listed {
    /// The event.
    pub event: Event,
    #[schemars(skip)]
    raw: bool,
}

impl Listed {
    /// With its record or, where `raw` is false, without it.
    pub fn new(mut event: Event, raw: bool) -> Self {
        if !raw {
            event.raw = RawJson::default();
        }
        Self { event, raw }
    }
}

impl Serialize for Listed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.raw {
            return self.event.serialize(serializer);
        }
        // `raw` is an event's last member; cutting it off keeps all other members exactly as they are.
        let text = serde_json::to_string(&self.event).map_err(S::Error::custom)?;
        let light = text.strip_suffix(",\"raw\":null}").map(|head| format!("{head}}}"));
        RawValue::from_string(light.unwrap_or(text)).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// The values that events have, with how many events have them, most frequent first, at most 200 of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "each is what its name says")]
pub struct FilterOptions {
    pub services: Vec<Counted>,
    pub operations: Vec<Counted>,
    pub results: Vec<Counted>,
    pub actors: Vec<Counted>,
    pub sources: Vec<Counted>,
    pub tenants: Vec<Counted>,
    pub tags: Vec<Counted>,
}

/// Asks how many events there were over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CountOverTime {
    /// Which events.
    pub filter: Filter,
    /// How long a bucket is; left out, as long as gives no more than 200 of them.
    pub bucket: Option<BucketSize>,
}

/// How many events there were over time, without gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineAnswer {
    /// How long a bucket is.
    pub bucket: BucketSize,
    /// The buckets, oldest first.
    pub buckets: Vec<Bucket>,
}

/// What happened in the last days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// How many days.
    pub days: u32,
    /// How many events.
    pub total: u64,
    /// Most frequent services.
    pub by_service: Vec<Counted>,
    /// Most frequent operations.
    pub by_operation: Vec<Counted>,
    /// Results.
    pub by_result: Vec<Counted>,
    /// Most frequent actors.
    pub by_actor: Vec<Counted>,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// One event per line, as JSON, with its record: lossless.
    #[default]
    Ndjson,
    /// A table for spreadsheets, without records.
    Csv,
}

/// Whether the server can do its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// `ok`, or `unavailable`.
    pub status: String,
    /// The same of the store.
    pub store: String,
}

impl Health {
    /// Whether all is well.
    pub fn is_ok(&self) -> bool {
        self.status == "ok"
    }
}

/// What this program is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// `aoc`.
    pub name: String,
    /// Such as `0.1.0`.
    pub version: String,
}

/// Which parts are switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Features {
    /// Asking and explaining; without a language model, these are answered from the store alone.
    pub ai_features_enabled: bool,
    /// Whether there is a language model.
    pub llm_configured: bool,
    /// Alert rules.
    pub alerts_enabled: bool,
    /// Signing in.
    pub auth_enabled: bool,
}

/// How all sources and followers are doing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceHealth {
    /// When the loops were started; `null` when none run.
    pub started_at: Option<Timestamp>,
    /// The sources, by name.
    pub sources: Vec<SourceReport>,
    /// Who follows the log, by name; the index is one of them.
    pub followers: Vec<FollowerReport>,
    /// Who collects, where several processes share one store; `null` when no loops run.
    pub leadership: Option<Leadership>,
}

/// How a source is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceReport {
    /// Its name in configuration.
    pub name: String,
    /// What its loop is doing.
    pub state: State,
    /// When it last was caught up.
    pub last_success: Option<Timestamp>,
    /// The last error, until the next success.
    pub last_error: Option<Failure>,
    /// The latest time of an event it brought.
    pub watermark: Option<Timestamp>,
    /// Seconds since the watermark.
    pub lag_seconds: Option<i64>,
    /// What became of its records since the start.
    pub counts: Counts,
    /// How many losses and holes the ledger knows of, over all tenants; at most half a minute old, as is the next.
    pub known_gaps: u64,
    /// Until when all is stored without a gap, for each tenant; `null` where there is no such time, or no ledger.
    pub complete_until: Option<Timestamp>,
    /// What it warned of in its last round.
    pub warnings: Vec<String>,
    /// How late events were, by service; only of those that came while it was caught up.
    pub delays: BTreeMap<String, Delays>,
}

/// How a follower is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FollowerReport {
    /// Its name in configuration, or `index`.
    pub name: String,
    /// What its loop is doing.
    pub state: State,
    /// How far it has come.
    pub position: Position,
    /// How many positions of the log lie behind that.
    pub behind: u64,
    /// The last error, until the next success.
    pub last_error: Option<Failure>,
    /// Events handed on since the start.
    pub delivered: u64,
    /// Events refused for good since the start.
    pub rejected: u64,
    /// Events refused for good, whenever that was, and not delivered since; only known where it runs.
    #[serde(default)]
    pub set_aside: u64,
}

/// Asks what is proven complete. Lists mean one of these; what is left out restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FindGaps {
    /// Names of sources in configuration.
    pub source: Vec<String>,
    /// Tenants.
    pub tenant: Vec<String>,
    /// Parts of sources, such as content types.
    pub content: Vec<String>,
    /// Not before this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Whether each stream carries its strip.
    pub strip: bool,
}

impl FindGaps {
    /// Checks what the types do not: that the range has a length.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the member.
    pub fn check(&self) -> Result<()> {
        match (self.from, self.until) {
            (Some(from), Some(until)) if until < from => {
                Err(Error::invalid(format!("until: {until} is before from {from}")))
            }
            _ => Ok(()),
        }
    }
}

/// What is proven complete, and what is known to be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GapsAnswer {
    /// When this was so.
    pub at: Timestamp,
    /// Events before this time are forgotten by retention, and so is what was proven of them.
    pub forgotten_before: Option<Timestamp>,
    /// What is known of each stream.
    pub streams: Vec<StreamReport>,
    /// Configured sources, or contents of them such as `office365/Audit.Exchange`, of which nothing was collected yet.
    pub uncollected: Vec<String>,
    /// Notes of the ledger that cannot be read, of whatever stream: what they proved is not known.
    pub unreadable: Vec<Unreadable>,
}

impl GapsAnswer {
    /// Whether nothing is lost, no stretch and no source was left out, and every note can be read. Work under way is no
    /// fault.
    pub fn is_whole(&self) -> bool {
        let gaps = self.streams.iter().flat_map(|stream| &stream.gaps);
        let is_known = self.unreadable.is_empty() && self.uncollected.is_empty();
        is_known && gaps.into_iter().all(|gap| !gap.kind.is_serious())
    }
}

/// What is proven of one kind of content of one tenant, as one source brings it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreamReport {
    /// The source's name in configuration.
    pub source: String,
    /// The tenant; empty where the source does not say.
    pub tenant: String,
    /// The part of the source, such as a content type; empty where there is but one.
    pub content: String,
    /// What is proven, in words.
    pub sentence: String,
    /// The start of the first window: before it, nothing was ever asked, or it is not asked for here. Where no window has
    /// a part in what is asked for, that of the stream.
    pub first: Timestamp,
    /// From the first start until here all is stored, without a gap.
    pub complete_until: Option<Timestamp>,
    /// From the first start until here all is sealed, without a gap: nothing can be added to it any more.
    pub sealed_until: Option<Timestamp>,
    /// The latest end of what is stored, whatever is missing before.
    pub stored_until: Option<Timestamp>,
    /// How many windows have come how far; sealed ones older than forty days are told by the day.
    pub windows: Windows,
    /// How many blobs are stored; 0 where the source has none.
    pub blobs: u64,
    /// How many records the blobs hold.
    pub events: u64,
    /// SHA-256 over the names, records and digests of the blobs, in order; empty where there are none.
    pub digest: String,
    /// What is not stored, in order of time; at most 1,000, losses and holes rather than work under way.
    pub gaps: Vec<KnownGap>,
    /// How many gaps are not listed, as there are too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_gaps: u64,
    /// What holds when, in at most 200 stretches that touch; empty where it was not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strip: Vec<Stretch>,
}

/// A stretch, or some of its blobs, of which the store does not have everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownGap {
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub until: Timestamp,
    /// What is wrong.
    pub kind: GapKind,
    /// Why, in words.
    pub reason: String,
    /// The blobs that are lost, where it is blobs and not all of the stretch; at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// How many lost blobs are not listed, as there are too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_items: u64,
    /// Seconds since its end.
    pub age_seconds: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A stretch of a strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stretch {
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub until: Timestamp,
    /// The worst that is known of it.
    pub standing: Standing,
}

/// Asks sources to fetch now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FetchNow {
    /// What happened in the last hours, 720 at most; left out, what came since the last time.
    pub hours: Option<u32>,
    /// Only this source, by its name in configuration, or one of its contents, such as `office365/Audit.Exchange`.
    pub source: Option<String>,
}

/// What fetching brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FetchReport {
    /// Whether another process leads and collects, so that nothing was fetched here.
    #[serde(skip)]
    pub stands_by: bool,
    /// Events that were new.
    pub count: u64,
    /// Events that came under a known id with another content.
    pub revised: u64,
    /// Records that could not be read; they are kept, too.
    pub unreadable: u64,
    /// The sources, by name; where one has several contents, each of these.
    pub sources: BTreeMap<String, SourceFetched>,
    /// What people should know of, such as that a source is still fetching.
    pub warnings: Vec<String>,
}

/// What fetching from one source brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceFetched {
    /// Records that it brought.
    pub fetched: u64,
    /// Events that were new.
    pub new: u64,
    /// Events that came under a known id with another content.
    pub revised: u64,
    /// Events that were known already.
    pub duplicates: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Why it failed; `null` when it did not.
    pub error: Option<String>,
}

/// The names of all results, for messages.
pub fn outcome_names() -> [&'static str; 4] {
    Outcome::ALL.map(Outcome::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_its_record_has_every_other_member() {
        let mut event =
            Event::new("entra_audit", "1", Timestamp::parse("2026-01-05T09:00:00.5000Z").unwrap());
        event.raw = RawJson::parse(r#"{"secret":1.50}"#).unwrap();
        event.actor = RawJson::parse(r#"{"weight":1.50,"raw":null}"#).unwrap();
        let whole = serde_json::to_string(&Listed::new(event.clone(), true)).unwrap();
        let light = serde_json::to_string(&Listed::new(event, false)).unwrap();
        assert_eq!(whole, light.trim_end_matches('}').to_owned() + r#","raw":{"secret":1.50}}"#);
        assert!(light.contains(r#""actor":{"weight":1.50,"raw":null}"#));
    }

    #[test]
    fn a_search_crosses_json() {
        let text = r#"{"filter":{"service":"Exchange"},"page_size":7,"cursor":"5.6.7","raw":false}"#;
        let search: SearchEvents = serde_json::from_str(text).unwrap();
        assert_eq!((search.page_size, search.raw, search.cursor.unwrap().until.0), (7, false, 7));
        let again: SearchEvents = serde_json::from_str(&serde_json::to_string(&search).unwrap()).unwrap();
        assert_eq!(again, search);
        assert!(serde_json::from_str::<SearchEvents>(r#"{"cursor":"x"}"#).is_err());
    }
}
