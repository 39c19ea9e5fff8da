//! Graph.

use std::{collections::BTreeSet, time::Duration};

use aoc_connectors::fake::{Blob, FakeMicrosoft, Fault, Given, Reply};
use aoc_core::{Timestamp, http::Method};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{AUDITS, Bench, INTUNE, SIGN_INS};

#[tokio::test]
async fn directory_audits_come_in_pages_newest_first() {
    let bench = Bench::new().await;
    for number in 0..25 {
        bench.audit(&format!("a{number:02}"), number);
    }
    let pages = bench.pages(&format!("{AUDITS}?$top=10")).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
    let expected: Vec<String> = (0..25).map(|number| format!("a{number:02}")).collect();
    assert_eq!(pages.concat(), expected);
    let mut ascending =
        bench.pages(&format!("{AUDITS}?$top=7&$orderby=activityDateTime%20asc")).await.concat();
    ascending.reverse();
    assert_eq!(ascending, expected);
    let (from, to) = (bench.ago(12), bench.ago(7));
    let window = format!(
        "{AUDITS}?$filter=activityDateTime%20ge%20{from}%20and%20activityDateTime%20le%20{to}&$top=2"
    );
    assert_eq!(bench.pages(&window).await.concat(), expected[7..12].to_vec(), "ten milliseconds have passed");
    assert_eq!(bench.fake.served_ids(&bench.tenant), expected.into_iter().collect::<BTreeSet<_>>());
}

#[tokio::test]
async fn graph_refuses_what_it_does_not_understand() {
    let bench = Bench::new().await;
    let time = "2026-01-05T00:00:00Z";
    for (query, part) in [
        (format!("{AUDITS}?$filter=createdDateTime%20ge%20{time}"), "createdDateTime"),
        (format!("{SIGN_INS}?$filter=activityDateTime%20ge%20{time}"), "activityDateTime"),
        (
            format!("{AUDITS}?$filter=activityDateTime%20ge%202026-01-05T00:00:00+00:00"),
            "Invalid filter clause",
        ),
        (format!("{AUDITS}?$filter=activityDateTime%20ge%20'{time}'"), "Edm.String"),
        (format!("{AUDITS}?$top=1001"), "limit of '1000'"),
        (format!("{AUDITS}?$skip=1"), "'Skip' is not allowed"),
        (format!("{AUDITS}?$skiptoken=zz"), "Skip Token"),
        (format!("{AUDITS}?$orderby=id"), "'id'"),
        (format!("{AUDITS}?$search=x"), "not supported"),
        (
            format!("{SIGN_INS}?$filter=signInEventTypes/any(t:%20t%20eq%20'servicePrincipal')"),
            "Could not find a property named 'signInEventTypes'",
        ),
        ("/v1.0/auditLogs/elsewhere".to_owned(), "segment"),
    ] {
        let got = bench.get(&query).await;
        assert_eq!(got.code(), "400 BadRequest", "{query}");
        assert!(got.message().contains(part), "{query}: {}", got.message());
        assert!(got.json()["error"]["innerError"]["request-id"].is_string());
    }
    let plus = format!("{AUDITS}?$filter=activityDateTime%20ge%202026-01-05T00:00:00%2B00:00");
    assert_eq!(bench.get(&plus).await.status, 200);
}

#[tokio::test]
async fn licences_and_roles_are_asked_for() {
    let bench = Bench::new().await;
    let list = bench.feed("subscriptions/list");
    bench.tenant.change(|settings| {
        settings.entra_premium = false;
        settings.intune = false;
        settings.audit_enabled = false;
    });
    assert_eq!(bench.get(SIGN_INS).await.code(), "403 Authentication_RequestFromNonPremiumTenantOrB2CTenant");
    let got = bench.get(INTUNE).await;
    assert_eq!(got.code(), "403 Forbidden");
    assert!(serde_json::from_str::<Value>(&got.message()).unwrap().is_object(), "JSON inside a text");
    assert_eq!(bench.get(&list).await.code(), "400 AF20012");
    assert_eq!(bench.get(AUDITS).await.status, 200);
    bench.tenant.change(|settings| {
        settings.roles = BTreeSet::from(["AuditLog.Read.All".to_owned(), "ActivityFeed.Read".to_owned()]);
        settings.audit_enabled = true;
    });
    assert_eq!(bench.get(SIGN_INS).await.code(), "403 Authentication_MSGraphPermissionMissing");
    assert_eq!(bench.get(AUDITS).await.status, 200);
    let dlp =
        bench.ask(Method::POST, &bench.feed("subscriptions/start?contentType=DLP.All"), &Value::Null).await;
    assert_eq!(dlp.code(), "403 AF10001");
    bench.tenant.change(|settings| settings.roles.clear());
    assert_eq!(bench.get(AUDITS).await.code(), "403 Authentication_MSGraphPermissionMissing");
    assert_eq!(bench.get(&list).await.code(), "403 AF10001");
}

