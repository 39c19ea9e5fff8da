use aoc_core::{
    MemoryStore,
    testkit::crash::{Trial, nothing_is_lost},
};
use std::sync::Arc;
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stress() {
    let mut bad = 0;
    for seed in 0..60 {
        let trial = Trial { probability: 0.2, seed, records: 1000, page: 50, overlap: 7 };
        let r = tokio::spawn(nothing_is_lost(Arc::new(MemoryStore::new()), trial)).await;
        if r.is_err() {
            bad += 1;
        }
    }
    println!("bad {bad}");
}
