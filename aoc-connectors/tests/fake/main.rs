//! FakeMicrosoft behaves as Microsoft does, by plain HTTP.
#![allow(clippy::unwrap_used, reason = "tests end there")]

mod activity;
mod faults;
mod graph;
mod login;

use std::time::Duration;

use aoc_connectors::fake::{CLIENT_ID, CLIENT_SECRET, FakeMicrosoft, Tenant};
use aoc_core::{
    Timestamp,
    http::{Answer, HttpClient, Method, Options, Url},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const AUDITS: &str = "/v1.0/auditLogs/directoryAudits";
const SIGN_INS: &str = "/v1.0/auditLogs/signIns";
const INTUNE: &str = "/v1.0/deviceManagement/auditEvents";
const ME: &str = "PublisherIdentifier=11111111-2222-4333-8444-555555555555";

struct Bench {
    fake: FakeMicrosoft,
    tenant: Tenant,
    http: HttpClient,
}

/// An answer that was read.
#[derive(Debug)]
struct Got {
    status: u16,
    next: Option<String>,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl Got {
    async fn of(answer: Answer) -> Self {
        let next = answer.header("nextpageuri").or(answer.header("nextpageurl")).map(str::to_owned);
        let (status, retry_after) = (answer.status().as_u16(), answer.retry_after());
        Self { status, next, retry_after, body: answer.bytes(200 << 20).await.unwrap() }
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    fn code(&self) -> String {
        let body = self.json();
        let code = body["error"]["code"].as_str().or_else(|| body["error"].as_str());
        format!("{} {}", self.status, code.unwrap_or_default())
    }

    fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }

    fn ids(&self) -> Vec<String> {
        let body = self.json();
        let rows = body.get("value").unwrap_or(&body).as_array().cloned().unwrap_or_default();
        let id = |row: &Value| {
            row["id"].as_str().or(row["Id"].as_str()).or(row["contentId"].as_str()).unwrap().to_owned()
        };
        rows.iter().map(id).collect()
    }
}

impl Bench {
    async fn new() -> Self {
        let fake = FakeMicrosoft::start().await.unwrap();
        let tenant = fake.add_tenant(Tenant::new(TENANT));
        let options = Options { proxy: false, silence: Duration::from_millis(900), ..Options::default() };
        Self { fake, tenant, http: HttpClient::new(options).unwrap() }
    }

    fn url(&self, path: &str) -> Url {
        let whole =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.fake.url()) };
        Url::parse(&whole).unwrap()
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(fields).finish();
        Got::of(self.http.send(self.http.request(Method::POST, self.url(path)).body(body)).await.unwrap())
            .await
    }

    async fn login(&self, resource: &str) -> Got {
        let (path, scope) = (format!("/{TENANT}/oauth2/v2.0/token"), format!("{resource}/.default"));
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("scope", scope.as_str()),
        ];
        self.form(&path, &fields).await
    }

    async fn token(&self) -> String {
        self.login(&self.fake.url()).await.json()["access_token"].as_str().unwrap().to_owned()
    }

    async fn try_get(&self, path: &str) -> aoc_core::Result<Got> {
        let token = self.token().await;
        let answer =
            self.http.send(self.http.request(Method::GET, self.url(path)).bearer_auth(token)).await?;
        Ok(Got::of(answer).await)
    }

    async fn get(&self, path: &str) -> Got {
        self.try_get(path).await.unwrap()
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Got {
        let request = self.http.request(method, self.url(path)).bearer_auth(self.token().await);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let length = body.len().to_string();
        Got::of(self.http.send(request.header("content-length", length).body(body)).await.unwrap()).await
    }

    fn feed(&self, path: &str) -> String {
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("/api/v1.0/{TENANT}/activity/feed/{path}{joint}{ME}")
    }

    /// All pages of a Graph query.
    async fn pages(&self, first: &str) -> Vec<Vec<String>> {
        let (mut next, mut pages) = (Some(first.to_owned()), Vec::new());
        while let Some(url) = next {
            let got = self.get(&url).await;
            assert_eq!(got.status, 200, "{got:?}");
            pages.push(got.ids());
            next = got.json()["@odata.nextLink"].as_str().map(str::to_owned);
        }
        pages
    }

    fn ago(&self, minutes: i64) -> Timestamp {
        Timestamp::new(self.fake.now().instant() - TimeDelta::minutes(minutes), 3)
    }

    fn audit(&self, id: &str, minutes_ago: i64) {
        self.tenant.add_audit(json!({"id": id, "activityDateTime": self.ago(minutes_ago)}));
    }
}
