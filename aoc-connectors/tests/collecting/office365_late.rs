//! What comes late, and what comes twice.

use std::{sync::Arc, time::Duration};

use aoc_connectors::fake::{Blob, Fault};
use aoc_core::{alert::ALERT_SOURCE, prelude::*, testkit::crash::RoundNumbers};
use serde_json::json;

use crate::{
    office365::{EXCHANGE, Office},
    world::{activity, ago, blob},
};

fn in_minutes(office: &Office, minutes: i64) -> Timestamp {
    ago(&office.fake, -minutes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_is_listed_long_after_it_was_created_is_found() {
    for late in [20, 360, 1_300] {
        let mut office = Office::new().await;
        office.fill(5);
        let hidden = blob(&office.fake, EXCHANGE, "late", 3, 1).visible_at(in_minutes(&office, late));
        office.tenant.add_blob(hidden);
        office.collect().await;
        office.assert_complete().await;
        let mut waited = 0;
        while waited < late {
            office.pass(20).await;
            waited += 20;
        }
        // It is found after at most twice its delay.
        while waited < late * 2 + 60 {
            office.pass(30).await;
            waited += 30;
        }
        office.assert_all_well().await;
        assert_eq!(office.downloads(), 6, "known blobs are not fetched again");
        assert!(office.items().await.iter().any(|item| item.events == 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_days_old_come_with_the_blob_they_are_in() {
    let mut office = Office::new().await;
    let old = (0..4_i64).map(|day| activity(&format!("old-{day}"), ago(&office.fake, day * 1_440 * 3)));
    office.tenant.add_blob(Blob::new(EXCHANGE, old).created(ago(&office.fake, 10)));
    office.collect().await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn overlapping_windows_list_again_and_fetch_nothing_again() {
    let mut office = Office::new().await;
    office.fill(40);
    office.collect().await;
    assert_eq!(office.downloads(), 40);
    for _ in 0..10 {
        assert_eq!(office.pass(5).await.fetched, 0);
    }
    office.restart();
    assert_eq!(office.pass(5).await.fetched, 0);
    assert_eq!(office.downloads(), 40);
    assert!(office.fake.count("/subscriptions/content") < 40, "{}", office.fake.count("content"));
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_record_in_two_blobs_and_two_contents_is_one_event_and_one_alert() {
    let office = Office::of(&[EXCHANGE, "Audit.General"]).await;
    let time = ago(&office.fake, 90).instant().format("%Y-%m-%dT%H:%M:%S").to_string();
    let record = json!({"Id": "twice", "CreationTime": time, "Operation": "Round", "Workload": "Exchange",
        "RecordType": 1, "UserId": "kim@contoso.com", "OrganizationId": crate::world::TENANT});
    let reordered = format!(
        r#"{{"UserId":"kim@contoso.com", "RecordType":1,"Workload":"Exchange","Operation":"Round","OrganizationId":"{}","CreationTime":"{time}","Id":"twice"}}"#,
        crate::world::TENANT
    );
    let created = |minutes| ago(&office.fake, minutes);
    office.tenant.add_blob(Blob::new(EXCHANGE, [record.clone()]).created(created(9)));
    office.tenant.add_blob(Blob::new(EXCHANGE, [reordered.clone()]).created(created(5)));
    office.tenant.add_blob(Blob::new("Audit.General", [reordered]).created(created(3)));
    let pipeline = Pipeline::over(office.store.clone())
        .source_every("office365", office.feed(), Duration::from_secs(86_400))
        .alerts("alerts", Arc::new(RoundNumbers));
    let running = pipeline.start();
    let counts = running.fetch_now("office365").await.unwrap();
    // The collector's own first round may have been the one that brought them.
    let status = running.status();
    let (mut new, mut duplicates) = (0, 0);
    for source in status.sources.values() {
        new += source.counts.new;
        duplicates += source.counts.duplicates;
    }
    assert_eq!((new, duplicates), (1, 2), "{counts:?}");
    let mut events = Vec::new();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        events = office.store.read_after(Position::default(), 100).await.unwrap();
        if events.len() == 2 {
            break;
        }
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let alerts = events.iter().filter(|stored| stored.event.source == ALERT_SOURCE).count();
    assert_eq!((events.len(), alerts), (2, 1), "{events:?}");
    office.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_is_listed_late_and_cannot_be_had_yet_makes_its_stored_window_incomplete() {
    let mut office = Office::new().await;
    let on_time = office.tenant.add_blob(blob(&office.fake, EXCHANGE, "on-time", 3, 30));
    office.collect().await;
    office.assert_proven().await;
    let late = office.tenant.add_blob(blob(&office.fake, EXCHANGE, "late", 3, 40));
    let failing = office.fake.script(Fault::cut(100).blob(&late).always());
    // Whatever the hour: windows that have ended are looked at again now and then only.
    office.pass(60).await;
    assert_eq!(office.missing().await, [late], "the ledger does not go on saying that all is there");
    failing.end();
    office.pass(120).await;
    office.assert_all_well().await;
    assert!(office.ids().await.contains("late-2") && !on_time.is_empty());
}
