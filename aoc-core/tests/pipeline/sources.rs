//! The first loop: from a source to the log.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aoc_core::{
    Doorbell, UNREADABLE,
    ledger::{Coverage, Stage},
    pipeline::{Counts, State},
    prelude::*,
    store::Note,
    testkit::fakes::{Numbered, Numbers, SourceOf},
};
use serde_json::json;

use super::{eventually, page};

#[tokio::test]
async fn a_nudge_with_since_does_not_move_the_cursor() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let source = SourceOf(move |from: &Bookmark| {
        seen.lock().unwrap().push(from.clone());
        match from {
            Bookmark::Since(since) if since.instant().timestamp() == 0 => page(0..5, 99, false),
            _ => page(5..10, 10, false),
        }
    });
    let store = MemoryStore::new();
    let running = Pipeline::new(store.clone()).source("numbers", Feed::new(source, Numbers)).start();
    running.fetch_now("numbers").await.unwrap();
    assert_eq!(store.read("cursor/numbers").await.unwrap(), Some(json!(10)));
    let epoch = Timestamp::parse("1970-01-01T00:00:00Z").unwrap();
    let counts = running.fetch_since("numbers", epoch).await.unwrap();
    assert_eq!(counts, Counts { fetched: 5, new: 5, ..Counts::default() });
    assert_eq!(store.read("cursor/numbers").await.unwrap(), Some(json!(10)));
    let counts = running.fetch_now("numbers").await.unwrap();
    assert_eq!((counts.fetched, counts.duplicates), (5, 5));
    assert_eq!(asked.lock().unwrap().last(), Some(&Bookmark::At(Cursor::of(10).unwrap())));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_source_is_first_asked_for_the_last_seven_days() {
    let asked = Arc::new(Mutex::new(None));
    let seen = asked.clone();
    let source = SourceOf(move |from: &Bookmark| {
        seen.lock().unwrap().get_or_insert(from.clone());
        page(0..0, 0, false)
    });
    let running = Pipeline::new(MemoryStore::new()).source("numbers", Feed::new(source, Numbers)).start();
    running.fetch_now("numbers").await.unwrap();
    let first = asked.lock().unwrap().clone().unwrap();
    let Bookmark::Since(since) = first else { panic!("{first:?}") };
    let days = (chrono::Utc::now() - since.instant()).num_minutes();
    assert!((7 * 1_440 - 1..=7 * 1_440).contains(&days), "{days} minutes");
}

#[tokio::test]
async fn nudging_a_source_that_is_not_there_names_those_that_are() {
    let feed = Numbered::new(1).feed();
    let running = Pipeline::new(MemoryStore::new()).source("a", feed.clone()).source("b", feed).start();
    let error = running.fetch_now("c").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::NotFound, "no source `c`; there are: a, b".into())
    );
}

