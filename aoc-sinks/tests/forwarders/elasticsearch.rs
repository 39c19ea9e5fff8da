//! Elasticsearch: an outcome for each event.

use aoc_core::{ErrorKind, EventLog, testkit::events::Generator};
use serde_json::{Value, json};

use crate::{
    balances, filled,
    receivers::elasticsearch,
    run,
    server::{Fault, Reply, lock},
    sink,
};

mod plainly {
    aoc_core::suite!(sink, async || crate::receivers::elasticsearch(serde_json::json!({})).await);
}

mod in_small_requests {
    aoc_core::suite!(sink, async || {
        crate::receivers::elasticsearch(serde_json::json!({"max_bytes": 10_000, "gzip": true})).await
    });
}

fn items(items: &[(u16, &str)]) -> Fault {
    let item = |(status, said): &(u16, &str)| match status {
        201 => json!({"create": {"status": 201}}),
        _ => {
            let (kind, reason) = said.split_once(": ").unwrap_or(("trouble_exception", said));
            json!({"create": {"status": status, "error": {"type": kind, "reason": reason}}})
        }
    };
    let items: Vec<Value> = items.iter().map(item).collect();
    Fault::Answer(Reply::of(200, json!({"errors": true, "items": items})))
}

#[tokio::test]
async fn each_event_has_its_own_outcome() {
    let side = elasticsearch(json!({})).await;
    let events = Generator::new(13).events(5);
    side.server.fail_next(
        "/_bulk",
        items(&[
            (201, ""),
            (400, "mapper_parsing_exception: mood"),
            (409, ""),
            (429, "full"),
            (400, "later"),
        ]),
    );
    let delivered = side.sink.deliver(&events).await.unwrap();
    let refused: Vec<(usize, String)> =
        delivered.refused.iter().map(|(index, error)| (*index, error.to_string())).collect();
    assert!(
        matches!(refused.as_slice(), [(1, reason)] if reason.ends_with("mapper_parsing_exception: mood")),
        "{refused:?}"
    );
    let (index, error) = delivered.broken_off.unwrap();
    assert_eq!((index, error.kind()), (3, ErrorKind::RateLimited));
}

#[tokio::test]
async fn what_is_no_fault_of_the_event_keeps_it() {
    let side = elasticsearch(json!({})).await;
    let events = Generator::new(14).events(1);
    for (status, reason, kind) in [
        (404, "no such index [logs-aoc.events-default]", ErrorKind::Denied),
        (403, "index [x] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)]", ErrorKind::Denied),
        (400, "illegal_argument_exception: pipeline with id [geo] does not exist", ErrorKind::Denied),
        (400, "illegal_argument_exception: no write index is defined for alias [x]", ErrorKind::Denied),
        (400, "validation_exception: Validation Failed: maximum normal shards open", ErrorKind::Denied),
        (400, "index_closed_exception: closed", ErrorKind::Denied),
        (400, "invalid_index_name_exception: Invalid index name [X]", ErrorKind::Denied),
        (400, "never heard of", ErrorKind::Denied),
        (429, "rejected execution", ErrorKind::RateLimited),
        (503, "primary shard is not active", ErrorKind::Unavailable),
    ] {
        side.server.fail_next("/_bulk", items(&[(status, reason)]));
        let error = side.sink.deliver(&events).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    for answer in
        ["{\"items\":[]}", "{\"took\":", "<html>", "{\"items\":[{}]}", "{\"items\":[{\"create\":{}}]}"]
    {
        side.server.fail_next("/_bulk", Fault::Answer(Reply::of(200, answer)));
        let error = side.sink.deliver(&events).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    }
}

#[tokio::test]
async fn what_is_said_about_a_document_sets_it_aside() {
    let side = elasticsearch(json!({})).await;
    let events = Generator::new(14).events(1);
    for said in [
        "document_parsing_exception: failed to parse",
        "mapper_parsing_exception: failed to parse",
        "strict_dynamic_mapping_exception: mapping set to strict",
        "illegal_argument_exception: mapper [raw.index of a shard] cannot be changed from type [long]",
    ] {
        side.server.fail_next("/_bulk", items(&[(400, said)]));
        let delivered = side.sink.deliver(&events).await.unwrap();
        assert_eq!(delivered.refused.len(), 1, "{said}");
        assert!(delivered.refused[0].1.to_string().ends_with(said));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_failure_repeats_nothing_and_loses_nothing() {
    let side = elasticsearch(json!({})).await;
    let store = filled(900).await;
    let refused = store.read_after(aoc_core::Position(400), 3).await.unwrap();
    lock(&side.state.refused).extend(refused.iter().map(|stored| stored.event.id.clone()));
    let mut told = vec![(201, ""); 500];
    // Those were not created, whatever it says of the others.
    told[0] = (503, "shard");
    side.server.fail_next("/_bulk", items(&told));
    side.server.fail_next("/_bulk", Fault::CutAfter);
    let aside = run(&store, side.sink.clone()).await;
    assert_eq!(aside.len(), 3);
    balances(&store, &side.state.ids(), &aside).await;
    assert_eq!(side.state.ids().len(), 897, "each is there once");
    assert!(aside[0].reason.to_string().contains("document_parsing_exception"));
}

#[tokio::test]
async fn a_key_that_may_only_write_is_good() {
    let side = elasticsearch(json!({"pipeline": "geo", "index": "audit"})).await;
    let reason = "action [cluster:monitor/main] is unauthorized for API key id [x]";
    side.server.fail_next("/", Fault::Answer(Reply::of(403, json!({"error": {"reason": reason}}))));
    side.sink.deliver(&[]).await.unwrap();
    side.sink.deliver(&Generator::new(15).events(2)).await.unwrap();
    let heard = side.server.heard("/_bulk").remove(0);
    assert_eq!((heard.path.as_str(), heard.query.ends_with("&pipeline=geo")), ("/audit/_bulk", true));
    assert_eq!(heard.header("authorization"), Some("ApiKey a2V5"));
}

#[tokio::test]
async fn mistakes_of_configuration_are_told() {
    let url = "https://elastic.example";
    for (options, word) in [
        (json!({"url": url, "api_key": "a", "username": "b", "password": "c"}), "either `api_key`"),
        (json!({"url": url, "username": "b"}), "either `api_key`"),
        (json!({"url": url, "index": "_bad"}), "index"),
        (json!({"url": url, "index": "Bad"}), "index"),
        (json!({"url": url, "index": "a/b"}), "index"),
        (json!({"url": "http://elastic.example"}), "allow_http"),
        (json!({"url": url, "format": "cef"}), "format"),
        (json!({"url": url, "max_bytes": 7}), "max_bytes"),
    ] {
        let error = sink("elasticsearch", options).await.err().unwrap();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(word), "{error}");
    }
}
