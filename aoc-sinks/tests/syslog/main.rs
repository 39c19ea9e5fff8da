//! Syslog against real receivers: every promise of a sink, the exact text, and what happens when connections break.
#![cfg(feature = "forwarders")]
#![allow(clippy::unwrap_used, reason = "tests panic to fail")]

mod breaking;
mod certificates;
mod datagrams;
mod messages;
mod options;
mod receiver;
mod suites;
mod tls;
mod wire;

use std::time::{Duration, Instant};

/// Waits until it is so; thirty seconds at most.
async fn eventually(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !so().await {
        assert!(begin.elapsed() < Duration::from_secs(30), "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
