//! The providers, against a model on this machine.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod azure;
mod errors;
mod options;
mod retries;
mod secrets;
mod streams;
mod structured;
mod world;
