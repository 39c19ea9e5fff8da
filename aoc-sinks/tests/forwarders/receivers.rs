//! The other sides: each speaks its protocol, and remembers what arrived.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use aoc_core::{ErrorKind, Sink, testkit::sink::Receiver};
use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{
    server::{Fault, Heard, Reply, Server, lock},
    sink,
};

/// A sink, its other side, and where on it events arrive.
pub(crate) struct Side {
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) server: Server,
    pub(crate) state: Arc<State>,
    /// The part of a path under which it can be told to refuse.
    pub(crate) path: &'static str,
}

/// What the other side knows.
#[derive(Default)]
pub(crate) struct State {
    /// The ids of events that arrived, in order, with repeats.
    pub(crate) ids: Mutex<Vec<String>>,
    /// The ids of events that it refuses for what is in them.
    pub(crate) refused: Mutex<BTreeSet<String>>,
    /// What an event whose `_id` it knows already is answered.
    pub(crate) keys: Mutex<BTreeSet<String>>,
    /// How often it is asked about a request before it is indexed.
    pub(crate) late: Mutex<u64>,
    /// The requests that wait to be acknowledged, by channel and number, and how often they were asked about.
    pub(crate) acks: Mutex<BTreeMap<(String, u64), u64>>,
    /// How many requests were numbered.
    pub(crate) numbered: Mutex<u64>,
    /// The longest body that is taken.
    pub(crate) most: Mutex<Option<usize>>,
    /// How many tokens were given.
    pub(crate) tokens: Mutex<u64>,
}

impl State {
    pub(crate) fn ids(&self) -> Vec<String> {
        lock(&self.ids).clone()
    }

    fn refuses(&self, document: &Value) -> bool {
        lock(&self.refused).contains(document["id"].as_str().unwrap_or_default())
    }

    fn take(&self, document: &Value) {
        lock(&self.ids).push(document["id"].as_str().expect("an id").to_owned());
    }

    fn is_too_large(&self, heard: &Heard) -> bool {
        lock(&self.most).is_some_and(|most| heard.body.len() > most)
    }
}

#[async_trait]
impl Receiver for Side {
    fn sink(&self) -> Arc<dyn Sink> {
        self.sink.clone()
    }

    async fn arrived(&self) -> Vec<String> {
        self.state.ids()
    }

    async fn refuse(&self, kind: Option<ErrorKind>) -> bool {
        let fault = kind.map(|kind| {
            Fault::Answer(match kind {
                ErrorKind::Unavailable => Reply::of(503, ""),
                ErrorKind::RateLimited => Reply::of(429, "slow").header("retry-after", 7),
                ErrorKind::Denied => Reply::of(403, "{}"),
                _ => Reply::of(400, "{}"),
            })
        });
        self.server.fail_always(self.path, fault);
        true
    }
}

async fn side(
    kind: &str,
    path: &'static str,
    protocol: impl Fn(&State, &Heard) -> Reply + Send + Sync + 'static,
    options: impl FnOnce(&str) -> Value,
) -> Side {
    let state = Arc::new(State::default());
    let shared = state.clone();
    let server = Server::start(move |heard| protocol(&shared, heard)).await;
    let sink = sink(kind, options(&server.url)).await.unwrap();
    Side { sink, server, state, path }
}

/// Puts more options to those that a sink needs.
fn with(mut options: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("options are a table") };
    options.as_object_mut().unwrap().extend(more);
    options
}

pub(crate) async fn webhook(more: Value) -> Side {
    side("webhook", "/hook", hook, |url| with(json!({"url": format!("{url}/hook")}), more)).await
}

fn hook(state: &State, heard: &Heard) -> Reply {
    if heard.method != "POST" {
        return Reply::of(405, "");
    }
    if state.is_too_large(heard) {
        return Reply::of(413, "too much");
    }
    let mut values = heard.values();
    if let [Value::Array(array)] = values.as_mut_slice() {
        values = std::mem::take(array);
    }
    if values.iter().any(|value| state.refuses(value)) {
        return Reply::of(422, "the field `mood` is missing");
    }
    values.iter().filter(|value| value.get("id").is_some()).for_each(|value| state.take(value));
    Reply::of(202, "")
}

pub(crate) const TOKEN: &str = "c4n4ry-0000-splunk";

pub(crate) async fn splunk(more: Value) -> Side {
    let options = |url: &str| with(json!({"url": url, "token": TOKEN}), more);
    side("splunk_hec", "/services/collector", collector, options).await
}

fn collector(state: &State, heard: &Heard) -> Reply {
    let code = |status, code: u64, text: &str| Reply::of(status, json!({"text": text, "code": code}));
    if heard.header("authorization") != Some(&format!("Splunk {TOKEN}")) {
        return code(403, 4, "Invalid token");
    }
    match heard.path.as_str() {
        "/services/collector/health" => code(200, 17, "HEC is healthy"),
        "/services/collector/ack" => acks(state, heard),
        "/services/collector/event" if heard.body.is_empty() => code(400, 5, "No data"),
        "/services/collector/event" => index(state, heard),
        _ => Reply::of(404, ""),
    }
}

