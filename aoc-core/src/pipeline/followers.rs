//! Who follows the log: sinks and alert evaluators.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use super::follow::{Batch, Follower, Refused, Taken};
use crate::{
    AlertEvaluator, Error, ErrorKind, Evaluation, Event, Result, Sink,
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
            Self::Alerts(evaluator) => Arc::new(ToAlerts {
                evaluation: Mutex::new(evaluator.begin()),
                evaluator: evaluator.clone(),
                store: store.clone(),
            }),
        }
    }
}

/// Delivers those events that a filter lets through.
pub(crate) struct ToSink {
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) filter: Filter,
    pub(crate) batch: Batch,
}

#[async_trait]
impl Follower for ToSink {
    async fn take(&self, batch: &[Stored]) -> Result<Taken> {
        let wanted: Vec<&Stored> = batch.iter().filter(|stored| self.filter.matches(&stored.event)).collect();
        let positions: Vec<Position> = wanted.iter().map(|stored| stored.position).collect();
        let events: Vec<Event> = wanted.into_iter().map(|stored| stored.event.clone()).collect();
        self.deliver(&events, &positions).await
    }

    fn batch(&self) -> Batch {
        self.batch
    }
}

impl ToSink {
    /// Delivers in order; a batch that is refused as a whole goes in halves until the culprit stands alone. What was
    /// delivered before an error counts.
    async fn deliver(&self, events: &[Event], positions: &[Position]) -> Result<Taken> {
        let mut taken = Taken::default();
        let mut waiting = Vec::from_iter((!events.is_empty()).then_some(0..events.len()));
        while let Some(range) = waiting.pop() {
            let (start, length) = (range.start, range.len());
            let broken_off = match self.sink.deliver(&events[range]).await {
                Ok(delivered) => {
                    let broken_off = delivered.broken_off.filter(|(index, _)| *index < length);
                    let until = broken_off.as_ref().map_or(length, |(index, _)| *index);
                    taken.add(delivered.refused, &positions[start..start + until]);
                    broken_off
                }
                Err(reason) if reason.kind() == ErrorKind::Rejected && length == 1 => {
                    taken.add(vec![(0, reason)], &positions[start..=start]);
                    None
                }
                Err(reason) if reason.kind() == ErrorKind::Rejected => {
                    let middle = start + length / 2;
                    waiting.extend([middle..start + length, start..middle]);
                    None
                }
                Err(error) if start == 0 => return Err(error),
                Err(error) => Some((0, error)),
            };
            if let Some((index, error)) = broken_off {
                let next = positions[start + index];
                taken.broken_off = Some((Position(next.0.saturating_sub(1)), error));
                return Ok(taken);
            }
        }
        Ok(taken)
    }
}

impl Taken {
    /// The events at these positions were delivered, but for those of these indexes.
    fn add(&mut self, refused: Vec<(usize, Error)>, positions: &[Position]) {
        let refused: BTreeMap<usize, Error> =
            refused.into_iter().filter(|(index, _)| *index < positions.len()).collect();
        self.delivered += (positions.len() - refused.len()) as u64;
        let refused = refused.into_iter();
        self.refused.extend(refused.map(|(index, reason)| Refused { position: positions[index], reason }));
    }
}

/// Appends what an evaluator finds to the same log.
pub(crate) struct ToAlerts {
    evaluator: Arc<dyn AlertEvaluator>,
    evaluation: Mutex<Box<dyn Evaluation>>,
    store: Arc<dyn EventStore>,
}

#[async_trait]
impl Follower for ToAlerts {
    async fn take(&self, batch: &[Stored]) -> Result<Taken> {
        let alerts = self.evaluate(batch)?;
        self.store.append(&alerts).await?;
        Ok(Taken { delivered: batch.len() as u64, ..Taken::default() })
    }

    fn window(&self) -> Duration {
        self.evaluator.window()
    }

    fn begin(&self) {
        *self.lock() = self.evaluator.begin();
    }

    fn is_stale(&self) -> bool {
        self.lock().is_stale()
    }

    fn recall(&self, batch: &[Stored], until: Position) {
        let mut evaluation = self.lock();
        for Stored { position, event } in batch {
            if event.source == ALERT_SOURCE {
                evaluation.recall(event);
            } else if *position <= until {
                evaluation.review(event);
            }
        }
    }
}

impl ToAlerts {
    fn evaluate(&self, batch: &[Stored]) -> Result<Vec<Event>> {
        let (mut evaluation, mut alerts) = (self.lock(), Vec::new());
        for Stored { event, .. } in batch {
            if event.source == ALERT_SOURCE {
                evaluation.recall(event);
                continue;
            }
            for alert in evaluation.evaluate(event) {
                alerts.push(alert.into_event(event)?);
            }
        }
        Ok(alerts)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Box<dyn Evaluation>> {
        self.evaluation.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
