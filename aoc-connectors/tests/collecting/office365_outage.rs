//! Microsoft is ill, or slow.

use std::time::{Duration, Instant};

use aoc_connectors::fake::Fault;
use aoc_core::ledger::Stage;

use crate::office365::{Office, of_blobs, of_listings};

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_server_pass_and_nothing_is_lost() {
    let faults = [
        Fault::activity_error(500, "AF50000"),
        Fault::activity_error(400, "AF50005"),
        Fault::gateway(500),
        Fault::gateway(502),
        Fault::gateway(408),
        Fault::drop_connection(),
        Fault::cut(40),
        Fault::garbage(),
    ];
    for fault in faults {
        let mut office = Office::new().await;
        office.fill(40);
        office.fake.script(of_listings(fault.clone()).nth(2).times(2));
        office.fake.script(of_blobs(fault).nth(5).times(12));
        office.collect().await;
        office.pass(5).await;
        office.assert_all_well().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_that_take_a_second_are_fetched_side_by_side() {
    let mut office = Office::new().await;
    office.fill(30);
    office.fake.script(of_blobs(Fault::delay(Duration::from_secs(1))).always());
    let begun = Instant::now();
    office.collect().await;
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    office.assert_all_well().await;
}

/// Everything fails for an hour: rounds as the loop would make them, each after its wait.
#[tokio::test(flavor = "multi_thread")]
async fn an_hour_without_any_answer_loses_nothing_and_sees_few_requests() {
    let mut office = Office::new().await;
    let outage = office.fake.script(Fault::gateway(503).path("/api/").always());
    office.fill(200);
    for _ in 0..24 {
        assert!(office.round().await.is_err());
        office.fake.advance(Duration::from_secs(150));
    }
    assert!(outage.hits() < 80, "{} requests", outage.hits());
    outage.end();
    office.collect().await;
    office.pass(5).await;
    office.assert_all_well().await;
}

/// Listings come, blobs do not: that is no fault of the blobs.
#[tokio::test(flavor = "multi_thread")]
async fn hours_without_any_blob_lose_nothing_and_see_few_requests() {
    let mut office = Office::new().await;
    office.fill(200);
    let outage = office.fake.script(of_blobs(Fault::gateway(502)).always());
    let mut failed = 0;
    for _ in 0..60 {
        failed += usize::from(office.round().await.is_err());
        office.fake.advance(Duration::from_secs(300));
    }
    assert!(failed > 20, "{failed} rounds failed: people must see that");
    assert!(outage.hits() < 1_500, "{} requests in five hours", outage.hits());
    assert!(office.losses().await.is_empty());
    let has_blobs = |window: &aoc_core::ledger::Coverage| window.until > crate::world::ago(&office.fake, 490);
    let stored = office.ledger().await.into_iter().filter(|window| {
        has_blobs(window)
            && window.from < crate::world::ago(&office.fake, 320)
            && window.stage == Stage::Sealed
    });
    assert_eq!(stored.count(), 0, "nothing is called whole");
    outage.end();
    for _ in 0..14 {
        office.pass(60).await;
    }
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_all_requests_failing_for_hours_loses_nothing() {
    let mut office = Office::new().await;
    office.fill(150);
    office.fake.script(Fault::gateway(503).path("/api/").chance(500, 3));
    for _ in 0..10 {
        let _ = office.round().await;
        office.fake.advance(Duration::from_secs(1_200));
    }
    office.fake.clear_faults();
    for _ in 0..10 {
        office.pass(60).await;
    }
    office.assert_all_well().await;
}
