//! Alerts: they are events, and each exists once.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aoc_core::{
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
struct Forgetful(AtomicUsize);

impl AlertEvaluator for Forgetful {
    fn evaluate(&self, event: &Event) -> Vec<Alert> {
        let mut alerts = RoundNumbers.evaluate(event);
        let time = self.0.fetch_add(1, Ordering::Relaxed);
        alerts.iter_mut().for_each(|alert| alert.reasons = vec![format!("look {time}")]);
        alerts
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
    let evaluator = Arc::new(Forgetful(AtomicUsize::new(0)));
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
struct Remembers(Mutex<Vec<String>>);

impl AlertEvaluator for Remembers {
    fn evaluate(&self, event: &Event) -> Vec<Alert> {
        self.0.lock().unwrap().push(event.id.clone());
        Vec::new()
    }

    fn window(&self) -> Duration {
        Duration::from_secs(30)
    }
}

/// 300 events, stored when they happened, one each second; the evaluator had come to number 199.
async fn restarted(change: impl Fn(&mut Event)) -> Vec<String> {
    let store = MemoryStore::new();
    let mut events: Vec<Event> = (0..300).map(|n| normalize(&Numbers, Numbers::record(n))).collect();
    events.iter_mut().for_each(|event| event.ingested_at = Some(event.timestamp));
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
    let first: usize = seen[0].parse().unwrap();
    assert!((100..170).contains(&first), "from {first} on it sees them again");
    assert_eq!(seen, ids(first..300));
}

#[tokio::test]
async fn an_event_from_the_future_does_not_cut_the_window() {
    let seen = restarted(|last| last.timestamp = Timestamp::parse("9999-12-31T00:00:00Z").unwrap()).await;
    let first: usize = seen[0].parse().unwrap();
    assert!((100..170).contains(&first), "from {first} on it sees them again");
    let seen = restarted(|last| last.timestamp = Timestamp::parse("1601-01-01T00:00:00Z").unwrap()).await;
    assert_eq!(seen, ids(0..300), "an old one asks for all that may belong to it");
}
