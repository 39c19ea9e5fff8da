//! Graph's logs: many tenants side by side.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use aoc_connectors::{
    FakeMicrosoft,
    fake::{Fault, RetryAfter, Tenant},
    microsoft::Hub,
};
use aoc_core::{Running, prelude::*};

use crate::{
    graph_help::on_day,
    world::{audit, feed, ids, intune},
};

fn tenant_id(number: usize) -> String {
    format!("{number:08x}-bbbb-4ccc-8ddd-eeeeeeeeeeee")
}

const DEAD: usize = 3;
const THROTTLED: usize = 4;
const RECORDS: i64 = 40;

struct Fleet {
    fake: FakeMicrosoft,
    tenants: Vec<Tenant>,
    store: MemoryStore,
}

impl Fleet {
    async fn new(tenants: usize) -> Self {
        let fake = FakeMicrosoft::start().await.unwrap();
        let tenants: Vec<Tenant> =
            (0..tenants).map(|number| fake.add_tenant(Tenant::new(tenant_id(number)))).collect();
        for (number, tenant) in tenants.iter().enumerate() {
            for record in 0..RECORDS {
                let time = on_day(&fake, 1 + record % 6, 60 * record + 30);
                tenant.add_audit(audit(&format!("a-{number}-{record}"), time));
                tenant.add_intune(intune(&format!("i-{number}-{record}"), time));
            }
        }
        Self { fake, tenants, store: MemoryStore::new() }
    }

    /// A collector of all of them, on one hub.
    fn start(&self) -> Running {
        let hub = Hub::unlimited();
        let mut pipeline = Pipeline::new(self.store.clone());
        for (number, tenant) in self.tenants.iter().enumerate() {
            for source in ["entra", "intune"] {
                let feed = feed(&self.fake, tenant, &hub, source);
                pipeline =
                    pipeline.source_every(format!("{source}_{number}"), feed, Duration::from_secs(86_400));
            }
        }
        pipeline.start()
    }

    /// Collects until all but the sick have caught up; says how long that took and how many requests each made.
    async fn collect(&self, sick: &[usize]) -> (Duration, BTreeMap<String, usize>) {
        let begun = Instant::now();
        let running = self.start();
        let is_sick = |name: &str| sick.iter().any(|number| name.ends_with(&format!("_{number}")));
        loop {
            let status = running.status();
            let healthy = status.sources.iter().filter(|(name, _)| !is_sick(name));
            if healthy.clone().all(|(_, source)| source.last_success.is_some()) {
                assert!(healthy.clone().all(|(_, source)| source.last_error.is_none()));
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "the healthy do not catch up");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let took = begun.elapsed();
        let mut requests = BTreeMap::new();
        for seen in self.fake.requests().into_iter().filter(|seen| seen.method != "HEAD") {
            *requests.entry(seen.tenant).or_default() += 1;
        }
        (took, requests)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_tenants_a_dead_and_a_throttled_one_hold_up_none_of_the_others() {
    let healthy = Fleet::new(50).await;
    let (alone, expected) = healthy.collect(&[]).await;
    assert_eq!(ids(&healthy.store).await.len(), 50 * 2 * RECORDS as usize);

    let mixed = Fleet::new(50).await;
    mixed.fake.script(Fault::login_error(401, "invalid_client", 7_000_215).tenant(tenant_id(DEAD)).always());
    let refused = Fault::throttled(RetryAfter::Silent).tenant(tenant_id(THROTTLED)).path("/v1.0/").always();
    mixed.fake.script(refused);
    let (beside, requests) = mixed.collect(&[DEAD, THROTTLED]).await;

    println!("fifty healthy tenants: {alone:?}; forty-eight beside a dead and a throttled one: {beside:?}");
    for number in (0..50).filter(|number| ![DEAD, THROTTLED].contains(number)) {
        let id = tenant_id(number);
        assert_eq!(requests[&id], expected[&id], "tenant {number} makes as many requests as ever");
    }
    assert!(requests[&tenant_id(DEAD)] <= 2, "the dead one is asked once: {}", requests[&tenant_id(DEAD)]);
    assert!(requests[&tenant_id(THROTTLED)] <= 5, "{}", requests[&tenant_id(THROTTLED)]);
    assert!(beside < alone * 3 + Duration::from_millis(500), "{beside:?} instead of {alone:?}");
    let stored = ids(&mixed.store).await;
    let is_sick = |id: &String| [DEAD, THROTTLED].iter().any(|number| id.contains(&format!("-{number}-")));
    assert!(!stored.iter().any(is_sick));
    assert_eq!(stored.len(), 48 * 2 * RECORDS as usize);
}
