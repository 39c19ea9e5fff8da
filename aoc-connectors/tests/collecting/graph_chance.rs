//! Graph's logs: whatever goes wrong by chance, and whenever the collector dies, nothing is missing in the end and nothing
//! false is ever claimed.

use std::{collections::BTreeMap, time::Duration};

use aoc_connectors::fake::{Fault, Given, RetryAfter, Seen};
use aoc_core::{
    ledger::{Coverage, Stage},
    testkit::random::Random,
};
use chrono::TimeDelta;

use crate::{
    graph_help::{LOGS, path},
    world::{World, audit, collector, intune, sign_in},
};

/// What was added: source, time, and whether it could be seen at once.
type Added = BTreeMap<String, (&'static str, aoc_core::Timestamp, bool)>;

fn is_log(seen: &Seen) -> bool {
    LOGS.iter().any(|source| seen.path.contains(path(source)))
}

fn script(world: &World, seed: u64) {
    let faults = [
        (40, Fault::gateway(500)),
        (20, Fault::gateway(504)),
        (50, Fault::cut(400)),
        (40, Fault::short_body(900)),
        (30, Fault::garbage()),
        (30, Fault::drop_connection()),
        (40, Fault::delay(Duration::from_millis(15))),
        (60, Fault::page_twice()),
        (40, Fault::empty_page()),
        (20, Fault::unauthorized()),
        (30, Fault::skip_token_expired()),
    ];
    for (number, (per_mille, fault)) in (0..).zip(faults) {
        world.fake.script(fault.when(is_log).chance(per_mille, seed * 100 + number));
    }
    world.fake.script(Fault::throttled(RetryAfter::Silent).when(is_log).nth(30));
    world.fake.script(Fault::gateway(503).path("/oauth2/").nth(2).times(2));
}

/// Adds some records of the last minutes to each log.
fn add(world: &World, random: &mut Random, added: &mut Added, round: usize) {
    for source in LOGS {
        for number in 0..random.below(33) {
            let id = format!("{source}-{round}-{number}");
            let time = world.fake.now().instant() - TimeDelta::seconds(random.below(60) as i64);
            let late = if random.per_mille(200) { random.below(400) as i64 } else { 0 };
            // What happened a minute ago and is seen only now is late, too.
            let visible = (world.fake.now().instant() + TimeDelta::minutes(late)).into();
            let time = if late == 0 { world.fake.now() } else { time.into() };
            let given = |record: serde_json::Value| Given::from(record).visible_at(visible);
            match source {
                "entra" => world.tenant.add_audit(given(audit(&id, time))),
                "sign_ins" => world.tenant.add_sign_in(given(sign_in(&id, time))),
                _ => world.tenant.add_intune(given(intune(&id, time))),
            };
            added.insert(id, (source, time, late == 0));
        }
    }
}

/// Every record that could be seen at once, in a window that is said to be stored, is.
async fn assert_honest(world: &World, added: &Added, seed: u64) {
    let mut windows: BTreeMap<&str, Vec<Coverage>> = BTreeMap::new();
    for note in aoc_core::Notebook::list(&world.store, "ledger/").await.unwrap() {
        let source =
            LOGS.into_iter().find(|source| note.key.starts_with(&format!("ledger/{source}/"))).unwrap();
        windows.entry(source).or_default().push(serde_json::from_value(note.value).unwrap());
    }
    let stored = world.ids().await;
    for (id, (source, time, _)) in
        added.iter().filter(|(id, (_, _, at_once))| *at_once && !stored.contains(*id))
    {
        for window in windows.get(source).into_iter().flatten() {
            let claims = matches!(window.stage, Stage::Stored | Stage::Sealed);
            let holds = window.from <= *time && *time < window.until;
            assert!(!(claims && holds), "seed {seed}: {id} of {time} is missing in {window:?}");
        }
    }
}

async fn run(seed: u64) -> usize {
    let world = World::new(&[]).await;
    world.tenant.change(|settings| {
        (settings.page_size, settings.token_lifetime) = (7, Duration::from_secs(90 * 86_400));
    });
    let (mut random, mut added) = (Random::new(seed), Added::new());
    let mut running = collector(&world.fake, &world.tenant, &world.store, &LOGS);
    running.fetch(None, None).unwrap().await;
    script(&world, seed);
    for round in 0..30 {
        add(&world, &mut random, &mut added, round);
        world.fake.advance(Duration::from_secs(60 * random.below(25) as u64 + 5));
        for _ in 0..=random.below(3) {
            let fetching = tokio::spawn(running.fetch(None, None).unwrap());
            if random.per_mille(250) {
                tokio::time::sleep(Duration::from_millis(random.below(40) as u64)).await;
                drop(running);
                running = collector(&world.fake, &world.tenant, &world.store, &LOGS);
            }
            fetching.await.unwrap();
            assert_honest(&world, &added, seed).await;
        }
    }
    world.fake.clear_faults();
    for _ in 0..4 {
        world.fake.advance(Duration::from_secs(9 * 3_600));
        drop(running);
        running = collector(&world.fake, &world.tenant, &world.store, &LOGS);
        for _ in 0..40 {
            let all = running.fetch(None, None).unwrap().await;
            if all.values().all(Result::is_ok) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let (served, stored) = (world.fake.served_ids(&world.tenant), world.ids().await);
    let missing: Vec<_> = served.difference(&stored).map(|id| (id, added[id])).take(5).collect();
    assert!(missing.is_empty(), "seed {seed}: {} of {} missing: {missing:?}", missing.len(), served.len());
    let more: Vec<_> = stored.difference(&served).filter(|id| !id.starts_with('~')).collect();
    assert!(more.is_empty(), "seed {seed}: {more:?}");
    world.assert_proven().await;
    served.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_by_chance_and_whenever_it_dies_nothing_is_missing_or_falsely_claimed() {
    let runs: Vec<_> = (1..=4).map(|seed| tokio::spawn(run(seed))).collect();
    for run in runs {
        let served = run.await.unwrap();
        assert!((1_000..2_200).contains(&served), "{served} records");
    }
}
