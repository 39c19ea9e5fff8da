//! The store fails, the collector dies, everything fails by chance; and the promises of every source.

use std::{sync::Arc, time::Duration};

use aoc_connectors::{
    fake::{Blob, Fault, Generated},
    microsoft::Hub,
};
use aoc_core::{
    prelude::*,
    testkit::{
        crash::{Faults, FaultyStore},
        random::Random,
        source as promises,
    },
};

use crate::{
    office365::{EXCHANGE, Known, Office, of_blobs, of_listings},
    world::{activity, ago, blob},
};

/// Fetches until a round ends well, starting anew after each crash of the store.
async fn collect_through(office: &mut Office, faults: &Faults) -> usize {
    let mut crashes = 0;
    for _ in 0..500 {
        tokio::select! {
            () = faults.crashed() => {
                crashes += 1;
                office.restart();
            }
            ended = office.round() => match ended {
                Ok(_) => return crashes,
                Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            },
        }
    }
    panic!("it does not catch up");
}

/// 20 MB, in small blobs and a large one, over two days.
fn large(office: &Office) {
    let first = Some(ago(&office.fake, 2_000));
    let every = Duration::from_secs(1_200);
    let small = Generated { content_type: EXCHANGE.into(), first, every, ..Generated::new(60, 100) };
    let one = Generated { blobs: 1, events_per_blob: 6_000, seed: 2, ..small.clone() };
    office.tenant.generate(small).generate(one);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_and_a_collector_that_dies_lose_nothing() {
    let mut crashes = 0;
    for seed in 1..=4 {
        let mut office = Office::new().await;
        large(&office);
        let faults = Faults::new(seed, 0.05);
        office.store = Arc::new(FaultyStore::new(Arc::new(office.world.store.clone()), faults.clone()));
        crashes += collect_through(&mut office, &faults).await;
        office.assert_all_well().await;
    }
    assert!(crashes > 3, "{crashes} crashes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_at_any_cursor_skips_nothing_also_within_a_window() {
    let office = Office::new().await;
    large(&office);
    promises::a_restart_at_any_cursor_skips_nothing(|| office.feed().sources[0].1.clone()).await;
}

/// The pipeline asks for the next page while the last one is stored; where that fails, it asks for an earlier one again.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_in_between_no_page_is_short_of_anything() {
    let office = Office::new().await;
    large(&office);
    let mut random = Random::new(7);
    let source = office.feed().sources[0].1.clone();
    let since = ago(&office.fake, 8_000);
    for _ in 0..2 {
        let (mut stored, mut from) = (std::collections::BTreeSet::new(), Bookmark::Since(since));
        loop {
            let page = source.fetch(&from).await.unwrap();
            let next = Bookmark::At(page.next.clone());
            // Ahead, from elsewhere, or the same again, before it is known whether this page was stored.
            match random.below(12) {
                0 => drop(source.fetch(&next).await.unwrap()),
                1 => drop(source.fetch(&Bookmark::Since(ago(&office.fake, 3_000))).await.unwrap()),
                2 => {
                    let ahead = source.fetch(&next).await.unwrap();
                    drop(source.fetch(&Bookmark::At(ahead.next)).await.unwrap());
                }
                _ => {}
            }
            if random.below(10) == 0 {
                continue;
            }
            let id = |record: &Record| record.raw.read::<serde_json::Value>().unwrap()["Id"].to_string();
            stored.extend(page.records.iter().map(id));
            if !page.more {
                break;
            }
            from = next;
        }
        assert_eq!(stored.len(), office.fake.served_ids(&office.tenant).len());
    }
}

/// Whatever can go wrong with the API, by chance.
fn script_faults(office: &Office, seed: u64) {
    for (number, fault) in [
        of_blobs(Fault::gateway(502)),
        of_blobs(Fault::short_body(300)),
        of_blobs(Fault::garbage()),
        of_blobs(Fault::cut(200)),
        of_blobs(Fault::drop_connection()),
        of_blobs(Fault::activity_error(404, "AF20050")),
        of_listings(Fault::activity_error(500, "AF50000")),
        of_listings(Fault::gateway(504)),
        of_listings(Fault::activity_error(400, "AF20031")).query("nextPage"),
    ]
    .into_iter()
    .enumerate()
    {
        office.fake.script(fault.chance(60, seed + number as u64));
    }
}

/// Random faults of the API and the store, restarts, late and repeated blobs.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_by_chance_everything_arrives_and_the_ledger_is_honest() {
    for seed in 1..=8_u64 {
        let mut random = Random::new(seed);
        let mut office = Office::new().await;
        office.hub = Hub::unlimited();
        office.tenant.change(|settings| settings.content_page_size = 20);
        let mut known = Vec::new();
        for number in 0..150 {
            let minutes = random.below(9_000) as i64 + 1;
            let created = ago(&office.fake, minutes);
            let mut made = blob(&office.fake, EXCHANGE, &format!("b{number}"), 3, minutes);
            let mut records: Vec<String> = (0..3).map(|event| format!("b{number}-{event}")).collect();
            if random.below(10) == 0 && number > 10 {
                // What another blob holds, too.
                let happened = ago(&office.fake, minutes + 45);
                let twice = activity(
                    &format!("again-{}", number % 5),
                    Timestamp::parse("2026-01-05T09:00:00Z").unwrap(),
                );
                made = Blob::new(EXCHANGE, [twice, activity(&format!("b{number}-0"), happened)])
                    .created(created);
                records = vec![format!("again-{}", number % 5), format!("b{number}-0")];
            }
            let late = minutes < 600 && random.below(4) == 0;
            if late {
                made = made.visible_at(ago(&office.fake, -(random.below(120) as i64)));
            }
            known.push(Known { id: office.tenant.add_blob(made), created, late, records });
        }
        script_faults(&office, seed * 100);
        let faults = Faults::new(seed, 0.06);
        let inner: Arc<dyn EventStore> = Arc::new(office.world.store.clone());
        office.store = Arc::new(FaultyStore::new(inner.clone(), faults.clone()));
        for _ in 0..12 {
            office.fake.advance(Duration::from_secs(600));
            let rounds = tokio::time::timeout(Duration::from_secs(20), collect_through(&mut office, &faults));
            rounds.await.unwrap_or_else(|_| panic!("seed {seed} hangs"));
            office.assert_honest(&known).await;
        }
        office.fake.clear_faults();
        office.store = inner;
        office.restart();
        for _ in 0..6 {
            office.pass(120).await;
        }
        office.assert_honest(&known).await;
        assert_eq!(office.losses().await, Vec::<String>::new(), "seed {seed}");
        office.assert_all_well().await;
    }
}

mod promises_of_a_source {
    use super::{Arc, EXCHANGE, Office, Source, blob};

    aoc_core::suite!(source, || async {
        let office = Office::new().await;
        for number in 0..60 {
            let minutes = number * 120 + 1;
            office.tenant.add_blob(blob(&office.fake, EXCHANGE, &format!("b{number}"), 5, minutes));
        }
        move || office.feed().sources[0].1.clone() as Arc<dyn Source>
    });
}