#[tokio::test]
async fn a_failing_source_backs_off_and_says_so_in_status() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let times = calls.clone();
    let source = SourceOf(move |_: &Bookmark| {
        let mut times = times.lock().unwrap();
        times.push(Instant::now());
        if times.len() < 3 { Err(Error::unavailable("the vendor is away")) } else { page(0..3, 3, false) }
    });
    let running = Pipeline::new(MemoryStore::new()).source("numbers", Feed::new(source, Numbers)).start();
    eventually("the failure shows", async || running.status().sources["numbers"].state == State::Failing)
        .await;
    let status = running.status().sources["numbers"].clone();
    let failure = status.last_error.unwrap();
    assert_eq!((failure.kind, &*failure.message), (ErrorKind::Unavailable, "the vendor is away"));
    assert_eq!((status.last_success, status.counts.new), (None, 0));
    eventually("it comes back", async || running.status().sources["numbers"].state == State::Ok).await;
    let status = running.status().sources["numbers"].clone();
    assert_eq!((status.last_error, status.counts.new), (None, 3));
    assert!(status.last_success.is_some());
    let calls = calls.lock().unwrap().clone();
    let waits: Vec<Duration> = calls.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits[0] >= Duration::from_millis(375) && waits[1] >= Duration::from_millis(750), "{waits:?}");
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_source_that_may_not_so_fast_has_its_wish() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let source = SourceOf(move |_: &Bookmark| match seen.fetch_add(1, Ordering::Relaxed) {
        0 => Err(Error::rate_limited("slow down").wait(Duration::from_millis(1_200))),
        _ => page(0..3, 3, false),
    });
    let begin = Instant::now();
    let running = Pipeline::new(MemoryStore::new()).source("numbers", Feed::new(source, Numbers)).start();
    eventually("it comes back", async || running.status().sources["numbers"].state == State::Ok).await;
    assert!(begin.elapsed() >= Duration::from_millis(1_200), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_config_error_stops_a_source() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let source = SourceOf(move |_: &Bookmark| {
        seen.fetch_add(1, Ordering::Relaxed);
        Err(Error::config("no such tenant"))
    });
    let feed = Feed::new(source, Numbers);
    let store = MemoryStore::new();
    let running = Pipeline::new(store.clone())
        .source_every("wrong", feed, Duration::from_millis(10))
        .source_every("right", Numbered::new(5).feed(), Duration::from_millis(10))
        .start();
    eventually("it stops", async || running.status().sources["wrong"].state == State::Stopped).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(calls.load(Ordering::Relaxed), 1, "it went on");
    let status = running.status();
    assert_eq!(status.sources["wrong"].last_error.as_ref().unwrap().message, "no such tenant");
    assert_eq!(status.sources["right"].state, State::Ok);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_source_is_asked_on_at_once_while_there_is_more() {
    let store = MemoryStore::new();
    let numbered = Numbered { count: 1_000, page: 10, overlap: 2 };
    let running = Pipeline::new(store.clone()).source("numbers", numbered.feed()).start();
    eventually("all are there", async || store.head().await.unwrap() == Position(1_000)).await;
    running.fetch_now("numbers").await.unwrap();
    assert_eq!(running.status().sources["numbers"].counts.new, 1_000);
    let latest = running.status().sources["numbers"].latest_event.unwrap();
    assert_eq!(latest.to_string(), "2026-01-01T00:16:39Z");
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_kept_once_and_counted() {
    let source = SourceOf(|_: &Bookmark| {
        let records = vec![Numbers::record(1), Record::from("not a number")];
        Ok(Page::new(records, Cursor::of(2)?))
    });
    let store = MemoryStore::new();
    let running = Pipeline::new(store.clone()).source("numbers", Feed::new(source, Numbers)).start();
    running.fetch_now("numbers").await.unwrap();
    let again = running.fetch_now("numbers").await.unwrap();
    assert_eq!(again, Counts { fetched: 2, duplicates: 2, unreadable: 1, ..Counts::default() });
    let filter = Filter { service: vec!["Unreadable".into()], ..Filter::default() };
    let hits = store.search(&Query { filter, ..Query::new() }).await.unwrap();
    assert_eq!((hits.total, hits.items[0].event.raw.text()), (1, "\"not a number\""));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn what_a_page_proves_goes_to_the_ledger_with_the_cursor() {
    let time = |text: &str| Timestamp::parse(text).unwrap();
    let coverage = Coverage {
        content: "Audit.Exchange".into(),
        tenant: "t".into(),
        from: time("2026-01-01T00:00:00Z"),
        until: time("2026-01-02T00:00:00Z"),
        stage: Stage::Sealed,
        items: Vec::new(),
    };
    let proven = coverage.clone();
    let source = SourceOf(move |_: &Bookmark| {
        Ok(Page { coverage: vec![proven.clone()], ..Page::new(vec![], Cursor::of(1)?) })
    });
    let store = MemoryStore::new();
    let running = Pipeline::new(store.clone()).source("o365", Feed::new(source, Numbers)).start();
    running.fetch_now("o365").await.unwrap();
    let notes = store.list("ledger/o365/").await.unwrap();
    assert_eq!(notes, [Note::new("ledger/o365/t/Audit.Exchange/2026-01-01T00:00:00Z", &coverage).unwrap()]);
    running.stop().await.unwrap();
}

/// Panics at one record.
struct Panics;

impl Normalizer for Panics {
    fn normalize(&self, record: &Record) -> Result<Event> {
        assert_ne!(record.raw.text(), "3", "a bug");
        Numbers.normalize(record)
    }
}

#[tokio::test]
async fn a_record_that_a_normalizer_panics_over_holds_up_no_other() {
    let store = MemoryStore::new();
    let running = Pipeline::new(store.clone()).source("numbers", Feed::new(Numbered::new(5), Panics)).start();
    let counts = running.fetch_now("numbers").await.unwrap();
    let unreadable = Filter { service: vec![UNREADABLE.into()], ..Filter::default() };
    let hits = store.search(&Query { filter: unreadable, ..Query::default() }).await.unwrap();
    assert_eq!((hits.total, hits.items[0].event.raw.text()), (1, "3"));
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 5);
    assert_eq!(running.status().sources["numbers"].state, State::Ok, "{counts:?}");
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_source_that_panics_has_failed_and_is_asked_again() {
    let asked = AtomicUsize::new(0);
    let source = SourceOf(move |_: &Bookmark| {
        assert!(asked.fetch_add(1, Ordering::SeqCst) > 0, "the first time");
        Ok(Page::new(vec![], Cursor::of(1)?))
    });
    let running = Pipeline::new(MemoryStore::new()).source("numbers", Feed::new(source, Numbers)).start();
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        outcomes.push(running.fetch_now("numbers").await.map_err(|error| error.kind()));
    }
    assert!(outcomes.ends_with(&[Ok(Counts::default())]), "{outcomes:?}");
    running.stop().await.unwrap();
}

#[tokio::test]
async fn contents_of_one_source_have_loops_of_their_own() {
    let fine: Arc<dyn Source> = Arc::new(Numbered::new(7));
    let broken: Arc<dyn Source> = Arc::new(SourceOf(|_: &Bookmark| Err(Error::denied("no consent"))));
    let feed = Feed::of(vec![("fine".into(), fine), ("broken".into(), broken)], Numbers);
    let running = Pipeline::new(MemoryStore::new()).source("o365", feed).start();
    let fetched = running.fetch(Some("o365"), None).unwrap().await;
    assert_eq!(fetched["o365/broken"].as_ref().unwrap_err().kind(), ErrorKind::Denied);
    fetched["o365/fine"].as_ref().unwrap();
    assert_eq!(running.status().sources["o365/fine"].counts.new, 7);
    assert!(running.fetch(Some("o36"), None).is_err());
    running.fetch(Some("o365/fine"), None).unwrap().await;
    running.stop().await.unwrap();
}

#[tokio::test]
async fn who_rings_rightly_makes_a_source_fetch() {
    struct Bell;
    impl Doorbell for Bell {
        fn rings(&self, notification: &serde_json::Value) -> bool {
            notification == "now"
        }
    }
    let fetches = Arc::new(AtomicUsize::new(0));
    let fetched = fetches.clone();
    let source = SourceOf(move |_: &Bookmark| {
        fetched.fetch_add(1, Ordering::SeqCst);
        Ok(Page::new(vec![], Cursor::of(1)?))
    });
    let feed = Feed::new(source, Numbers).with_doorbell(Arc::new(Bell));
    let day = Duration::from_secs(86_400);
    let running = Pipeline::new(MemoryStore::new()).source_every("numbers", feed, day).start();
    running.fetch_now("numbers").await.unwrap();
    let before = fetches.load(Ordering::SeqCst);
    assert_eq!(running.ring(&"later".into()), 0);
    assert_eq!(running.ring(&"now".into()), 1);
    eventually("it fetches", async || fetches.load(Ordering::SeqCst) > before).await;
    running.stop().await.unwrap();
}

#[tokio::test]
async fn looking_back_again_and_again_does_not_keep_the_bookmark_from_going_on() {
    let rounds: [Arc<AtomicUsize>; 2] = Default::default();
    let (onwards, backwards) = (rounds[0].clone(), rounds[1].clone());
    let source = SourceOf(move |from: &Bookmark| {
        let counted = if matches!(from, Bookmark::At(_)) { &onwards } else { &backwards };
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(Page::new(vec![], Cursor::of(1)?))
    });
    let every = Duration::from_millis(200);
    let feed = Feed::new(source, Numbers);
    let running = Pipeline::new(MemoryStore::new()).source_every("numbers", feed, every).start();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(2) {
        running.fetch_since("numbers", Timestamp::now()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let [onwards, backwards] = rounds.map(|rounds| rounds.load(Ordering::SeqCst));
    assert!(onwards >= 4 && backwards > onwards, "{onwards} onwards, {backwards} backwards");
    running.stop().await.unwrap();
}

#[tokio::test]
async fn all_who_ask_at_once_are_served_by_one_round() {
    let rounds = Arc::new(AtomicUsize::new(0));
    let counted = rounds.clone();
    let source = SourceOf(move |_: &Bookmark| {
        counted.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(50));
        Err(Error::unavailable("down"))
    });
    let day = Duration::from_secs(86_400);
    let feed = Feed::new(source, Numbers);
    let running = Pipeline::new(MemoryStore::new()).source_every("numbers", feed, day).start();
    let asked: Vec<_> = (0..60).map(|_| running.fetch(None, Some(Timestamp::now())).unwrap()).collect();
    for answer in asked {
        assert_eq!(answer.await["numbers"].as_ref().unwrap_err().to_string(), "down");
    }
    assert!(rounds.load(Ordering::SeqCst) < 12, "{rounds:?} rounds");
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_look_back_that_fails_again_and_again_is_gone_on_with() {
    let asked: [Arc<AtomicUsize>; 2] = Default::default();
    let (begun, gone_on) = (asked[0].clone(), asked[1].clone());
    let source = SourceOf(move |from: &Bookmark| match from {
        Bookmark::Since(since) if since.instant().timestamp() == 0 => {
            begun.fetch_add(1, Ordering::SeqCst);
            Ok(Page { more: true, ..Page::new(vec![], Cursor::of("half way")?) })
        }
        Bookmark::At(place) if *place == Cursor::of("half way")? => {
            match gone_on.fetch_add(1, Ordering::SeqCst) {
                0..=2 => Err(Error::unavailable("a hiccup")),
                _ => Ok(Page::new(vec![], Cursor::of("end")?)),
            }
        }
        _ => Ok(Page::new(vec![], Cursor::of("now")?)),
    });
    let running = Pipeline::new(MemoryStore::new()).source("numbers", Feed::new(source, Numbers)).start();
    let epoch = Timestamp::parse("1970-01-01T00:00:00Z").unwrap();
    for _ in 0..3 {
        running.fetch_since("numbers", epoch).await.unwrap_err();
    }
    running.fetch_since("numbers", epoch).await.unwrap();
    assert_eq!(asked[0].load(Ordering::SeqCst), 1, "it does not begin anew");
    running.fetch_since("numbers", epoch).await.unwrap();
    assert_eq!(asked[0].load(Ordering::SeqCst), 2, "one that came to its end does");
    running.stop().await.unwrap();
}
