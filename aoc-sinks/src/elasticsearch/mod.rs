//! Sends events to Elasticsearch or OpenSearch: `type = "elasticsearch"`.
//!
//! ```toml
//! [sinks.elastic]
//! type = "elasticsearch"
//! url = "https://elastic.example:9200"
//! api_key = { env = "ELASTIC_API_KEY" }
//! ```
//!
//! Each event is created under its key as `_id`, so an event that comes again is there once: `409` is a success. A data
//! stream knows keys only in its newest backing index: an event that comes again just after a rollover is there twice.
//!
//! Each event has its own outcome. Only what is said about its document sets one aside, such as that it does not fit the
//! mapping. A missing or closed index, a missing pipeline, missing rights, a limit of shards, a full disk and what is not
//! known keep everything until they are mended.
//!
//! An API key needs `create_doc` on the index (and `auto_configure` for a data stream that is not there yet).

mod bulk;

use std::sync::Arc;

use aoc_core::{
    http::{Method, RequestBuilder, header::HeaderValue},
    prelude::*,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::IgnoredAny;
use serde_json::json;

use crate::{
    format::Format,
    forward::{
        Address, Courier, Guard, Link, Mask, Piece, Plain, Prepared, Settled, check_max_bytes, gzip,
        hand_over, json_format, secret_header, text,
    },
};

/// Sends events to Elasticsearch or OpenSearch.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Elasticsearch {
    /// The address of the cluster.
    pub url: String,
    /// Whether plain http is taken for other machines than this one.
    #[serde(default)]
    pub allow_http: bool,
    /// The data stream or index. Elasticsearch makes the default one by itself, as a data stream.
    #[serde(default = "index")]
    pub index: String,
    /// An API key, encoded as Elasticsearch shows it.
    #[serde(default)]
    pub api_key: Option<Secret>,
    /// A user name, where there is no API key.
    #[serde(default)]
    pub username: Option<String>,
    /// The user's password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// The ingest pipeline; the index's own by default.
    #[serde(default)]
    pub pipeline: Option<String>,
    /// How an event is written: `ecs`, `ocsf` or `aoc`.
    #[serde(default = "format")]
    pub format: Format,
    /// Whether requests are compressed.
    #[serde(default)]
    pub gzip: bool,
    /// How many bytes a request has at most, before it is compressed.
    #[serde(default = "max_bytes")]
    pub max_bytes: usize,
}

fn index() -> String {
    "logs-aoc.events-default".to_owned()
}

fn format() -> Format {
    Format::Ecs
}

fn max_bytes() -> usize {
    5 << 20
}

impl Component for Elasticsearch {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "elasticsearch";
    const EXAMPLE: &'static str = "url = \"https://elastic.example:9200\"\napi_key = \"VnVhQ2ZHY0JDZGJrUW0\"";
    async fn build(self) -> Result<Self::Built> {
        let address = Address::base("url", &self.url, Plain::allowed(self.allow_http))?;
        self.check()?;
        let authorization = self.authorization()?;
        let secrets = [&self.api_key, &self.password].into_iter().flatten().map(Secret::expose);
        let encoded = authorization.as_ref().and_then(|value| value.to_str().ok()?.split_once(' '));
        let mask = Mask::of(secrets.chain(encoded.map(|(_, credential)| credential)));
        let link = Link::new(address.host(), mask)?;
        Ok(Arc::new(ElasticsearchSink {
            address,
            link,
            authorization,
            guard: Guard::default(),
            options: self,
        }))
    }
}

impl Elasticsearch {
    fn check(&self) -> Result<()> {
        let fits = |c: char| c.is_alphanumeric() && !c.is_uppercase() || "._-+".contains(c);
        if self.index.is_empty()
            || self.index.starts_with(['.', '_', '-', '+'])
            || !self.index.chars().all(fits)
        {
            let message = "index: not the name of an index, expected such as `logs-aoc.events-default`";
            return Err(Error::config(message));
        }
        json_format(self.format)?;
        check_max_bytes(self.max_bytes)?;
        Ok(())
    }

