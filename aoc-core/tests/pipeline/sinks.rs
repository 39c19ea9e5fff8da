//! The second loop: from the log to a sink.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aoc_core::{
    normalize,
    pipeline::{Batch, Replay, Start, State, position_at, rejected},
    prelude::*,
    store::Note,
    testkit::{
        crash::RoundNumbers,
        fakes::{Numbered, Numbers, Recorder},
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

/// Until the sink stands at the head of the log.
async fn caught_up(running: &Running, store: &MemoryStore) {
    let head = store.head().await.unwrap();
    eventually("it is done", async || running.status().followers["siem"].position == head).await;
}

#[tokio::test]
async fn what_was_delivered_before_it_broke_off_does_not_come_again() {
    let store = MemoryStore::new();
    fill(&store, 0..60).await;
    let sink = Recorder::answering(|events| match events.len() {
        0..20 => Ok(Delivered::default()),
        _ => Ok(Delivered {
            refused: vec![(2, Error::rejected("odd")), (15, Error::rejected("not asked yet"))],
            ..Delivered::until(10, Error::unavailable("gone").wait(Duration::from_millis(1)))
        }),
    });
    let running = Pipeline::new(store.clone())
        .sink_from("siem", Arc::new(sink.clone()), Filter::default(), Start::Beginning)
        .start();
    caught_up(&running, &store).await;
    let aside = [2, 12, 22, 32, 42];
    assert_eq!(sink.ids(), ids((0..60).filter(|n| !aside.contains(n))), "each once, in order");
    let status = running.status().followers["siem"].clone();
    assert_eq!((status.delivered, status.rejected, status.set_aside), (55, 5, 5));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn batches_are_as_large_as_asked() {
    let store = MemoryStore::new();
    fill(&store, 0..50).await;
    for (batch, sizes) in [
        (Batch { events: 20, bytes: 1_000 }, vec![20, 20, 10]),
        // The records 0 to 9 have one byte, the others two.
        (Batch { events: 500, bytes: 30 }, vec![20, 15, 15]),
        (Batch { events: 500, bytes: 0 }, vec![1; 50]),
    ] {
        let sink = Recorder::new();
        let none = Filter::default();
        store.write(&[Note::new("position/siem", 0).unwrap()]).await.unwrap();
        let running = Pipeline::new(store.clone())
            .sink_in_batches("siem", Arc::new(sink.clone()), none, Start::Now, batch)
            .start();
        caught_up(&running, &store).await;
        running.stop().await.unwrap();
        assert_eq!((sink.batches(), sink.ids()), (sizes, ids(0..50)), "{batch:?}");
    }
}

/// Refuses every tenth number until it is told otherwise.
fn picky() -> (Recorder, Arc<AtomicBool>) {
    let mended = Arc::new(AtomicBool::new(false));
    let accepts = mended.clone();
    let sink = Recorder::answering(move |events| {
        let round = events.iter().enumerate().filter(|(_, event)| event.operation == "Round");
        let round = round.map(|(index, _)| (index, Error::rejected("round")));
        let refused = if accepts.load(Ordering::Relaxed) { Vec::new() } else { round.collect() };
        Ok(Delivered { refused, ..Delivered::default() })
    });
    (sink, mended)
}

#[tokio::test]
async fn what_was_set_aside_is_delivered_again_when_asked() {
    let store = MemoryStore::new();
    fill(&store, 0..50).await;
    let (sink, mended) = picky();
    let start = || {
        Pipeline::new(store.clone())
            .sink_from("siem", Arc::new(sink.clone()), Filter::default(), Start::Beginning)
            .start()
    };
    let running = start();
    caught_up(&running, &store).await;
    running.stop().await.unwrap();
    assert_eq!(rejected(&store, "siem").await.unwrap().len(), 5);
    let replay = Replay { from: Position(15), only_rejected: true };
    for (accepted, left) in [(false, 5), (true, 2)] {
        mended.store(accepted, Ordering::Relaxed);
        replay.ask(&store, "siem").await.unwrap();
        let running = start();
        eventually("it is done", async || store.list("replay/").await.unwrap().is_empty()).await;
        assert_eq!(rejected(&store, "siem").await.unwrap().len(), left, "accepted: {accepted}");
        assert_eq!(running.status().followers["siem"].set_aside, left as u64);
        running.stop().await.unwrap();
    }
    assert_eq!(sink.ids()[45..], ids([20, 30, 40]));
}

#[tokio::test]
async fn a_sink_goes_back_when_asked_while_it_runs() {
    let store = MemoryStore::new();
    fill(&store, 0..30).await;
    let (sink, mended) = picky();
    let running = Pipeline::new(store.clone())
        .sink_from("siem", Arc::new(sink.clone()), Filter::default(), Start::Beginning)
        .start();
    caught_up(&running, &store).await;
    mended.store(true, Ordering::Relaxed);
    Replay { from: Position(15), only_rejected: false }.ask(&store, "siem").await.unwrap();
    // The log's growth wakes it.
    fill(&store, 30..31).await;
    caught_up(&running, &store).await;
    let all = ids((0..30).filter(|n| n % 10 != 0)).into_iter().chain(ids(15..31)).collect::<Vec<_>>();
    eventually("all arrive", async || sink.ids() == all).await;
    let left: Vec<Position> =
        rejected(&store, "siem").await.unwrap().iter().map(|rejected| rejected.position).collect();
    assert_eq!(left, [Position(1), Position(11)], "what arrived in the meantime is not set aside any more");
    running.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_that_was_stored_since_a_time_lies_before_the_position_that_is_found_for_it() {
    let store = MemoryStore::new();
    let mut events: Vec<Event> = (0..100).map(|n| normalize(&Numbers, Numbers::record(n))).collect();
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap().ticks();
    for (event, hours) in events.iter_mut().zip(0_i64..) {
        event.ingested_at = Some(Timestamp::from_ticks(start + hours * 36_000_000_000));
    }
    // One was stored before the one in front of it, as two sources append side by side.
    events[40].ingested_at =
        events[39].ingested_at.map(|at| Timestamp::from_ticks(at.ticks() - 30_000_000_000));
    store.append(&events).await.unwrap();
    for (time, position) in [
        ("2020-01-01T00:00:00Z", 0),
        ("2026-01-01T00:00:00Z", 0),
        ("2026-01-02T06:00:00Z", 29),
        ("2026-01-02T06:30:00Z", 30),
        ("2026-01-02T14:20:00Z", 38),
        ("2030-01-01T00:00:00Z", 100),
    ] {
        let time = Timestamp::parse(time).unwrap();
        assert_eq!(position_at(&store, time).await.unwrap(), Position(position), "{time}");
    }
}

#[tokio::test]
async fn asking_for_a_replay_wakes_a_sink_that_waits_and_none_is_forgotten() {
    let store = MemoryStore::new();
    fill(&store, 0..30).await;
    let sink = Recorder::new();
    sink.fail_next(Error::denied("the token is wrong"));
    let running = Pipeline::new(store.clone())
        .sink_from("siem", Arc::new(sink.clone()), Filter::default(), Start::Beginning)
        .start();
    eventually("it waits", async || running.status().followers["siem"].state == State::Failing).await;
    for (from, only_rejected) in [(25, false), (20, false), (0, true)] {
        Replay { from: Position(from), only_rejected }.ask(&store, "siem").await.unwrap();
    }
    // Else it would wait a quarter of an hour.
    caught_up(&running, &store).await;
    assert_eq!(sink.ids(), ids(0..30));
    Replay { from: Position(25), only_rejected: false }.ask(&store, "siem").await.unwrap();
    Replay { from: Position(28), only_rejected: true }.ask(&store, "siem").await.unwrap();
    eventually("all come again", async || sink.ids().len() == 35).await;
    assert_eq!(store.list("replay/").await.unwrap(), []);
    running.stop().await.unwrap();
}
