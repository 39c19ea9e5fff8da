//! Several processes on one MongoDB: who leads, and what one who no longer does can do.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{
    Event, EventLog, EventStore, Notebook, Position, RawJson, Secret,
    store::{Added, Lead, Note, Stored},
    testkit::{events::Generator, store::everything},
};
use aoc_sinks::{
    MongoStore,
    testkit::{Mongod, ReplicaSet},
};
use mongodb::{
    Client, Collection,
    bson::{Binary, DateTime, Document, doc, spec::BinarySubtype},
};
use serde_json::json;
use tokio::sync::OnceCell;

async fn mongod() -> &'static Mongod {
    static SHARED: OnceCell<Mongod> = OnceCell::const_new();
    SHARED.get_or_init(Mongod::start).await
}

/// A database, and what is behind the stores.
struct Place {
    uri: String,
    database: String,
    client: Client,
}

impl Place {
    async fn new() -> Self {
        let (uri, database) = (mongod().await.uri(), mongod().await.fresh_database());
        let client = Client::with_uri_str(&uri).await.unwrap();
        Self { uri, database, client }
    }

    /// What another process would have.
    fn store(&self) -> MongoStore {
        MongoStore::new(Secret::new(&self.uri), &self.database).unwrap()
    }

    fn collection(&self, name: &str) -> Collection<Document> {
        self.client.database(&self.database).collection(name)
    }

    /// As if the holder had slept until now.
    async fn let_the_lease_run_out(&self) {
        let past = doc! { "$set": { "expires": DateTime::MIN } };
        self.collection("aoc_log").update_one(doc! {}, past).await.unwrap();
    }
}

/// The store that comes with the lead.
async fn won(store: &MongoStore) -> Arc<dyn EventStore> {
    let mut lead = store.lead();
    let won =
        tokio::time::timeout(Duration::from_secs(30), lead.wait_for(|lead| matches!(lead, Lead::Ours(..))));
    match &*won.await.unwrap().unwrap() {
        Lead::Ours(_, store) => store.clone(),
        other => panic!("{other:?}"),
    }
}

