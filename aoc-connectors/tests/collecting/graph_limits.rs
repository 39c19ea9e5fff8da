//! Graph's logs: too many requests.

use std::time::{Duration, Instant};

use aoc_connectors::{
    fake::{Fault, Limits, RetryAfter, Seen},
    microsoft::Hub,
};
use aoc_core::{Pipeline, Running};
use chrono::TimeDelta;

use crate::{
    graph_help::{LOGS, bookmark, fill, filled, on_day, path},
    world::{World, feed},
};

/// A collector that goes on by itself.
fn collector(world: &World, hub: &std::sync::Arc<Hub>, sources: &[&str]) -> Running {
    let mut pipeline = Pipeline::new(world.store.clone());
    for source in sources {
        let feed = feed(&world.fake, &world.tenant, hub, source);
        pipeline = pipeline.source_every(*source, feed, Duration::from_secs(86_400));
    }
    pipeline.start()
}

/// Waits until all sources have caught up.
async fn caught_up(running: &Running, within: Duration) {
    let begun = Instant::now();
    loop {
        let status = running.status();
        if status.sources.values().all(|source| source.last_success.is_some() && source.last_error.is_none())
        {
            return;
        }
        assert!(begun.elapsed() < within, "{:#?}", status.sources);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The time between a refusal and the next request to the log, in seconds.
fn waits(requests: &[Seen], status: u16) -> Vec<f64> {
    let refusals = requests.windows(2).filter(|pair| pair[0].status == status);
    let wait = |pair: &[Seen]| (pair[1].at.instant() - pair[0].at.instant()).num_milliseconds() as f64 / 1e3;
    refusals.map(wait).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_waited_for_as_it_says_and_a_moment_where_it_says_nothing() {
    let cases = [
        ("seconds", 429, Fault::throttled(RetryAfter::Seconds(2))),
        ("date", 429, Fault::throttled(RetryAfter::Date(2))),
        ("silent", 429, Fault::throttled(RetryAfter::Silent)),
        ("no time", 429, Fault::throttled(RetryAfter::Seconds(0))),
        ("unavailable", 503, Fault::unavailable(2)),
    ];
    let all = cases.map(|(name, status, fault)| async move {
        let source = "sign_ins";
        let world = filled(source, 2_500).await;
        let refused = world.fake.script(fault.path(path(source)).query("skiptoken"));
        let running = collector(&world, &Hub::unlimited(), &[source]);
        tokio::time::sleep(Duration::from_millis(300)).await;
        caught_up(&running, Duration::from_secs(8)).await;
        assert_eq!(refused.hits(), 1);
        let requests: Vec<Seen> =
            world.fake.requests().into_iter().filter(|seen| seen.path.contains(path(source))).collect();
        let waits = waits(&requests, status);
        // A date has no fractions of a second.
        let (least, most) =
            if name.starts_with(['s', 'd', 'u']) && name != "silent" { (1.0, 2.9) } else { (0.9, 2.0) };
        assert!(waits.len() == 1 && waits[0] >= least && waits[0] <= most, "{name}: {waits:?}");
        world.assert_complete().await;
        world.assert_proven().await;
    });
    futures::future::join_all(all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_seconds_of_refusals_cost_few_requests_and_nothing_else() {
    let world = World::new(&LOGS).await;
    LOGS.iter().for_each(|source| fill(&world, source, 50));
    let refused = world.fake.script(
        Fault::throttled(RetryAfter::Silent)
            .when(|seen| LOGS.iter().any(|source| seen.path.contains(path(source))))
            .lasting_really(Duration::from_secs(10)),
    );
    let running = collector(&world, &Hub::unlimited(), &LOGS);
    caught_up(&running, Duration::from_secs(22)).await;
    assert!((6..20).contains(&refused.hits()), "{} requests in ten seconds", refused.hits());
    assert_eq!(world.fake.count("/oauth2/"), 1);
    world.assert_complete().await;
    world.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_requests_in_ten_seconds_are_never_exceeded_by_two_sources_of_one_tenant() {
    let world = World::new(&["entra", "sign_ins"]).await;
    world.fake.set_limits(Limits::documented());
    let since = on_day(&world.fake, 3, 0);
    for source in ["entra", "sign_ins"] {
        fill(&world, source, 1_100);
        bookmark(&world, source, since).await;
    }
    let running = collector(&world, &Hub::new(), &["entra", "sign_ins"]);
    let begun = Instant::now();
    caught_up(&running, Duration::from_secs(25)).await;
    let requests = world.fake.requests();
    let reports: Vec<&Seen> = requests.iter().filter(|seen| seen.path.contains("auditLogs")).collect();
    assert!(reports.len() > 5, "{} requests", reports.len());
    assert!(requests.iter().all(|seen| seen.status != 429), "the budget was exceeded");
    for six in reports.windows(6) {
        let stretch = six[5].at.instant() - six[0].at.instant();
        assert!(stretch >= TimeDelta::seconds(10), "six requests in {stretch}");
    }
    let least = (reports.len() - 1) / 5 * 10;
    assert!(begun.elapsed().as_secs() as usize <= least + 3, "the budget is used: {:?}", begun.elapsed());
    world.assert_complete().await;
    world.assert_proven().await;
}
