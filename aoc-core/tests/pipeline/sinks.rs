//! The second loop: from the log to a sink.

use std::{sync::Arc, time::Duration};

use aoc_core::{
    pipeline::{Start, State},
    prelude::*,
    testkit::{
        crash::RoundNumbers,
        fakes::{Numbered, Recorder},
    },
};

use super::{eventually, fill, ids};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sink_added_now_gets_all_that_is_stored_from_now_on() {
    for _ in 0..40 {
        let store = MemoryStore::new();
        fill(&store, 0..10).await;
        let sink = Recorder::new();
        let running = Pipeline::new(store.clone())
            .source("numbers", Numbered::new(60).feed())
            .sink("siem", Arc::new(sink.clone()))
            .start();
        eventually("all arrive", async || sink.ids().len() >= 50).await;
        running.stop().await.unwrap();
        assert_eq!(sink.ids(), ids(10..60));
    }
}

#[tokio::test]
async fn a_sink_goes_on_where_it_was() {
    let store = MemoryStore::new();
    fill(&store, 0..10).await;
    for range in [0..10, 10..25, 25..25, 25..40] {
        fill(&store, range.clone()).await;
        let sink = Recorder::new();
        let running = Pipeline::new(store.clone())
            .sink_from("siem", Arc::new(sink.clone()), Filter::default(), Start::Beginning)
            .start();
        let head = store.head().await.unwrap();
        eventually("it is done", async || running.status().followers["siem"].position == head).await;
        running.stop().await.unwrap();
        assert_eq!(sink.ids(), ids(range));
    }
}

#[tokio::test]
async fn a_sink_gets_only_what_its_filter_lets_through() {
    let store = MemoryStore::new();
    fill(&store, 0..60).await;
    let sink = Recorder::new();
    let filter = Filter { operation: vec!["round".into()], ..Filter::default() };
    let running = Pipeline::new(store.clone())
        .sink_from("siem", Arc::new(sink.clone()), filter, Start::Beginning)
        .start();
    eventually("it is done", async || running.status().followers["siem"].position == Position(60)).await;
    assert_eq!(sink.ids(), ids((0..60).step_by(10)));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_batch_that_is_refused_goes_in_halves_and_the_culprit_is_set_aside() {
    let store = MemoryStore::new();
    fill(&store, 0..100).await;
    let sink = Recorder::answering(|events| {
        let culprit = events.iter().any(|event| event.id == "37");
        if culprit { Err(Error::rejected("a field is too long")) } else { Ok(Delivered::default()) }
    });
    let running = Pipeline::new(store.clone())
        .sink_from("siem", Arc::new(sink.clone()), Filter::default(), Start::Beginning)
        .start();
    eventually("it is done", async || running.status().followers["siem"].position == Position(100)).await;
    assert_eq!(sink.ids(), ids((0..100).filter(|n| *n != 37)), "the others, once and in order");
    assert!(sink.batches().len() <= 15, "{:?}", sink.batches());
    let aside = store.list("rejected/siem/").await.unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].key, "rejected/siem/00000000000000000038");
    assert_eq!(aside[0].value["message"], "a field is too long");
    let status = running.status().followers["siem"].clone();
    assert_eq!((status.state, status.delivered, status.rejected), (State::Ok, 99, 1));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn events_that_a_sink_names_as_refused_are_set_aside() {
    let store = MemoryStore::new();
    fill(&store, 0..20).await;
    let sink = Recorder::answering(|events| {
        let odd = events.iter().enumerate().filter(|(_, event)| event.id == "3" || event.id == "19");
        Ok(Delivered {
            refused: odd.map(|(index, _)| (index, Error::rejected("odd"))).collect(),
            ..Delivered::default()
        })
    });
    let running = Pipeline::new(store.clone())
        .sink_from("siem", Arc::new(sink.clone()), Filter::default(), Start::Beginning)
        .start();
    eventually("it is done", async || running.status().followers["siem"].position == Position(20)).await;
    let aside: Vec<String> =
        store.list("rejected/siem/").await.unwrap().into_iter().map(|note| note.key).collect();
    assert_eq!(aside, ["rejected/siem/00000000000000000004", "rejected/siem/00000000000000000020"]);
    assert_eq!((sink.ids().len(), sink.batches()), (18, vec![20]));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_sink_that_denies_us_keeps_everything() {
    let store = MemoryStore::new();
    fill(&store, 0..30).await;
    let sink = Recorder::new();
    sink.fail_always(Some(|| Error::denied("the token is wrong").wait(Duration::from_millis(10))));
    let running = Pipeline::new(store.clone())
        .sink_from("siem", Arc::new(sink.clone()), Filter::default(), Start::Beginning)
        .start();
    eventually("it tries again", async || sink.batches().len() > 5).await;
    let status = running.status().followers["siem"].clone();
    assert_eq!((status.state, status.position, status.rejected), (State::Failing, Position(0), 0));
    assert_eq!(status.last_error.unwrap().kind, ErrorKind::Denied);
    assert_eq!(store.list("rejected/").await.unwrap(), []);
    sink.fail_always(None::<fn() -> Error>);
    eventually("all arrive", async || sink.ids() == ids(0..30)).await;
    eventually("all is well", async || running.status().followers["siem"].state == State::Ok).await;
    assert_eq!(running.status().followers["siem"].last_error, None);
    running.stop().await.unwrap();
}

/// Never answers.
struct Dead;

#[async_trait]
impl Sink for Dead {
    async fn deliver(&self, _: &[Event]) -> Result<Delivered> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_dead_sink_delays_nobody() {
    let store = MemoryStore::new();
    let sink = Recorder::new();
    let running = Pipeline::new(store.clone())
        .sink_from("dead", Arc::new(Dead), Filter::default(), Start::Beginning)
        .sink("siem", Arc::new(sink.clone()))
        .alerts("alerts", Arc::new(RoundNumbers))
        .source("numbers", Numbered::new(2_000).feed())
        .start();
    eventually("all arrive elsewhere", async || sink.ids().len() == 2_200).await;
    assert_eq!(running.status().sources["numbers"].state, State::Ok);
    assert_eq!(running.status().followers["dead"].position, Position(0));
}