fn events(seed: u64, count: usize) -> Vec<Event> {
    Generator::new(seed).events(count)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_leads_and_another_takes_over_at_once_when_it_resigns() {
    let place = Place::new().await;
    let (first, second) = (place.store(), place.store());
    let bound = won(&first).await;
    let mut others = second.lead();
    others.wait_for(|lead| lead.leader().is_some()).await.unwrap();
    assert!(!others.borrow().is_ours());
    let refused = second.append(&events(1, 1)).await.unwrap_err();
    assert!(refused.to_string().contains("leads and appends to this database"), "{refused}");
    bound.append(&events(1, 5)).await.unwrap();
    first.resign().await.unwrap();
    let begun = Instant::now();
    won(&second).await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(bound.append(&events(2, 1)).await.is_err(), "by a token that was given back");
    assert_eq!(everything(&second).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_nobody_renews_is_taken_within_fifteen_seconds() {
    let place = Place::new().await;
    let (uri, database) = (place.uri.clone(), place.database.clone());
    // A runtime that ends takes its tasks along, as a killed process does.
    let killed = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let store = MongoStore::new(Secret::new(uri), database).unwrap();
        runtime.block_on(async { won(&store).await.append(&events(3, 3)).await.unwrap() });
        runtime.shutdown_background();
        drop(store);
    });
    killed.join().unwrap();
    let (begun, heir) = (Instant::now(), place.store());
    won(&heir).await.append(&events(4, 3)).await.unwrap();
    println!("taken over after {:.1} s", begun.elapsed().as_secs_f64());
    assert!(begun.elapsed() > Duration::from_secs(5), "it was still held");
    assert_eq!(everything(&heir).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_leader_that_wakes_up_changes_nothing() {
    let place = Place::new().await;
    let (old, new) = (place.store(), place.store());
    let late = won(&old).await;
    late.append(&events(5, 10)).await.unwrap();
    late.write(&[Note::new("cursor/a", "old").unwrap(), Note::new("cursor/b", "old").unwrap()])
        .await
        .unwrap();
    place.let_the_lease_run_out().await;
    new.append(&events(6, 4)).await.unwrap();
    new.write(&[Note::new("cursor/a", "new").unwrap()]).await.unwrap();
    let before = everything(&new).await;
    assert!(late.append(&events(7, 3)).await.is_err());
    assert!(late.append(&[]).await.is_err());
    assert!(
        late.write(&[Note::new("cursor/a", "late").unwrap(), Note::new("cursor/b", json!(null)).unwrap()])
            .await
            .is_err()
    );
    assert!(late.rewrite(&before[..1]).await.is_err());
    assert!(late.remove(&[before[0].position]).await.is_err());
    assert!(late.forget_before("9999-01-01T00:00:00Z".parse().unwrap()).await.is_err());
    assert_eq!(everything(&new).await, before);
    assert_eq!(everything(&old).await, before, "it still reads");
    assert_eq!(new.read("cursor/a").await.unwrap(), Some(json!("new")));
    assert_eq!(new.read("cursor/b").await.unwrap(), Some(json!("old")));
    assert_eq!(new.append(&events(7, 3)).await.unwrap().len(), 3);
}

/// A document as an append leaves it that came no further: under its key, at a position behind the head.
fn left_behind(event: &Event, position: i64, token: i64) -> Document {
    let key = Binary { subtype: BinarySubtype::Generic, bytes: event.dedupe_key.digest().to_vec() };
    doc! { "_id": position, "position": position, "token": token, "attempt": 1_i64, "key": key, "print": 7_i64, "ticks": 1_i64,
    "head": "{}", "raw_text": "{}" }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_leader_left_behind_the_head_is_never_seen() {
    let place = Place::new().await;
    let (all, documents) = (events(8, 40), place.collection("events"));
    let old = place.store();
    old.append(&all[..10]).await.unwrap();
    documents.insert_many((11..16).map(|at| left_behind(&all[at], at as i64, 1))).await.unwrap();
    place.let_the_lease_run_out().await;
    let new = place.store();
    assert_eq!(everything(&new).await.len(), 10);
    assert_eq!(new.get(&all[12].id).await.unwrap(), []);
    new.append(&all[10..20]).await.unwrap();
    // More of it arrives only now: at positions that come next, under keys that come next.
    documents.insert_many([left_behind(&all[25], 21, 1), left_behind(&all[22], 24, 1)]).await.unwrap();
    assert_eq!(everything(&new).await.len(), 20);
    let added = new.append(&all[20..30]).await.unwrap();
    assert!(added.iter().all(|added| matches!(added, Added::New(_))), "{added:?}");
    let stored: Vec<Event> = everything(&new).await.into_iter().map(|stored| stored.event).collect();
    let plain: Vec<String> = all[..30].iter().map(|event| event.raw.text().to_owned()).collect();
    assert!(stored.iter().map(|event| event.raw.text()).eq(plain.iter().map(String::as_str)));
    assert_eq!(documents.count_documents(doc! {}).await.unwrap(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_that_a_leader_left_half_done_are_finished_by_the_next() {
    let place = Place::new().await;
    let old = place.store();
    old.append(&[]).await.unwrap();
    old.write(&[Note::new("position/x", 1).unwrap(), Note::new("cursor/y", 1).unwrap()]).await.unwrap();
    let half_done = doc! { "$set": { "seq": 90_i64, "journals.leader": { "seq": 90_i64, "notes": [
    { "key": "position/x", "text": "2" }, { "key": "cursor/y", "text": null }, { "key": "$a.b", "text": "3" } ] } } };
    place.collection("aoc_log").update_one(doc! {}, half_done).await.unwrap();
    place.let_the_lease_run_out().await;
    let new = place.store();
    new.append(&[]).await.unwrap();
    assert_eq!(new.read("position/x").await.unwrap(), Some(json!(2)));
    assert_eq!(new.read("cursor/y").await.unwrap(), None);
    assert_eq!(new.read("$a.b").await.unwrap(), Some(json!(3)));
    new.write(&[Note::new("position/x", 4).unwrap()]).await.unwrap();
    assert_eq!(place.store().read("position/x").await.unwrap(), Some(json!(4)));
}

/// An append that is cut off anywhere is there whole or not at all, and what comes behind it is not disturbed.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_is_cut_off_is_there_whole_or_not_at_all() {
    let place = Place::new().await;
    let store = place.store();
    store.append(&[]).await.unwrap();
    let all = events(9, 3_000);
    for (number, batch) in all.chunks(100).enumerate() {
        let cut = Duration::from_micros(300 * number as u64);
        let _ = tokio::time::timeout(cut, store.append(batch)).await;
        let before = everything(&store).await.len();
        assert!(before % 100 == 0, "{before} of a batch of 100");
        store.append(batch).await.unwrap();
    }
    let stored = everything(&store).await;
    assert!(stored.iter().map(|stored| &stored.event.id).eq(all.iter().map(|event| &event.id)));
}

/// Primaries are killed while one appends and another follows: each batch that was said to be safe is there, and the
/// follower sees every position once, in order.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_skipped_while_primaries_are_killed() {
    let set = Arc::new(ReplicaSet::start().await);
    let (uri, database) = (set.uri(), set.fresh_database());
    let open = || MongoStore::new(Secret::new(&uri), &database).unwrap();
    let (writer, reader) = (open(), open());
    let all = events(10, 4_000);
    let written = all.clone();
    let writing = tokio::spawn(async move {
        for batch in written.chunks(50) {
            while writer.append(batch).await.is_err() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    });
    let killing = tokio::spawn(async move {
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(700)).await;
            let killed = set.kill_primary().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            set.restart(killed).await;
            set.wait_until_whole().await;
        }
        set
    });
    let (mut after, mut seen) = (Position::default(), Vec::new());
    let begun = Instant::now();
    while seen.len() < all.len() && begun.elapsed() < Duration::from_secs(150) {
        match reader.read_after(after, 70).await {
            Ok(batch) if batch.is_empty() => tokio::time::sleep(Duration::from_millis(5)).await,
            Ok(batch) => {
                after = batch[batch.len() - 1].position;
                seen.extend(batch.into_iter().map(|stored| stored.event.id));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    writing.await.unwrap();
    let _set = killing.await.unwrap();
    assert_eq!(seen.len(), all.len());
    assert!(seen.iter().eq(all.iter().map(|event| &event.id)), "out of order");
}

/// A document may have 16 MB. Longer events are kept, too.
#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_longer_than_a_document_are_kept() {
    let place = Place::new().await;
    let store = place.store();
    let mut long = events(11, 3);
    long[1].raw = RawJson::string(&"audit ".repeat(4_000_000));
    long[2].display_summary = "long ".repeat(3_000_000);
    store.append(&long).await.unwrap();
    let stored = everything(&store).await;
    assert!(stored.iter().zip(&long).all(|(stored, event)| stored.event.raw.text() == event.raw.text()));
    let told = Stored {
        event: Event { display_summary: "short".into(), ..stored[2].event.clone() },
        ..stored[2].clone()
    };
    store.rewrite(&[told]).await.unwrap();
    assert_eq!(everything(&place.store()).await[2].event.display_summary, "short");
    assert!(store.append(&long).await.unwrap().iter().all(|added| *added == Added::Duplicate));
}

/// What was seen once cannot be gone: a log that is shorter all of a sudden is no log to go on with.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_put_back_from_an_older_copy_is_not_gone_on_with() {
    let place = Place::new().await;
    let store = place.store();
    let all = events(12, 30);
    store.append(&all[..20]).await.unwrap();
    let older = doc! { "$set": { "head": 5_i64 } };
    place.collection("aoc_log").update_one(doc! {}, older).await.unwrap();
    place.collection("events").delete_many(doc! { "position": { "$gt": 5_i64 } }).await.unwrap();
    let refused = store.head().await.unwrap_err().to_string();
    assert!(refused.contains("restored or dropped"), "{refused}");
    assert!(store.append(&all[..10]).await.is_err(), "known events are not taken for stored");
    assert!(store.append(&all[20..]).await.is_err() || everything(&place.store()).await.len() == 15);
    let anew = place.store();
    place.let_the_lease_run_out().await;
    anew.append(&all).await.unwrap();
    assert_eq!(everything(&anew).await.len(), 30);
}

/// Who reads makes nothing, neither a database nor an index.
#[tokio::test(flavor = "multi_thread")]
async fn reading_makes_no_database() {
    let place = Place::new().await;
    let store = place.store();
    assert_eq!((store.head().await.unwrap(), everything(&store).await.len()), (Position(0), 0));
    assert_eq!((store.get("x").await.unwrap(), store.read("a").await.unwrap()), (vec![], None));
    assert_eq!((store.tags().await.unwrap(), store.horizon().await.unwrap()), (vec![], None));
    let names = place.client.list_database_names().await.unwrap();
    assert!(!names.contains(&place.database), "{names:?}");
}
