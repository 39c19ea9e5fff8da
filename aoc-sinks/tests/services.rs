//! The servers that other tests need: they start, end and come back.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::time::{Duration, Instant};

use aoc_sinks::testkit::{Mongod, ReplicaSet};
use mongodb::{
    Client, Collection,
    bson::{Document, doc},
    options::{CollectionOptions, WriteConcern},
};

async fn client(uri: &str) -> Client {
    Client::with_uri_str(format!("{uri}&serverSelectionTimeoutMS=15000")).await.unwrap()
}

fn majority(client: &Client, database: &str) -> Collection<Document> {
    let options = CollectionOptions::builder().write_concern(WriteConcern::majority()).build();
    client.database(database).collection_with_options("things", options)
}

#[tokio::test]
async fn a_server_starts_and_has_its_data_after_a_kill() {
    let begin = Instant::now();
    let mongod = Mongod::start().await;
    println!("a server takes {:?}", begin.elapsed());
    let client = client(&mongod.uri()).await;
    client.database("admin").run_command(doc! { "ping": 1 }).await.unwrap();
    let things = majority(&client, &mongod.fresh_database());
    let journaled = WriteConcern::builder().journal(true).build();
    things.insert_one(doc! { "n": 1 }).write_concern(journaled).await.unwrap();
    mongod.kill();
    mongod.restart().await;
    let read = async || things.find_one(doc! {}).await;
    // The first attempt may meet a connection that is dead.
    let found = if let Ok(found) = read().await { found } else { read().await.unwrap() };
    assert_eq!(found.unwrap().get_i32("n").unwrap(), 1);
    assert_ne!(mongod.fresh_database(), mongod.fresh_database());
}

#[tokio::test]
async fn a_replica_set_outlives_its_primary() {
    let begin = Instant::now();
    let set = ReplicaSet::start().await;
    println!("a replica set takes {:?}", begin.elapsed());
    let things = majority(&client(&set.uri()).await, &set.fresh_database());
    things.insert_one(doc! { "n": 1 }).await.unwrap();

    let begin = Instant::now();
    let killed = set.kill_primary().await;
    let next = set.primary().await;
    println!("another primary takes {:?}", begin.elapsed());
    assert_ne!(next, killed);
    assert!(begin.elapsed() < Duration::from_secs(15));
    things.insert_one(doc! { "n": 2 }).await.unwrap();

    let begin = Instant::now();
    set.restart(killed).await;
    set.wait_until_whole().await;
    println!("coming back takes {:?}", begin.elapsed());
    assert_eq!(things.count_documents(doc! {}).await.unwrap(), 2);
}

#[tokio::test]
async fn a_primary_that_halts_is_replaced_and_steps_down() {
    let set = ReplicaSet::start().await;
    let things = majority(&client(&set.uri()).await, &set.fresh_database());
    let halted = set.primary().await;
    set.stop_node(halted);
    assert_ne!(set.primary().await, halted);
    set.cont_node(halted);
    set.wait_until_whole().await;
    assert_ne!(set.primary().await, halted);
    things.insert_one(doc! { "n": 1 }).await.unwrap();
}
