//! Whether a deed is usual: what its actor did in the 30 days before it.

use aoc_core::{
    Event, EventIndex, Filter, Result, Timestamp,
    query::{BucketSize, Facet},
};
use chrono::{TimeDelta, Timelike};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analyst::oldest::newest;

/// How many days before the event count.
pub(super) const DAYS: i64 = 30;
/// How many events are looked at for their address.
const READ: usize = 500;
/// How many actors whose names have the actor's name in them are told apart.
const ACTORS: usize = 200;

/// What the actor did in the 30 days before the event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// All events of the actor.
    pub events: u64,
    /// Those with the same operation.
    pub same_operation: u64,
    /// Those from the same address, among the newest 500; nothing where the event has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_address: Option<u64>,
    /// Those in the same hour of the day, in UTC.
    pub same_hour: u64,
}

impl History {
    /// Asks the index. `None` for events without an actor.
    pub(super) async fn of(index: &dyn EventIndex, event: &Event) -> Result<Option<Self>> {
        let Some(actor) = event.actor_upn.as_ref().or(event.actor_display.as_ref()) else { return Ok(None) };
        let end = event.timestamp;
        let start = Timestamp::from(end.instant() - TimeDelta::days(DAYS));
        let filter =
            Filter { actor: Some(actor.clone()), start: Some(start), end: Some(end), ..Filter::default() };
        let same = Filter { operation: vec![event.operation.clone()], ..filter.clone() };
        let same_address = match &event.actor_ip {
            Some(address) => Some(from_address(index, &filter, (event, address)).await?),
            None => None,
        };
        let events = count(index, &filter, event).await?;
        Ok(Some(Self {
            events,
            same_operation: count(index, &same, event).await?,
            same_address,
            same_hour: at_hour(index, &filter, event).await?.min(events),
        }))
    }
}

/// Counts events of this very actor, and not of others whose names hold its name.
async fn count(index: &dyn EventIndex, filter: &Filter, event: &Event) -> Result<u64> {
    let name = event.actor_name().unwrap_or_default();
    let counted = index.facets(filter, &[Facet::Actor], ACTORS).await?;
    let found = counted.into_iter().flatten().find(|one| one.value == name);
    Ok(found.map_or(0, |one| one.count))
}

async fn from_address(
    index: &dyn EventIndex,
    filter: &Filter,
    (event, address): (&Event, &String),
) -> Result<u64> {
    let is_same =
        |other: &&Event| other.actor_name() == event.actor_name() && other.actor_ip.as_ref() == Some(address);
    Ok(newest(index, filter, READ).await?.iter().filter(is_same).count() as u64)
}

async fn at_hour(index: &dyn EventIndex, filter: &Filter, event: &Event) -> Result<u64> {
    let timeline = index.timeline(filter, Some(BucketSize::Hour)).await?;
    let hour = event.timestamp.instant().hour();
    let same = timeline.buckets.iter().filter(|bucket| bucket.start.instant().hour() == hour);
    Ok(same.map(|bucket| bucket.count).sum())
}
