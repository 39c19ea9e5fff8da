//! Sends events to Microsoft Sentinel or Log Analytics by the Logs Ingestion API: `type = "sentinel"`.
//!
//! ```toml
//! [sinks.sentinel]
//! type = "sentinel"
//! endpoint = "https://aoc-abcd.westeurope-1.ingest.monitor.azure.com"
//! rule_id = "dcr-00000000000000000000000000000000"
//! stream = "Custom-AocEvents_CL"
//! tenant_id = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
//! client_id = "11111111-2222-4333-8444-555555555555"
//! client_secret = { env = "SENTINEL_CLIENT_SECRET" }
//! ```
//!
//! The application (or the machine's identity) needs the role Monitoring Metrics Publisher on the data collection rule; a
//! new assignment takes up to half an hour to work, and until then everything waits.
//!
//! Azure drops columns that the stream does not declare, and cuts fields at 64 KB, both without a word. So a member that is
//! longer goes as the beginning of its text, and a member `…_truncated` beside it says so: `raw` and `raw_truncated`. The
//! event in AOC's store stays whole. `TimeGenerated` is added to each event.
//!
//! Azure knows no keys: where an answer is lost the events are there twice; `summarize take_any(*) by dedupe_key` finds
//! them once.
//!
//! An event that Azure refuses is set aside. Where two events are refused alike, and the last of the batch too, and none was
//! accepted since the start, all waits instead.
//!
//! Asked whether the other side is there, it gets a token and posts an empty array.

mod login;
mod machine;
mod row;
mod token;

use std::sync::Arc;

use aoc_core::{
    http::{Method, Url},
    prelude::*,
};

use self::{
    login::Login,
    machine::Machine,
    token::{Issuer, Tokens},
};
use crate::{
    format::Format,
    forward::{
        Address, Courier, Guard, Heard, Link, Mask, Piece, Plain, Prepared, Settled, gzip, hand_over,
        json_format,
    },
};

/// Sends events to Microsoft Sentinel or Log Analytics.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sentinel {
    /// The logs ingestion endpoint of the data collection rule or of its data collection endpoint.
    pub endpoint: String,
    /// Whether plain http is taken for other machines than this one.
    #[serde(default)]
    pub allow_http: bool,
    /// The immutable id of the data collection rule: `dcr-` and 32 digits.
    pub rule_id: String,
    /// The stream in the rule, such as `Custom-AocEvents_CL`.
    pub stream: String,
    /// The tenant of the application.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// The application; with `managed_identity` an identity that the machine has beside its own.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The application's secret.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// Whether the identity is used that Azure gives this machine.
    #[serde(default)]
    pub managed_identity: bool,
    /// The login service; other clouds have others, such as `https://login.microsoftonline.us`.
    #[serde(default = "login_url")]
    pub login_url: String,
    /// What tokens are asked for; other clouds have others, such as `https://monitor.azure.us/.default`.
    #[serde(default = "scope")]
    pub scope: String,
    /// How an event is written: `aoc`, `ecs` or `ocsf`.
    #[serde(default)]
    pub format: Format,
    /// Whether requests are compressed.
    #[serde(default = "compressed")]
    pub gzip: bool,
}

fn login_url() -> String {
    "https://login.microsoftonline.com".to_owned()
}

fn scope() -> String {
    "https://monitor.azure.com/.default".to_owned()
}

fn compressed() -> bool {
    true
}

impl Component for Sentinel {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "sentinel";
    const EXAMPLE: &'static str = "\
endpoint = \"https://aoc-abcd.westeurope-1.ingest.monitor.azure.com\"
rule_id = \"dcr-00000000000000000000000000000000\"
stream = \"Custom-AocEvents_CL\"
managed_identity = true";
    async fn build(self) -> Result<Self::Built> {
        let plain = Plain::allowed(self.allow_http);
        let address = Address::base("endpoint", &self.endpoint, plain)?;
        json_format(self.format)?;
        let rule = checked("rule_id", &self.rule_id, "`dcr-` and 32 digits")?;
        let stream = checked("stream", &self.stream, "such as `Custom-AocEvents_CL`")?;
        let url = address.join(&format!("dataCollectionRules/{rule}/streams/{stream}"), &[VERSION]);
        let link = Link::new(address.host(), Mask::default())?;
        let tokens = Tokens::new(self.issuer(plain)?);
        Ok(Arc::new(SentinelSink { url, link, tokens, guard: Guard::default(), options: self }))
    }
}

