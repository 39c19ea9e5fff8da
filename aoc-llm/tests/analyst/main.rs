//! The analyst: answers with and without a model, lies, injections, explanations.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod answers;
mod claims;
mod explain;
mod injections;
mod lies;
mod models;
mod prompts;
mod world;
