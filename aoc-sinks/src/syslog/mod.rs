//! Sends events as syslog messages (RFC 5424) over TLS, TCP or UDP: `type = "syslog"`.
//!
//! ```toml
//! [sinks.siem]
//! type = "syslog"
//! address = "siem.contoso.com"
//! format = "cef"
//! ca_file = "contoso-ca.pem"
//! ```
//!
//! # What is safe when
//! Syslog has no acknowledgement. What stands in for it is the way of the [`Connection`]:
//!
//! - `per_batch` (TCP and TLS, the default): each batch has a connection of its own. When all is written, our side of it
//!   is closed, and the batch counts as delivered when the receiver has closed its side too, without a reset. Receivers
//!   close when they have read to the end; when a program ends or closes earlier, its system sends a reset, and
//!   the batch comes again, also after a restart of AOC. What a receiver had read and did not keep, nobody can see; nor
//!   one that ends its own side of the connection first and then leaves the rest unread.
//! - `kept` (TCP and TLS, for receivers that never close): one connection stays open. A batch counts as delivered when
//!   the operating system took it. A connection found broken at the next delivery is replaced, and the last batch goes
//!   again over the new one, so a receiver that closes idle connections gets it twice. What else sat in buffers when
//!   a connection broke is told to nobody and lost, as is the last batch when AOC ends before it looks.
//! - UDP: one datagram for each event. A datagram that gets lost is lost without a word. Where the other machine says
//!   that nobody listens, the last batch goes again later.
//!
//! In each case events may come twice, and no message is ever cut: one longer than `max_message` is refused and set
//! aside with the reason.

mod address;
mod facility;
mod link;
mod message;
mod stream;
mod tls;

use std::{path::PathBuf, sync::Arc, time::Duration};

use aoc_core::{config::Span, prelude::*};
use tokio::sync::Mutex;

pub use self::{facility::Facility, message::Framing};
use self::{link::Link, message::Writer, stream::Receiver, tls::Tls};
use crate::{format::Format, jsonl::Lines};

/// How messages travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// One datagram for each message (RFC 5426).
    Udp,
    /// A stream that anybody on the way can read (RFC 6587).
    Tcp,
    /// A stream that only the receiver can read (RFC 5425).
    #[default]
    Tls,
}

/// How long a connection lives, which decides what is known about a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// Each batch has its own; a batch counts as delivered when the receiver has read to its end and closed.
    #[default]
    PerBatch,
    /// One stays open; what sat in buffers when it breaks is lost, but for the last batch.
    Kept,
}

/// Sends events as syslog messages (RFC 5424).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Syslog {
    /// The receiver: `host`, `host:port` or `[address]:port`. Without a port it is 6514 for TLS, else 514.
    pub address: String,
    /// How messages travel.
    #[serde(default)]
    pub transport: Transport,
    /// What an event looks like in the message.
    #[serde(default)]
    pub format: Format,
    /// The facility: `local0` to `local7`, `auth`, `authpriv`, `user`, `daemon` and so on, or its number from 0 to 23.
    #[serde(default)]
    pub facility: Facility,
    /// How messages are told apart in a stream; `octet_counting` where nothing is said. None for UDP.
    pub framing: Option<Framing>,
    /// How long a connection lives; `per_batch` where nothing is said. None for UDP.
    pub connection: Option<Connection>,
    /// The application's name in messages: at most 48 printable ASCII characters without blanks.
    #[serde(default = "app_name")]
    pub app_name: String,
    /// The host's name in messages, at most 255 such characters; the machine's where nothing is said.
    pub hostname: Option<String>,
    /// Whether the text begins with a byte order mark, as the RFC wants it and many receivers do not.
    #[serde(default)]
    pub bom: bool,
    /// A PEM file with the CA of the receiver's certificate. Then no other is trusted; else those of the system are.
    pub ca_file: Option<PathBuf>,
    /// A PEM file with our certificate and its chain, where the receiver asks for one.
    pub certificate: Option<PathBuf>,
    /// A PEM file with the key of our certificate; the same file where nothing is said.
    pub key: Option<PathBuf>,
    /// The name in the receiver's certificate, where it is not the host of the address.
    pub server_name: Option<String>,
    /// No message has more bytes; a longer one is refused and set aside. 65536 where nothing is said, 8192 for UDP.
    /// Receivers have a limit of their own, often 8192, and cut what is longer: the two should agree.
    pub max_message: Option<usize>,
    /// For how long the receiver may let us wait.
    #[serde(default = "timeout")]
    pub timeout: Span,
}

