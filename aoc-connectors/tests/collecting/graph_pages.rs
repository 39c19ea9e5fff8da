//! Graph's logs: pages and links.

use std::sync::atomic::{AtomicUsize, Ordering};

use aoc_connectors::fake::{Fault, Given, Reply, Seen};
use aoc_core::{prelude::*, store::Note};

use crate::{
    graph_help::{LOGS, add, begin, filled, lonely_server, on_day, path, redirect, said},
    world::{World, audit, intune},
};

#[tokio::test(flavor = "multi_thread")]
async fn seven_pages_with_an_empty_one_in_the_middle_are_all_read() {
    for (source, records) in [("entra", 6_500), ("sign_ins", 6_500), ("intune", 65)] {
        let world = filled(source, records).await;
        let empty = world.fake.script(Fault::empty_page().path(path(source)).query("skiptoken").nth(3));
        begin(&world, source).await;
        let counts = world.collect(source).await;
        assert_eq!((counts.new, counts.duplicates, empty.hits()), (records as u64, 0, 1), "{source}");
        let pages = world.fake.requests().into_iter().filter(|seen| seen.query.contains("skiptoken")).count();
        assert_eq!(pages, 7, "{source}: six links, and one of them twice");
        world.assert_complete().await;
        world.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_twice_is_stored_once() {
    for source in LOGS {
        let world = filled(source, if source == "intune" { 35 } else { 1_200 }).await;
        let first = world.fake.script(Fault::page_twice().path(path(source)).query("skiptoken"));
        assert_eq!(world.collect(source).await.revised, 0);
        assert_eq!(first.hits(), 1);
        world.assert_complete().await;
        world.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_on_two_pages_with_its_members_in_another_order_is_one_event() {
    let world = World::new(&["entra", "intune"]).await;
    world.tenant.change(|settings| settings.page_size = 10);
    for number in 0..30 {
        add(&world, "intune", &format!("i{number}"), on_day(&world.fake, 2, number + 1));
    }
    let twice = |record: &serde_json::Value| {
        let members: Vec<String> = record
            .as_object()
            .unwrap()
            .iter()
            .rev()
            .map(|(key, value)| format!("\"{key}\":{value}"))
            .collect();
        Given::from(format!("{{ {} }}", members.join(" , "))).time(on_day(&world.fake, 2, 25))
    };
    let (event, other) = (intune("i3", on_day(&world.fake, 2, 4)), audit("a", on_day(&world.fake, 2, 3)));
    world.tenant.add_intune(twice(&event)).add_audit(twice(&other)).add_audit(&other);
    begin(&world, "intune").await;
    let counts = world.collect("intune").await;
    assert_eq!((counts.new, counts.duplicates, counts.revised), (30, 1, 0));
    world.collect("entra").await;
    let counts = world.running().status().sources["entra"].counts;
    assert_eq!((counts.new, counts.duplicates, counts.revised), (1, 1, 0));
    world.assert_complete().await;
    world.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn intunes_counts_lie_and_a_link_to_itself_is_the_end() {
    let world = filled("intune", 10).await;
    world.tenant.change(|settings| {
        (settings.intune_count_lies, settings.intune_links_to_itself) = (true, true);
    });
    begin(&world, "intune").await;
    let counts = world.collect("intune").await;
    assert_eq!((counts.fetched, counts.new), (10, 10));
    let asked = world.fake.count("auditEvents");
    assert!(asked < 12, "{asked} requests for at most nine windows");
    world.assert_complete().await;
    world.assert_proven().await;
    assert_eq!(world.losses().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_back_to_the_first_page_is_reported_and_costs_nothing() {
    for source in LOGS {
        let world = filled(source, if source == "intune" { 65 } else { 3_500 }).await;
        let to_first = |seen: &Seen, reply: &mut Reply| {
            let first = seen
                .url()
                .split("&$skiptoken")
                .next()
                .unwrap()
                .split("&%24skiptoken")
                .next()
                .unwrap()
                .to_owned();
            reply.edit_json(|body| body["@odata.nextLink"] = first.into());
        };
        let back =
            world.fake.script(Fault::edit(to_first).path(path(source)).query("skiptoken").nth(2).times(4));
        let said = said(&world, source).await;
        assert_eq!(back.hits(), 4, "{source}");
        assert!(said.iter().any(|one| one.contains("circle") && one.contains("is read again")), "{said:?}");
        let asked = world.fake.count(path(source));
        assert!(asked < 90, "{source}: {asked} requests");
        world.assert_complete().await;
        world.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_links_always_lead_in_a_circle_comes_in_smaller_pieces() {
    let world = filled("entra", 4_000).await;
    let is_second = |seen: &Seen| seen.query.contains("skiptoken");
    let circle = |seen: &Seen, reply: &mut Reply| {
        let own = seen.url();
        reply.edit_json(|body| body["@odata.nextLink"] = own.into());
    };
    world.fake.script(Fault::edit(circle).when(is_second).always());
    let said = said(&world, "entra").await;
    assert!(said.iter().any(|one| one.contains("circle")), "{said:?}");
    // Late in the day there is a window more.
    assert!(world.fake.count("directoryAudits") < 110, "{}", world.fake.count("directoryAudits"));
    world.assert_complete().await;
    world.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_another_host_is_not_followed_and_loses_nothing() {
    for source in LOGS {
        let (foreign, visitors) = lonely_server().await;
        let world = filled(source, if source == "intune" { 45 } else { 1_500 }).await;
        let there = format!("{foreign}/v1.0/auditLogs/directoryAudits?$skiptoken=1");
        world.fake.script(Fault::next_page_at(there).path(path(source)).query("skiptoken").times(2));
        let said = said(&world, source).await;
        let warned = said.iter().filter(|one| one.contains("the token must not go there")).count();
        assert!(warned >= 1, "{said:?}");
        assert_eq!(visitors.load(Ordering::SeqCst), 0);
        world.assert_complete().await;
        world.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_kept_from_another_address_begins_anew() {
    let mut world = filled("intune", 45).await;
    let away = world.fake.script(Fault::gateway(503).path("auditEvents").query("skiptoken").nth(2).always());
    assert!(world.running().fetch_now("intune").await.is_err());
    away.end();
    let mut notes = world.store.read("cursor/intune").await.unwrap().unwrap();
    assert!(notes["reading"]["link"].is_string(), "{notes}");
    notes["reading"]["link"] = "https://old.example/v1.0/deviceManagement/auditEvents?$skiptoken=1".into();
    world.restart().await;
    world.store.write(&[Note::new("cursor/intune", notes).unwrap()]).await.unwrap();
    world.collect("intune").await;
    world.assert_complete().await;
    world.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let (foreign, visitors) = lonely_server().await;
    for source in LOGS {
        let world = filled(source, 20).await;
        let away = world.fake.script(redirect(&format!("{foreign}/page")).path(path(source)).times(2));
        let error = world.running().fetch_now(source).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.to_string().contains("redirect, which is not followed"), "{error}");
        world.collect(source).await;
        assert_eq!((away.hits(), visitors.load(Ordering::SeqCst)), (2, 0));
        world.assert_complete().await;
        world.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skip_token_that_is_forgotten_after_page_three_restarts_the_window() {
    for source in LOGS {
        let world = filled(source, if source == "intune" { 65 } else { 4_500 }).await;
        let expired = Fault::skip_token_expired().path(path(source)).nth(3).times(1);
        let expired = world.fake.script(expired);
        let said = said(&world, source).await;
        assert_eq!(expired.hits(), 1);
        assert!(said.iter().any(|one| one.contains("is read again")), "{said:?}");
        world.assert_complete().await;
        world.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn skip_tokens_that_never_live_to_the_third_page_make_windows_smaller() {
    let world = filled("intune", 120).await;
    let token_of_page = |seen: &Seen| seen.query.contains("skiptoken");
    world.fake.script(Fault::skip_token_expired().when(token_of_page).nth(2).times(30));
    said(&world, "intune").await;
    world.assert_complete().await;
    world.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_always_new_and_bring_nothing_come_to_an_end() {
    for empty in [true, false] {
        let world = filled("intune", 3).await;
        let number = AtomicUsize::new(0);
        let endless = move |seen: &Seen, reply: &mut Reply| {
            let url = seen.url();
            let first = url.split("&$skiptoken").next().unwrap();
            let next = format!("{first}&$skiptoken={}", number.fetch_add(1, Ordering::SeqCst));
            reply.status = 200;
            reply.edit_json(|body| {
                *body = serde_json::json!({"value": [{"id": "again"}], "@odata.nextLink": next});
                if empty {
                    body["value"] = serde_json::json!([]);
                }
            });
        };
        let endless = world.fake.script(Fault::edit(endless).path("auditEvents").always());
        world.running().fetch_now("intune").await.unwrap();
        assert!(endless.hits() < 20_000, "{}", endless.hits());
        endless.end();
        world.collect("intune").await;
        let (served, stored) = (world.fake.served_ids(&world.tenant), world.ids().await);
        assert!(served.is_subset(&stored));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_itself_is_the_end_however_it_is_written() {
    let world = filled("intune", 10).await;
    let itself = |seen: &Seen, reply: &mut Reply| {
        let own = seen.url().replace('$', "%24").replace("%20", "+").replace("http://", "HTTP://");
        reply.edit_json(|body| body["@odata.nextLink"] = own.into());
    };
    world.fake.script(Fault::edit(itself).path("auditEvents").always());
    let said = said(&world, "intune").await;
    assert!(!said.iter().any(|one| one.contains("circle")), "{said:?}");
    assert!(world.fake.count("auditEvents") < 12, "{}", world.fake.count("auditEvents"));
    world.assert_complete().await;
    world.assert_proven().await;
}
