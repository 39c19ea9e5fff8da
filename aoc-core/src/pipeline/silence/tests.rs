use super::*;
use crate::{
    Bookmark, Cursor, Error, Filter, MemoryStore, Normalizer, Page, Record, Source,
    pipeline::{Delays, Failure, Pipeline},
    store::{EventLog, Note, Notebook},
};

const SERVICE: &str = "Exchange";

/// Tuesday, 10:00.
fn outage() -> Timestamp {
    Timestamp::parse("2026-03-03T10:00:00Z").unwrap()
}

fn hours_after(hours: i64) -> Timestamp {
    (outage().instant() + TimeDelta::hours(hours)).into()
}

fn workload() -> Workload {
    Workload { tenant: "t-1".into(), source: "office".into(), service: SERVICE.into() }
}

/// Twelve events in every hour of the four weeks before the outage.
fn lived(in_lots: bool) -> Vec<Event> {
    let event = |number: i64| {
        let time = outage().instant() - TimeDelta::minutes(5 * number);
        let mut event = Event::new("office", number.to_string(), time.into());
        event.service = SERVICE.into();
        event.tenant = "t-1".into();
        event.available_at = in_lots.then(|| (time + TimeDelta::hours(1)).into());
        event
    };
    (1..=12 * 24 * 28).map(event).collect()
}

async fn silences(in_lots: bool) -> (Silences, MemoryStore) {
    let store = MemoryStore::new();
    store.append(&lived(in_lots)).await.unwrap();
    store.write(&[Note::new("silence/office/Audit.Exchange", [workload()]).unwrap()]).await.unwrap();
    let board = Board::new();
    let (shared, origins): (Arc<MemoryStore>, _) = (Arc::new(store.clone()), Origins::default());
    (Silences { store: shared.clone(), index: shared, board, origins }, store)
}

fn answered(silences: &Silences, at: Timestamp) {
    silences.board.source("office/Audit.Exchange", |status| {
        (status.state, status.last_success, status.last_error) = (State::Ok, Some(at), None);
    });
}

/// The alerts after a look at this time, at which the source has just answered.
async fn looked(silences: &Silences, store: &MemoryStore, now: Timestamp) -> Vec<Event> {
    answered(silences, now);
    silences.look(now, &mut false).await.unwrap();
    alerts(store).await
}

async fn alerts(store: &MemoryStore) -> Vec<Event> {
    let all = store.read_after(crate::Position(0), 100_000).await.unwrap();
    all.into_iter().map(|stored| stored.event).filter(|event| event.source == "aoc").collect()
}

#[tokio::test]
async fn a_workload_that_went_quiet_is_an_alert_and_it_exists_once() {
    let (silences, store) = silences(false).await;
    assert_eq!(looked(&silences, &store, hours_after(1)).await, [], "one hour has twelve events");
    assert_eq!(looked(&silences, &store, hours_after(2)).await, [], "the last half hour is granted");
    let found = looked(&silences, &store, hours_after(3)).await;
    let [alert] = &found[..] else { panic!("{found:?}") };
    assert_eq!(alert.dedupe_key.as_str(), "aoc:silence/t-1/office/Exchange/2026-03-03T10:00:00Z");
    assert_eq!((&*alert.service, &*alert.operation, &*alert.tenant), ("AOC", "Exchange went quiet", "t-1"));
    assert_eq!(
        alert.display_summary,
        "Exchange went quiet 3 h ago (last event 2026-03-03T09:55:00Z), usually 24 events in such a stretch; the \
         source itself answers"
    );
    let again = looked(&silences, &store, hours_after(30)).await;
    assert_eq!(again, found, "the same silence is the same alert, though it grew");
}

#[tokio::test]
async fn a_workload_that_speaks_again_may_fall_silent_again() {
    let (silences, store) = silences(false).await;
    assert_eq!(looked(&silences, &store, hours_after(4)).await.len(), 1);
    let mut event = Event::new("office", "back", hours_after(4));
    (event.service, event.tenant) = (SERVICE.into(), "t-1".into());
    store.append(&[event]).await.unwrap();
    assert_eq!(looked(&silences, &store, hours_after(6)).await.len(), 1);
    assert_eq!(looked(&silences, &store, hours_after(8)).await.len(), 2);
}

