//! The pipeline as a whole: stopping, retention, the index.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aoc_core::{
    pipeline::{Start, State},
    prelude::*,
    testkit::fakes::{Numbered, Numbers, Recorder, SourceOf},
};
use serde_json::json;

use super::{eventually, fill};

/// Takes its time.
struct Slow {
    begun: AtomicBool,
    done: AtomicUsize,
}

#[async_trait]
impl Sink for Slow {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        self.begun.store(true, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.done.fetch_add(events.len(), Ordering::SeqCst);
        Ok(Delivered::default())
    }
}

#[tokio::test]
async fn stopping_lets_every_loop_finish_what_it_is_at() {
    let store = MemoryStore::new();
    fill(&store, 0..1_200).await;
    let slow = Arc::new(Slow { begun: AtomicBool::new(false), done: AtomicUsize::new(0) });
    let running = Pipeline::new(store.clone())
        .source("numbers", Numbered::new(10).feed())
        .sink_from("slow", slow.clone(), Filter::default(), Start::Beginning)
        .start();
    eventually("it delivers", async || slow.begun.load(Ordering::SeqCst)).await;
    let begin = Instant::now();
    running.stop().await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
    let done = slow.done.load(Ordering::SeqCst);
    assert!(done > 0 && done < 1_200, "the batch at hand and no more: {done}");
    assert_eq!(store.read("position/slow").await.unwrap(), Some(json!(done)), "the position is kept, too");
}

#[tokio::test]
async fn stopping_while_all_wait_takes_no_time() {
    let sink = Recorder::new();
    sink.fail_always(Some(|| Error::denied("no")));
    let source = SourceOf(|_: &Bookmark| Err(Error::unavailable("away").wait(Duration::from_secs(3_600))));
    let store = MemoryStore::new();
    fill(&store, 0..3).await;
    let running = Pipeline::new(store)
        .source("away", Feed::new(source, Numbers))
        .sink_from("siem", Arc::new(sink), Filter::default(), Start::Beginning)
        .retention(Duration::from_secs(86_400 * 36_500))
        .start();
    eventually("both failed", async || {
        let status = running.status();
        (status.sources["away"].state, status.followers["siem"].state) == (State::Failing, State::Failing)
    })
    .await;
    let begin = Instant::now();
    running.stop().await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn what_is_older_than_the_retention_is_forgotten() {
    let store = MemoryStore::new();
    fill(&store, 0..5).await;
    store.append(&[Event::new("numbered", "young", Timestamp::now())]).await.unwrap();
    let old = Timestamp::parse("2001-01-01T00:00:00Z").unwrap();
    store.append(&[Event::new("numbered", "old", old)]).await.unwrap();
    let running = Pipeline::new(store.clone()).retention(Duration::from_secs(86_400)).start();
    let ids = async || -> Vec<String> {
        store.read_after(Position(0), 9).await.unwrap().into_iter().map(|s| s.event.id).collect()
    };
    eventually("the old one is gone", async || !ids().await.contains(&"old".to_owned())).await;
    assert!(ids().await.contains(&"young".to_owned()));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn the_index_is_a_follower_in_status() {
    let store = MemoryStore::new();
    let running = Pipeline::new(store.clone())
        .index(Arc::new(store.clone()))
        .source("numbers", Numbered::new(30).feed())
        .start();
    eventually("it has read all", async || {
        running.status().followers.get("index").is_some_and(|index| index.position == Position(30))
    })
    .await;
    assert_eq!(running.status().followers["index"].state, State::Ok);
    running.stop().await.unwrap();
}
