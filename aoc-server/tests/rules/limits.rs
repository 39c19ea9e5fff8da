//! What goes wrong on the way, and what may be asked for at most.

use std::{
    fs,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use aoc_core::store::{EventLog, Notebook};
use aoc_server::{Caller, Operations, operations::rules::RunBacktest};
use serde_json::json;

use crate::{
    Kept,
    common::{Server, events},
    eventually, native,
};

/// Goes on with something once, and leaves it there.
async fn poll<F: Future>(work: &mut Pin<Box<F>>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await
}

#[test]
fn rules_of_a_folder_that_cannot_be_read_stay_in_force() {
    let kept = Kept::new(|_| ());
    let folder = |name: &str| kept.place.path().join(name);
    fs::create_dir_all(folder("in/deeper")).unwrap();
    kept.write("in/deeper/a.yml", &native("a"));
    kept.write("b.yml", &native("b"));
    assert_eq!(kept.look(), (vec!["b".to_owned(), "a".to_owned()], vec![]));
    // A link that leads in circles can be read by nobody, whoever they are.
    fs::rename(folder("in"), folder(".away")).unwrap();
    std::os::unix::fs::symlink("in", folder("in")).unwrap();
    for _ in 0..2 {
        let (ids, refused) = kept.look();
        assert_eq!(ids, ["b", "a"]);
        assert!(refused.len() == 2 && refused[1].contains("its folder cannot be read"), "{refused:?}");
        let known = kept.runtime.block_on(kept.keeper.current()).unwrap();
        assert!(known.refused.iter().all(|refused| refused.earlier_stays), "{:?}", known.refused);
    }
    fs::remove_file(folder("in")).unwrap();
    fs::remove_file(folder("b.yml")).unwrap();
    std::os::unix::fs::symlink("nothing", folder("b.yml")).unwrap();
    let (ids, refused) = kept.look();
    assert_eq!((ids, refused.len()), (vec!["b".to_owned()], 1));
}

#[test]
fn what_is_known_of_files_survives_a_look_that_is_broken_off() {
    let kept = Kept::new(|_| ());
    kept.write("a.yml", &native("a"));
    kept.look();
    kept.write("a.yml", "id: [");
    kept.write("b.yml", &native("b"));
    let held = kept.hold();
    kept.runtime.block_on(async {
        let mut looking = Box::pin(kept.keeper.look());
        assert!(poll(&mut looking).await.is_pending());
    });
    drop(held);
    let (ids, refused) = kept.look();
    assert_eq!((ids, refused.len()), (vec!["a".to_owned(), "b".to_owned()], 1));
}

#[test]
fn a_change_of_a_rule_and_its_event_happen_although_whoever_asked_goes_away() {
    let kept = Kept::new(|_| ());
    let store = Arc::new(kept.store.clone());
    let operations = Operations::new(store.clone(), store).ruled_by(kept.keeper.clone());
    let rule = serde_json::from_value(json!({"id": "mine", "name": "Mine"})).unwrap();
    kept.look();
    let has_noted = || kept.runtime.block_on(kept.store.read("rule/mine")).unwrap().is_some();
    kept.runtime.block_on(async {
        let caller = Caller::open();
        let mut creating = Box::pin(operations.rule_create(&caller, rule));
        // Until it is stored, and no further.
        while kept.store.read("rule/mine").await.unwrap().is_none() {
            if poll(&mut creating).await.is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    });
    assert!(has_noted());
    eventually("it is told", || {
        let stored = kept.runtime.block_on(kept.store.read_after(aoc_core::Position(0), 9)).unwrap();
        stored.iter().any(|stored| stored.event.operation == "Create alert rule")
    });
}

#[test]
fn backtests_have_so_many_rules_and_no_more_run_at_once_than_two() {
    let server = Server::with_events(3);
    let ask = |text: String| {
        let answer = server.send("POST", "/api/rules/backtest", &json!({"text": text}));
        (answer.status, answer.json()["detail"].as_str().unwrap_or_default().to_owned())
    };
    let rules = |count: usize| (0..count).map(|number| format!("name: R{number}\n---\n")).collect();
    assert_eq!(ask(rules(50)).0, 200);
    assert_eq!(ask(rules(51)), (400, "51 rules; 50 are the most".to_owned()));
    let kept = Kept::new(|_| ());
    let store = Arc::new(kept.store.clone());
    kept.runtime.block_on(store.append(&events(3))).unwrap();
    let operations = Operations::new(store.clone(), store).ruled_by(kept.keeper.clone());
    let (caller, text) = (Caller::open(), Some(native("a")));
    let request = RunBacktest { text, days: Some(3_660), ..RunBacktest::default() };
    let run = |patience| operations.backtest(&caller, &request, patience, |_| ());
    let held = kept.hold();
    kept.runtime.block_on(async {
        let (mut first, mut second) = (Box::pin(run(Duration::MAX)), Box::pin(run(Duration::MAX)));
        for running in [&mut first, &mut second] {
            assert!(poll(running).await.is_pending());
        }
        let error = run(Duration::MAX).await.unwrap_err();
        assert!(error.to_string().contains("2 backtests are running"), "{error}");
        drop(held);
        assert_eq!((first.await.unwrap().looked_at, second.await.unwrap().looked_at), (3, 3));
        let hurried = run(Duration::ZERO).await.unwrap();
        assert_eq!((hurried.looked_at, hurried.complete), (1, false));
    });
}