impl Sentinel {
    fn issuer(&self, plain: Plain) -> Result<Issuer> {
        let given = (&self.tenant_id, &self.client_id, &self.client_secret);
        match (self.managed_identity, given) {
            (true, (None, client, None)) => {
                let env = |name: &str| std::env::var(name).ok();
                Ok(Issuer::Machine(Machine::new(client.as_deref(), &self.scope, env)?))
            }
            (false, (Some(tenant), Some(client), Some(secret))) => {
                let address = Address::base("login_url", &self.login_url, plain)?;
                let tenant = checked("tenant_id", tenant, "the tenant's id or domain")?;
                Ok(Issuer::Login(Login::new(&address, tenant, client, secret.clone(), &self.scope)?))
            }
            _ => {
                let message = "expected either `tenant_id`, `client_id` and `client_secret`, or `managed_identity = true`";
                Err(Error::config(message))
            }
        }
    }
}

/// A name that stands in a path.
fn checked<'a>(option: &str, name: &'a str, expected: &str) -> Result<&'a str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !name.is_empty() && !name.starts_with('.') && name.chars().all(fits) {
        return Ok(name);
    }
    Err(Error::config(format!("{option}: not such a name, expected {expected}")))
}

const VERSION: (&str, &str) = ("api-version", "2023-01-01");
/// How many bytes a request has at most, before it is compressed: Azure says 1 MB, and measures both.
const MOST: usize = 1_000_000;

struct SentinelSink {
    url: Url,
    link: Link,
    tokens: Tokens,
    guard: Guard,
    options: Sentinel,
}

#[async_trait]
impl Sink for SentinelSink {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        if events.is_empty() {
            return self.probe().await;
        }
        // An array has two brackets.
        let most = MOST - 2;
        let prepared = Prepared::of(events, most, |event| row::row(self.options.format, event));
        hand_over(self, prepared, most).await
    }
}

#[async_trait]
impl Courier for SentinelSink {
    async fn send(&self, pieces: &[Piece]) -> Result<Settled> {
        let rows: Vec<&[u8]> = pieces.iter().map(|piece| piece.body.as_slice()).collect();
        let (heard, link) = self.post([b"[", rows.join(&b","[..]).as_slice(), b"]"].concat()).await?;
        if heard.is_success() { Ok(Settled::all(pieces)) } else { Err(link.error(&heard)) }
    }

    fn guard(&self) -> &Guard {
        &self.guard
    }
}

impl SentinelSink {
    /// Posts with a token; the answer comes with what knows how to tell it without the token. A token that is refused is
    /// forgotten, so that the next try has a new one.
    async fn post(&self, body: Vec<u8>) -> Result<(Heard, Link)> {
        let token = self.tokens.get().await?;
        let request = self.link.request(Method::POST, self.url.clone());
        let request = request.header("authorization", token.header()?);
        let request = request.header("content-type", "application/json");
        let request = match self.options.gzip {
            true => request.header("content-encoding", "gzip").body(gzip(&body)?),
            false => request.body(body),
        };
        let heard = self.link.send(request).await?;
        let link = self.link.masking(Mask::of([token.text()]));
        if heard.status == 401 {
            self.tokens.forget().await;
            let error = link.error(&heard);
            // One that was good for a while has only been revoked; a fresh one is refused for a reason.
            return Err(if token.is_fresh() { error } else { error.wait(token::AGAIN) });
        }
        Ok((heard, link))
    }

    /// Rights are looked at before what is sent: whoever finds fault with an empty array lets us in.
    async fn probe(&self) -> Result<Delivered> {
        let (heard, link) = self.post(b"[]".to_vec()).await?;
        match heard.is_success() || heard.status == 400 {
            true => Ok(Delivered::default()),
            false => Err(link.error(&heard)),
        }
    }
}
