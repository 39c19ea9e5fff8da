//! Old checkpoints and wrong clocks.

use std::time::Duration;

use aoc_connectors::{
    Office365Activity,
    fake::{Fault, Tenant},
    microsoft::Hub,
};
use aoc_core::{ledger::Stage, prelude::*, testkit::source::all_pages};
use serde_json::Value;

use crate::{
    office365::{EXCHANGE, Office, of_blobs, of_listings},
    world::{ago, blob},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_nine_days_old_loses_exactly_what_the_api_forgot() {
    let mut office = Office::new().await;
    office.fill(20);
    office.collect().await;
    let before = office.ids().await.len();
    let stopped = office.fake.now();
    office.restart();
    office.fake.advance(Duration::from_secs(9 * 86_400));
    // What became available while nobody looked, until the API forgot it; and what it has still.
    for (number, minutes) in [12_000, 10_500, 9_900, 5_000, 3].into_iter().enumerate() {
        office.tenant.add_blob(blob(&office.fake, EXCHANGE, &format!("later{number}"), 1, minutes));
    }
    office.collect().await;
    office.pass(5).await;
    let lost: Vec<_> =
        office.ledger().await.into_iter().filter(|window| matches!(window.stage, Stage::Lost(_))).collect();
    assert_eq!(lost.len(), 1, "{lost:?}");
    let (from, until) = (lost[0].from.instant(), lost[0].until.instant());
    let near = |time: chrono::DateTime<chrono::Utc>, expected: Timestamp| {
        (time - expected.instant()).abs() < chrono::TimeDelta::minutes(2)
    };
    assert!(near(from, stopped), "{from} instead of {stopped}");
    assert!(near(until, ago(&office.fake, 7 * 1_440 + 5)), "{until}");
    assert_eq!(office.ids().await.len(), before + 3, "all but those of twelve and ten thousand minutes ago");
    for window in office.ledger().await.iter().filter(|window| window.stage == Stage::Sealed) {
        let disjoint = window.until.instant() <= from || window.from.instant() >= until;
        assert!(disjoint, "what is lost is called sealed: {window:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_two_hours_wrong_loses_nothing_and_says_nothing_is_lost() {
    for ahead in [7_200, -7_200] {
        let mut office = Office::new().await;
        office.fake.set_ahead(ahead);
        office.fill(30);
        for hours in [100, 160, 167] {
            let name = format!("old{hours}");
            office.tenant.add_blob(blob(&office.fake, EXCHANGE, &name, 1, hours * 60));
        }
        office.collect().await;
        office.assert_all_well().await;
        // It becomes right while we run; the other side's never goes back.
        office.fake.set_ahead(ahead.max(0));
        office.collect().await;
        let name = format!("new{ahead}");
        office.tenant.add_blob(blob(&office.fake, EXCHANGE, &name, 1, 0));
        office.collect().await;
        office.collect().await;
        let now = office.fake.now();
        assert!(office.ids().await.contains(&format!("{name}-0")));
        assert_eq!(office.losses().await, Vec::<String>::new());
        for window in office.ledger().await {
            assert!(window.until <= now, "{window:?} is not past");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_answers_for_less_than_a_week_is_asked_for_less() {
    for code in ["AF20030", "AF20055"] {
        let mut office = Office::new().await;
        office.fill(20);
        let fake = office.fake.clone();
        let strict = Fault::activity_error(400, code).when(move |seen| {
            let start = seen.param("startTime").and_then(|start| Timestamp::parse(&start).ok());
            start.is_some_and(|start| start < ago(&fake, 7 * 1_440 - 8))
        });
        office.fake.script(of_listings(strict).always());
        let source = office.feed().sources[0].1.clone();
        // From a bookmark that is too old, as the API sees it.
        let pages =
            aoc_core::testkit::source::all_pages(&*source, Bookmark::Since(ago(&office.fake, 7 * 1_440 - 1)))
                .await;
        assert!(pages.len() < 20, "{} pages", pages.len());
        let lost =
            |page: &Page| page.coverage.iter().filter(|one| matches!(one.stage, Stage::Lost(_))).count();
        assert!(pages.iter().map(lost).sum::<usize>() <= 1);
        office.collect().await;
        office.assert_complete().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_refuses_every_window_is_not_asked_without_end() {
    let mut office = Office::new().await;
    office.fill(20);
    let refused = office.fake.script(of_listings(Fault::activity_error(400, "AF20030")).always());
    let error = office.round().await.unwrap_err();
    assert!(error.to_string().contains("AF20030"), "{error}");
    assert!(refused.hits() < 10, "{} requests", refused.hits());
    assert!(office.losses().await.is_empty());
    refused.end();
    office.collect().await;
    office.assert_all_well().await;
}

/// A blob of the oldest day fails for hours, while its day leaves what the API answers for.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_blob_of_the_oldest_day_does_not_hold_up_the_newest() {
    let mut office = Office::new().await;
    let old = office.tenant.add_blob(blob(&office.fake, EXCHANGE, "old", 1, 7 * 1_440 - 300));
    office.fill(10);
    office.fake.script(of_blobs(Fault::cut(10)).blob(&old).always());
    office.collect().await;
    for round in 0..12 {
        office.tenant.add_blob(blob(&office.fake, EXCHANGE, &format!("new{round}"), 1, 0));
        office.pass(180).await;
        assert!(office.ids().await.contains(&format!("new{round}-0")), "round {round}");
    }
    let losses = office.losses().await;
    assert!(losses.len() <= 1 && losses.iter().all(|loss| loss.contains(&old)), "{losses:?}");
}

const OTHER: &str = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff";

fn ids(pages: &[Page]) -> Vec<String> {
    let records = pages.iter().flat_map(|page| &page.records);
    records.map(|record| record.raw.read::<Value>().unwrap()["Id"].as_str().unwrap().to_owned()).collect()
}

fn warnings(pages: &[Page]) -> Vec<&String> {
    pages.iter().flat_map(|page| &page.warnings).collect()
}

fn losses(pages: &[Page]) -> usize {
    let windows = pages.iter().flat_map(|page| &page.coverage);
    windows.filter(|window| matches!(window.stage, Stage::Lost(_))).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_tenant_is_not_gone_on_from() {
    let office = Office::new().await;
    office.fill(5);
    let source = office.feed().sources[0].1.clone();
    let broken = office.tenant.add_blob(blob(&office.fake, EXCHANGE, "broken", 1, 4));
    office.fake.script(of_blobs(Fault::short_body(30)).blob(&broken).always());
    let pages = all_pages(&*source, Bookmark::Since(ago(&office.fake, 10_000))).await;
    let cursor = pages.last().unwrap().next.clone();
    let other = office.fake.add_tenant(Tenant::new(OTHER));
    other.subscribe(EXCHANGE);
    other.add_blob(blob(&office.fake, EXCHANGE, "theirs", 2, 3 * 1_440));
    let theirs = Office365Activity::new(office.fake.profile(&other)).only(&[EXCHANGE]).unwrap();
    let theirs = theirs.build_on(&Hub::unlimited()).unwrap().sources[0].1.clone();
    let pages = all_pages(&*theirs, Bookmark::At(cursor)).await;
    assert_eq!(ids(&pages), ["theirs-0", "theirs-1"]);
    let told = warnings(&pages);
    assert!(told.len() == 1 && told[0].contains(OTHER) && told[0].contains("anew"), "{told:?}");
    assert_eq!(losses(&pages), 0);
    let next = pages.last().unwrap().next.clone();
    assert!(
        !next.read::<Value>().unwrap().to_string().contains(&broken),
        "what could not be had is forgotten"
    );
    assert!(warnings(&all_pages(&*theirs, Bookmark::At(next)).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_does_not_say_whose_it_is_goes_on_and_says_so_from_then_on() {
    let office = Office::new().await;
    office.fill(5);
    let source = office.feed().sources[0].1.clone();
    let pages = all_pages(&*source, Bookmark::Since(ago(&office.fake, 10_000))).await;
    let mut old: Value = pages.last().unwrap().next.read().unwrap();
    assert!(old.as_object_mut().unwrap().remove("of").is_some(), "{old}");
    let pages = all_pages(&*source, Bookmark::At(Cursor::of(old).unwrap())).await;
    assert!(ids(&pages).is_empty() && warnings(&pages).is_empty(), "{pages:?}");
    assert!(pages[0].next.read::<Value>().unwrap()["of"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_back_further_than_the_api_keeps_is_no_loss() {
    let office = Office::new().await;
    office.fill(5);
    let source = office.feed().sources[0].1.clone();
    for (days, told) in [(7, 0), (30, 1)] {
        let pages = all_pages(&*source, Bookmark::Since(ago(&office.fake, days * 1_440))).await;
        assert_eq!((losses(&pages), warnings(&pages).len()), (0, told), "{:?}", warnings(&pages));
        assert_eq!(ids(&pages).len(), 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_look_back_is_told_to_the_ledger_in_hours_and_listed_in_days() {
    let mut office = Office::new().await;
    for hours in 0..150 {
        office.tenant.add_blob(blob(&office.fake, EXCHANGE, &format!("b{hours}"), 1, hours * 60 + 1));
    }
    office.collect().await;
    office.assert_all_well().await;
    let ledger = office.ledger().await;
    let longest = ledger.iter().map(|window| window.until.instant() - window.from.instant()).max().unwrap();
    assert!(longest <= chrono::TimeDelta::hours(1), "{longest}");
    assert!(
        office.fake.count("/subscriptions/content") < 15,
        "{}",
        office.fake.count("/subscriptions/content")
    );
}
