//! A rebuilt index: for other processes over the same files, and where a process ends half-way.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{
    Event, EventIndex, EventStore, Filter, Query, Timestamp,
    store::{Note, Stored},
    testkit::store::everything,
};
use aoc_sinks::{SegmentIndex, SqliteStore};
use tempfile::TempDir;

const EVENTS: usize = 9_500;

/// As another process opens them: nothing in memory is shared.
fn open(place: &Path) -> (Arc<dyn EventStore>, SegmentIndex) {
    let store: Arc<dyn EventStore> = Arc::new(SqliteStore::new(place.join("aoc.db")));
    (store.clone(), SegmentIndex::new(store, Some(place.join("index"))))
}

/// A store whose events are in files and in memory, and the one who writes both.
async fn filled() -> (TempDir, Arc<dyn EventStore>, SegmentIndex) {
    let folder = tempfile::tempdir().unwrap();
    let (store, index) = open(folder.path());
    let events: Vec<Event> = (0..EVENTS).map(|number| event(&number.to_string(), "Old")).collect();
    store.append(&events).await.unwrap();
    assert_eq!(count(&index, "Old").await, EVENTS as u64);
    (folder, store, index)
}

fn event(id: &str, operation: &str) -> Event {
    let mut event = Event::new("badge", id, Timestamp::from_ticks(17_000_000_000_000_000));
    event.operation = operation.into();
    event
}

fn of(operation: &str) -> Filter {
    Filter { operation: vec![operation.into()], ..Filter::default() }
}

async fn count(index: &SegmentIndex, operation: &str) -> u64 {
    index.count(&of(operation)).await.unwrap()
}

/// Tells all events anew, and removes every tenth.
async fn change(store: &dyn EventStore) {
    let mut all: Vec<Stored> = everything(store).await;
    all.iter_mut().for_each(|stored| stored.event.operation = "New".into());
    store.rewrite(&all).await.unwrap();
    let gone: Vec<_> = all.iter().step_by(10).map(|stored| stored.position).collect();
    store.remove(&gone).await.unwrap();
}

const LEFT: u64 = (EVENTS - EVENTS / 10) as u64;

async fn assert_new(index: &SegmentIndex) {
    assert_eq!((count(index, "Old").await, count(index, "New").await), (0, LEFT));
    let hits = index.search(&Query { filter: of("New"), limit: 5, after: None }).await.unwrap();
    assert!(hits.items.iter().all(|stored| stored.event.operation == "New"));
}

/// How long it may take another process to notice.
const SOON: Duration = Duration::from_secs(5);

async fn assert_new_soon(index: &SegmentIndex) {
    let start = Instant::now();
    while count(index, "Old").await > 0 {
        assert!(start.elapsed() < SOON, "the other process has not noticed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_new(index).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_process_that_only_reads_the_files_notices_a_rebuild() {
    let (folder, store, index) = filled().await;
    let (_, other) = open(folder.path());
    assert_eq!(count(&other, "Old").await, EVENTS as u64);
    change(&*store).await;
    index.rebuild().await.unwrap();
    assert_new(&index).await;
    assert_new_soon(&other).await;
    store.append(&[event("another", "New")]).await.unwrap();
    assert_eq!((count(&index, "New").await, count(&other, "New").await), (LEFT + 1, LEFT + 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_process_that_writes_the_files_notices_a_rebuild_and_writes_them_anew() {
    let (folder, store, index) = filled().await;
    drop(index);
    // The lock goes with the last task that was under way.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (_, writer) = open(folder.path());
    assert_eq!(count(&writer, "Old").await, EVENTS as u64);
    let index = SegmentIndex::new(store.clone(), Some(folder.path().join("index")));
    assert_eq!(count(&index, "Old").await, EVENTS as u64);
    change(&*store).await;
    index.rebuild().await.unwrap();
    assert_new(&index).await;
    assert_new_soon(&writer).await;
    writer.seal().await.unwrap();
    assert_new(&writer).await;
    assert_new(&index).await;
    let (_, third) = open(folder.path());
    assert_new(&third).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_index_in_memory_notices_a_rebuild_by_another() {
    let (_folder, store, index) = filled().await;
    let other = SegmentIndex::new(store.clone(), None);
    assert_eq!(count(&other, "Old").await, EVENTS as u64);
    change(&*store).await;
    index.rebuild().await.unwrap();
    assert_new_soon(&other).await;
}

/// A process that ends behind the first step of a rebuild has changed the note and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn files_of_before_a_rebuild_that_was_cut_off_are_not_read() {
    for note in [Note::new("index/identity", "another").unwrap(), Note::new("index/identity", ()).unwrap()] {
        let (folder, store, index) = filled().await;
        index.seal().await.unwrap();
        change(&*store).await;
        store.write(&[note]).await.unwrap();
        drop((store, index));
        tokio::time::sleep(Duration::from_millis(300)).await;
        let (store, index) = open(folder.path());
        // In a new process the first to write holds the store.
        store.append(&[]).await.unwrap();
        assert_new(&index).await;
        index.seal().await.unwrap();
        drop((store, index));
        assert_new(&open(folder.path()).1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rebuild_removes_the_files_of_before() {
    let (folder, store, index) = filled().await;
    index.seal().await.unwrap();
    let files = || {
        let names = std::fs::read_dir(folder.path().join("index")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".segment")).count()
    };
    assert!(files() > 0);
    change(&*store).await;
    index.rebuild().await.unwrap();
    assert_eq!(files(), 0);
    assert_new(&index).await;
    assert!(files() > 0, "they are written again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rebuild_need_not_wait_until_all_is_read() {
    let (_folder, store, _index) = filled().await;
    let index = SegmentIndex::new(store.clone(), None);
    let reading = tokio::spawn({
        let index = index.clone();
        async move { index.catch_up().await }
    });
    change(&*store).await;
    index.rebuild().await.unwrap();
    assert_new(&index).await;
    reading.await.unwrap().unwrap();
    assert_new(&index).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn files_merged_from_before_a_rebuild_are_not_put_among_the_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (store, index) = open(folder.path());
    for round in 0..6 {
        // Each sealing makes a file; the eighth has them merged.
        for part in 0..8 {
            let id = format!("{round}/{part}");
            let events: Vec<Event> = (0..40).map(|n| event(&format!("{id}/{n}"), "Old")).collect();
            store.append(&events).await.unwrap();
            index.seal().await.unwrap();
        }
        let mut all = everything(&*store).await;
        all.iter_mut().for_each(|stored| stored.event.operation = format!("New {round}"));
        store.rewrite(&all).await.unwrap();
        index.rebuild().await.unwrap();
        for _ in 0..10 {
            assert_eq!(count(&index, &format!("New {round}")).await, all.len() as u64);
            assert_eq!(count(&index, "Old").await, 0);
            index.seal().await.unwrap();
        }
    }
}
