//! Graph's logs: pages that break off, are no JSON, or never come.

use std::time::Duration;

use aoc_connectors::{
    fake::{Fault, Reply, Seen},
    microsoft::Hub,
};
use aoc_core::{UNREADABLE, ledger::Stage, prelude::*};
use chrono::TimeDelta;

use crate::{
    graph_help::{LOGS, add, asks_for_more_than, bounds, fill, filled, on_day, path, said},
    world::{World, audit, feed, intune, sign_in},
};

/// So many records that there are three pages.
fn three_pages(source: &str) -> usize {
    if source == "intune" { 25 } else { 2_100 }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_break_off_or_rave_for_a_while_are_asked_for_again() {
    let html = Reply::text(200, "text/html", "<html><body>Maintenance</body></html>");
    let faults = [
        ("cut", Fault::cut(700)),
        ("short", Fault::short_body(700)),
        ("garbage", Fault::garbage()),
        ("html", Fault::answer(html)),
        ("gone", Fault::drop_connection()),
        ("gateway", Fault::gateway(502)),
    ];
    for (name, fault) in faults {
        for source in LOGS {
            let world = filled(source, three_pages(source)).await;
            let fault = world.fake.script(fault.clone().path(path(source)).query("skiptoken").times(2));
            world.collect(source).await;
            assert_eq!(fault.hits(), 2, "{name} {source}");
            world.assert_complete().await;
            world.assert_proven().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_always_too_much_is_read_in_smaller_pieces() {
    let html = Reply::text(200, "text/html", "<html><body>Maintenance</body></html>");
    for (name, fault) in [
        ("504", Fault::gateway(504)),
        ("500", Fault::gateway(500)),
        ("cut", Fault::cut(300)),
        ("short", Fault::short_body(300)),
        ("html", Fault::answer(html)),
    ] {
        let world = filled("intune", 80).await;
        // A page of fewer than 300 bytes cannot be cut.
        let fault = fault.path("auditEvents").when(|seen| asks_for_more_than(seen, 4 * 3_600)).always();
        let hit = world.fake.script(fault);
        world.collect("intune").await;
        assert!(hit.hits() >= 6, "{name}");
        assert!(world.fake.count("auditEvents") < 160, "{name}: {}", world.fake.count("auditEvents"));
        world.assert_complete().await;
        world.assert_proven().await;
        assert_eq!(world.losses().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_stalls_is_asked_for_in_smaller_pieces() {
    for fault in [Fault::stall(), Fault::stall_after(200)] {
        let world = filled("intune", 40).await;
        let fault = fault.path("auditEvents").when(|seen| asks_for_more_than(seen, 12 * 3_600)).always();
        let hit = world.fake.script(fault.when(|seen| {
            bounds(seen).is_some_and(|(from, _)| (seen.at.instant() - from.instant()) > TimeDelta::days(2))
                && bounds(seen)
                    .is_some_and(|(from, _)| (seen.at.instant() - from.instant()) < TimeDelta::days(4))
        }));
        let hub = Hub::impatient(Duration::from_millis(150));
        let feed = feed(&world.fake, &world.tenant, &hub, "intune");
        let running = Pipeline::new(world.store.clone()).source("intune", feed).start();
        for _ in 0..40 {
            if running.fetch_now("intune").await.is_ok() {
                break;
            }
        }
        assert!((2..=8).contains(&hit.hits()), "{}", hit.hits());
        assert_eq!(world.fake.served_ids(&world.tenant), world.ids().await);
        world.assert_proven().await;
    }
}

/// Whether a request asks for a window that holds this time.
fn holds(seen: &Seen, time: Timestamp) -> bool {
    bounds(seen).is_some_and(|(from, until)| from <= time && time < until)
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_minute_that_never_comes_is_a_recorded_loss_until_it_comes() {
    for source in LOGS {
        let world = filled(source, 40).await;
        let time = on_day(&world.fake, 3, 43_205);
        add(&world, source, "unreachable", time);
        let away = Fault::gateway(504).path(path(source)).when(move |seen| holds(seen, time)).always();
        let away = world.fake.script(away);
        let said = said(&world, source).await;
        assert!(said.iter().any(|one| one.contains("is tried again in the next round")), "{said:?}");
        assert!(world.fake.count(path(source)) < 100, "{source}: {}", world.fake.count(path(source)));
        let (mut served, stored) = (world.fake.served_ids(&world.tenant), world.ids().await);
        served.remove("unreachable");
        let beside: Vec<_> = served.difference(&stored).collect();
        assert!(beside.len() <= 1, "{beside:?}");
        let ledger = world.ledger().await;
        let lost: Vec<_> = ledger.iter().filter(|window| matches!(window.stage, Stage::Lost(_))).collect();
        assert_eq!(lost.len(), 1, "{lost:?}");
        assert!(lost[0].from <= time && time < lost[0].until);
        assert!(lost[0].until.instant() - lost[0].from.instant() < TimeDelta::seconds(60));
        // It is tried in each round, with few requests.
        world.fake.clear_requests();
        world.collect(source).await;
        assert!((1..=8).contains(&world.fake.count(path(source))), "{}", world.fake.count(path(source)));
        away.end();
        world.collect(source).await;
        world.assert_complete().await;
        world.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_record_is_kept_as_unreadable_and_said_to_be_a_loss() {
    for source in LOGS {
        let world = filled(source, three_pages(source)).await;
        let time = on_day(&world.fake, 3, 43_205);
        add(&world, source, "neighbour", time);
        let broken = r#"{"id":"broken","activityDisplayName":"Update", oops }"#;
        let spoil = move |_: &Seen, reply: &mut Reply| {
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            if let Some(place) = text.find(r#""id":"neighbour""#) {
                let start =
                    text[..place].rfind(",{").map_or_else(|| text.find("[{").unwrap() + 1, |at| at + 1);
                reply.body.splice(start..start, format!("{broken},").into_bytes());
            }
        };
        world.fake.script(Fault::edit(spoil).path(path(source)).always());
        let said = said(&world, source).await;
        assert!(said.iter().any(|one| one.contains("could be saved")), "{said:?}");
        let (served, stored) = (world.fake.served_ids(&world.tenant), world.ids().await);
        let missing: Vec<_> = served.difference(&stored).collect();
        assert!(missing.is_empty(), "{source}: {missing:?}");
        let events = world.store.read_after(Position::default(), 10_000).await.unwrap();
        let odd: Vec<_> = events.iter().filter(|stored| stored.event.service == UNREADABLE).collect();
        assert_eq!(odd.len(), 1, "{source}");
        assert!(odd[0].event.raw.text().contains("oops"));
        assert_eq!(stored.len(), served.len() + 1);
        let losses = world.losses().await;
        assert_eq!(losses.len(), 1, "{losses:?}");
        // Nothing changes in the rounds that follow, however often it is tried; nor when all is long settled.
        for _ in 0..3 {
            world.collect(source).await;
        }
        assert_eq!(world.losses().await, losses);
        assert!(world.ids().await == stored);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_surrogate_pair_spoils_neither_its_record_nor_its_page() {
    let world = World::new(&LOGS).await;
    LOGS.iter().for_each(|source| fill(&world, source, 20));
    let time = on_day(&world.fake, 3, 500);
    let odd = |record: serde_json::Value, word: &str| record.to_string().replace(word, r"Cut \ud83d");
    world.tenant.add_audit(odd(audit("audit-odd", time), "Update user"));
    world.tenant.add_sign_in(odd(sign_in("sign-in-odd", time), "Office"));
    world.tenant.add_intune(odd(intune("intune-odd", time), "Patch MobileApp"));
    for source in LOGS {
        world.collect(source).await;
    }
    world.assert_complete().await;
    world.assert_proven().await;
}
