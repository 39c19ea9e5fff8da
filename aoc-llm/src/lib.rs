//! Language models for AOC. This build has no provider yet; the trait that one implements is
//! [`LlmProvider`](aoc_core::LlmProvider).

use aoc_core::Registry;

/// Adds the components of this crate.
pub fn register(_: &mut Registry) {}
