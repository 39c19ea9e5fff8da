//! Sends events to Splunk's HTTP Event Collector: `type = "splunk_hec"`.
//!
//! ```toml
//! [sinks.splunk]
//! type = "splunk_hec"
//! url = "https://splunk.example:8088"
//! token = { env = "SPLUNK_TOKEN" }
//! index = "m365"
//! ```
//!
//! `Success` means that Splunk has the events in its memory. With `ack = true` an event counts only when Splunk says that it
//! is indexed, which takes some seconds each time; the token must have acknowledgement switched on, and Splunk Cloud has
//! that only for Firehose. Splunk knows no keys: where an answer is lost the events are there twice; `dedup dedupe_key`
//! finds them once.
//!
//! Where Splunk names the one event that it refuses, that one is set aside and the others go on. With `ack = true` those
//! before it go once more, as nothing was acknowledged for them. Where it names none, two events are refused alike, and the
//! last of the batch too, and none was accepted since the start, all waits.

mod ack;
mod meaning;
mod row;

use std::sync::Arc;

use aoc_core::{
    config::Span,
    http::{Method, RequestBuilder, header::HeaderValue},
    prelude::*,
};
use tokio::sync::Mutex;

use self::{ack::Channel, meaning::Verdict};
use crate::{
    format::Format,
    forward::{
        Address, Courier, Guard, Heard, Link, Mask, Piece, Plain, Prepared, Settled, check_max_bytes, gzip,
        hand_over, json_format, secret_header,
    },
};

/// Sends events to Splunk's HTTP Event Collector.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplunkHec {
    /// The collector's address, without `/services/collector`.
    pub url: String,
    /// Whether plain http is taken for other machines than this one.
    #[serde(default)]
    pub allow_http: bool,
    /// The collector's token.
    pub token: Secret,
    /// The index; the token's own by default.
    #[serde(default)]
    pub index: Option<String>,
    /// The `source` of events; the event's own, such as `entra_audit`, by default.
    #[serde(default)]
    pub source: Option<String>,
    /// The `sourcetype` of events.
    #[serde(default = "sourcetype")]
    pub sourcetype: String,
    /// The `host` of events; what Splunk sees by default.
    #[serde(default)]
    pub host: Option<String>,
    /// How an event is written: `aoc`, `ecs` or `ocsf`.
    #[serde(default)]
    pub format: Format,
    /// Whether requests are compressed.
    #[serde(default)]
    pub gzip: bool,
    /// Whether an event counts only when Splunk says that it is indexed.
    #[serde(default)]
    pub ack: bool,
    /// How long Splunk may take to say that; then the events come again.
    #[serde(default = "ack_timeout")]
    pub ack_timeout: Span,
    /// How many bytes a request has at most, before it is compressed.
    #[serde(default = "max_bytes")]
    pub max_bytes: usize,
}

fn sourcetype() -> String {
    "aoc:event".to_owned()
}

fn ack_timeout() -> Span {
    Span::seconds(300)
}

fn max_bytes() -> usize {
    800_000
}

impl Component for SplunkHec {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "splunk_hec";
    const EXAMPLE: &'static str =
        "url = \"https://splunk.example:8088\"\ntoken = \"00000000-0000-0000-0000-000000000000\"";
    async fn build(self) -> Result<Self::Built> {
        let address = Address::base("url", &self.url, Plain::allowed(self.allow_http))?;
        json_format(self.format)?;
        check_max_bytes(self.max_bytes)?;
        let token = secret_header("token", &format!("Splunk {}", self.token.expose()))?;
        let link = Link::new(address.host(), Mask::of([self.token.expose()]))?;
        let channel = self.ack.then(|| Mutex::new(Channel::new()));
        Ok(Arc::new(SplunkSink {
            way: Way { address, link, token },
            channel,
            guard: Guard::default(),
            options: self,
        }))
    }
}

/// The way to a collector.
struct Way {
    address: Address,
    link: Link,
    token: HeaderValue,
}

impl Way {
    fn request(&self, method: Method, path: &str, channel: Option<&str>) -> RequestBuilder {
        let url = self.address.join(&format!("services/collector/{path}"), &[]);
        let request = self.link.request(method, url).header("authorization", self.token.clone());
        match channel {
            Some(channel) => request.header("x-splunk-request-channel", channel),
            None => request,
        }
    }
}

