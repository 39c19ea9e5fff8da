//! Sinks: how far each has come, what it refused, and delivering again.

use aoc_core::{
    Error, Position, Result, Timestamp,
    pipeline::{Failure, FollowerStatus, Rejected, Replay, State, position_at, position_of, rejected},
    query::Filter,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Operations, read_time};
use crate::auth::{Caller, Permission};

/// A sink of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfiguredSink {
    /// Its name in configuration.
    pub name: String,
    /// Its component.
    pub r#type: String,
    /// Which events it gets; without members, all.
    pub filter: Filter,
}

/// The sinks, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SinkList {
    /// The sinks.
    pub items: Vec<SinkReport>,
}

/// How a sink is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SinkReport {
    /// The sink.
    #[serde(flatten)]
    pub sink: ConfiguredSink,
    /// What its loop is doing; `null` where nothing runs here.
    pub state: Option<State>,
    /// How far it has come; `null` where it never ran.
    pub position: Option<Position>,
    /// How many positions of the log lie behind that.
    pub behind: u64,
    /// For how many seconds the first event behind that has been stored; 0 where there is none.
    pub lag_seconds: i64,
    /// Events handed on since the start of this process.
    pub delivered: u64,
    /// Events that the receiver refused for good, and that were not delivered since.
    pub set_aside: u64,
    /// The last error, until the next success.
    pub last_error: Option<Failure>,
}

/// Events that a receiver refused for good.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RejectedEvents {
    /// How many there are.
    pub total: u64,
    /// The first 500 of them, in the order of the log, or the first behind a position.
    pub items: Vec<RejectedEvent>,
}

/// An event that a receiver refused for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RejectedEvent {
    /// Its position in the log.
    pub position: Position,
    /// Its id; `null` where the event is gone.
    pub id: Option<String>,
    /// What happened, in a sentence.
    pub summary: Option<String>,
    /// What the receiver said.
    pub reason: String,
}

/// Asks that events are delivered to a sink again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReplaySink {
    /// From where on: a position, behind which all is delivered again, or a time, since which it was stored. `0` is the
    /// beginning; only with `only_rejected` it may be left out.
    pub from: Option<ReplayFrom>,
    /// Only what the receiver refused.
    pub only_rejected: bool,
}

/// From where on to deliver again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ReplayFrom {
    /// Behind this position.
    Position(Position),
    /// What was stored at this time, or date, or later; or a position, as text.
    Time(String),
}

/// What will be delivered again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayAsked {
    /// What is behind this position.
    pub from: Position,
    /// Of that, only what the receiver refused.
    pub only_rejected: bool,
    /// How many events of the log, or refused events, lie there at most.
    pub events: u64,
}

/// The most refused events that are told at once.
const MOST: usize = 500;

