//! The four sources against a fake Microsoft: whatever goes wrong, the store ends with exactly what was served.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod basics;
mod world;
