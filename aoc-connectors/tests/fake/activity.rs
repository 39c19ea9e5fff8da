//! Management Activity.

use std::{collections::BTreeSet, time::Duration};

use aoc_connectors::fake::{Blob, Generated};
use aoc_core::{Timestamp, http::Method};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{Bench, ME, TENANT};

#[tokio::test]
async fn a_feed_is_started_stopped_and_disabled() {
    let bench = Bench::new().await;
    let (start, stop) =
        ("subscriptions/start?contentType=Audit.General", "subscriptions/stop?contentType=Audit.General");
    let content = bench.feed("subscriptions/content?contentType=Audit.General");
    let post = |path: &str| {
        let path = bench.feed(path);
        let bench = &bench;
        async move { bench.ask(Method::POST, &path, &Value::Null).await }
    };
    assert_eq!(bench.get(&content).await.code(), "400 AF20022");
    assert_eq!(bench.get(&bench.feed("subscriptions/list")).await.json(), json!([]));
    assert_eq!(post(start).await.json()["status"], "enabled");
    assert_eq!(post(start).await.code(), "400 AF20024");
    assert_eq!(bench.get(&content).await.json(), json!([]));
    bench.tenant.disable_subscription("Audit.General");
    assert_eq!(bench.get(&content).await.code(), "400 AF20023");
    assert_eq!(post(start).await.status, 200);
    assert_eq!(post(stop).await.status, 200);
    assert_eq!(post(stop).await.code(), "400 AF20022");
    let list = bench.get(&bench.feed("subscriptions/list")).await.json();
    assert_eq!(list, json!([{"contentType": "Audit.General", "status": "disabled", "webhook": null}]));
    assert_eq!(post("subscriptions/start?contentType=Audit.Odd").await.code(), "400 AF20020");
    assert_eq!(post("subscriptions/start").await.code(), "400 AF20001");
    assert_eq!(bench.fake.count("subscriptions/start"), 5);
    assert!(without_length(&bench, &bench.feed(start)).await.starts_with("HTTP/1.1 411 "));
    let foreign = content.replace(TENANT, "99999999-2222-4333-8444-555555555555");
    assert_eq!(bench.get(&foreign).await.code(), "403 AF20010");
    assert_eq!(bench.get(&content.replacen(TENANT, "contoso.com", 1)).await.code(), "400 AF20013");
    assert!(bench.fake.offences().is_empty(), "{:?}", bench.fake.offences());
    bench.get(&format!("/api/v1.0/{TENANT}/activity/feed/subscriptions/list")).await;
    assert_eq!(bench.fake.offences().len(), 1);
}

