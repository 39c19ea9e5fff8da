//! What goes wrong, and what is remembered.

use std::time::Duration;

use aoc_connectors::fake::{Blob, CLIENT_ID, Fault, Limits, Rate, Reply, RetryAfter};
use aoc_core::http::Method;
use serde_json::{Value, json};

use crate::{AUDITS, Bench, INTUNE, SIGN_INS, TENANT};

#[tokio::test]
async fn budgets_are_kept_when_set() {
    let bench = Bench::new().await;
    bench.fake.set_limits(Limits {
        reports: Some(Rate::new(2, 10)),
        activity: Some(Rate::new(1, 60)),
        retry_after: RetryAfter::Date(7),
        ..Limits::default()
    });
    let statuses = [bench.get(AUDITS).await.status, bench.get(SIGN_INS).await.status];
    assert_eq!(statuses, [200, 200]);
    let refused = bench.get(AUDITS).await;
    assert_eq!(refused.status, 429);
    assert!((6..=7).contains(&refused.retry_after.unwrap().as_secs()));
    assert_eq!(bench.get(INTUNE).await.status, 200);
    bench.fake.advance(Duration::from_secs(11));
    assert_eq!(bench.get(AUDITS).await.status, 200);
    let list = bench.feed("subscriptions/list");
    assert_eq!(bench.get(&list).await.status, 200);
    let refused = bench.get(&list).await;
    assert_eq!(refused.status, 403);
    assert!(serde_json::from_slice::<Value>(&refused.body).is_err(), "nearly JSON");
    assert!(String::from_utf8_lossy(&refused.body).contains("'AF429'"));
}

#[tokio::test]
async fn faults_come_as_often_as_scripted() {
    let bench = Bench::new().await;
    let hits =
        bench.fake.script(Fault::throttled(RetryAfter::Seconds(2)).path("directoryAudits").nth(2).times(2));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(bench.get(AUDITS).await.status);
    }
    assert_eq!((statuses, hits.hits()), (vec![200, 429, 429, 200], 2));
    bench
        .fake
        .script(Fault::gateway(502).path("/auditLogs/").tenant(TENANT).lasting(Duration::from_secs(60)));
    assert_eq!(bench.get(SIGN_INS).await.status, 502);
    assert_eq!(bench.get(AUDITS).await.status, 502);
    bench.fake.advance(Duration::from_secs(60));
    assert_eq!(bench.get(AUDITS).await.status, 200);
    let half = bench.fake.script(Fault::unavailable(3).path("/auditLogs/").chance(500, 1));
    for _ in 0..40 {
        bench.get(AUDITS).await;
    }
    assert!((10..30).contains(&half.hits()), "{half:?}");
    half.end();
    assert_eq!(bench.get(AUDITS).await.status, 200);
    bench.fake.script(Fault::answer(Reply::text(418, "text/plain", "tea")).method("GET").query("teapot"));
    assert_eq!(bench.get(&format!("{AUDITS}?teapot")).await.status, 418);
    bench.fake.script(Fault::login_error(400, "invalid_grant", 53_003));
    assert_eq!(bench.login("https://graph.microsoft.com").await.code(), "400 invalid_grant");
    assert_eq!(bench.fake.requests().last().unwrap().status, 400);
}

#[tokio::test]
async fn connections_break() {
    let bench = Bench::new().await;
    bench.audit("a", 1);
    let page = || Fault::drop_connection().path("directoryAudits");
    bench.fake.script(page());
    assert!(bench.http.send(bench.http.request(Method::GET, bench.url(AUDITS))).await.is_err());
    assert_eq!(bench.fake.requests().last().unwrap().status, 0);
    let read = |fault: Fault| {
        bench.fake.script(fault.path("directoryAudits"));
        let bench = &bench;
        async move {
            let token = bench.token().await;
            let mut answer = bench
                .http
                .send(bench.http.request(Method::GET, bench.url(AUDITS)).bearer_auth(token))
                .await?;
            let mut bytes = 0;
            while let Some(piece) = answer.chunk().await.map_err(|error| error.at(bytes))? {
                bytes += piece.len();
            }
            Ok::<_, aoc_core::Error>(bytes)
        }
    };
    let whole = read(Fault::delay(Duration::from_millis(200))).await.unwrap();
    assert!(read(Fault::cut(50)).await.unwrap_err().to_string().starts_with("50: "));
    assert!(read(Fault::stall_after(40)).await.unwrap_err().to_string().starts_with("40: "));
    assert!(read(Fault::stall()).await.unwrap_err().to_string().contains("in time"));
    assert_eq!(read(Fault::short_body(30)).await.unwrap(), 30);
    assert!(read(Fault::garbage()).await.unwrap() < 40);
    assert_eq!(read(Fault::delay(Duration::ZERO)).await.unwrap(), whole);
}

