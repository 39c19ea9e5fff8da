//! Graph's logs: what exactly is asked, and that a source keeps every promise of sources.

use std::{collections::BTreeSet, sync::Arc};

use aoc_connectors::{
    EntraSignIns,
    fake::Tenant,
    microsoft::{Cloud, Hub},
};
use aoc_core::{Source, prelude::*};
use serde_json::json;

use crate::{
    graph_help::{LOGS, add, bounds, fill, on_day, path},
    world::{World, ago, feed, ids, sign_in},
};

/// The different questions, with the times masked.
fn questions(world: &World) -> BTreeSet<String> {
    let requests = world.fake.requests();
    let asked = requests.iter().filter_map(|seen| {
        let (from, until) = bounds(seen)?;
        let query =
            seen.query.replacen(&from.to_string(), "FROM", 1).replacen(&until.to_string(), "UNTIL", 1);
        Some(format!("{}?{query}", seen.path)).filter(|_| !seen.query.contains("skiptoken"))
    });
    asked.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_log_is_asked_by_its_own_time_and_encoded() {
    for (source, question) in [
        (
            "entra",
            "/v1.0/auditLogs/directoryAudits?$filter=activityDateTime%20ge%20FROM%20and%20activityDateTime%20le%20UNTIL\
             &$orderby=activityDateTime%20asc&$top=1000",
        ),
        (
            "sign_ins",
            "/v1.0/auditLogs/signIns?$filter=createdDateTime%20ge%20FROM%20and%20createdDateTime%20le%20UNTIL&$top=1000",
        ),
        (
            "intune",
            "/v1.0/deviceManagement/auditEvents?$filter=activityDateTime%20ge%20FROM%20and%20activityDateTime%20le%20UNTIL",
        ),
    ] {
        let world = World::new(&[source]).await;
        fill(&world, source, 5);
        world.collect(source).await;
        assert_eq!(questions(&world), BTreeSet::from([question.to_owned()]));
        assert!(world.fake.requests().iter().all(|seen| seen.status == 200 || seen.method == "HEAD"));
        world.assert_complete().await;
        world.assert_proven().await;
    }
}

const TYPES: [(&str, &str); 4] = [
    ("interactive_user", "interactiveUser"),
    ("non_interactive_user", "nonInteractiveUser"),
    ("service_principal", "servicePrincipal"),
    ("managed_identity", "managedIdentity"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_type_of_sign_in_has_a_loop_and_a_content_of_its_own() {
    let world = World::new(&[]).await;
    for (number, (_, name)) in TYPES.iter().enumerate() {
        for of_type in 0..7 {
            let time = ago(&world.fake, 100 + 10 * of_type);
            let mut record = sign_in(&format!("{name}-{of_type}"), time);
            if number > 0 {
                record["signInEventTypes"] = json!([name]);
            }
            world.tenant.add_sign_in(record);
        }
    }
    let account = world.fake.profile(&world.tenant);
    let options = json!({
        "tenant_id": account.tenant_id,
        "client_id": account.client_id,
        "client_secret": account.client_secret.unwrap().expose(),
        "cloud": "custom",
        "login_url": world.fake.url(),
        "graph_url": world.fake.url(),
        "types": TYPES.map(|(content, _)| content),
    });
    let source: EntraSignIns = serde_json::from_value(options).unwrap();
    let feed = source.build_on(&Hub::unlimited()).unwrap();
    let contents: Vec<&str> = feed.sources.iter().map(|(content, _)| content.as_str()).collect();
    assert_eq!(contents, TYPES.map(|(content, _)| content));
    let running = Pipeline::new(world.store.clone()).source("sign_ins", feed).start();
    let refused = running.fetch(Some("sign_ins/managed_identity"), None).unwrap().await;
    assert!(refused["sign_ins/managed_identity"].is_ok());
    running.fetch_now("sign_ins").await.unwrap();
    world.assert_complete().await;
    world.assert_proven().await;
    let ledger = world.ledger().await;
    assert!(TYPES.iter().all(|(content, _)| ledger.iter().any(|window| window.content == *content)));
    let questions = questions(&world);
    assert_eq!(questions.len(), 4, "{questions:#?}");
    for (_, name) in &TYPES[1..] {
        let condition = format!("%20and%20signInEventTypes/any(t:%20t%20eq%20%27{name}%27)&$top=1000");
        let asked = |question: &&String| {
            question.starts_with("/beta/auditLogs/signIns?") && question.ends_with(&condition)
        };
        assert_eq!(questions.iter().filter(asked).count(), 1, "{questions:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sources_of_one_tenant_share_one_token_and_a_second_tenant_has_its_own() {
    let world = World::new(&LOGS).await;
    LOGS.iter().for_each(|source| fill(&world, source, 20));
    let all = world.running().fetch(None, None).unwrap().await;
    assert!(all.values().all(Result::is_ok), "{all:?}");
    assert_eq!(world.fake.count("/oauth2/"), 1);
    world.assert_complete().await;
    let other = world.fake.add_tenant(Tenant::new("bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee"));
    let hub = Hub::unlimited();
    for tenant in [&world.tenant, &other] {
        for source in LOGS {
            let feed = feed(&world.fake, tenant, &hub, source);
            feed.sources[0].1.fetch(&Bookmark::Since(Timestamp::now())).await.unwrap();
        }
    }
    assert_eq!(world.fake.count("/oauth2/"), 3, "one more for each tenant");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cloud_can_be_served_from_other_hosts() {
    for cloud in [Cloud::Global, Cloud::Gcc, Cloud::GccHigh, Cloud::Dod, Cloud::China, Cloud::Custom] {
        let world = World::new(&["entra"]).await;
        fill(&world, "entra", 10);
        let mut account = world.fake.profile(&world.tenant);
        account.cloud = cloud;
        let feed = aoc_connectors::EntraAudit::new(account).build_on(&Hub::unlimited()).unwrap();
        let running = Pipeline::new(world.store.clone()).source("entra", feed).start();
        let fetched = running.fetch_now("entra").await;
        assert!(fetched.is_ok(), "{cloud:?}: {fetched:?}");
        let (served, stored) = (world.fake.served_ids(&world.tenant), ids(&world.store).await);
        assert_eq!(served, stored, "{cloud:?}");
        world.assert_proven().await;
    }
}

/// A fake whose logs stand still, and a source on it.
async fn spring(source: &'static str) -> impl Fn() -> Arc<dyn Source> + Send + Sync {
    let world = World::new(&[]).await;
    world.tenant.change(|settings| settings.page_size = 10);
    for number in 0..60_i64 {
        add(&world, source, &format!("{source}-{number}"), on_day(&world.fake, 1 + number % 5, number * 60));
    }
    assert_eq!(world.tenant.served_by(path(source)).len(), 60);
    move || feed(&world.fake, &world.tenant, &Hub::unlimited(), source).sources[0].1.clone()
}

mod entra_audit {
    aoc_core::suite!(source, || super::spring("entra"));
}
mod entra_sign_ins {
    aoc_core::suite!(source, || super::spring("sign_ins"));
}
mod intune_audit {
    aoc_core::suite!(source, || super::spring("intune"));
}