/// What is answered to a POST that does not say how long its body is.
async fn without_length(bench: &Bench, path: &str) -> String {
    let host = bench.fake.url().replace("http://", "");
    let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    let token = bench.token().await;
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn listings_have_windows_and_pages() {
    let bench = Bench::new().await;
    bench.tenant.subscribe("Audit.Exchange").change(|settings| settings.content_page_size = 4);
    let mut ids = Vec::new();
    for minutes in (1..=10).rev() {
        let blob =
            Blob::new("Audit.Exchange", [json!({"Id": format!("r{minutes}")})]).created(bench.ago(minutes));
        ids.push(bench.tenant.add_blob(blob));
    }
    let list = bench.feed("subscriptions/content?contentType=Audit.Exchange");
    let (mut next, mut listed) = (Some(list.clone()), Vec::new());
    let mut sizes = Vec::new();
    while let Some(url) = next {
        let got = bench.get(&url).await;
        sizes.push(got.ids().len());
        listed.extend(got.ids());
        next = got.next;
    }
    assert_eq!((sizes, &listed), (vec![4, 4, 2], &ids));
    let first = bench.get(&list).await.json()[0].clone();
    let uri = first["contentUri"].as_str().unwrap();
    assert!(uri.contains('$') && uri.starts_with(&bench.fake.url()));
    assert_eq!(bench.get(&format!("{uri}?{ME}")).await.json(), json!([{"Id": "r10"}]));
    assert_eq!(bench.get(&format!("{}?{ME}", uri.replace('$', "%24"))).await.code(), "400 AF20052");

    let created = first["contentCreated"].as_str().unwrap();
    let at = |minutes| bench.ago(minutes).instant().format("%Y-%m-%dT%H:%M:%S").to_string();
    assert!(Timestamp::parse(created).unwrap() > bench.ago(11));
    let window = |start: &str, end: &str| format!("{list}&startTime={start}&endTime={end}");
    for (start, end, expected) in [
        (at(60), at(0), "200 "),
        (at(60), at(-600), "200 "),
        (at(1_441), at(0), "400 AF20030"),
        (at(7 * 1_440 + 61), at(6 * 1_440 + 100), "400 AF20030"),
        (at(7 * 1_440 + 59), at(6 * 1_440 + 100), "200 "),
        (at(0), at(60), "400 AF20055"),
        (at(60), at(60), "400 AF20055"),
        (at(60) + "Z", at(0), "400 AF20002"),
    ] {
        let got = bench.get(&window(&start, &end)).await;
        let code = if got.status == 200 { "200 ".to_owned() } else { got.code() };
        assert_eq!(code, expected, "{start} {end}");
    }
    assert_eq!(bench.get(&format!("{list}&startTime={}", at(60))).await.code(), "400 AF20030");
    assert_eq!(bench.get(&format!("{list}&nextPage=x")).await.code(), "400 AF20031");
    assert_eq!(bench.tenant.served_by("Audit.Exchange").len(), 10);
}

#[tokio::test]
async fn a_listing_begins_with_its_start_and_ends_before_its_end() {
    let bench = Bench::new().await;
    bench.tenant.subscribe("Audit.Exchange");
    let base = bench.ago(30).instant();
    let whole = |seconds: i64| {
        Timestamp::new(base + TimeDelta::seconds(seconds), 0)
            .instant()
            .format("%Y-%m-%dT%H:%M:%S")
            .to_string()
    };
    for seconds in 0..3 {
        let created = Timestamp::parse(&whole(seconds)).unwrap();
        let blob = Blob::new("Audit.Exchange", [json!({"Id": "x"})])
            .created(created)
            .content_id(format!("c${seconds}"));
        bench.tenant.add_blob(blob);
    }
    let list = bench.feed("subscriptions/content?contentType=Audit.Exchange");
    let got = bench.get(&format!("{list}&startTime={}&endTime={}", whole(0), whole(2))).await;
    assert_eq!(got.ids(), ["c$0", "c$1"]);
}

#[tokio::test]
async fn blobs_expire() {
    let bench = Bench::new().await;
    let soon = Timestamp::new(bench.fake.now().instant() + TimeDelta::minutes(5), 3);
    let id = bench.tenant.add_blob(Blob::new("Audit.General", [json!({"Id": "r"})]).expires(soon));
    let path = bench.feed(&format!("audit/{id}"));
    assert_eq!(bench.get(&path).await.status, 200);
    bench.fake.advance(Duration::from_secs(301));
    assert_eq!(bench.get(&path).await.code(), "400 AF20051");
    assert!(bench.fake.served_ids(&bench.tenant).is_empty());
    assert_eq!(bench.get(&bench.feed("audit/b$none")).await.code(), "404 AF20050");
    let hidden = Timestamp::new(soon.instant() + TimeDelta::hours(1), 3);
    let id = bench.tenant.add_blob(Blob::new("Audit.General", [json!({"Id": "s"})]).visible_at(hidden));
    assert_eq!(bench.get(&bench.feed(&format!("audit/{id}"))).await.code(), "404 AF20050");
    bench.fake.advance(Duration::from_secs(3_700));
    assert_eq!(bench.fake.served_ids(&bench.tenant).len(), 1);
}

#[tokio::test]
async fn generated_blobs_need_no_memory_and_have_known_ids() {
    let bench = Bench::new().await;
    let made = Generated::new(300, 3);
    bench.tenant.subscribe("Audit.SharePoint").generate(made.clone());
    let list = bench.feed("subscriptions/content?contentType=Audit.SharePoint");
    let (mut next, mut ids) = (Some(list), BTreeSet::new());
    while let Some(url) = next {
        let got = bench.get(&url).await;
        for row in got.json().as_array().unwrap() {
            ids.extend(bench.get(row["contentUri"].as_str().unwrap()).await.ids());
        }
        next = got.next;
    }
    assert_eq!(ids.len(), 900);
    assert!(ids.contains(&made.id(299, 2)));
    assert_eq!(ids, bench.fake.served_ids(&bench.tenant));
    let large = Generated { seed: 2, content_type: "Audit.General".to_owned(), ..Generated::new(1, 80_000) };
    bench.tenant.subscribe("Audit.General").generate(large);
    let list = bench.get(&bench.feed("subscriptions/content?contentType=Audit.General")).await.json();
    let body = bench.get(list[0]["contentUri"].as_str().unwrap()).await.body;
    assert!(body.len() > 80_000_000, "{}", body.len());
    let records: Vec<Value> = serde_json::from_slice(&body).unwrap();
    assert_eq!(records.len(), 80_000);
}
