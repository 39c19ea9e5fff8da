//! The four sources against a fake Microsoft: whatever goes wrong, the store ends with exactly what was served.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod basics;
mod graph_clocks;
mod graph_contract;
mod graph_help;
mod graph_late;
mod graph_limits;
mod graph_pages;
mod graph_tokens;
mod office365;
mod office365_late;
mod office365_pages;
mod office365_tokens;
mod world;