struct SplunkSink {
    way: Way,
    options: SplunkHec,
    guard: Guard,
    /// Where acknowledgement is asked for. Whoever delivers holds it.
    channel: Option<Mutex<Channel>>,
}

#[async_trait]
impl Sink for SplunkSink {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        if events.is_empty() {
            return self.probe().await;
        }
        let most = self.options.max_bytes;
        let prepared = Prepared::of(events, most, |event| row::row(&self.options, event));
        let Some(channel) = &self.channel else {
            return hand_over(&Requests { sink: self, channel: None }, prepared, most).await;
        };
        let mut channel = channel.lock().await;
        channel.begin();
        channel.check(&self.way).await?;
        let requests = Requests { sink: self, channel: Some(Mutex::new(&mut channel)) };
        let delivered = hand_over(&requests, prepared, most).await;
        channel.settle(&self.way, delivered, self.options.ack_timeout.duration()).await
    }
}

impl SplunkSink {
    /// The health page says whether Splunk takes events, an empty request whether it takes ours.
    async fn probe(&self) -> Result<Delivered> {
        let health = self.way.link.send(self.way.request(Method::GET, "health", None)).await?;
        if health.status >= 500 || health.status == 429 {
            return Err(self.way.link.error(&health));
        }
        let channel = match &self.channel {
            Some(channel) => {
                let mut channel = channel.lock().await;
                channel.check(&self.way).await?;
                Some(channel.name().to_owned())
            }
            None => None,
        };
        let request = self.way.request(Method::POST, "event", channel.as_deref());
        let heard = self.way.link.send(request.header("content-length", "0").body("")).await?;
        match meaning::of(&self.way.link, &heard) {
            Verdict::Taken { .. } | Verdict::NoData => Ok(Delivered::default()),
            Verdict::Refused(_, error) | Verdict::Failed(error) => Err(error),
        }
    }
}

/// The requests of one batch.
struct Requests<'a> {
    sink: &'a SplunkSink,
    channel: Option<Mutex<&'a mut Channel>>,
}

#[async_trait]
impl Courier for Requests<'_> {
    async fn send(&self, pieces: &[Piece]) -> Result<Settled> {
        let heard = self.post(pieces).await?;
        match meaning::of(&self.sink.way.link, &heard) {
            Verdict::Taken { ack } => {
                self.await_ack(pieces, ack).await?;
                Ok(Settled::all(pieces))
            }
            Verdict::NoData => Err(self.sink.way.link.error(&heard)),
            Verdict::Failed(error) => Err(error),
            Verdict::Refused(Some(number), error) if number < pieces.len() => {
                self.all_but(pieces, number, error).await
            }
            Verdict::Refused(_, error) => Err(error),
        }
    }

    fn guard(&self) -> &Guard {
        &self.sink.guard
    }
}

impl Requests<'_> {
    async fn post(&self, pieces: &[Piece]) -> Result<Heard> {
        let sink = self.sink;
        let body: Vec<&[u8]> = pieces.iter().map(|piece| piece.body.as_slice()).collect();
        let body = body.join(&b"\n"[..]);
        let channel = match &self.channel {
            Some(channel) => Some(channel.lock().await.name().to_owned()),
            None => None,
        };
        let request = sink.way.request(Method::POST, "event", channel.as_deref());
        let request = request.header("content-type", "application/json");
        let request = match sink.options.gzip {
            true => request.header("content-encoding", "gzip").body(gzip(&body)?),
            false => request.body(body),
        };
        sink.way.link.send(request).await
    }

    /// Those before the refused one were taken. Where an acknowledgement is wanted for them, there was none: they go once
    /// more.
    async fn all_but(&self, pieces: &[Piece], number: usize, error: Error) -> Result<Settled> {
        if self.channel.is_some() && number > 0 {
            return self.send(&pieces[..number]).await;
        }
        let refused = vec![(pieces[number].index, error)];
        Ok(Settled { count: number + 1, refused, broken: None })
    }

    /// Remembers what is to be acknowledged.
    async fn await_ack(&self, pieces: &[Piece], ack: Option<u64>) -> Result<()> {
        let Some(channel) = &self.channel else { return Ok(()) };
        let first = pieces.first().map_or(0, |piece| piece.index);
        channel.lock().await.sent(ack, first)
    }
}
