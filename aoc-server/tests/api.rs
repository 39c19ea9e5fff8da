//! The HTTP API over real HTTP, on a memory store with invented events.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod common;

use std::collections::BTreeSet;

use aoc_core::{
    Event, Timestamp,
    store::{Annotation, EventLog, Position},
};
use aoc_server::{Caller, ServerConfig, api::routes};
use common::{Server, event, events};
use serde_json::{Value, json};

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[test]
fn every_route_answers() {
    let server = Server::with_events(30);
    // One route answers as long as the client listens.
    for route in routes().into_iter().filter(|route| route.path != "/mcp/sse") {
        let path = route.path.replace("{id}", "event-1").replace("{*path}", "js/app.js");
        let answer = server.request(route.method.as_str(), &path, &[]);
        let asks = route.method != "GET";
        let expected = match route.path {
            "/api/rules/{id}" if route.method != "PUT" => 404, // there are no rules
            "/api/sinks/{name}/rejected" => 404,
            "/api/rules/{id}/why-not" if !asks => 400,
            path if asks && (path.starts_with("/api/rules") || path.starts_with("/api/sinks")) => 400,
            "/api/fetch-audit-logs" => 503, // nothing runs here
            "/api/ask" => 400,
            "/api/webhooks/graph" => 202,
            "/mcp" => 406,
            "/mcp/messages/" => 404,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{path}: {}", answer.body);
        assert!(answer.header("x-request-id").is_some(), "{path}");
    }
}

#[test]
fn health_version_and_features_are_as_documented() {
    let server = Server::with_events(1);
    assert_eq!(server.get("/health").json(), json!({"status": "ok", "store": "ok"}));
    let version = server.get("/api/version").json();
    assert_eq!(version, json!({"name": "aoc", "version": env!("CARGO_PKG_VERSION")}));
    let features = server.get("/api/config/features").json();
    assert_eq!(features["ai_features_enabled"], true);
    assert_eq!(features["llm_configured"], false);
}

#[test]
fn a_page_has_the_newest_events_first() {
    let server = Server::with_events(120);
    let page = server.get("/api/events").json();
    assert_eq!((page["total"].as_u64(), page["page_size"].as_u64()), (Some(120), Some(50)));
    let items = page["items"].as_array().unwrap();
    assert_eq!((items.len(), ids(items)[0], ids(items)[49]), (50, "event-119", "event-70"));
    assert_eq!(items[0]["raw"]["n"], 119);
    let keys: BTreeSet<&str> = page.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["items", "total", "page_size", "next_cursor"]));
}

