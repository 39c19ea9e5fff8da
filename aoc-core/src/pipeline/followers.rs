//! Who follows the log: sinks and alert evaluators.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::follow::{Follower, Refused, Taken, events};
use crate::{
    AlertEvaluator, ErrorKind, Event, Result, Sink,
    alert::ALERT_SOURCE,
    query::Filter,
    store::{EventStore, Position, Stored},
};

/// Who follows, whatever store it is to follow.
pub(crate) enum Following {
    /// A sink.
    Sink(Arc<ToSink>),
    /// An evaluator.
    Alerts(Arc<dyn AlertEvaluator>),
}

impl Following {
    /// The same over this store.
    pub(crate) fn over(&self, store: &Arc<dyn EventStore>) -> Arc<dyn Follower> {
        match self {
            Self::Sink(sink) => sink.clone(),
            Self::Alerts(evaluator) => {
                Arc::new(ToAlerts { evaluator: evaluator.clone(), store: store.clone() })
            }
        }
    }
}

/// Delivers those events that a filter lets through.
pub(crate) struct ToSink {
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) filter: Filter,
}

#[async_trait]
impl Follower for ToSink {
    async fn take(&self, batch: &[Stored]) -> Result<Taken> {
        let wanted: Vec<&Stored> = batch.iter().filter(|stored| self.filter.matches(&stored.event)).collect();
        let positions: Vec<Position> = wanted.iter().map(|stored| stored.position).collect();
        let events: Vec<Event> = wanted.into_iter().map(|stored| stored.event.clone()).collect();
        let refused = self.deliver(&events, &positions).await?;
        Ok(Taken { delivered: (events.len() - refused.len()) as u64, refused })
    }

    fn window(&self) -> Duration {
        Duration::ZERO
    }
}

impl ToSink {
    /// Delivers in order; a batch that is refused as a whole goes in halves until the culprit stands alone.
    async fn deliver(&self, events: &[Event], positions: &[Position]) -> Result<Vec<Refused>> {
        let mut refused = Vec::new();
        let mut waiting = Vec::from_iter((!events.is_empty()).then_some(0..events.len()));
        while let Some(range) = waiting.pop() {
            match self.sink.deliver(&events[range.clone()]).await {
                Ok(delivered) => {
                    refused.extend(delivered.refused.into_iter().filter_map(|(index, reason)| {
                        positions[range.clone()]
                            .get(index)
                            .map(|position| Refused { position: *position, reason })
                    }))
                }
                Err(reason) if reason.kind() != ErrorKind::Rejected => return Err(reason),
                Err(reason) if range.len() == 1 => {
                    refused.push(Refused { position: positions[range.start], reason })
                }
                Err(_) => {
                    let middle = range.start + range.len() / 2;
                    waiting.extend([middle..range.end, range.start..middle]);
                }
            }
        }
        Ok(refused)
    }
}

/// Appends what an evaluator finds to the same log.
pub(crate) struct ToAlerts {
    pub(crate) evaluator: Arc<dyn AlertEvaluator>,
    pub(crate) store: Arc<dyn EventStore>,
}

#[async_trait]
impl Follower for ToAlerts {
    async fn take(&self, batch: &[Stored]) -> Result<Taken> {
        let mut alerts = Vec::new();
        for event in events(batch).iter().filter(|event| event.source != ALERT_SOURCE) {
            for alert in self.evaluator.evaluate(event) {
                alerts.push(alert.into_event(event)?);
            }
        }
        self.store.append(&alerts).await?;
        Ok(Taken { delivered: batch.len() as u64, refused: Vec::new() })
    }

    fn window(&self) -> Duration {
        self.evaluator.window()
    }
}
