//! Several processes over one store: one leads, the others stand by.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aoc_core::{
    alert::ALERT_SOURCE,
    pipeline::{Start, State},
    prelude::*,
    store::Note,
    testkit::{
        crash::RoundNumbers,
        fakes::{Numbered, Numbers, Recorder, SourceOf},
        random::Random,
        shared::{Shared, SharedStore},
    },
};
use serde_json::json;

use super::{eventually, ids, page};

/// Counts how often it is asked; brings one number more each time.
fn counting(asked: &Arc<AtomicUsize>) -> Feed {
    let asked = asked.clone();
    let source = SourceOf(move |from: &Bookmark| {
        asked.fetch_add(1, Ordering::SeqCst);
        let from: usize = match from {
            Bookmark::At(cursor) => cursor.read()?,
            Bookmark::Since(_) => 0,
        };
        page(from..from + 1, from + 1, false)
    });
    Feed::new(source, Numbers)
}

const SOON: Duration = Duration::from_millis(10);

fn pipeline(store: &SharedStore, feed: Feed, sink: &Recorder) -> Pipeline {
    Pipeline::new(store.clone()).source_every("numbers", feed, SOON).sink_from(
        "siem",
        Arc::new(sink.clone()),
        Filter::default(),
        Start::Beginning,
    )
}

/// The states of source and sink.
fn states(running: &Running) -> (State, State) {
    let status = running.status();
    (status.sources["numbers"].state, status.followers["siem"].state)
}

const STANDBY: (State, State) = (State::Standby, State::Standby);

