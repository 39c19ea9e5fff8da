//! Evaluators whose alerts can be told beforehand.

use std::time::Duration;

use crate::{Alert, AlertEvaluator, Evaluation, Event, Severity};

/// An evaluator that finds every tenth of the [`Numbers`](super::super::fakes::Numbers), and remembers nothing.
#[derive(Clone, Copy, Debug)]
pub struct RoundNumbers;

impl AlertEvaluator for RoundNumbers {
    fn begin(&self) -> Box<dyn Evaluation> {
        Box::new(|event: &Event| {
            let found = (event.operation == "Round")
                .then(|| Alert::about("round", Severity::High, "A round number", event));
            found.into_iter().collect()
        })
    }

    fn window(&self) -> Duration {
        Duration::ZERO
    }
}

/// An evaluator that remembers all it was shown: each event at which [`EACH`](Self::EACH) events came since it last told
/// somebody is an alert.
#[derive(Clone, Copy, Debug)]
pub struct Counting;

impl Counting {
    /// So many events make an alert.
    pub const EACH: usize = 25;
}

impl AlertEvaluator for Counting {
    fn begin(&self) -> Box<dyn Evaluation> {
        let mut seen = 0;
        Box::new(move |event: &Event| {
            seen += 1;
            let found =
                (seen % Self::EACH == 0).then(|| Alert::about("count", Severity::Low, "Many numbers", event));
            found.into_iter().collect()
        })
    }

    fn window(&self) -> Duration {
        Duration::from_secs(86_400)
    }
}