#[tokio::test]
async fn sign_ins_have_types_only_in_beta() {
    let bench = Bench::new().await;
    let add = |id: &str, kinds: &[&str]| {
        let mut record = json!({"id": id, "createdDateTime": bench.ago(1)});
        if !kinds.is_empty() {
            record["signInEventTypes"] = json!(kinds);
        }
        bench.tenant.add_sign_in(record);
    };
    add("i", &[]);
    add("n", &["nonInteractiveUser"]);
    add("s", &["servicePrincipal"]);
    assert_eq!(bench.get(SIGN_INS).await.ids(), ["i"]);
    let beta = |tests: &str| {
        let filter = format!("signInEventTypes/any(t: {tests}) and createdDateTime ge {}", bench.ago(5));
        "/beta/auditLogs/signIns?$filter=".to_owned() + &filter.replace(' ', "%20")
    };
    assert_eq!(bench.get(&beta("t eq 'servicePrincipal'")).await.ids(), ["s"]);
    assert_eq!(
        bench.get(&beta("t eq 'servicePrincipal' or t eq 'nonInteractiveUser'")).await.ids(),
        ["s", "n"]
    );
    assert_eq!(bench.tenant.served_by("signIns").len(), 3);
    bench
        .tenant
        .remove("i")
        .add_sign_in(json!({"id": "i", "createdDateTime": bench.ago(1), "riskState": "atRisk"}));
    assert_eq!(bench.get(SIGN_INS).await.json()["value"][0]["riskState"], "atRisk");
}

