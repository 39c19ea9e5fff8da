//! Asking and explaining over real HTTP, with language models on this machine that help, lie, fail and hang.

#![allow(clippy::unwrap_used, reason = "tests end there")]

#[path = "ask/answers.rs"]
mod answers;
#[path = "ask/away.rs"]
mod away;
#[path = "ask/budget.rs"]
mod budget;
mod common;
#[path = "ask/failures.rs"]
mod failures;
#[path = "ask/input.rs"]
mod input;
#[path = "ask/lies.rs"]
mod lies;
#[path = "ask/log.rs"]
mod log;
#[path = "ask/world.rs"]
mod world;