#[tokio::test]
async fn pages_go_wrong_as_they_are_known_to() {
    let bench = Bench::new().await;
    for number in 0..3 {
        bench.audit(&format!("a{number}"), number);
    }
    let all = format!("{AUDITS}?$top=2");
    let sizes = |pages: Vec<Vec<String>>| pages.iter().map(Vec::len).collect::<Vec<_>>();
    bench.fake.script(Fault::empty_page().path("directoryAudits").nth(2));
    assert_eq!(sizes(bench.pages(&all).await), [2, 0, 1]);
    bench.fake.script(Fault::page_twice().path("directoryAudits"));
    assert_eq!(sizes(bench.pages(&all).await), [2, 2, 1]);
    let loops = bench.fake.script(Fault::link_to_itself().path("directoryAudits"));
    assert_eq!(bench.get(&all).await.json()["@odata.nextLink"], format!("{}{all}", bench.fake.url()));
    loops.end();
    bench.fake.script(Fault::next_page_at("https://evil.example/next").path("directoryAudits"));
    assert_eq!(bench.get(&all).await.json()["@odata.nextLink"], "https://evil.example/next");
    bench.fake.script(Fault::skip_token_expired());
    let next = bench.get(&all).await.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    assert_eq!(bench.get(&next).await.message(), "Invalid Skip Token.");
    bench.fake.script(Fault::lone_surrogate("odd").path("directoryAudits"));
    let got = bench.get(&all).await;
    assert!(serde_json::from_slice::<Value>(&got.body).is_err());
    assert!(String::from_utf8_lossy(&got.body).contains(r#""value":[{"id":"odd""#));

    bench.tenant.subscribe("Audit.General").add_blob(Blob::new("Audit.General", [json!({"Id": "r"})]));
    let list = bench.feed("subscriptions/content?contentType=Audit.General");
    bench.fake.script(Fault::empty_page().content_type("Audit.General"));
    let empty = bench.get(&list).await;
    assert_eq!(empty.json(), json!([]));
    assert_eq!(bench.get(&empty.next.unwrap()).await.ids().len(), 1);
    bench.fake.script(Fault::content_at("https://evil.example/a").content_type("Audit.General"));
    assert_eq!(bench.get(&list).await.json()[0]["contentUri"], "https://evil.example/a");
    let blob = bench.get(&list).await.json()[0]["contentUri"].as_str().unwrap().to_owned();
    bench.fake.script(Fault::af429().content_type("Audit.General").path("/audit/"));
    assert_eq!(bench.get(&blob).await.status, 403);
    bench.fake.script(Fault::extra_record("{}").path("/audit/"));
    assert_eq!(bench.get(&blob).await.json(), json!([{}, {"Id": "r"}]));
}

#[tokio::test]
async fn it_is_remembered_what_was_asked_and_it_stops_when_dropped() {
    let bench = Bench::new().await;
    bench.get(&format!("{AUDITS}?$top=5")).await;
    let seen = bench.fake.requests();
    assert_eq!(seen.len(), 2);
    let page = &seen[1];
    assert_eq!((page.method.as_str(), page.path.as_str(), page.query.as_str()), ("GET", AUDITS, "$top=5"));
    assert_eq!((page.tenant.as_str(), page.authorization, page.status), (TENANT, true, 200));
    assert!(bench.fake.url().ends_with(&page.host) && page.url().ends_with("?$top=5"));
    bench.fake.clear_requests();
    assert_eq!(bench.fake.count(""), 0);
    let profile = bench.fake.profile(&bench.tenant);
    assert_eq!((profile.tenant_id.as_str(), profile.client_id.as_str()), (TENANT, CLIENT_ID));
    assert!(bench.fake.profile_toml(&bench.tenant).contains("cloud = \"custom\""));
    let url = bench.url("/x");
    let Bench { fake, http, .. } = bench;
    let clone = fake.clone();
    drop(fake);
    assert!(http.send(http.request(Method::GET, url.clone())).await.is_ok());
    drop(clone);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(http.send(http.request(Method::GET, url)).await.is_err());
}
