//! Microsoft wants us to wait.

use std::time::{Duration, Instant};

use aoc_connectors::fake::{Fault, RetryAfter};
use aoc_core::prelude::*;

use crate::office365::{Office, of_blobs, of_listings};

/// 403 with AF429 in single quotes, for ten seconds of real time.
#[tokio::test(flavor = "multi_thread")]
async fn ten_seconds_of_af429_see_few_requests_and_lose_nothing() {
    let mut office = Office::new().await;
    office.fill(200);
    let throttle = office.fake.script(Fault::af429().path("/api/").lasting_really(Duration::from_secs(10)));
    office.collect().await;
    assert!((2..20).contains(&throttle.hits()), "{} requests", throttle.hits());
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttle_in_the_middle_of_the_blobs_sees_few_requests() {
    let mut office = Office::new().await;
    office.fill(200);
    let throttle = of_blobs(Fault::af429()).nth(50).lasting_really(Duration::from_secs(3));
    let throttle = office.fake.script(throttle);
    office.collect().await;
    // Those that were on their way, and a few that looked whether it is over.
    assert!((1..15).contains(&throttle.hits()), "{} requests", throttle.hits());
    office.pass(5).await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wish_of_the_other_side_is_kept_as_seconds_or_as_a_date() {
    let with = |value: &str| {
        let value = value.to_owned();
        Fault::edit(move |seen, reply| {
            reply.status = 403;
            reply.body = b"{'error':{'code':'AF429','message':'Too many requests.'}}".to_vec();
            let date = seen.at.instant() + chrono::TimeDelta::seconds(3);
            let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            reply.set_header("retry-after", if value == "date" { date } else { value.clone() });
        })
    };
    for wish in [with("2"), with("date"), Fault::throttled(RetryAfter::Seconds(2)), Fault::unavailable(2)] {
        let mut office = Office::new().await;
        office.fill(10);
        office.fake.script(of_listings(wish));
        let begun = Instant::now();
        let error = office.round().await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Unavailable), "{error:?}");
        let error = error.wait(Duration::from_secs(2));
        tokio::time::sleep(error.retry_after().unwrap()).await;
        office.collect().await;
        assert!(begun.elapsed() >= Duration::from_millis(1_900), "{:?}", begun.elapsed());
        office.assert_all_well().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_that_alone_are_throttled_hold_up_no_others() {
    let mut office = Office::new().await;
    let ids = office.fill(40);
    for id in &ids[..2] {
        office.fake.script(of_blobs(Fault::af429()).blob(id).times(3));
    }
    office.collect().await;
    for _ in 0..4 {
        office.pass(10).await;
    }
    office.assert_all_well().await;
}
