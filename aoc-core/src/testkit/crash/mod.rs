//! The two loops under crashes: nothing is lost, and alerts are exact.

mod faults;
mod store;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

pub use self::{
    faults::{Faults, FaultySink, FaultySource, RoundNumbers},
    store::FaultyStore,
};
use super::{
    fakes::{Numbered, Numbers, Recorder},
    store::everything,
};
use crate::{
    Event, EventStore, Feed, Filter, Pipeline, Position, Running,
    alert::ALERT_SOURCE,
    pipeline::Start,
    store::{Notebook, Stored},
};

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// How many records the source has; every tenth is worth an alert.
    pub records: usize,
    /// How many a page brings.
    pub page: usize,
    /// How many of a page the page before has brought already.
    pub overlap: usize,
    /// How likely a fault is at each call of the store, the source and the sink.
    pub probability: f64,
    /// Which faults: another seed gives others.
    pub seed: u64,
}

impl Default for Trial {
    /// 20,000 records on pages of 250 that overlap by 30; a fault at every twentieth call.
    fn default() -> Self {
        Self { records: 20_000, page: 250, overlap: 30, probability: 0.05, seed: 1 }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survived {
    /// How often everything was stopped at once and started anew.
    pub crashes: usize,
    /// How many calls failed or crashed.
    pub faults: usize,
    /// How many events reached the sink more than once.
    pub repeats: usize,
}

/// Runs source, store, alerts and sink, all of them faulty, until everything has arrived; checks that it did.
///
/// `store` is what survives each crash. It must be empty.
///
/// # Panics
/// When an event is lost or stored twice, when an alert is missing or doubled, when the sink got events out of
/// order, or when all is not done within three minutes.
pub async fn nothing_is_lost(store: Arc<dyn EventStore>, trial: Trial) -> Survived {
    let faults = Faults::new(trial.seed, trial.probability);
    let sink = Recorder::new();
    let mut crashes = 0;
    let all = async {
        loop {
            let running = start(&store, &faults, &sink, trial);
            tokio::select! {
                () = faults.crashed() => crashes += 1,
                () = settled(&*store, trial.records) => return,
            }
            // Whatever was under way ends here.
            drop(running);
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(180), all).await;
    done.unwrap_or_else(|_| panic!("not done in time, after {crashes} crashes; seed {}", trial.seed));
    let stored = everything(&*store).await;
    assert_stored(&stored, trial);
    let repeats = assert_delivered(&stored, &sink.ids());
    Survived { crashes, faults: faults.count(), repeats }
}

fn start(store: &Arc<dyn EventStore>, faults: &Faults, sink: &Recorder, trial: Trial) -> Running {
    let numbered = Numbered { count: trial.records, page: trial.page, overlap: trial.overlap };
    let feed = Feed::new(FaultySource::new(numbered, faults.clone()), Numbers);
    let sink = FaultySink::new(sink.clone(), faults.clone());
    Pipeline::over(Arc::new(FaultyStore::new(store.clone(), faults.clone())))
        .source_every("numbered", feed, Duration::from_millis(200))
        .alerts("alerts", Arc::new(RoundNumbers))
        .sink_from("siem", Arc::new(sink), Filter::default(), Start::Beginning)
        .start()
}

/// Waits until the source has no more and both followers stand at the head.
async fn settled(store: &dyn EventStore, records: usize) {
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let head = store.head().await.unwrap();
        let mut done = note(store, "cursor/numbered").await == Some(records as u64);
        for follower in ["alerts", "siem"] {
            done &= note(store, &format!("position/{follower}")).await == Some(head.0);
        }
        if done && head > Position(0) {
            return;
        }
    }
}

async fn note<S: Notebook + ?Sized>(store: &S, key: &str) -> Option<u64> {
    store.read(key).await.unwrap().and_then(|value| value.as_u64())
}

fn assert_stored(stored: &[Stored], trial: Trial) {
    let is_alert = |stored: &&Stored| stored.event.source == ALERT_SOURCE;
    let ids = |events: Vec<&Stored>| -> BTreeSet<String> {
        let ids: Vec<String> = events.iter().map(|stored| stored.event.id.clone()).collect();
        let each: BTreeSet<String> = ids.iter().cloned().collect();
        assert_eq!(ids.len(), each.len(), "events were stored twice");
        each
    };
    let (alerts, events): (Vec<&Stored>, Vec<&Stored>) = stored.iter().partition(is_alert);
    let expected: BTreeSet<String> = (0..trial.records).map(|n| n.to_string()).collect();
    let lost: Vec<&String> = expected.iter().collect();
    let events = ids(events);
    let lost: Vec<_> = lost.into_iter().filter(|id| !events.contains(*id)).collect();
    assert!(
        lost.is_empty(),
        "{} events were not stored, such as {:?}",
        lost.len(),
        &lost[..lost.len().min(5)]
    );
    assert_eq!(events, expected);
    let expected: BTreeSet<String> =
        (0..trial.records).step_by(10).map(|n| format!("round/numbered:{n}")).collect();
    let alerts = ids(alerts);
    let missing: Vec<_> = expected.difference(&alerts).take(5).collect();
    assert!(missing.is_empty(), "of {} alerts only {} are there: {missing:?}", expected.len(), alerts.len());
    assert_eq!(alerts, expected);
}

/// How many events arrived more than once.
fn assert_delivered(stored: &[Stored], ids: &[String]) -> usize {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, id) in ids.iter().enumerate() {
        first.entry(id).or_insert(at);
    }
    let id = |stored: &Stored| stored.event.id.clone();
    let lost: Vec<String> = stored.iter().map(id).filter(|id| !first.contains_key(id.as_str())).collect();
    assert!(lost.is_empty(), "{} events are lost to the sink, such as {:?}", lost.len(), lost.first());
    let order: Vec<usize> = stored.iter().map(|stored| first[stored.event.id.as_str()]).collect();
    assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "events reached the sink out of order");
    ids.len() - first.len()
}

/// Whether the event is one of those that [`RoundNumbers`] finds.
fn is_suspicious(event: &Event) -> bool {
    event.operation == "Round"
}
