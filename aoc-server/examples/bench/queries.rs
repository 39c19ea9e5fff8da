//! How long searches take, warm.

use std::{sync::Arc, time::Instant};

use aoc_core::{EventIndex, EventStore, Query, query::BucketSize};

use crate::{
    Failure,
    asked::{FACETS, prepare, questions},
};

const RUNS: usize = 40;

/// Asks each question [`RUNS`] times, after a first time that is not counted.
pub(crate) async fn run(store: &Arc<dyn EventStore>, index: &dyn EventIndex) -> Result<(), Failure> {
    let asked = prepare(index).await?;
    println!("{:<44}{:>9}{:>9}{:>12}", "warm, milliseconds", "p50", "p95", "matching");
    for (name, question) in questions() {
        let filter = |run: usize| question(&asked, run);
        time(&format!("{name}, page"), async |run| {
            let query = Query { filter: filter(run), ..Query::default() };
            Ok(index.search(&query).await?.total)
        })
        .await?;
        time(&format!("{name}, facets"), async |run| {
            let counts = index.facets(&filter(run), &FACETS, 200).await?;
            Ok(counts[2].iter().map(|counted| counted.count).sum())
        })
        .await?;
        time(&format!("{name}, hourly timeline"), async |run| {
            let timeline = index.timeline(&filter(run), Some(BucketSize::Hour)).await?;
            Ok(timeline.buckets.iter().map(|bucket| bucket.count).sum())
        })
        .await?;
    }
    time("deep page by cursor", async |run| {
        let query = Query { after: Some(asked.deep[run % asked.deep.len()]), ..Query::default() };
        Ok(index.search(&query).await?.total)
    })
    .await?;
    time("one event by its id, with its record", async |run| {
        Ok(store.get(&asked.event(run).id).await?.len() as u64)
    })
    .await
}

async fn time(name: &str, ask: impl AsyncFn(usize) -> Result<u64, Failure>) -> Result<(), Failure> {
    let mut matching = ask(0).await?;
    let mut times = Vec::new();
    for run in 0..RUNS {
        let started = Instant::now();
        matching = matching.max(ask(run).await?);
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!("{name:<44}{:>9.2}{:>9.2}{matching:>12}", times[RUNS / 2], times[RUNS * 95 / 100]);
    Ok(())
}
