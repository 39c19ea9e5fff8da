//! The index in MongoDB answers as every index promises, shared by processes, damaged, rebuilt and shortened.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::sync::Arc;

use aoc_core::{
    Event, EventIndex, EventStore, Filter, MemoryStore, Position, Query, Secret, Timestamp,
    query::Facet,
    store::Scan,
    testkit::{
        events::Generator,
        index::{Oracle, all_pages},
    },
};
use aoc_sinks::{BlockIndex, MongoDbIndex, SqliteStore, testkit::Mongod};
use mongodb::{
    Client, Collection,
    bson::{Binary, Document, doc, spec::BinarySubtype},
};
use tokio::sync::OnceCell;

async fn mongod() -> &'static Mongod {
    static SHARED: OnceCell<Mongod> = OnceCell::const_new();
    SHARED.get_or_init(Mongod::start).await
}

/// Small blocks, and fewer in the cache than there are.
fn index(store: Arc<dyn EventStore>, database: &str, uri: String) -> BlockIndex {
    let config = MongoDbIndex { uri: Secret::new(uri), database: database.to_owned(), cache_mib: 1 };
    BlockIndex::new(store, config, 64).unwrap()
}

async fn fresh(store: Arc<dyn EventStore>) -> (Arc<dyn EventStore>, Arc<dyn EventIndex>) {
    let server = mongod().await;
    let index = index(store.clone(), &server.fresh_database(), server.uri());
    (store, Arc::new(index))
}

mod blocks_over_memory {
    use super::*;
    aoc_core::suite!(index, || fresh(Arc::new(MemoryStore::new())));
}

mod blocks_over_sqlite {
    use super::*;
    aoc_core::suite!(index, || async {
        let folder = tempfile::tempdir().unwrap();
        let (store, index) = fresh(Arc::new(SqliteStore::new(folder.path().join("aoc.db")))).await;
        (store, index, folder)
    });
}

/// A store with events, and the database of its index.
struct House {
    store: Arc<dyn EventStore>,
    database: String,
    events: Vec<Event>,
    generator: Generator,
}

impl House {
    async fn new(count: usize) -> Self {
        let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
        let mut generator = Generator::new(count as u64);
        let events = generator.events(count);
        store.append(&events).await.unwrap();
        Self { store, database: mongod().await.fresh_database(), events, generator }
    }

    /// As another process would open it.
    async fn index(&self) -> BlockIndex {
        index(self.store.clone(), &self.database, mongod().await.uri())
    }

    /// The collections of the index whose names end so, with their documents.
    async fn collections(&self, what: &str) -> Vec<(Collection<Document>, u64)> {
        let client = Client::with_uri_str(mongod().await.uri()).await.unwrap();
        let database = client.database(&self.database);
        let mut found = Vec::new();
        for name in database.list_collection_names().await.unwrap() {
            if name.ends_with(what) {
                let collection = database.collection(&name);
                let count = collection.count_documents(doc! {}).await.unwrap();
                found.push((collection, count));
            }
        }
        found
    }

    async fn collection(&self, what: &str) -> Collection<Document> {
        self.collections(what).await.remove(0).0
    }

    /// Compares answers with those of reading all events.
    async fn compare(&mut self, index: &BlockIndex, filters: usize) {
        let oracle = Oracle::of(&*self.store).await;
        let scan = Scan::new(self.store.clone());
        for n in 0..filters {
            let filter = if n == 0 { Filter::default() } else { self.generator.filter(&self.events) };
            let expected = oracle.matching(&filter);
            let (found, _) = all_pages(index, &filter, 100).await;
            assert!(expected.iter().copied().eq(&found), "{filter:?}");
            assert_eq!(index.count(&filter).await.unwrap(), expected.len() as u64, "{filter:?}");
            let facets = index.facets(&filter, &Facet::ALL, 20).await.unwrap();
            assert_eq!(facets, scan.facets(&filter, &Facet::ALL, 20).await.unwrap(), "{filter:?}");
            let timeline = index.timeline(&filter, None).await.unwrap();
            assert_eq!(timeline, scan.timeline(&filter, None).await.unwrap(), "{filter:?}");
        }
    }
}

#[tokio::test]
async fn more_blocks_than_the_cache_holds_answer_alike() {
    let mut house = House::new(4_000).await;
    let index = house.index().await;
    index.catch_up().await.unwrap();
    house.compare(&index, 12).await;
}

#[tokio::test]
async fn what_one_process_has_written_the_others_read() {
    let mut house = House::new(700).await;
    let writer = house.index().await;
    writer.catch_up().await.unwrap();
    let blocks = house.collections("_blocks").await;
    assert_eq!((blocks.len(), blocks[0].1), (1, 700 / 64));
    let reader = house.index().await;
    house.compare(&reader, 10).await;
    // Both at once.
    let more = house.generator.events(500);
    house.store.append(&more).await.unwrap();
    let (a, b) = tokio::join!(writer.catch_up(), reader.catch_up());
    assert_eq!((a.unwrap(), b.unwrap()), (Position(1_200), Position(1_200)));
    house.compare(&writer, 5).await;
    house.compare(&reader, 5).await;
    assert_eq!(house.collections("_blocks").await[0].1, 1_200 / 64);
}

