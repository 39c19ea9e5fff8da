//! Language models for AOC: OpenAI, Azure OpenAI and all that speak like them, and what their use may cost. And questions
//! in plain language, which are understood without any of them.
//!
//! A provider implements [`LlmProvider`](aoc_core::LlmProvider): it completes a prompt and hands on the pieces of the
//! answer as they arrive.

pub mod analyst;
#[cfg(feature = "testkit")]
pub mod fake;
pub mod openai;
pub mod usage;

use aoc_core::Registry;

#[cfg(feature = "testkit")]
pub use self::fake::FakeModel;
pub use self::{
    openai::{AzureOpenAi, OpenAi},
    usage::{Budget, Usage},
};

/// Adds the components of this crate.
pub fn register(registry: &mut Registry) {
    registry.add::<OpenAi>();
    registry.add::<AzureOpenAi>();
}
