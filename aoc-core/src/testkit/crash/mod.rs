//! The two loops under crashes: nothing is lost, and alerts are exact.

mod faults;
mod finds;
mod store;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

pub use self::{
    faults::{Faults, FaultySink, FaultySource},
    finds::{Counting, RoundNumbers},
    store::FaultyStore,
};
use super::{
    fakes::{Numbered, Numbers, Recorder},
    store::everything,
};
use crate::{
    Delivered, Error, Event, EventStore, Feed, Filter, Pipeline, Position, Running,
    alert::ALERT_SOURCE,
    pipeline::{Start, rejected},
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
    /// 5,000 records on pages of 250 that overlap by 30; a fault at every twentieth call.
    fn default() -> Self {
        Self { records: 5_000, page: 250, overlap: 30, probability: 0.05, seed: 1 }
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

/// The sinks of a trial: one takes everything, one refuses an event of each thousand, and with it its batch, one breaks
/// off in the middle.
const SINKS: [&str; 3] = ["siem", "picky", "breaking"];
/// The evaluators of a trial.
const ALERTS: [&str; 2] = ["alerts", "counting"];

fn recorders() -> [Recorder; 3] {
    let picky = |events: &[Event]| match events.iter().any(is_refused) {
        true => Err(Error::rejected("it ends with 77")),
        false => Ok(Delivered::default()),
    };
    let breaking = |events: &[Event]| match events.len() {
        0..7 => Ok(Delivered::default()),
        length => Ok(Delivered::until(length * 2 / 3, Error::unavailable("in the middle").wait(SHORT))),
    };
    [Recorder::new(), Recorder::answering(picky), Recorder::answering(breaking)]
}

const SHORT: Duration = Duration::from_millis(1);

fn is_refused(event: &Event) -> bool {
    event.id.ends_with("077")
}

/// Runs source, store, two evaluators and three sinks, all of them faulty, until everything has arrived; checks that it
/// did.
///
/// `store` is what survives each crash. It must be empty.
///
/// # Panics
/// When an event is lost or stored twice, when an alert is missing or doubled, when what arrived at a sink and what was
/// set aside is not all that was stored, when a sink got events out of order, or when all is not done within three minutes.
pub async fn nothing_is_lost(store: Arc<dyn EventStore>, trial: Trial) -> Survived {
    let faults = Faults::new(trial.seed, trial.probability);
    let sinks = recorders();
    let mut crashes = 0;
    let all = async {
        loop {
            let running = start(&store, &faults, &sinks, trial);
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
    let mut repeats = 0;
    for (name, sink) in SINKS.into_iter().zip(&sinks) {
        let aside = rejected(&*store, name).await.unwrap();
        let aside: BTreeSet<Position> = aside.into_iter().map(|rejected| rejected.position).collect();
        let refused = |stored: &&Stored| name == "picky" && is_refused(&stored.event);
        let refused: BTreeSet<Position> =
            stored.iter().filter(refused).map(|stored| stored.position).collect();
        assert_eq!(aside, refused, "set aside for {name}");
        let wanted = stored.iter().filter(|stored| !aside.contains(&stored.position));
        repeats += assert_delivered(wanted, &sink.ids());
    }
    Survived { crashes, faults: faults.count(), repeats }
}

fn start(store: &Arc<dyn EventStore>, faults: &Faults, sinks: &[Recorder], trial: Trial) -> Running {
    let numbered = Numbered { count: trial.records, page: trial.page, overlap: trial.overlap };
    let feed = Feed::new(FaultySource::new(numbered, faults.clone()), Numbers);
    let mut pipeline = Pipeline::over(Arc::new(FaultyStore::new(store.clone(), faults.clone())))
        .source_every("numbered", feed, Duration::from_millis(200))
        .alerts(ALERTS[0], Arc::new(RoundNumbers))
        .alerts(ALERTS[1], Arc::new(Counting));
    for (name, sink) in SINKS.into_iter().zip(sinks) {
        let sink = FaultySink::new(sink.clone(), faults.clone());
        pipeline = pipeline.sink_from(name, Arc::new(sink), Filter::default(), Start::Beginning);
    }
    pipeline.start()
}

/// Waits until the source has no more and all followers stand at the head.
async fn settled(store: &dyn EventStore, records: usize) {
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let head = store.head().await.unwrap();
        let mut done = note(store, "cursor/numbered").await == Some(records as u64);
        for follower in ALERTS.iter().chain(&SINKS) {
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
    let in_order = stored.iter().filter(|stored| !is_alert(stored)).map(|stored| &stored.event.id);
    let counted = in_order.skip(Counting::EACH - 1).step_by(Counting::EACH);
    let expected: BTreeSet<String> = (0..trial.records)
        .step_by(10)
        .map(|n| format!("round/numbered:{n}"))
        .chain(counted.map(|id| format!("count/numbered:{id}")))
        .collect();
    let alerts = ids(alerts);
    let missing: Vec<_> = expected.difference(&alerts).take(5).collect();
    assert!(missing.is_empty(), "of {} alerts only {} are there: {missing:?}", expected.len(), alerts.len());
    assert_eq!(alerts, expected);
}

/// How many events arrived more than once.
fn assert_delivered<'a>(stored: impl Iterator<Item = &'a Stored>, ids: &[String]) -> usize {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, id) in ids.iter().enumerate() {
        first.entry(id).or_insert(at);
    }
    let stored: Vec<&Stored> = stored.collect();
    let id = |stored: &&Stored| stored.event.id.clone();
    let lost: Vec<String> = stored.iter().map(id).filter(|id| !first.contains_key(id.as_str())).collect();
    assert!(lost.is_empty(), "{} events are lost to the sink, such as {:?}", lost.len(), lost.first());
    let order: Vec<usize> = stored.iter().map(|stored| first[stored.event.id.as_str()]).collect();
    assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "events reached the sink out of order");
    ids.len() - first.len()
}