impl Operations {
    /// How all sinks are doing.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sinks_list(&self, caller: &Caller) -> Result<SinkList> {
        caller.require(Permission::Read)?;
        let (status, head) = (self.status().await, self.store.head().await?);
        let mut items = Vec::new();
        for sink in &self.sinks {
            let running = status.as_ref().and_then(|status| status.followers.get(&sink.name));
            items.push(self.sink_report(sink, running, head).await?);
        }
        Ok(SinkList { items })
    }

    async fn sink_report(
        &self,
        sink: &ConfiguredSink,
        running: Option<&FollowerStatus>,
        head: Position,
    ) -> Result<SinkReport> {
        // Where another process delivers, the notebook tells how far it has come.
        let here = running.filter(|running| ![State::Standby, State::Starting].contains(&running.state));
        let position = match here {
            Some(running) => Some(running.position),
            None => position_of(&*self.store, &sink.name).await?,
        };
        let set_aside = match here {
            Some(running) => running.set_aside,
            None => rejected(&*self.store, &sink.name).await?.len() as u64,
        };
        let behind = position.map_or(0, |position| head.0.saturating_sub(position.0));
        Ok(SinkReport {
            sink: sink.clone(),
            state: running.map(|running| running.state),
            position,
            behind,
            lag_seconds: self.lag_of(position.filter(|_| behind > 0)).await?,
            delivered: running.map_or(0, |running| running.delivered),
            set_aside,
            last_error: running.and_then(|running| running.last_error.clone()),
        })
    }

    /// For how many seconds the first event behind a position has been stored.
    async fn lag_of(&self, position: Option<Position>) -> Result<i64> {
        let Some(position) = position else { return Ok(0) };
        let next = self.store.read_after(position, 1).await?.pop();
        let stored = next.and_then(|stored| stored.event.ingested_at);
        let since = |time: Timestamp| (Timestamp::now().instant() - time.instant()).num_seconds().max(0);
        Ok(stored.map_or(0, since))
    }

    /// What a sink's receiver refused for good, behind a position.
    ///
    /// # Errors
    /// [`NotFound`](aoc_core::ErrorKind::NotFound) when there is no such sink; those of the store.
    pub async fn sink_rejected(
        &self,
        caller: &Caller,
        name: &str,
        after: Option<Position>,
    ) -> Result<RejectedEvents> {
        caller.require(Permission::Read)?;
        self.known_sink(name)?;
        let all = rejected(&*self.store, name).await?;
        let total = all.len() as u64;
        let behind = all.into_iter().filter(|one| after.is_none_or(|after| after < one.position));
        let some: Vec<Rejected> = behind.take(MOST).collect();
        let positions: Vec<Position> = some.iter().map(|one| one.position).collect();
        let events = self.store.read_at(&positions).await?;
        let items = some.into_iter().map(|Rejected { position, reason }| {
            let event = events.iter().find(|stored| stored.position == position).map(|stored| &stored.event);
            RejectedEvent {
                position,
                id: event.map(|event| event.id.clone()),
                summary: event.map(|event| event.display_summary.clone()),
                reason: sentence(&reason),
            }
        });
        Ok(RejectedEvents { total, items: items.collect() })
    }

    /// Has a sink deliver again. Whoever runs it does so soon, or when it is started.
    ///
    /// # Errors
    /// [`NotFound`](aoc_core::ErrorKind::NotFound) when there is no such sink,
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) when it is not said from where on; those of the store.
    pub async fn sink_replay(
        &self,
        caller: &Caller,
        name: &str,
        request: &ReplaySink,
    ) -> Result<ReplayAsked> {
        caller.require(Permission::Manage)?;
        self.known_sink(name)?;
        let from = match &request.from {
            Some(from) => self.position_from(from).await.map_err(|error| error.at("from"))?,
            None if request.only_rejected => Position::default(),
            None => {
                return Err(Error::invalid("from: expected a position or a time; `0` is the beginning"));
            }
        };
        let only_rejected = request.only_rejected;
        let events = match only_rejected {
            true => {
                let all = rejected(&*self.store, name).await?;
                all.iter().filter(|one| from < one.position).count() as u64
            }
            false => self.store.head().await?.0.saturating_sub(from.0),
        };
        Replay { from, only_rejected }.ask(&*self.store, name).await?;
        tracing::info!(
            sink = name,
            from = from.0,
            only_rejected,
            by = caller.name(),
            "delivering again is asked"
        );
        Ok(ReplayAsked { from, only_rejected, events })
    }

    async fn position_from(&self, from: &ReplayFrom) -> Result<Position> {
        let text = match from {
            ReplayFrom::Position(position) => return Ok(*position),
            ReplayFrom::Time(text) => text,
        };
        if let Ok(position) = text.trim().parse() {
            return Ok(Position(position));
        }
        position_at(&*self.store, read_time(text)?).await
    }

    fn known_sink(&self, name: &str) -> Result<()> {
        if self.sinks.iter().any(|sink| sink.name == name) {
            return Ok(());
        }
        let names: Vec<&str> = self.sinks.iter().map(|sink| sink.name.as_str()).collect();
        let there = match names.is_empty() {
            true => "none is configured".to_owned(),
            false => format!("there are: {}", names.join(", ")),
        };
        Err(Error::not_found(format!("no sink `{name}`; {there}")))
    }
}

/// The sentence of a reason, which is kept as an error is.
fn sentence(reason: &Value) -> String {
    let message = reason.get("message").and_then(Value::as_str);
    message.map_or_else(|| reason.to_string(), str::to_owned)
}