#[tokio::test]
async fn who_stands_by_fetches_and_delivers_nothing_and_says_so() {
    let shared = Shared::default();
    let (store, asked, sink) = (shared.process("b:2").await, Arc::default(), Recorder::new());
    shared.process("a:1").await.append(&[Event::new("x", "1", Timestamp::now())]).await.unwrap();
    let running = pipeline(&store, counting(&asked), &sink).index(Arc::new(shared.memory.clone())).start();
    eventually("the index follows all the same", async || {
        running.status().followers.get("index").is_some_and(|index| index.position == Position(1))
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((asked.load(Ordering::SeqCst), sink.ids()), (0, vec![]));
    assert_eq!(states(&running), STANDBY);
    let leadership = running.status().leadership;
    assert_eq!((leadership.leads, &*leadership.leader.unwrap().name), (false, "a:1"));
    running.stop().await.unwrap();
    assert_eq!(shared.leader().await.unwrap().name, "a:1", "it has nothing to give up");
}

#[tokio::test]
async fn who_wins_the_lead_takes_over_and_gives_up_at_once_when_it_is_lost() {
    let shared = Shared::default();
    let (store, asked, sink) = (shared.process("b:2").await, Arc::default(), Recorder::new());
    let running = pipeline(&store, counting(&asked), &sink).start();
    for round in 0..3 {
        assert_eq!(states(&running), STANDBY, "round {round}");
        let before = sink.ids().len();
        shared.give_to(Some("b:2")).await;
        eventually("it collects", async || sink.ids().len() > before + 3).await;
        eventually("all is well", async || states(&running) == (State::Ok, State::Ok)).await;
        let leadership = running.status().leadership;
        assert_eq!((leadership.leads, leadership.leader), (true, shared.leader().await));
        running.fetch_now("numbers").await.unwrap();
        shared.give_to(Some("a:1")).await;
        eventually("it stands by", async || states(&running) == STANDBY).await;
        let after = (asked.load(Ordering::SeqCst), sink.ids(), store.head().await.unwrap());
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!((asked.load(Ordering::SeqCst), sink.ids(), store.head().await.unwrap()), after);
        let source = running.status().sources["numbers"].clone();
        assert!(source.counts.new > 0 && source.last_success.is_none(), "{source:?}");
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_sink_that_hangs_is_left_when_the_lead_is_lost() {
    struct Hangs;
    #[async_trait]
    impl Sink for Hangs {
        async fn deliver(&self, _: &[Event]) -> Result<Delivered> {
            std::future::pending().await
        }
    }
    let shared = Shared::default();
    let store = shared.process("b:2").await;
    shared.give_to(Some("b:2")).await;
    let running = Pipeline::new(store.clone())
        .source("numbers", Numbered::new(10).feed())
        .sink_from("siem", Arc::new(Hangs), Filter::default(), Start::Beginning)
        .start();
    running.fetch_now("numbers").await.unwrap();
    let begin = Instant::now();
    shared.give_to(None).await;
    eventually("it stands by", async || states(&running) == STANDBY).await;
    running.stop().await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_new_lead_of_the_same_process_starts_the_loops_over_the_new_store() {
    let shared = Shared::default();
    let (store, asked, sink) = (shared.process("b:2").await, Arc::default(), Recorder::new());
    shared.give_to(Some("b:2")).await;
    let running = pipeline(&store, counting(&asked), &sink).start();
    for token in 1..4 {
        eventually("it leads", async || {
            running.status().leadership.leader.is_some_and(|leader| leader.token == token)
        })
        .await;
        eventually("it can be asked", async || running.fetch_now("numbers").await.is_ok()).await;
        shared.give_to(Some("b:2")).await;
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn who_stands_by_says_whom_to_ask() {
    let shared = Shared::default();
    let (store, asked, sink) = (shared.process("b:2").await, Arc::default(), Recorder::new());
    let running = pipeline(&store, counting(&asked), &sink).start();
    let error = running.fetch_now("numbers").await.unwrap_err();
    let nobody = "this process stands by, and nobody leads: wait until somebody does";
    assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Unavailable, nobody));
    shared.give_to(Some("web1:4711")).await;
    let sentence =
        "this process stands by; web1:4711 leads and collects: ask it, or wait until the lead changes";
    eventually("it knows the leader", async || {
        running.fetch_now("numbers").await.unwrap_err().to_string() == sentence
    })
    .await;
    let all = running.fetch(None, Some(Timestamp::now())).unwrap().await;
    assert_eq!(all["numbers"].as_ref().unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(running.fetch_now("nobody").await.unwrap_err().kind(), ErrorKind::NotFound);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_bell_is_heard_by_who_stands_by_but_wakes_nobody() {
    struct Bell;
    impl aoc_core::Doorbell for Bell {
        fn rings(&self, notification: &serde_json::Value) -> bool {
            notification == "now"
        }
    }
    let shared = Shared::default();
    let (store, asked) = (shared.process("b:2").await, Arc::default());
    let feed = counting(&asked).with_doorbell(Arc::new(Bell));
    let running = pipeline(&store, feed, &Recorder::new()).start();
    assert_eq!((running.ring(&"now".into()), running.ring(&"later".into())), (1, 0));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn stopping_gives_the_lead_up() {
    let shared = Shared::default();
    let (store, asked, sink) = (shared.process("a:1").await, Arc::default(), Recorder::new());
    shared.give_to(Some("a:1")).await;
    let running = pipeline(&store, counting(&asked), &sink).start();
    running.fetch_now("numbers").await.unwrap();
    running.stop().await.unwrap();
    assert_eq!(shared.leader().await, None);
}

#[tokio::test]
async fn a_sink_that_is_new_with_the_lead_misses_nothing_that_comes_then() {
    for _ in 0..20 {
        let shared = Shared::default();
        let (store, sink) = (shared.process("a:1").await, Recorder::new());
        let running = Pipeline::new(store.clone())
            .source("numbers", Numbered::new(60).feed())
            .sink("siem", Arc::new(sink.clone()))
            .start();
        shared.process("b:2").await.append(&[Event::new("x", "before", Timestamp::now())]).await.unwrap();
        shared.give_to(Some("a:1")).await;
        eventually("all arrive", async || sink.ids().len() >= 60).await;
        running.stop().await.unwrap();
        assert_eq!(sink.ids(), ids(0..60));
    }
}

#[tokio::test]
async fn a_source_without_a_bookmark_begins_where_a_note_says() {
    let since = |text: &str| Timestamp::parse(text).unwrap();
    let store = MemoryStore::new();
    let (all, one) = (since("2026-01-01T00:00:00Z"), since("2026-02-02T00:00:00Z"));
    let notes = [Note::new("since/o365", all).unwrap(), Note::new("since/o365/b", one).unwrap()];
    store.write(&notes).await.unwrap();
    let bookmarks = Arc::new(std::sync::Mutex::new(Vec::new()));
    let content = |name: &str| -> (String, Arc<dyn Source>) {
        let (seen, content) = (bookmarks.clone(), name.to_owned());
        let source = SourceOf(move |from: &Bookmark| {
            seen.lock().unwrap().push((content.clone(), from.clone()));
            page(0..0, 7, false)
        });
        (name.to_owned(), Arc::new(source))
    };
    let feed = Feed::of(vec![content("a"), content("b")], Numbers);
    let running = Pipeline::new(store.clone()).source("o365", feed).start();
    eventually("both have bookmarks", async || store.list("cursor/o365/").await.unwrap().len() == 2).await;
    running.fetch_now("o365").await.unwrap();
    running.stop().await.unwrap();
    let mut seen = bookmarks.lock().unwrap().clone();
    seen.sort_by_key(|(content, from)| (content.clone(), matches!(from, Bookmark::At(_))));
    let begun: Vec<_> = seen.iter().filter(|(_, from)| matches!(from, Bookmark::Since(_))).cloned().collect();
    assert_eq!(begun, [("a".into(), Bookmark::Since(all)), ("b".into(), Bookmark::Since(one))]);
    assert_eq!(store.read("cursor/o365/a").await.unwrap(), Some(json!(7)));
}

/// Two processes with sources, a sink, alerts and the silence alarm.
fn whole(shared: &Shared, store: &SharedStore, sink: &Recorder) -> Running {
    let numbered = Numbered { count: 3_000, page: 20, overlap: 5 };
    pipeline(store, numbered.feed(), sink)
        .alerts("alerts", Arc::new(RoundNumbers))
        .index(Arc::new(shared.memory.clone()))
        .silence_alarm()
        .start()
}

/// Changes the lead twenty times, and says whether both have collected.
async fn lead_changes(seed: u64) -> bool {
    let (shared, sink, mut random) = (Shared::default(), Recorder::new(), Random::new(seed));
    let stores = [shared.process("a:1").await, shared.process("b:2").await];
    let running = stores.each_ref().map(|store| whole(&shared, store, &sink));
    for _ in 0..20 {
        let leader = [Some("a:1"), Some("b:2"), None][random.below(3)];
        shared.give_to(leader).await;
        tokio::time::sleep(Duration::from_micros(random.below(6_000) as u64)).await;
    }
    shared.give_to(Some("b:2")).await;
    eventually("all is fetched, found and delivered", async || {
        let head = shared.memory.head().await.unwrap();
        let at = async |key| shared.memory.read(key).await.unwrap();
        head == Position(3_300)
            && at("cursor/numbers").await == Some(json!(3_000))
            && at("position/siem").await == Some(json!(3_300))
    })
    .await;
    let stored = shared.memory.read_after(Position(0), 10_000).await.unwrap();
    let alerts = stored.iter().filter(|stored| stored.event.source == ALERT_SOURCE).count();
    assert_eq!((stored.len(), alerts), (3_300, 300), "each once");
    let mut first = BTreeSet::new();
    let delivered: Vec<String> = sink.ids().into_iter().filter(|id| first.insert(id.clone())).collect();
    let in_order: Vec<String> = stored.into_iter().map(|stored| stored.event.id).collect();
    assert_eq!(delivered, in_order, "none is lost, and they come in order");
    let both = running.iter().all(|running| running.status().sources["numbers"].counts.new > 0);
    for running in running {
        running.stop().await.unwrap();
    }
    both
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_the_lead_lose_nothing_and_keep_the_order() {
    let mut shared = 0;
    for seed in 0..10 {
        shared += usize::from(lead_changes(seed).await);
    }
    assert!(shared > 0, "in one trial at least, both have collected");
}
