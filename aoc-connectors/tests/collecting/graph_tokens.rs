//! Graph's logs: tokens that fail, expire and are revoked.

use std::time::Duration;

use aoc_connectors::fake::{Fault, Reply};
use serde_json::json;

use crate::{
    graph_help::{LOGS, fill, filled, loop_of, path},
    world::{World, collector},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_fails_then_raves_then_gives_tokens_of_three_seconds_leaves_no_gap() {
    let world = World::new(&LOGS).await;
    LOGS.iter().for_each(|source| fill(&world, source, 30));
    world.tenant.change(|settings| settings.token_lifetime = Duration::from_secs(3));
    world.fake.script(Fault::gateway(500).path("/oauth2/").times(2));
    let garbage = Fault::answer(Reply::text(200, "text/html", "<html>\u{0}{]</html>")).path("/oauth2/");
    let garbage = world.fake.script(garbage);
    let hub = aoc_connectors::microsoft::Hub::unlimited();
    let mut pipeline = aoc_core::Pipeline::new(world.store.clone());
    for source in LOGS {
        let feed = crate::world::feed(&world.fake, &world.tenant, &hub, source);
        pipeline = pipeline.source_every(source, feed, Duration::from_millis(200));
    }
    let running = pipeline.start();
    tokio::time::sleep(Duration::from_secs(9)).await;
    let status = running.status();
    running.stop().await.unwrap();
    assert_eq!(garbage.hits(), 1);
    for source in LOGS {
        assert_eq!(status.sources[loop_of(source)].last_error, None, "{source}");
    }
    let asked = world.fake.count("/oauth2/");
    assert!((5..=14).contains(&asked), "{asked} requests for tokens in nine seconds");
    let refused = world.fake.requests().iter().filter(|seen| seen.status == 401).count();
    assert!(refused <= 1, "{refused} requests with a token that had expired");
    world.assert_complete().await;
    world.assert_proven().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claims_challenge_in_the_middle_costs_one_token_and_loses_nothing() {
    for source in LOGS {
        let world = filled(source, if source == "intune" { 55 } else { 2_500 }).await;
        let challenge =
            "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\"";
        let body = json!({"error": {"code": "InvalidAuthenticationToken", "message": "Continuous access evaluation resulted in challenge."}});
        let refused = Reply::json(401, &body).header("www-authenticate", challenge);
        let refused = world.fake.script(Fault::answer(refused).path(path(source)).query("skiptoken").nth(2));
        world.collect(source).await;
        assert_eq!((refused.hits(), world.fake.count("/oauth2/")), (1, 2), "{source}");
        assert_eq!(world.running().status().sources[loop_of(source)].last_error, None);
        world.assert_complete().await;
        world.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_revoked_or_expire_in_the_middle_are_replaced_once() {
    for expires in [true, false] {
        let world = World::new(&LOGS).await;
        world.tenant.change(|settings| settings.page_size = 10);
        LOGS.iter().for_each(|source| fill(&world, source, 60));
        let fake = world.fake.clone();
        let spoil = Fault::edit(move |_, _| match expires {
            true => fake.advance(Duration::from_secs(3_700)),
            false => fake.revoke_tokens(),
        });
        let spoilt = world.fake.script(spoil.path("auditEvents").query("skiptoken").nth(2));
        let all = world.running().fetch(None, None).unwrap().await;
        assert!(all.values().all(Result::is_ok), "{all:?}");
        assert_eq!((spoilt.hits(), world.fake.count("/oauth2/")), (1, 2));
        world.assert_complete().await;
        world.assert_proven().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_refuses_every_token_does_not_make_us_ask_for_ever_more() {
    let world = filled("entra", 20).await;
    let refused = world.fake.script(Fault::unauthorized().path("directoryAudits").always());
    for _ in 0..20 {
        assert!(world.running().fetch_now("entra").await.is_err());
    }
    assert!(world.fake.count("/oauth2/") <= 3, "{}", world.fake.count("/oauth2/"));
    assert!(refused.hits() <= 25, "{}", refused.hits());
    refused.end();
    let again = collector(&world.fake, &world.tenant, &world.store, &["entra"]);
    again.fetch_now("entra").await.unwrap();
    world.assert_complete().await;
    world.assert_proven().await;
}
