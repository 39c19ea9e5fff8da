//! Blobs that cannot be read, or not be had.

use std::time::Duration;

use aoc_connectors::{
    fake::{Blob, Fault},
    microsoft::Hub,
};
use aoc_core::{UNREADABLE, prelude::*};

use crate::{
    office365::{EXCHANGE, Office, of_blobs, of_listings},
    world::{activity, ago, blob},
};

/// A long blob, first in the list, and others behind it.
fn with_first(office: &Office) -> String {
    let first = office.tenant.add_blob(blob(&office.fake, EXCHANGE, "first", 10, 100));
    office.fill(30);
    first
}

async fn unreadable(office: &Office) -> Vec<Event> {
    let events = office.store.read_after(Position::default(), 10_000).await.unwrap();
    events.into_iter().map(|stored| stored.event).filter(|event| event.service == UNREADABLE).collect()
}

/// Until everything was tried as often as it is.
async fn wear_out(office: &mut Office) {
    for _ in 0..10 {
        office.pass(200).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_fails_twice_and_then_comes_is_not_lost() {
    let faults = [
        Fault::short_body(700),
        Fault::cut(700),
        Fault::garbage(),
        Fault::activity_error(404, "AF20050"),
        Fault::activity_error(400, "AF20052"),
        Fault::activity_error(500, "AF50000"),
        Fault::gateway(502),
        Fault::drop_connection(),
    ];
    for fault in faults {
        let mut office = Office::new().await;
        let first = with_first(&office);
        office.fake.script(of_blobs(fault).blob(&first).times(2));
        office.collect().await;
        office.assert_all_well().await;
        assert_eq!(unreadable(&office).await.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_stays_broken_is_tried_again_and_then_what_can_be_saved_is() {
    let mut office = Office::new().await;
    let first = with_first(&office);
    let cut = office.fake.script(of_blobs(Fault::short_body(1_000)).blob(&first).always());
    let fetched = office.round().await.unwrap();
    assert!(fetched.warnings.iter().any(|warning| warning.contains(&first)), "{fetched:?}");
    assert_eq!(office.ids().await.len(), 60, "the others arrive");
    assert!(office.losses().await.is_empty(), "not yet");
    assert_eq!(
        office.missing().await,
        std::slice::from_ref(&first),
        "but the ledger says that it is missing"
    );
    wear_out(&mut office).await;
    assert!((10..30).contains(&cut.hits()), "{} tries", cut.hits());
    let losses = office.losses().await;
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert!(losses[0].contains(&first) && losses[0].contains("no whole JSON array"), "{losses:?}");
    let stored = office.ids().await;
    assert!(stored.contains("first-0") && stored.contains("first-1") && !stored.contains("first-9"));
    assert_eq!(unreadable(&office).await.len(), 1, "the rest of it");
    let tries = cut.hits();
    wear_out(&mut office).await;
    assert_eq!(cut.hits(), tries, "it is not asked for for ever");
}

/// The cut may be right behind a bracket.
#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_is_cut_behind_a_bracket_is_not_taken_for_a_whole_one() {
    let mut office = Office::new().await;
    let record =
        r#"{"Id":"a","CreationTime":"2026-01-05T09:00:00","Operation":"x","Parameters":["y"],"Z":1}"#;
    let whole = format!("[{record},{}]", record.replace(r#""a""#, r#""b""#));
    let end = whole.rfind("\"],").unwrap() + 2;
    let created = ago(&office.fake, 5);
    let id = office.tenant.add_blob(Blob::new(EXCHANGE, ["{}"]).raw(whole.clone()).created(created));
    office.fake.script(of_blobs(Fault::short_body(end)).blob(&id).times(4));
    office.collect().await;
    assert_eq!(office.missing().await, std::slice::from_ref(&id));
    office.pass(10).await;
    let stored = office.ids().await;
    assert!(stored.contains("a") && stored.contains("b"), "{stored:?}");
    assert!(unreadable(&office).await.is_empty());
    office.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_does_not_exist_is_a_recorded_loss_and_no_endless_retry() {
    for code in ["AF20050", "AF20052"] {
        let mut office = Office::new().await;
        let first = with_first(&office);
        let missing = office.fake.script(of_blobs(Fault::activity_error(404, code)).blob(&first).always());
        wear_out(&mut office).await;
        let losses = office.losses().await;
        assert!(losses.len() == 1 && losses[0].contains(&first) && losses[0].contains(code), "{losses:?}");
        assert_eq!(office.ids().await.len(), 60);
        let tries = missing.hits();
        wear_out(&mut office).await;
        assert_eq!(missing.hits(), tries);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_cannot_be_had_for_days_is_lost_only_when_the_api_forgets_it() {
    let mut office = Office::new().await;
    let first = with_first(&office);
    let cut = office.fake.script(of_blobs(Fault::cut(500)).blob(&first).always());
    office.collect().await;
    for _ in 0..26 {
        office.pass(360).await;
        assert_eq!(office.losses().await, Vec::<String>::new());
    }
    assert!(cut.hits() < 200, "{} tries in six and a half days", cut.hits());
    for _ in 0..4 {
        office.pass(360).await;
    }
    let losses = office.losses().await;
    assert!(losses.len() == 1 && losses[0].contains(&first), "{losses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_record_in_a_blob_harms_no_other() {
    let mut office = Office::new().await;
    let time = ago(&office.fake, 50);
    let good = |id: &str| activity(id, time).to_string();
    for (number, odd) in ["nonsense", "{\"Id\":\"x\",\"Operation\":\"a\nb\"}", "17", "[]"].iter().enumerate()
    {
        let raw =
            format!("[{},{odd},{}]", good(&format!("before{number}")), good(&format!("behind{number}")));
        let records = [good(&format!("before{number}")), good(&format!("behind{number}"))];
        office.tenant.add_blob(Blob::new(EXCHANGE, records).raw(raw).created(ago(&office.fake, 20)));
    }
    let mut bytes = b"\xef\xbb\xbf[{\"Id\":\"bytes\",\"Operation\":\"\xff\"},".to_vec();
    bytes.extend(format!("{}]", good("behind")).into_bytes());
    office.tenant.add_blob(Blob::new(EXCHANGE, [good("behind")]).raw(bytes).created(ago(&office.fake, 9)));
    let lone = office.tenant.add_blob(blob(&office.fake, EXCHANGE, "lone", 3, 8));
    office.fake.script(of_blobs(Fault::lone_surrogate("half")).blob(&lone).always());
    office.collect().await;
    let (served, stored) = (office.fake.served_ids(&office.tenant), office.ids().await);
    assert!(served.is_subset(&stored), "{:?}", served.difference(&stored));
    assert!(stored.contains("half"));
    assert_eq!(unreadable(&office).await.len(), stored.len() - served.len() - 1);
    office.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_blob_that_is_cut_or_odd_is_treated_as_a_small_one() {
    let mut office = Office::new().await;
    office.fill(10);
    let time = ago(&office.fake, 60);
    let records: Vec<String> = (0..6_000).map(|n| activity(&format!("big-{n}"), time).to_string()).collect();
    let odd = format!("[{},nonsense,{}]", records[..3_000].join(","), records[3_000..].join(","));
    let created = ago(&office.fake, 20);
    office.tenant.add_blob(Blob::new(EXCHANGE, records.clone()).raw(odd).created(created));
    let cut =
        Blob::new(EXCHANGE, records.iter().map(|record| record.replace("big-", "cut-"))).created(created);
    let cut = office.tenant.add_blob(cut);
    let short = office.fake.script(of_blobs(Fault::short_body(1_400_000)).blob(&cut).always());
    office.collect().await;
    assert_eq!(office.ids().await.iter().filter(|id| id.starts_with("big-")).count(), 6_000);
    assert_eq!(unreadable(&office).await.len(), 1);
    wear_out(&mut office).await;
    let losses = office.losses().await;
    assert!(losses.len() == 1 && losses[0].contains(&cut), "{losses:?}");
    let saved = office.ids().await.iter().filter(|id| id.starts_with("cut-")).count();
    assert!((4_000..6_000).contains(&saved), "{saved}");
    assert!(short.hits() < 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stalls_is_given_up_and_asked_for_again() {
    let mut office = Office::new().await;
    office.hub = Hub::impatient(Duration::from_millis(300));
    let first = with_first(&office);
    office.fake.script(of_blobs(Fault::stall_after(300)).blob(&first).times(2));
    office.fake.script(of_blobs(Fault::stall()).nth(9).times(2));
    office.fake.script(of_listings(Fault::stall()));
    office.collect().await;
    office.pass(5).await;
    office.assert_all_well().await;
}
