//! Graph's logs: records that become visible late, and alerts of them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use aoc_connectors::{fake::Given, microsoft::Hub};
use aoc_core::{
    Severity,
    alert::{ALERT_SERVICE, ALERT_SOURCE},
    prelude::*,
};
use chrono::TimeDelta;

use crate::{
    graph_help::LOGS,
    world::{World, audit, feed, intune, sign_in},
};

/// Finds something in every event.
struct Everything;

impl AlertEvaluator for Everything {
    fn begin(&self) -> Box<dyn Evaluation> {
        Box::new(|event: &Event| {
            let alert = Alert::about("everything", Severity::Low, "Something happened", event);
            vec![Alert { subject: event.id.clone(), ..alert }]
        })
    }

    fn window(&self) -> Duration {
        Duration::ZERO
    }
}

fn collector(world: &World) -> Running {
    let hub = Hub::unlimited();
    let mut pipeline = Pipeline::new(world.store.clone()).alerts("alerts", Arc::new(Everything));
    for source in LOGS {
        let feed = feed(&world.fake, &world.tenant, &hub, source);
        pipeline = pipeline.source_every(source, feed, Duration::from_secs(86_400));
    }
    pipeline.start()
}

fn add_late(world: &World, minutes: i64) {
    let happened = world.fake.now();
    let visible: Timestamp = (happened.instant() + TimeDelta::minutes(minutes)).into();
    let late = |record| Given::from(record).visible_at(visible);
    world.tenant.add_audit(late(audit(&format!("audit-{minutes}"), happened)));
    world.tenant.add_sign_in(late(sign_in(&format!("sign-in-{minutes}"), happened)));
    world.tenant.add_intune(late(intune(&format!("intune-{minutes}"), happened)));
}

/// How often each id is in the store: as a record, and as the subject of an alert.
async fn stored(world: &World) -> (BTreeMap<String, usize>, BTreeMap<String, usize>) {
    let (mut records, mut alerts) = (BTreeMap::new(), BTreeMap::new());
    for event in world.store.read_after(Position::default(), 100_000).await.unwrap() {
        let event = event.event;
        assert!(event.revision_of.is_none());
        if (event.source.as_str(), event.service.as_str()) == (ALERT_SOURCE, ALERT_SERVICE) {
            let subject = event.id.rsplit('/').next().unwrap().to_owned();
            *alerts.entry(subject).or_default() += 1;
        } else {
            *records.entry(event.id).or_default() += 1;
        }
    }
    (records, alerts)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_visible_late_is_stored_once_and_alerted_once() {
    let world = World::new(&[]).await;
    world.tenant.change(|settings| settings.token_lifetime = Duration::from_secs(40 * 86_400));
    let mut running = collector(&world);
    running.fetch_now("entra").await.unwrap();
    [0, 20, 45, 360].iter().for_each(|minutes| add_late(&world, *minutes));
    let mut found = BTreeMap::new();
    for round in 1..=80_i64 {
        world.fake.advance(Duration::from_secs(600));
        if round == 40 {
            running.stop().await.unwrap();
            running = collector(&world);
        }
        for source in LOGS {
            running.fetch_now(source).await.unwrap();
        }
        for id in stored(&world).await.0.into_keys() {
            found.entry(id).or_insert(round * 10);
        }
    }
    for (id, minutes) in &found {
        let late: i64 = id.rsplit('-').next().unwrap().parse().unwrap();
        assert!(*minutes >= late && *minutes <= late * 2 + 70, "{id} was found after {minutes} minutes");
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (records, alerts) = stored(&world).await;
    let served = world.fake.served_ids(&world.tenant);
    assert_eq!(served.len(), 12);
    assert_eq!(records, served.iter().map(|id| (id.clone(), 1)).collect());
    assert_eq!(alerts, records);
    world.assert_proven().await;
}
