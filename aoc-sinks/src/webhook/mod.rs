//! Posts events to an address: `type = "webhook"`.
//!
//! ```toml
//! [sinks.soc]
//! type = "webhook"
//! url = { env = "SIEM_WEBHOOK_URL" }
//! secret = { env = "SIEM_WEBHOOK_SECRET" }
//! ```
//!
//! By default each event is a request of its own; `body` chooses another shape. Any status 2xx means that what was sent
//! is safe there. Where the answer is lost, the same comes again under the same `X-AOC-Delivery`.
//!
//! `400`, `413` and `422` refuse what was sent; the event that they are about is set aside. Where two events are refused
//! alike, and the last of the batch too, and none was accepted since the start, all waits instead.
//!
//! Asked whether the other side is there, it sends a `HEAD` and takes any answer for a yes but 401, 403, 407, 502, 503
//! and 504.

mod cards;
mod notice;
mod sign;

use std::{collections::BTreeMap, sync::Arc};

use aoc_core::{
    http::{
        Method, RequestBuilder,
        header::{HeaderMap, HeaderName},
    },
    prelude::*,
};

use self::{cards::Cards, sign::Signer};
use crate::{
    format::Format,
    forward::{
        Address, Courier, Guard, Link, Mask, Piece, Plain, Prepared, Settled, hand_over, json_format,
        secret_header, text,
    },
};

/// Posts events to an address.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where to. Such an address is often all that is needed to post there, and so it is a secret.
    pub url: Secret,
    /// Whether plain http is taken for other machines than this one.
    #[serde(default)]
    pub allow_http: bool,
    /// What a request holds.
    #[serde(default)]
    pub body: WebhookBody,
    /// How an event is written: `aoc`, `ecs` or `ocsf`. Messages to people have a form of their own.
    #[serde(default)]
    pub format: Format,
    /// Headers that are added to each request.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Sent as `Authorization: Bearer …`.
    #[serde(default)]
    pub token: Option<Secret>,
    /// What requests are signed with: `X-AOC-Signature: v1=` and the hexadecimal HMAC-SHA256 of the header
    /// `X-AOC-Timestamp` (seconds since 1970), a dot, and the body.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// Where people reach AOC: messages link to the event there.
    #[serde(default)]
    pub ui_url: Option<String>,
}

/// What a request of a webhook holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookBody {
    /// One event.
    #[default]
    Event,
    /// A JSON array of events.
    Array,
    /// Events, one on each line.
    Ndjson,
    /// A message to a Teams channel about one event: an Adaptive Card, for the webhooks of Workflows.
    Teams,
    /// A message to a Slack channel about one event.
    Slack,
}

impl Component for Webhook {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "webhook";
    const EXAMPLE: &'static str = "url = \"https://siem.example/events\"";
    async fn build(self) -> Result<Self::Built> {
        let address = Address::parse("url", self.url.expose(), Plain::allowed(self.allow_http))?;
        let writer = self.writer()?;
        let link = Link::new(address.host(), self.mask(&address))?;
        let headers = self.all_headers()?;
        let signer = self.secret.as_ref().map(|secret| Signer::new(secret.clone()));
        Ok(Arc::new(WebhookSink {
            address,
            link,
            headers,
            signer,
            writer,
            body: self.body,
            guard: Guard::default(),
        }))
    }
}

impl Webhook {
    fn writer(&self) -> Result<Writer> {
        let cards = match self.body {
            WebhookBody::Teams => Cards::Teams,
            WebhookBody::Slack => Cards::Slack,
            _ if self.ui_url.is_some() => {
                return Err(Error::config("ui_url: only messages link; expected `body` teams or slack"));
            }
            _ => {
                json_format(self.format)?;
                return Ok(Writer::Documents(self.format));
            }
        };
        if self.format != Format::Aoc {
            return Err(Error::config("format: messages to people have a form of their own; leave it out"));
        }
        let ui = self.ui_url.as_deref().map(|url| Address::base("ui_url", url, Plain::Anywhere));
        Ok(Writer::Messages(cards, ui.transpose()?))
    }