#[test]
fn pages_follow_each_other_without_repeats_or_gaps_while_events_arrive() {
    let server = Server::with_events(230);
    let first = server.get("/api/events?page_size=100").json();
    let late: Vec<Event> = (1000..1010).map(event).collect();
    server.run(server.store.append(&late)).unwrap();
    let mut seen: Vec<Value> = first["items"].as_array().unwrap().clone();
    let mut cursor = first["next_cursor"].as_str().map(str::to_owned);
    while let Some(next) = cursor {
        let page = server.get(&format!("/api/events?page_size=100&cursor={next}")).json();
        seen.extend(page["items"].as_array().unwrap().clone());
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    let unique: BTreeSet<&str> = ids(&seen).into_iter().collect();
    assert_eq!((seen.len(), unique.len()), (230, 230));
    assert_eq!(server.all("", 500).len(), 240);
}

#[test]
fn events_can_come_without_their_records() {
    let server = Server::with_events(3);
    let page = server.get("/api/events?raw=false").json();
    for item in page["items"].as_array().unwrap() {
        assert!(item.get("raw").is_none() && item["display_summary"].is_string(), "{item}");
    }
}

#[test]
fn every_filter_narrows() {
    let server = Server::with_events(210);
    server.run(server.store.annotate(Position(5), Annotation::AddTag("seen".into()))).unwrap();
    for (query, expected) in [
        ("service=Exchange", 70),
        ("service=exchange,SharePoint", 140),
        ("services=Exchange&services=SharePoint", 140),
        ("operation=Add+member+to+role", 70),
        ("operation=set-mailbox,+all", 70),
        ("operation=File*&operation=Add*", 140),
        ("result=failure", 30),
        ("result=failure,success", 210),
        ("actor=zo%C3%AB", 42),
        ("actor=USER3@", 42),
        ("tenant=tenant-a", 105),
        ("source=entra_audit", 105),
        ("search=needle-7", 23),
        ("search=needle-7+%22number+7%22", 11),
        ("start=2026-03-03", 114),
        ("end=2026-03-02T09:00:00Z", 6),
        ("start=2026-03-02T09:00:00+00:00&end=2026-03-02T10:00:00%2B00:00", 6),
        ("include_tags=seen", 1),
        ("exclude_tags=seen,other", 209),
        ("service=&search=", 210),
        ("service=Nothing", 0),
    ] {
        let page = server.get(&format!("/api/events?{query}")).json();
        assert_eq!(page["total"], expected, "{query}: {}", page["detail"]);
    }
}

#[test]
fn an_event_is_found_by_id_and_by_key_with_its_record_as_it_came() {
    let server = Server::with_events(3);
    for id in ["event-2", "entra_audit:event-2", "entra_audit%3Aevent-2"] {
        let answer = server.get(&format!("/api/events/{id}"));
        assert_eq!(answer.json()["dedupe_key"], "entra_audit:event-2");
        assert!(answer.body.contains(r#""raw":{"n":2,"weight":1.50,"note":"needle-2"}"#), "{}", answer.body);
    }
    let missing = server.get("/api/events/event-9");
    assert_eq!((missing.status, &missing.json()["detail"]), (404, &json!("no event of this id")));
}

#[test]
fn ids_may_hold_anything() {
    let mut odd = event(0);
    odd.id = "a/b?c d#e%2F".into();
    odd.dedupe_key = aoc_core::Key::of(&odd.source, &odd.id);
    let server = Server::start(&[odd], &ServerConfig::default(), Caller::open());
    let answer = server.get("/api/events/a%2Fb%3Fc%20d%23e%252F");
    assert_eq!(answer.json()["id"], "a/b?c d#e%2F");
}

#[test]
fn an_id_of_several_sources_is_refused_until_the_source_is_named() {
    let mut twins = vec![event(0), event(1)];
    for twin in &mut twins {
        twin.id = "same".into();
        twin.dedupe_key = aoc_core::Key::of(&twin.source, "same");
    }
    let server = Server::start(&twins, &ServerConfig::default(), Caller::open());
    let answer = server.get("/api/events/same");
    assert_eq!(answer.status, 400);
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("entra_audit, office365_activity"), "{detail}");
    assert_eq!(server.get("/api/events/same?source=entra_audit").json()["source"], "entra_audit");
    assert_eq!(server.get("/api/events/same?source=x").status, 404);
}

#[test]
fn filter_options_count_under_the_same_filters() {
    let server = Server::with_events(210);
    let options = server.get("/api/filter-options?service=Exchange").json();
    assert_eq!(options["services"], json!([{"value": "Exchange", "count": 70}]));
    assert_eq!(
        options["results"],
        json!([{"value": "success", "count": 60}, {"value": "failure", "count": 10}])
    );
    for name in ["services", "operations", "results", "actors", "sources", "tenants", "tags"] {
        assert!(options[name].is_array(), "{name}");
    }
    let most = Server::start(&many_operations(250), &ServerConfig::default(), Caller::open());
    assert_eq!(most.get("/api/filter-options").json()["operations"].as_array().unwrap().len(), 200);
}

fn many_operations(count: usize) -> Vec<Event> {
    let mut many = events(count);
    for (number, event) in many.iter_mut().enumerate() {
        event.operation = format!("operation {number}");
    }
    many
}

#[test]
fn a_timeline_has_no_gaps_and_counts_everything() {
    let mut few = vec![event(0), event(1), event(600)];
    few[2].id = "late".into();
    let server = Server::start(&few, &ServerConfig::default(), Caller::open());
    let answer = server.get("/api/timeline?bucket=hour").json();
    let buckets = answer["buckets"].as_array().unwrap();
    let sum = |name: &str| buckets.iter().map(|bucket| bucket[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((buckets.len(), sum("count"), sum("failures")), (101, 3, 1));
    assert_eq!(buckets[0], json!({"start": "2026-03-02T08:00:00Z", "count": 2, "failures": 1}));
    let fitting = server.get("/api/timeline?start=2026-03-01&end=2026-03-31").json();
    assert_eq!((fitting["bucket"].as_str(), fitting["buckets"].as_array().unwrap().len()), (Some("day"), 30));
    assert_eq!(server.get("/api/timeline?service=None").json()["buckets"], json!([]));
}

#[test]
fn a_summary_counts_the_last_days() {
    let mut recent = events(10);
    for (number, event) in recent.iter_mut().enumerate() {
        let ago = chrono::TimeDelta::days(i64::try_from(number).unwrap()) + chrono::TimeDelta::hours(1);
        event.timestamp = Timestamp::from(chrono::Utc::now() - ago);
    }
    let server = Server::start(&recent, &ServerConfig::default(), Caller::open());
    let summary = server.get("/api/summary?days=3").json();
    assert_eq!((summary["days"].as_u64(), summary["total"].as_u64()), (Some(3), Some(3)));
    assert_eq!(summary["by_service"].as_array().unwrap().len(), 3);
    assert_eq!(server.get("/api/summary").json()["days"], 7);
    for days in ["0", "100000", "x"] {
        let answer = server.get(&format!("/api/summary?days={days}"));
        assert_eq!(answer.status, 400);
        assert!(answer.json()["detail"].as_str().unwrap().starts_with("days: "));
    }
}

#[test]
fn an_export_is_what_the_search_finds() {
    let server = Server::with_events(1234);
    let found = server.all("result=success", 500);
    let export = server.get("/api/export?result=success");
    assert_eq!(export.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(export.header("content-disposition"), Some("attachment; filename=\"aoc-events.ndjson\""));
    let lines: Vec<Value> = export.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, found);
}

#[test]
fn an_export_for_spreadsheets_holds_no_formulas() {
    let server = Server::with_events(600);
    let export = server.get("/api/export?format=csv");
    assert_eq!(export.header("content-type"), Some("text/csv; charset=utf-8"));
    let mut reader = csv::Reader::from_reader(export.body.as_bytes());
    let head = reader.headers().unwrap().clone();
    let actor = head.iter().position(|name| name == "actor_display").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 600);
    assert_eq!(rows.iter().filter(|row| &row[actor] == "'=cmd()").count(), 120);
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
}

#[test]
fn metrics_are_text_for_prometheus() {
    let server = Server::with_events(30);
    let answer = server.get("/metrics");
    assert!(answer.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    assert!(answer.body.contains("\naoc_events{service=\"Exchange\"} 10\n"), "{}", answer.body);
    assert!(answer.body.contains("\naoc_log_position 30\n"));
}

#[test]
fn a_wrong_parameter_is_named_in_a_problem_document() {
    let server = Server::with_events(1);
    let long = format!("/api/timeline?search={}", (0..70).map(|n| format!("w{n}+")).collect::<String>());
    for (path, expected) in [
        (long.as_str(), "search: "),
        ("/api/events?page_size=0", "page_size: 0 is not between 1 and 500"),
        ("/api/events?page_size=501", "page_size: 501 is not between 1 and 500"),
        ("/api/events?page_size=many", "page_size: not a whole number: `many`"),
        ("/api/events?cursor=zzz", "cursor: not one that AOC gave"),
        ("/api/events?start=soon", "start: not a time: `soon`"),
        ("/api/events?start=2026-01-02&end=2026-01-01", "end: 2026-01-01T00:00:00Z is before start"),
        ("/api/events?result=bad", "result: `bad` is none of success, failure, partial, unknown"),
        ("/api/events?raw=maybe", "raw: `maybe` is none of false, true"),
        ("/api/events?servise=x", "unknown parameter `servise`; did you mean `service`?"),
        ("/api/events?search=a&search=b", "search: given more than once"),
        ("/api/events/event-0?x=1", "unknown parameter `x`"),
        ("/api/filter-options?page_size=5", "unknown parameter `page_size`"),
        ("/api/timeline?bucket=yearly", "bucket: `yearly` is none of minute, hour, day, week, month"),
        ("/api/export?format=xlsx", "format: `xlsx` is none of ndjson, csv"),
        ("/api/summary?day=3", "unknown parameter `day`; did you mean `days`?"),
        ("/api/source-health?x=1", "unknown parameter `x`; this address takes none"),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let problem = answer.json();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(expected), "{path}: {detail}");
        assert_eq!(
            (problem["title"].as_str(), problem["status"].as_u64()),
            (Some("invalid request"), Some(400))
        );
        assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"));
    }
}

#[test]
fn what_is_not_there_is_a_problem_document_too() {
    let server = Server::with_events(1);
    for path in [
        "/api/nothing",
        "/nothing",
        "/assets/nothing.js",
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/Cargo.toml",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
    }
}

#[test]
fn other_methods_are_refused_and_the_right_ones_named() {
    let server = Server::with_events(1);
    for method in ["POST", "DELETE", "OPTIONS", "BREW"] {
        let answer = server.request(method, "/api/events", &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET,HEAD")), "{method}");
        assert_eq!(answer.json()["title"], "method not allowed");
    }
    let head = server.request("HEAD", "/api/events", &[]);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn every_answer_has_the_headers_that_protect_browsers() {
    let server = Server::with_events(1);
    for path in ["/", "/api/events", "/api/nothing", "/health", "/api/events?x=1"] {
        let answer = server.get(path);
        for (name, expected) in [
            ("content-security-policy", aoc_server::headers::CONTENT_SECURITY_POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(expected), "{path}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    assert_eq!(server.get("/api/events").header("cache-control"), Some("no-store"));
}

#[test]
fn only_the_hosts_of_this_machine_are_answered() {
    let server = Server::with_events(1);
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1:8000", "[::1]:8000", "[::1]"] {
        assert_eq!(server.request("GET", "/health", &[("host", host)]).status, 200, "{host}");
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "", "192.168.1.5"] {
        let answer = server.request("GET", "/api/events", &[("host", host)]);
        assert_eq!(answer.status, 421, "{host}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("public_url"));
    }
}

#[test]
fn the_public_address_is_answered_too() {
    let config =
        ServerConfig { public_url: Some("https://AOC.example.com/".into()), ..ServerConfig::default() };
    let server = Server::start(&[], &config, Caller::open());
    assert_eq!(server.request("GET", "/health", &[("host", "aoc.example.com")]).status, 200);
    assert_eq!(server.request("GET", "/health", &[("host", "example.com")]).status, 421);
}

#[test]
fn other_origins_may_read_only_where_they_are_listed() {
    let config =
        ServerConfig { cors_origins: vec!["https://portal.example".into()], ..ServerConfig::default() };
    let server = Server::start(&events(1), &config, Caller::open());
    let from = |origin| server.request("GET", "/api/events", &[("origin", origin)]);
    let listed = from("https://portal.example");
    assert_eq!(listed.header("access-control-allow-origin"), Some("https://portal.example"));
    assert!(listed.headers.iter().any(|(name, value)| name == "vary" && value.contains("origin")));
    for origin in
        ["https://evil.example", "http://portal.example", "null", "https://portal.example.evil.example"]
    {
        assert_eq!(from(origin).header("access-control-allow-origin"), None, "{origin}");
    }
    let ask = [("origin", "https://portal.example"), ("access-control-request-method", "GET")];
    let preflight = server.request("OPTIONS", "/api/events", &ask);
    assert_eq!(preflight.status, 204);
    assert!(preflight.header("access-control-allow-methods").unwrap().contains("GET"));
}

#[test]
fn the_page_and_its_files_are_served_and_not_sent_twice() {
    let server = Server::with_events(1);
    let page = server.get("/?search=role&event=x");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.body.starts_with("<!doctype html>"));
    for asset in page.body.split(['"', '\'']).filter(|text| text.starts_with("/assets/")) {
        let first = server.get(asset);
        assert_eq!(first.status, 200, "{asset}");
        let tag = first.header("etag").unwrap();
        assert_eq!(server.request("GET", asset, &[("if-none-match", tag)]).status, 304, "{asset}");
    }
    assert_eq!(
        server.get("/assets/js/app.js").header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
}

#[test]
fn long_answers_are_compressed_for_those_who_can_read_it() {
    let server = Server::with_events(100);
    let answer = server.request("GET", "/api/events", &[("accept-encoding", "gzip")]);
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(server.get("/api/events").header("content-encoding"), None);
}

#[test]
fn a_request_keeps_a_sane_id_that_a_proxy_gave_it() {
    let server = Server::with_events(1);
    let with = |id| server.request("GET", "/health", &[("x-request-id", id)]);
    assert_eq!(with("abc-123").header("x-request-id"), Some("abc-123"));
    assert_ne!(with("<script>").header("x-request-id"), Some("<script>"));
}