#[tokio::test]
async fn what_a_source_gives_away_in_lots_has_two_hours_more() {
    let (silences, store) = silences(true).await;
    assert_eq!(looked(&silences, &store, hours_after(3)).await, []);
    assert_eq!(looked(&silences, &store, hours_after(4)).await.len(), 1);
}

#[tokio::test]
async fn the_delay_that_was_measured_is_waited_for() {
    let (silences, store) = silences(false).await;
    let mut delays = Delays::default();
    delays.vendor.add(Duration::from_secs(5 * 3_600));
    silences.board.source("office/Audit.Exchange", |status| {
        status.delays.insert(SERVICE.into(), delays);
    });
    assert_eq!(looked(&silences, &store, hours_after(7)).await, []);
    assert_eq!(looked(&silences, &store, hours_after(8)).await.len(), 1, "2 h of silence, 6 h of delay");
}

#[tokio::test]
async fn a_source_that_does_not_answer_raises_no_second_alarm() {
    let (silences, store) = silences(false).await;
    let now = hours_after(5);
    answered(&silences, hours_after(1));
    silences.look(now, &mut false).await.unwrap();
    assert_eq!(alerts(&store).await, [], "it has not answered since");
    answered(&silences, now);
    silences.board.source("office/Audit.Exchange", |status| {
        status.state = State::Failing;
        status.last_error = Some(Failure::of(&Error::unavailable("down")));
    });
    silences.look(now, &mut false).await.unwrap();
    assert_eq!(alerts(&store).await, [], "its error says more");
    answered(&silences, now);
    silences.board.source("office/DLP.All", |_| ());
    store.write(&[Note::new("silence/office/DLP.All", [workload()]).unwrap()]).await.unwrap();
    silences.look(now, &mut false).await.unwrap();
    assert_eq!(alerts(&store).await, [], "another loop that brings it has not answered yet");
}

#[tokio::test]
async fn workloads_whose_source_is_gone_are_not_judged() {
    let (silences, store) = silences(false).await;
    silences.look(hours_after(30), &mut false).await.unwrap();
    assert_eq!(alerts(&store).await, []);
}

struct Mail;

#[async_trait::async_trait]
impl Source for Mail {
    async fn fetch(&self, _: &Bookmark) -> Result<Page> {
        let record = Record { tenant: Some("t-9".into()), ..Record::from("hello") };
        Ok(Page::new(vec![record, Record::from("odd")], Cursor::default()))
    }
}

impl Normalizer for Mail {
    fn normalize(&self, record: &Record) -> Result<Event> {
        let said = record.as_str().filter(|said| said == "hello");
        let said = said.ok_or_else(|| Error::invalid("odd"))?.into_owned();
        Ok(Event { service: SERVICE.into(), ..Event::new("mail", said, outage()) })
    }
}

#[tokio::test]
async fn who_brings_what_is_learned_from_what_passes_and_kept() {
    let (store, origins) = (MemoryStore::new(), Origins::default());
    let pipeline = Pipeline::new(store.clone()).index(Arc::new(store.clone())).silence_alarm();
    let pipeline = Pipeline { silence: Some(origins.clone()), ..pipeline };
    let running = pipeline.source("post", crate::Feed::new(Mail, Mail)).start();
    running.fetch_now("post").await.unwrap();
    running.stop().await.unwrap();
    let expected = Workload { tenant: "t-9".into(), source: "mail".into(), service: SERVICE.into() };
    assert_eq!(origins.workloads().into_iter().collect::<Vec<_>>(), [(expected, vec!["post".to_owned()])]);
    origins.keep(&store).await.unwrap();
    let again = Origins::default();
    again.recall(&store, &["post".to_owned()]).await.unwrap();
    assert_eq!(again.workloads(), origins.workloads());
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 2);
}