#[tokio::test]
async fn rebuilding_reads_the_log_anew_for_all_processes() {
    let mut house = House::new(400).await;
    let (one, other) = (house.index().await, house.index().await);
    one.catch_up().await.unwrap();
    other.catch_up().await.unwrap();
    let before = house.collection("_blocks").await;
    let mut stored = house.store.read_after(Position(0), 1_000).await.unwrap();
    stored.iter_mut().for_each(|stored| stored.event.operation = "Rewritten".into());
    house.store.rewrite(&stored).await.unwrap();
    one.rebuild().await.unwrap();
    house.compare(&one, 5).await;
    // What a process does that has not noticed spoils nothing.
    let rewritten = Filter { operation: vec!["rewritten".into()], ..Filter::default() };
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(other.count(&rewritten).await.unwrap(), 400);
    house.compare(&other, 5).await;
    let after = house.collections("_blocks").await;
    assert_eq!((after.len(), after[0].1), (1, 400 / 64), "the old blocks are removed");
    assert_ne!(after[0].0.name(), before.name());
}

#[tokio::test]
async fn a_block_that_is_damaged_or_lost_is_made_anew() {
    let mut house = House::new(600).await;
    house.index().await.catch_up().await.unwrap();
    let (blocks, parts, sums) = (
        house.collection("_blocks").await,
        house.collection("_parts").await,
        house.collection("_sums").await,
    );
    let damaged = Binary { subtype: BinarySubtype::Generic, bytes: vec![7; 900] };
    parts.update_one(doc! { "_id": 256 }, doc! { "$set": { "data": &damaged } }).await.unwrap();
    sums.update_one(doc! { "_id": 2 }, doc! { "$set": { "data": damaged } }).await.unwrap();
    parts.delete_one(doc! { "_id": 3 * 256 }).await.unwrap();
    sums.delete_one(doc! { "_id": 4 }).await.unwrap();
    blocks.delete_one(doc! { "_id": 5 }).await.unwrap();
    let index = house.index().await;
    house.compare(&index, 30).await;
    assert_eq!(blocks.count_documents(doc! {}).await.unwrap(), 600 / 64);
    let whole = parts.find_one(doc! { "_id": 256 }).await.unwrap().unwrap();
    assert!(whole.get_binary_generic("data").unwrap().len() > 900);
    assert_eq!(parts.count_documents(doc! {}).await.unwrap(), 600 / 64);
    assert_eq!(sums.count_documents(doc! {}).await.unwrap(), 600 / 64);
}

#[tokio::test]
async fn an_index_that_somebody_removes_is_made_anew() {
    let mut house = House::new(600).await;
    let index = house.index().await;
    index.catch_up().await.unwrap();
    for what in ["_blocks", "_parts", "_sums"] {
        house.collection(what).await.drop().await.unwrap();
    }
    let rare = Query::new().text("a_text_that_is_nowhere");
    assert_eq!(index.search(&rare).await.unwrap_err().kind(), aoc_core::ErrorKind::Unavailable);
    house.compare(&index, 10).await;
}

fn numbered(from: i64, until: i64) -> Vec<Event> {
    (from..until).map(|n| Event::new("badge", n.to_string(), Timestamp::from_ticks(n * 10_000_000))).collect()
}

#[tokio::test]
async fn blocks_before_the_horizon_are_removed() {
    let mut house = House::new(0).await;
    house.store.append(&numbered(0, 640)).await.unwrap();
    let (index, other) = (house.index().await, house.index().await);
    index.catch_up().await.unwrap();
    other.catch_up().await.unwrap();
    house.store.forget_before(Timestamp::from_ticks(300 * 10_000_000)).await.unwrap();
    assert_eq!(
        (index.count(&Filter::default()).await.unwrap(), house.collections("_parts").await[0].1),
        (340, 10)
    );
    house.store.append(&numbered(640, 740)).await.unwrap();
    index.catch_up().await.unwrap();
    assert_eq!((house.collections("_parts").await[0].1, house.collections("_sums").await[0].1), (7, 7));
    house.events = numbered(0, 740);
    for index in [index, other, house.index().await] {
        house.compare(&index, 10).await;
    }
}

#[tokio::test]
async fn a_stretch_without_events_is_one_block() {
    let house = House::new(0).await;
    house.store.append(&numbered(0, 5_000)).await.unwrap();
    house.store.forget_before(Timestamp::from_ticks(4_900 * 10_000_000)).await.unwrap();
    let index = house.index().await;
    assert_eq!(index.count(&Filter::default()).await.unwrap(), 100);
    assert_eq!(index.position().await.unwrap(), house.store.head().await.unwrap());
    assert_eq!(house.collections("_blocks").await[0].1, 3);
}

#[tokio::test]
async fn an_index_of_a_longer_log_is_made_anew() {
    let mut house = House::new(600).await;
    house.index().await.catch_up().await.unwrap();
    // An older copy of the log: the same note, fewer and other events.
    let copy: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let note = house.store.read("index/identity").await.unwrap().unwrap();
    copy.write(&[aoc_core::store::Note { key: "index/identity".into(), value: note }]).await.unwrap();
    copy.append(&house.generator.events(600)).await.unwrap();
    house.store = copy;
    let index = house.index().await;
    assert_eq!(index.catch_up().await.unwrap_err().kind(), aoc_core::ErrorKind::Unavailable);
    house.compare(&index, 5).await;
}

#[tokio::test]
async fn without_a_server_it_says_that_it_is_unavailable() {
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    store.append(&numbered(0, 10)).await.unwrap();
    let uri = "mongodb://somebody:hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=300".to_owned();
    let index = index(store, "nowhere", uri);
    let error = index.search(&Query::default()).await.unwrap_err();
    assert_eq!(error.kind(), aoc_core::ErrorKind::Unavailable);
    assert!(!error.chain().contains("hunter2"), "{}", error.chain());
}
