//! Microsoft is ill, or slow.

use std::time::{Duration, Instant};

use aoc_connectors::{Office365Activity, fake::Fault, microsoft::Hub};
use aoc_core::{ledger::Stage, prelude::*};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    office365::{EXCHANGE, Office, of_blobs, of_listings},
    world::{ago, blob},
};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_blob_is_put_off_and_stops_nothing() {
    let mut office = Office::new().await;
    let forbidden = office.tenant.add_blob(blob(&office.fake, EXCHANGE, "forbidden", 1, 50));
    // In the window of the forbidden one, whatever the hour.
    office.tenant.add_blob(blob(&office.fake, EXCHANGE, "beside", 1, 50));
    office.fill(30);
    let denied = of_blobs(Fault::activity_error(403, "AF20099")).blob(&forbidden).always();
    let denied = office.fake.script(denied);
    let fetched = office.round().await.unwrap();
    assert!(fetched.warnings.iter().any(|warning| warning.contains(&forbidden)), "{fetched:?}");
    assert_eq!(office.ids().await.len(), 61);
    assert_eq!(office.missing().await, std::slice::from_ref(&forbidden));
    for round in 0..10 {
        office.tenant.add_blob(blob(&office.fake, EXCHANGE, &format!("new{round}"), 1, 0));
        office.fake.advance(Duration::from_secs(1_200));
        office.round().await.unwrap();
        office.round().await.unwrap();
        assert!(office.ids().await.contains(&format!("new{round}-0")), "round {round}");
    }
    assert!((2..30).contains(&denied.hits()), "{} tries", denied.hits());
    assert!(office.losses().await.is_empty());
    denied.end();
    office.pass(400).await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_every_blob_is_forbidden_that_is_an_error_once() {
    let mut office = Office::new().await;
    office.fill(20);
    let denied = office.fake.script(of_blobs(Fault::activity_error(403, "AF20099")).always());
    assert_eq!(office.round().await.unwrap_err().kind(), ErrorKind::Denied);
    office.round().await.unwrap();
    assert_eq!(office.missing().await.len(), 20);
    for _ in 0..3 {
        office.fake.advance(Duration::from_secs(1_200));
        office.round().await.unwrap();
    }
    assert!(denied.hits() < 150, "{} tries", denied.hits());
    denied.end();
    office.pass(400).await;
    office.assert_all_well().await;
}

/// Gives a token at once, and all else byte by byte.
async fn drip(mut stream: TcpStream) {
    let mut asked = [0; 4_096];
    let read = stream.read(&mut asked).await.unwrap_or(0);
    if String::from_utf8_lossy(&asked[..read]).contains("/oauth2/") {
        let token = r#"{"access_token":"abc","expires_in":3600}"#;
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", token.len());
        let _ = stream.write_all(format!("{head}{token}").as_bytes()).await;
        return;
    }
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n[").await;
    while stream.write_all(b" ").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A byte now and then is no silence.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_does_not_come_to_its_end_is_given_up() {
    let office = Office::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut account = office.fake.profile(&office.tenant);
    let url = format!("http://{}", listener.local_addr().unwrap());
    (account.login_url, account.activity_url) = (Some(url.clone()), Some(url));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(drip(stream));
        }
    });
    let hub = Hub::impatient(Duration::from_millis(200));
    let source = Office365Activity::new(account).only(&[EXCHANGE]).unwrap().build_on(&hub).unwrap();
    let since = Bookmark::Since(ago(&office.fake, 10));
    let fetched = tokio::time::timeout(Duration::from_secs(10), source.sources[0].1.fetch(&since)).await;
    let error = fetched.unwrap().unwrap_err();
    assert!(error.kind() == ErrorKind::Unavailable && error.to_string().contains("in time"), "{error}");
}