    fn all_headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let option = format!("headers.{name}");
            let ours = OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours));
            let known = HeaderName::try_from(name).ok().filter(|_| !ours);
            let known = known.ok_or_else(|| {
                Error::config(format!("{option}: expected a header that is free to be set"))
            })?;
            headers.insert(known, secret_header(&option, value.expose())?);
        }
        if let Some(token) = &self.token {
            headers.insert("authorization", secret_header("token", &format!("Bearer {}", token.expose()))?);
        }
        Ok(headers)
    }

    fn mask(&self, address: &Address) -> Mask {
        let url = address.url();
        let place = url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let secrets = self.headers.values().chain(&self.token).chain(&self.secret);
        // The last piece of a path or of a query is what makes such an address a secret.
        let parts = place.split(['/', '?', '&', '=']).filter(|part| part.len() >= SECRET_PART);
        Mask::of(secrets.map(Secret::expose).chain(parts).chain([place.as_str()]))
    }
}

/// Headers that the protocol or AOC sets.
const OURS: [&str; 8] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "x-aoc-delivery",
    "x-aoc-signature",
    "x-aoc-timestamp",
];
/// A shorter part of an address is a word.
const SECRET_PART: usize = 12;
/// No batch of the loop is so long; the receiver says where its own limit is.
const MOST: usize = 64 << 20;

struct WebhookSink {
    address: Address,
    link: Link,
    headers: HeaderMap,
    signer: Option<Signer>,
    writer: Writer,
    body: WebhookBody,
    guard: Guard,
}

/// How an event is written.
enum Writer {
    Documents(Format),
    Messages(Cards, Option<Address>),
}

impl Writer {
    fn write(&self, event: &Event) -> Result<Vec<u8>> {
        let text = match self {
            Self::Documents(format) => text(*format, event)?,
            Self::Messages(cards, ui) => cards.message(&notice::Notice::of(event, ui.as_ref())).to_string(),
        };
        Ok(text.into_bytes())
    }
}

#[async_trait]
impl Sink for WebhookSink {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        if events.is_empty() {
            return self.probe().await;
        }
        let prepared = Prepared::of(events, MOST, |event| self.writer.write(event));
        let most = match self.body {
            WebhookBody::Array | WebhookBody::Ndjson => MOST,
            // One piece goes at least.
            _ => 0,
        };
        hand_over(self, prepared, most).await
    }
}

#[async_trait]
impl Courier for WebhookSink {
    async fn send(&self, pieces: &[Piece]) -> Result<Settled> {
        let body = self.body_of(pieces);
        let content_type = match self.body {
            WebhookBody::Ndjson => "application/x-ndjson",
            _ => "application/json",
        };
        let request = self.request(Method::POST).header("content-type", content_type);
        let request = request.header("x-aoc-delivery", sign::delivery(pieces));
        let request = match &self.signer {
            Some(signer) => signer.sign(request, &body)?,
            None => request,
        };
        self.link.send_well(request.body(body)).await?;
        Ok(Settled::all(pieces))
    }

    fn guard(&self) -> &Guard {
        &self.guard
    }
}

impl WebhookSink {
    fn request(&self, method: Method) -> RequestBuilder {
        self.link.request(method, self.address.url()).headers(self.headers.clone())
    }

    fn body_of(&self, pieces: &[Piece]) -> Vec<u8> {
        let bodies: Vec<&[u8]> = pieces.iter().map(|piece| piece.body.as_slice()).collect();
        match self.body {
            WebhookBody::Array => [b"[", bodies.join(&b","[..]).as_slice(), b"]"].concat(),
            WebhookBody::Ndjson => [bodies.join(&b"\n"[..]).as_slice(), b"\n"].concat(),
            _ => bodies.concat(),
        }
    }

    /// Few receivers know `HEAD`, but whoever answers is there.
    async fn probe(&self) -> Result<Delivered> {
        let heard = self.link.send(self.request(Method::HEAD)).await?;
        match heard.status {
            401 | 403 | 407 | 502..=504 => Err(self.link.error(&heard)),
            _ => Ok(Delivered::default()),
        }
    }
}
