//! The two loops.

use std::sync::Arc;

use aoc_core::{
    MemoryStore,
    testkit::crash::{Trial, nothing_is_lost},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_crashes_and_alerts_are_exact() {
    for (probability, seed) in [(0.01, 1), (0.05, 2), (0.2, 3)] {
        let trial = Trial { probability, seed, ..Trial::default() };
        let started = std::time::Instant::now();
        let survived = nothing_is_lost(Arc::new(MemoryStore::new()), trial).await;
        println!("p = {probability}: {survived:?} in {:?}", started.elapsed());
        assert!(survived.faults > 0);
    }
}