    fn authorization(&self) -> Result<Option<HeaderValue>> {
        match (&self.api_key, &self.username, &self.password) {
            (None, None, None) => Ok(None),
            (Some(key), None, None) => {
                secret_header("api_key", &format!("ApiKey {}", key.expose())).map(Some)
            }
            (None, Some(name), Some(password)) => {
                let both = STANDARD.encode(format!("{name}:{}", password.expose()));
                secret_header("password", &format!("Basic {both}")).map(Some)
            }
            _ => Err(Error::config("expected either `api_key`, or `username` and `password`")),
        }
    }
}

struct ElasticsearchSink {
    address: Address,
    link: Link,
    authorization: Option<HeaderValue>,
    guard: Guard,
    options: Elasticsearch,
}

/// The time of a document, if it has one.
#[derive(Deserialize)]
struct Timed {
    #[serde(rename = "@timestamp")]
    time: Option<IgnoredAny>,
}

/// What we want to be told of the outcome.
const TOLD: (&str, &str) = ("filter_path", "errors,items.*.status,items.*.error.type,items.*.error.reason");
/// No `_id` is longer, in bytes.
const LONGEST_ID: usize = 512;

#[async_trait]
impl Sink for ElasticsearchSink {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        if events.is_empty() {
            return self.probe().await;
        }
        let most = self.options.max_bytes;
        hand_over(self, Prepared::of(events, most, |event| self.lines(event)), most).await
    }
}

#[async_trait]
impl Courier for ElasticsearchSink {
    async fn send(&self, pieces: &[Piece]) -> Result<Settled> {
        let body = pieces.iter().map(|piece| piece.body.as_slice()).collect::<Vec<_>>().concat();
        let request = self.request(Method::POST, &format!("{}/_bulk", self.options.index), &self.query());
        let request = request.header("content-type", "application/x-ndjson");
        let request = match self.options.gzip {
            true => request.header("content-encoding", "gzip").body(gzip(&body)?),
            false => request.body(body),
        };
        let heard = self.link.send_well(request).await?;
        bulk::outcome(&self.link, &heard, pieces)
    }

    fn guard(&self) -> &Guard {
        &self.guard
    }
}

impl ElasticsearchSink {
    fn request(&self, method: Method, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let request = self.link.request(method, self.address.join(path, query));
        match &self.authorization {
            Some(value) => request.header("authorization", value.clone()),
            None => request,
        }
    }

    fn query(&self) -> Vec<(&str, &str)> {
        let pipeline = self.options.pipeline.as_deref().map(|name| ("pipeline", name));
        std::iter::once(TOLD).chain(pipeline).collect()
    }

    /// What is to be done, and the event: a line each. Every document of a data stream has an `@timestamp`.
    fn lines(&self, event: &Event) -> Result<Vec<u8>> {
        let mut document = text(self.options.format, event)?;
        let has_time = serde_json::from_str::<Timed>(&document).is_ok_and(|timed| timed.time.is_some());
        if !has_time && let Some(members) = document.strip_prefix('{') {
            document = format!("{{\"@timestamp\":\"{}\",{members}", event.timestamp);
        }
        let action = json!({"create": {"_id": id(&event.dedupe_key)}});
        Ok(format!("{action}\n{document}\n").into_bytes())
    }

    /// A key that may only write is told its name, but not that of the cluster; it is good all the same.
    async fn probe(&self) -> Result<Delivered> {
        let heard = self.link.send(self.request(Method::GET, "", &[])).await?;
        let may_write_only = heard.status == 403 && memchr::memmem::find(&heard.body, MAIN).is_some();
        match heard.is_success() || may_write_only {
            true => Ok(Delivered::default()),
            false => Err(self.link.error(&heard)),
        }
    }
}

/// The right to see the cluster's name.
const MAIN: &[u8] = b"[cluster:monitor/main]";

fn id(key: &Key) -> String {
    if key.as_str().len() <= LONGEST_ID {
        return key.to_string();
    }
    let hex: String = key.digest().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("~{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_too_long_is_told_by_its_digest() {
        assert_eq!(id(&Key::of("entra_audit", "1")), "entra_audit:1");
        let (a, b) = ("ä".repeat(300), "ö".repeat(300));
        assert_eq!(id(&Key::of("s", &a)).len(), 33);
        assert_ne!(id(&Key::of("s", &a)), id(&Key::of("s", &b)));
    }
}
