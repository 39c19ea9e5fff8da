//! Splunk: rows, the event that is refused by number, acknowledgement.

use aoc_core::{ErrorKind, testkit::events::Generator};
use serde_json::json;

use crate::{
    balances, filled,
    receivers::{Side, splunk},
    run,
    server::{Fault, Reply, lock},
};

mod plainly {
    aoc_core::suite!(sink, async || crate::receivers::splunk(serde_json::json!({})).await);
}

mod with_gzip_and_acks {
    aoc_core::suite!(sink, async || {
        crate::receivers::splunk(serde_json::json!({"gzip": true, "ack": true})).await
    });
}

#[tokio::test]
async fn a_row_says_when_and_of_what_kind() {
    let options = json!({"index": "m365", "source": "contoso", "host": "aoc", "max_bytes": 4_000});
    let side = splunk(options).await;
    let events = Generator::new(8).events(40);
    side.sink.deliver(&events).await.unwrap();
    let heard = side.server.heard("/event");
    let rows: Vec<_> = heard.iter().flat_map(|one| one.values()).collect();
    assert!(heard.len() > 3, "requests are not longer than they may be");
    for row in &rows {
        assert_eq!(
            (&row["index"], &row["source"], &row["host"]),
            (&"m365".into(), &"contoso".into(), &"aoc".into())
        );
        assert_eq!(
            (&row["sourcetype"], &row["fields"]["result"]),
            (&"aoc:event".into(), &row["event"]["result"])
        );
    }
}

#[tokio::test]
async fn events_before_a_refused_one_are_not_sent_again() {
    let side = splunk(json!({})).await;
    let events = Generator::new(9).events(50);
    for refused in [0, 7, 8, 49] {
        lock(&side.state.refused).insert(events[refused].id.clone());
    }
    let delivered = side.sink.deliver(&events).await.unwrap();
    let refused: Vec<usize> = delivered.refused.iter().map(|(index, _)| *index).collect();
    assert_eq!((refused, delivered.broken_off.is_none()), (vec![0, 7, 8, 49], true));
    assert_eq!(side.state.ids().len(), 46);
}

#[tokio::test]
async fn mistakes_of_configuration_there_keep_everything() {
    let side = splunk(json!({})).await;
    let events = Generator::new(10).events(3);
    for (status, code) in [(403, 4), (403, 1), (401, 3), (400, 7), (400, 10), (400, 14)] {
        let answer = json!({"text": "Incorrect index", "code": code, "invalid-event-number": 0});
        side.server.fail_next("/event", Fault::Answer(Reply::of(status, answer)));
        let error = side.sink.deliver(&events).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    }
    side.server.fail_next("/event", Fault::Answer(Reply::of(200, "{}")));
    assert_eq!(side.sink.deliver(&events).await.unwrap_err().kind(), ErrorKind::Denied);
    side.server
        .fail_next("/event", Fault::Answer(Reply::of(503, json!({"text": "Server is busy", "code": 9}))));
    assert_eq!(side.sink.deliver(&events).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn late_acknowledgements_are_waited_for() {
    let side = splunk(json!({"ack": true, "max_bytes": 20_000})).await;
    *lock(&side.state.late) = 2;
    side.sink.deliver(&[]).await.unwrap();
    let store = filled(200).await;
    side.server.fail_next("/ack", Fault::Answer(Reply::of(503, "")));
    side.server.fail_next("/ack", Fault::CutBefore);
    let aside = run(&store, side.sink.clone()).await;
    balances(&store, &side.state.ids(), &aside).await;
    assert_eq!(side.state.ids().len(), 200, "nothing is sent twice because it takes long");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_acknowledged_in_time_comes_again_in_another_channel() {
    let side = splunk(json!({"ack": true, "ack_timeout": "1s"})).await;
    *lock(&side.state.late) = 1_000;
    let events = Generator::new(11).events(5);
    let error = side.sink.deliver(&events).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("did not say within 1 s"), "{error}");
    *lock(&side.state.late) = 0;
    // Splunk was restarted, and counts anew.
    (*lock(&side.state.numbered), *lock(&side.state.acks)) = (0, Default::default());
    side.sink.deliver(&events).await.unwrap();
    let heard = side.server.heard("/event");
    let channel = |index: usize| heard[index].header("x-splunk-request-channel").unwrap();
    assert_eq!((heard.len(), channel(0) == channel(1)), (2, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_that_is_lost_on_its_way_repeats_and_loses_nothing() {
    let side = splunk(json!({"ack": true, "ack_timeout": "2s"})).await;
    let store = filled(50).await;
    side.sink.deliver(&[]).await.unwrap();
    // It was told, and is told once.
    side.server.fail_next("/ack", Fault::CutAfter);
    let aside = run(&store, side.sink.clone()).await;
    balances(&store, &side.state.ids(), &aside).await;
    assert_eq!(side.state.ids().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_requests_is_seen_by_its_numbers() {
    let side = splunk(json!({"ack": true, "max_bytes": 20_000})).await;
    let store = filled(60).await;
    let answer = json!({"text": "Success", "code": 0, "ackId": 700});
    // This one was taken by a Splunk that lost it when it went down.
    side.server.fail_next("/event", Fault::Answer(Reply::of(200, answer)));
    let aside = run(&store, side.sink.clone()).await;
    balances(&store, &side.state.ids(), &aside).await;
}

#[tokio::test]
async fn a_token_that_acknowledges_nothing_is_told() {
    let side = splunk(json!({"ack": true})).await;
    side.server.fail_next("/event", Fault::Answer(Reply::of(200, json!({"text": "Success", "code": 0}))));
    let error = side.sink.deliver(&Generator::new(12).events(2)).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Denied && error.to_string().ends_with(NO_ACK), "{error}");
    // It was in doubt, and is found to be so before anything is sent.
    acknowledges_nothing(&side).await;
}

const NO_ACK: &str = "switch acknowledgement on for the token or set ack = false";

async fn acknowledges_nothing(side: &Side) {
    let sent = side.server.heard("/event").len();
    let disabled = Reply::of(400, json!({"text": "ACK is disabled", "code": 14}));
    side.server.fail_always("/ack", Some(Fault::Answer(disabled)));
    let events = Generator::new(12).events(2);
    for batch in [&events[..], &[], &events[..]] {
        let error = side.sink.deliver(batch).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Denied && error.to_string().ends_with(NO_ACK), "{error}");
    }
    assert_eq!(side.server.heard("/event").len(), sent, "nothing is sent");
    side.server.fail_always("/ack", None);
    side.sink.deliver(&events).await.unwrap();
}

#[tokio::test]
async fn a_token_that_acknowledges_nothing_is_found_before_anything_is_sent() {
    acknowledges_nothing(&splunk(json!({"ack": true})).await).await;
}

#[tokio::test]
async fn an_answer_that_is_not_whole_keeps_everything_and_is_soon_tried_again() {
    let side = splunk(json!({})).await;
    let events = Generator::new(10).events(1);
    for status in [200, 400, 401, 403, 404, 500, 503] {
        for body in ["<html>Welcome</html>", "{\"text\":\"Incorrect index\",\"co", ""] {
            side.server.fail_next("/event", Fault::Answer(Reply::of(status, body)));
            let error = side.sink.deliver(&events).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{status}: {error}");
        }
    }
}