fn app_name() -> String {
    "aoc".into()
}

fn timeout() -> Span {
    Span::seconds(60)
}

impl Syslog {
    /// To this receiver, over TLS, with everything else as it is where nothing is said.
    pub fn to(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            transport: Transport::default(),
            format: Format::default(),
            facility: Facility::default(),
            framing: None,
            connection: None,
            app_name: app_name(),
            hostname: None,
            bom: false,
            ca_file: None,
            certificate: None,
            key: None,
            server_name: None,
            max_message: None,
            timeout: timeout(),
        }
    }

    /// Options that the transport has no use for are mistakes.
    fn check(&self) -> Result<()> {
        let udp = self.transport == Transport::Udp;
        let no_tls = self.transport != Transport::Tls;
        let needless = [
            ("framing", udp && self.framing.is_some()),
            ("connection", udp && self.connection.is_some()),
            ("ca_file", no_tls && self.ca_file.is_some()),
            ("certificate", no_tls && self.certificate.is_some()),
            ("key", no_tls && self.key.is_some()),
            ("server_name", no_tls && self.server_name.is_some()),
        ];
        if let Some((name, _)) = needless.into_iter().find(|(_, needless)| *needless) {
            let transport = if udp { "udp" } else { "tcp" };
            let sentence = format!("`{name}` has no meaning with transport `{transport}`, expected none");
            return Err(Error::config(sentence));
        }
        if self.key.is_some() && self.certificate.is_none() {
            return Err(Error::config("`key` without `certificate`, expected both or neither"));
        }
        Ok(())
    }

    fn tls(&self, host: &str) -> Result<Option<Tls>> {
        if self.transport != Transport::Tls {
            return Ok(None);
        }
        let name = self.server_name.as_deref().unwrap_or(host);
        let key = self.key.clone().or_else(|| self.certificate.clone());
        Tls::new(name, self.ca_file.clone(), self.certificate.clone().zip(key)).map(Some)
    }
}

impl Component for Syslog {
    type Built = Arc<dyn Sink>;
    const TYPE: &'static str = "syslog";
    const EXAMPLE: &'static str = "address = \"siem.contoso.com\"";
    async fn build(self) -> Result<Self::Built> {
        Ok(Arc::new(SyslogSink::new(self)?))
    }
}

/// A syslog receiver, as this program sees it.
pub struct SyslogSink {
    /// As it was configured, for sentences.
    address: String,
    writer: Writer,
    link: Mutex<Link>,
}

impl SyslogSink {
    /// As configured. Nothing is opened before the first delivery.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) when the options make no sense together.
    pub fn new(config: Syslog) -> Result<Self> {
        config.check()?;
        let usual_port = if config.transport == Transport::Tls { 6514 } else { 514 };
        let (host, port) = address::split(&config.address, usual_port)?;
        let receiver = Receiver { tls: config.tls(&host)?, host, port };
        let patience = config.timeout.duration().max(Duration::from_millis(1));
        let link = match config.transport {
            Transport::Udp => Link::udp(receiver, patience),
            _ => Link::stream(receiver, patience, config.framing.unwrap_or_default(), config.connection),
        };
        Ok(Self { writer: Writer::new(&config)?, address: config.address, link: Mutex::new(link) })
    }
}

#[async_trait]
impl Sink for SyslogSink {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        let Lines { lines, refused } = self.writer.write(events);
        let sent = self.link.lock().await.send(lines).await;
        sent.map_err(|error| error.at(&self.address))?;
        Ok(Delivered { refused, broken_off: None })
    }
}
