//! The four sources against a fake Microsoft: whatever goes wrong, the store ends with exactly what was served.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod basics;
mod graph_broken;
mod graph_chance;
mod graph_checkup;
mod graph_clocks;
mod graph_contract;
mod graph_help;
mod graph_late;
mod graph_limits;
mod graph_pages;
mod graph_reasons;
mod graph_tenants;
mod graph_tokens;
mod graph_webhook;
mod office365;
mod office365_broken;
mod office365_checkup;
mod office365_clock;
mod office365_late;
mod office365_outage;
mod office365_pages;
mod office365_store;
mod office365_subscription;
mod office365_throttle;
mod office365_tokens;
mod world;
