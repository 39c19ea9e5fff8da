//! What holds for every question, and how times and names are read.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod hostile;
mod names;
mod plans;
mod times;

use aoc_core::Timestamp;
use aoc_llm::analyst::{Plan, Vocabulary, plan};
use chrono::FixedOffset;

/// Friday noon.
const NOW: &str = "2026-11-20T11:30:00Z";

/// The plan of a question asked in Vienna.
fn read(question: &str, known: &Vocabulary) -> Plan {
    let now = Timestamp::parse(NOW).unwrap();
    let plan = plan(question, now, FixedOffset::east_opt(3600).unwrap(), known);
    plan.check().unwrap_or_else(|error| panic!("{question:?}: {error}"));
    plan
}