#[tokio::test]
async fn intune_may_lie() {
    let bench = Bench::new().await;
    bench.tenant.add_intune(r#"{"id":"i1","activityDateTime":"2020-01-01T00:00:00-08:00"}"#);
    bench.tenant.add_intune(json!({"id": "i2", "activityDateTime": bench.ago(90)}));
    let got = bench.get(INTUNE).await.json();
    assert_eq!((got["@odata.count"].as_u64(), got.get("@odata.nextLink")), (Some(1), None), "a year is kept");
    bench.tenant.change(|settings| {
        settings.intune_count_lies = true;
        settings.intune_links_to_itself = true;
    });
    let got = bench.get(&format!("{INTUNE}?$top=100")).await.json();
    assert_eq!(got["@odata.count"], 1_000);
    assert_eq!(got["@odata.nextLink"], format!("{}{INTUNE}?$top=100", bench.fake.url()));
}

#[tokio::test]
async fn time_makes_records_visible_and_takes_them_away() {
    let bench = Bench::new().await;
    bench.audit("early", 10);
    let soon = Timestamp::new(bench.fake.now().instant() + TimeDelta::minutes(30), 3);
    bench
        .tenant
        .add_audit(Given::from(json!({"id": "late", "activityDateTime": bench.ago(10)})).visible_at(soon));
    assert_eq!(bench.get(AUDITS).await.ids(), ["early"]);
    bench.fake.advance(Duration::from_secs(1_801));
    assert_eq!(bench.get(AUDITS).await.ids(), ["late", "early"]);
    bench.fake.advance(Duration::from_secs(8 * 86_400));
    assert_eq!(bench.get(AUDITS).await.ids().len(), 2);
    bench.tenant.change(|settings| settings.entra_premium = false);
    assert_eq!(bench.get(AUDITS).await.ids().len(), 0, "a free tenant keeps seven days");
    assert!(bench.fake.served_ids(&bench.tenant).is_empty());
    bench.tenant.change(|settings| settings.refuse_old_windows = true);
    let old = format!("{AUDITS}?$filter=activityDateTime%20ge%20{}", bench.ago(8 * 1_440));
    assert!(bench.get(&old).await.message().starts_with("Minimum allowed time"));
    bench.fake.set_ahead(-3_600);
    let answer = bench.http.send(bench.http.request(Method::GET, bench.url("/x"))).await.unwrap();
    let behind = std::time::SystemTime::now().duration_since(answer.date().unwrap()).unwrap();
    assert!((3_599..3_603).contains(&behind.as_secs()), "{behind:?}");
}

#[tokio::test]
async fn records_are_served_byte_for_byte() {
    let bench = Bench::new().await;
    let odd = r#"{"id" : "odd","activityDateTime":"2026-01-05T09:00:00Z",  "n":123456789012345678901234567890, "t":"\ud83d"}"#;
    bench.tenant.change(|settings| settings.entra_premium = true);
    bench.tenant.add_audit(Given::from(odd).time(bench.ago(1)));
    let body = String::from_utf8(bench.get(AUDITS).await.body).unwrap();
    assert!(body.ends_with(&format!("\"value\":[{odd}]}}")), "{body}");
    assert!(bench.fake.served_ids(&bench.tenant).contains("odd"));
    let id = bench.tenant.add_blob(Blob::new("Audit.General", [odd, odd]));
    let body = bench.get(&bench.feed(&format!("audit/{id}"))).await.body;
    assert_eq!(String::from_utf8(body).unwrap(), format!("[{odd},{odd}]"));
}

#[tokio::test]
async fn subscriptions_shake_hands_and_notify() {
    let bench = Bench::new().await;
    let other = FakeMicrosoft::start().await.unwrap();
    let repeats = other.script(
        Fault::answer_with(|seen| match seen.param("validationToken") {
            Some(token) => Reply::text(200, "text/plain", token),
            None => Reply::new(202),
        })
        .path("/hook")
        .always(),
    );
    let url = format!("{}/hook", other.url());
    let expires = Timestamp::new(bench.fake.now().instant() + TimeDelta::days(2), 3);
    let wish = json!({"changeType": "updated,deleted", "notificationUrl": url, "lifecycleNotificationUrl": url,
        "resource": "users", "expirationDateTime": expires, "clientState": "mine"});
    let got = bench.ask(Method::POST, "/v1.0/subscriptions", &wish).await;
    assert_eq!((got.status, repeats.hits()), (201, 2), "{got:?}");
    let id = got.json()["id"].as_str().unwrap().to_owned();
    let one = format!("/v1.0/subscriptions/{id}");
    assert_eq!(bench.get("/v1.0/subscriptions").await.ids(), [id]);
    let later = Timestamp::new(expires.instant() + TimeDelta::days(2), 3);
    let patched = bench.ask(Method::PATCH, &one, &json!({"expirationDateTime": later})).await.json();
    assert_eq!(patched["expirationDateTime"], json!(later));
    assert_eq!(bench.ask(Method::POST, &format!("{one}/reauthorize"), &Value::Null).await.status, 200);
    let subscription = bench.fake.subscriptions().remove(0);
    assert_eq!(bench.fake.notify(&subscription, "updated", "u1").await.unwrap(), 202);
    assert_eq!(bench.fake.lifecycle(&subscription, "missed").await.unwrap(), 202);
    assert_eq!(bench.ask(Method::DELETE, &one, &Value::Null).await.status, 204);
    assert_eq!(bench.get(&one).await.status, 404);
    for (member, value) in [
        ("resource", json!("auditLogs/directoryAudits")),
        ("changeType", json!("created")),
        ("expirationDateTime", json!("2020-01-01T00:00:00Z")),
        ("clientState", json!("x".repeat(129))),
        ("notificationUrl", json!(format!("{}/nothing", other.url()))),
        ("notificationUrl", json!("http://127.0.0.1:1/closed")),
    ] {
        let mut wrong = wish.clone();
        wrong[member] = value;
        assert_eq!(bench.ask(Method::POST, "/v1.0/subscriptions", &wrong).await.status, 400, "{member}");
    }
}
