//! Alerts: they are events, and each exists once.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aoc_core::{
    Severity,
    alert::ALERT_SOURCE,
    normalize,
    prelude::*,
    store::Note,
    testkit::{
        crash::RoundNumbers,
        fakes::{Numbered, Numbers, Recorder},
    },
};

use super::{eventually, fill, ids};

#[tokio::test]
async fn alerts_are_events_and_exist_once() {
    let store = MemoryStore::new();
    let sink = Recorder::new();
    for round in 0..3 {
        let running = Pipeline::new(store.clone())
            .source("numbers", Numbered::new(50).feed())
            .alerts("alerts", Arc::new(RoundNumbers))
            .sink("siem", Arc::new(sink.clone()))
            .start();
        running.fetch_now("numbers").await.unwrap();
        eventually("they are there", async || {
            store.count(&Query::new().text("\"round number\"").filter).await.unwrap() == 5
        })
        .await;
        let head = store.head().await.unwrap();
        assert_eq!(head, Position(55), "round {round}");
        eventually("all follow", async || {
            running.status().followers.values().all(|follower| follower.position == head)
        })
        .await;
        running.stop().await.unwrap();
        // All is evaluated once more.
        store.write(&[Note::new("position/alerts", 0).unwrap()]).await.unwrap();
    }
    let found = store.get("aoc:round/numbered:20").await.unwrap();
    let alert = &found[0].event;
    assert_eq!((&*alert.source, &*alert.service, &*alert.operation), (ALERT_SOURCE, "AOC", "A round number"));
    assert_eq!(sink.ids().iter().filter(|id| id.starts_with("round/")).count(), 5);
}

/// Finds the same again and again, and counts how often in its reasons.
#[derive(Default)]
struct Forgetful(Arc<AtomicUsize>);

impl AlertEvaluator for Forgetful {
    fn begin(&self) -> Box<dyn Evaluation> {
        let (mut round, times) = (RoundNumbers.begin(), self.0.clone());
        Box::new(move |event: &Event| {
            let mut alerts = round.evaluate(event);
            let time = times.fetch_add(1, Ordering::Relaxed);
            alerts.iter_mut().for_each(|alert| alert.reasons = vec![format!("look {time}")]);
            alerts
        })
    }

    fn window(&self) -> Duration {
        Duration::from_secs(3_600)
    }
}

#[tokio::test]
async fn the_same_rule_and_subject_are_the_same_alert_however_often_they_are_found() {
    let store = MemoryStore::new();
    fill(&store, 0..20).await;
    store.write(&[Note::new("position/alerts", 0).unwrap()]).await.unwrap();
    let evaluator = Arc::new(Forgetful::default());
    for _ in 0..3 {
        let running = Pipeline::new(store.clone()).alerts("alerts", evaluator.clone()).start();
        eventually("it is done", async || {
            running.status().followers["alerts"].position == store.head().await.unwrap()
        })
        .await;
        running.stop().await.unwrap();
        store.write(&[Note::new("position/alerts", 0).unwrap()]).await.unwrap();
    }
    assert!(evaluator.0.load(Ordering::Relaxed) >= 60);
    assert_eq!(store.head().await.unwrap(), Position(22), "two alerts, each once");
}

/// Remembers which events it was shown.
#[derive(Default)]
struct Remembers(Arc<Mutex<Vec<String>>>);

impl AlertEvaluator for Remembers {
    fn begin(&self) -> Box<dyn Evaluation> {
        let seen = self.0.clone();
        Box::new(move |event: &Event| {
            seen.lock().unwrap().push(event.id.clone());
            Vec::new()
        })
    }

    fn window(&self) -> Duration {
        Duration::from_secs(3_600)
    }
}

/// 300 events, stored one each other minute; the evaluator had come to number 199.
async fn restarted(change: impl Fn(&mut Event)) -> Vec<String> {
    let store = MemoryStore::new();
    let mut events: Vec<Event> = (0..300).map(|n| normalize(&Numbers, Numbers::record(n))).collect();
    let start = events[0].timestamp.ticks();
    for (event, number) in events.iter_mut().zip(0_i64..) {
        // Two minutes after one another.
        event.ingested_at = Some(Timestamp::from_ticks(start + number * 1_200_000_000));
    }
    change(&mut events[199]);
    store.append(&events).await.unwrap();
    store.write(&[Note::new("position/alerts", 200).unwrap()]).await.unwrap();
    let evaluator = Arc::new(Remembers::default());
    let running = Pipeline::new(store.clone()).alerts("alerts", evaluator.clone()).start();
    eventually("it is done", async || running.status().followers["alerts"].position == Position(300)).await;
    running.stop().await.unwrap();
    evaluator.0.lock().unwrap().clone()
}

#[tokio::test]
async fn after_a_restart_an_evaluator_sees_its_window_once_more() {
    let seen = restarted(|_| ()).await;
    // Its window, and an hour because times of storing follow the positions only roughly.
    assert_eq!(seen, ids(139..300));
}

#[tokio::test]
async fn when_an_event_happened_does_not_cut_the_window() {
    for time in ["9999-12-31T00:00:00Z", "1601-01-01T00:00:00Z"] {
        let seen = restarted(|last| last.timestamp = Timestamp::parse(time).unwrap()).await;
        assert_eq!(seen, ids(139..300), "{time}");
    }
}

/// Finds something once two events came that it remembers, and nothing more once somebody was told.
struct Pairs;

#[derive(Default)]
struct PairsSeen {
    seen: usize,
    told: usize,
}

impl Evaluation for PairsSeen {
    fn evaluate(&mut self, event: &Event) -> Vec<Alert> {
        self.seen += 1;
        let found = (self.seen >= 2 && self.told == 0)
            .then(|| Alert::about("pairs", Severity::Low, "Two of them", event));
        self.told += found.iter().len();
        found.into_iter().collect()
    }

    fn recall(&mut self, _: &Event) {
        self.told += 1;
    }
}

impl AlertEvaluator for Pairs {
    fn begin(&self) -> Box<dyn Evaluation> {
        Box::new(PairsSeen::default())
    }

    fn window(&self) -> Duration {
        Duration::from_secs(3_600)
    }
}

#[tokio::test]
async fn an_alert_behind_the_position_is_known_after_a_restart() {
    let store = MemoryStore::new();
    fill(&store, 0..10).await;
    // The alert is there, but how far the evaluator came was not kept any more.
    for position in [0, 1, 2, 10] {
        store.write(&[Note::new("position/alerts", position).unwrap()]).await.unwrap();
        let running = Pipeline::new(store.clone()).alerts("alerts", Arc::new(Pairs)).start();
        eventually("it is done", async || {
            running.status().followers["alerts"].position == store.head().await.unwrap()
        })
        .await;
        running.stop().await.unwrap();
        assert_eq!(store.head().await.unwrap(), Position(11), "from {position}");
    }
}