fn index(state: &State, heard: &Heard) -> Reply {
    if state.is_too_large(heard) {
        return Reply::of(413, "");
    }
    for (number, row) in heard.values().into_iter().enumerate() {
        let well = row["time"].as_f64().is_some_and(|time| time >= 0.0)
            && row["fields"].as_object().unwrap().values().all(|value| value.as_str() != Some(""));
        if !well || state.refuses(&row["event"]) {
            let answer = json!({"text": "Invalid data format", "code": 6, "invalid-event-number": number});
            return Reply::of(400, answer);
        }
        state.take(&row["event"]);
    }
    let mut answer = json!({"text": "Success", "code": 0});
    if let Some(channel) = heard.header("x-splunk-request-channel") {
        let mut numbered = lock(&state.numbered);
        lock(&state.acks).insert((channel.to_owned(), *numbered), 0);
        answer["ackId"] = (*numbered).into();
        *numbered += 1;
    }
    Reply::of(200, answer)
}

/// A yes is told once.
fn acks(state: &State, heard: &Heard) -> Reply {
    let channel = heard.header("x-splunk-request-channel").unwrap();
    let (mut acks, late) = (lock(&state.acks), *lock(&state.late));
    let mut told = serde_json::Map::new();
    for number in heard.values()[0]["acks"].as_array().unwrap() {
        let key = (channel.to_owned(), number.as_u64().unwrap());
        let asked = acks.get_mut(&key).map(|asked| {
            *asked += 1;
            *asked
        });
        let is_indexed = asked.is_some_and(|asked| asked > late);
        if is_indexed {
            acks.remove(&key);
        }
        told.insert(number.to_string(), is_indexed.into());
    }
    Reply::of(200, json!({"acks": told}))
}

pub(crate) async fn elasticsearch(more: Value) -> Side {
    let options = |url: &str| with(json!({"url": url, "api_key": "a2V5", "format": "aoc"}), more);
    side("elasticsearch", "/", cluster, options).await
}

fn cluster(state: &State, heard: &Heard) -> Reply {
    if heard.path == "/" {
        return Reply::of(200, json!({"cluster_name": "contoso"}));
    }
    if state.is_too_large(heard) {
        return Reply::of(413, "");
    }
    assert!(heard.body.ends_with(b"\n") && heard.path.ends_with("/_bulk"));
    let items: Vec<Value> = heard.values().chunks(2).map(|pair| created(state, &pair[0], &pair[1])).collect();
    let errors = items.iter().any(|item| item["create"]["error"].is_object());
    Reply::of(200, json!({"errors": errors, "items": items}))
}

fn created(state: &State, action: &Value, document: &Value) -> Value {
    assert!(document["@timestamp"].is_string());
    let id = action["create"]["_id"].as_str().unwrap().to_owned();
    let item = |status: u16, kind: &str, reason: &str| json!({"create": {"status": status, "error": {"type": kind, "reason": reason}}});
    if state.refuses(document) {
        return item(400, "document_parsing_exception", "failed to parse field [mood]");
    }
    if !lock(&state.keys).insert(id) {
        return item(409, "version_conflict_engine_exception", "document already exists");
    }
    state.take(document);
    json!({"create": {"status": 201}})
}

pub(crate) const SECRET: &str = "c4n4ry&client=secret";

pub(crate) async fn sentinel(more: Value) -> Side {
    let options = |url: &str| {
        let options = json!({
            "endpoint": url, "rule_id": "dcr-0123", "stream": "Custom-AocEvents_CL", "login_url": url,
            "tenant_id": "contoso.example", "client_id": "app", "client_secret": SECRET,
        });
        with(options, more)
    };
    side("sentinel", "/dataCollectionRules", ingestion, options).await
}

fn ingestion(state: &State, heard: &Heard) -> Reply {
    if heard.path == "/contoso.example/oauth2/v2.0/token" {
        let form = String::from_utf8(heard.body.clone()).unwrap();
        assert!(form.contains("client_secret=c4n4ry%26client%3Dsecret&"), "{form}");
        assert!(form.contains("scope=https%3A%2F%2Fmonitor.azure.com%2F.default"), "{form}");
        let mut tokens = lock(&state.tokens);
        *tokens += 1;
        return Reply::of(
            200,
            json!({"access_token": format!("c4n4ry.token.{tokens}"), "expires_in": 3_600}),
        );
    }
    assert_eq!(heard.path, "/dataCollectionRules/dcr-0123/streams/Custom-AocEvents_CL");
    assert_eq!(heard.query, "api-version=2023-01-01");
    assert!(heard.header("authorization").unwrap().starts_with("Bearer c4n4ry.token."));
    if heard.body.len() > 1_000_000 || state.is_too_large(heard) {
        return Reply::of(413, json!({"error": {"code": "ContentLengthLimitExceeded"}}));
    }
    let rows = heard.values().pop().unwrap();
    let rows = rows.as_array().unwrap();
    if rows.iter().any(|row| state.refuses(row)) {
        return Reply::of(400, json!({"error": {"code": "InvalidRecord", "message": "the mood is missing"}}));
    }
    for row in rows {
        assert!(row["TimeGenerated"].is_string());
        state.take(row);
    }
    Reply::of(204, "")
}
