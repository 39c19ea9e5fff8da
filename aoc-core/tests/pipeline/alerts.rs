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

#[tokio::test]
async fn after_a_restart_an_evaluator_sees_its_window_once_more() {
    let store = MemoryStore::new();
    // Stored when they happened, one each second.
    let mut events: Vec<Event> = (0..300).map(|n| Numbers.normalize(&Numbers::record(n)).unwrap()).collect();
    events.iter_mut().for_each(|event| event.ingested_at = Some(event.timestamp));
    store.append(&events[..200]).await.unwrap();
    store.write(&[Note::new("position/alerts", 200).unwrap()]).await.unwrap();
    store.append(&events[200..]).await.unwrap();
    let evaluator = Arc::new(Remembers::default());
    let running = Pipeline::new(store.clone()).alerts("alerts", evaluator.clone()).start();
    eventually("it is done", async || running.status().followers["alerts"].position == Position(300)).await;
    running.stop().await.unwrap();
    let seen = evaluator.0.lock().unwrap().clone();
    let first: usize = seen[0].parse().unwrap();
    assert!((100..=170).contains(&first), "event 199 was the last; from {first} on it sees them again");
    assert_eq!(seen, ids(first..300));
}
