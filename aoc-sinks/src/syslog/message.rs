//! What a message looks like: RFC 5424, and the framings of RFC 6587.

use std::sync::OnceLock;

use aoc_core::{Alert, Error, Event, Outcome, Result, Severity, Timestamp, alert::ALERT_SOURCE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Syslog, Transport};
use crate::{
    format::Format,
    jsonl::{Lines, line},
};

/// How messages are told apart in a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// Each message has its number of bytes before it.
    #[default]
    OctetCounting,
    /// Each message has a line break behind it, and none within.
    Newline,
}

impl Framing {
    /// The messages as they go into the stream.
    pub(super) fn frame(self, messages: &[Vec<u8>]) -> Vec<u8> {
        let mut framed = Vec::with_capacity(messages.iter().map(|message| message.len() + 8).sum());
        for message in messages {
            match self {
                Self::OctetCounting => {
                    framed.extend(format!("{} ", message.len()).into_bytes());
                    framed.extend(message);
                }
                Self::Newline => {
                    framed.extend(message);
                    framed.push(b'\n');
                }
            }
        }
        framed
    }
}

/// The largest datagram there is over IPv4.
const LARGEST_DATAGRAM: usize = 65_507;
/// What every receiver has to take (RFC 5424, 6.1).
const EVERYBODY_TAKES: usize = 480;

/// Writes events as messages.
pub(super) struct Writer {
    format: Format,
    facility: u8,
    app_name: String,
    hostname: OnceLock<String>,
    mark: &'static str,
    max_message: usize,
}

impl Writer {
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) when a name or a length cannot be.
    pub(super) fn new(config: &Syslog) -> Result<Self> {
        let (usual, most) = match config.transport {
            Transport::Udp => (8_192, LARGEST_DATAGRAM),
            _ => (65_536, usize::MAX),
        };
        let max_message = config.max_message.unwrap_or(usual);
        if !(EVERYBODY_TAKES..=most).contains(&max_message) {
            let most = if most == usize::MAX { String::new() } else { format!(" and at most {most}") };
            let sentence =
                format!("`max_message` is {max_message}, expected at least {EVERYBODY_TAKES}{most}");
            return Err(Error::config(sentence));
        }
        let hostname = OnceLock::new();
        if let Some(name) = &config.hostname {
            hostname.get_or_init(|| name.clone());
            check("hostname", name, 255)?;
        }
        check("app_name", &config.app_name, 48)?;
        Ok(Self {
            format: config.format,
            facility: config.facility.number(),
            app_name: config.app_name.clone(),
            hostname,
            mark: if config.bom { "\u{feff}" } else { "" },
            max_message,
        })
    }

    /// The messages of these events; those that are too long for one are refused.
    pub(super) fn write(&self, events: &[Event]) -> Lines {
        Lines::of(events, |event| self.message(event))
    }

    fn message(&self, event: &Event) -> Result<Vec<u8>> {
        let priority = self.facility * 8 + severity(event);
        // More digits than six are no timestamp of the RFC.
        let time = Timestamp::from(Timestamp::new(event.timestamp.instant(), 6).instant());
        let hostname = self.hostname.get_or_init(machine);
        let (app_name, id, mark) = (&self.app_name, message_id(event), self.mark);
        let header = format!("<{priority}>1 {time} {hostname} {app_name} - {id} - {mark}");
        let message = [header.into_bytes(), line(self.format, event)?].concat();
        let (length, most) = (message.len(), self.max_message);
        if length > most {
            let sentence =
                format!("the message has {length} bytes and would be cut, `max_message` is {most}");
            return Err(Error::rejected(sentence));
        }
        Ok(message)
    }
}

fn check(option: &str, name: &str, most: usize) -> Result<()> {
    if !name.is_empty() && name.len() <= most && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let sentence =
        format!("`{name}` is no name in a message, expected 1 to {most} ASCII characters without blanks");
    Err(Error::config(sentence).at(option))
}

/// The severity in the table of RFC 5424.
fn severity(event: &Event) -> u8 {
    if event.source == ALERT_SOURCE {
        return match Alert::of(event).map(|alert| alert.severity) {
            Some(Severity::Critical) => 2,
            Some(Severity::High) => 3,
            Some(Severity::Medium) => 4,
            Some(Severity::Low) | None => 5,
            Some(Severity::Informational) => 6,
        };
    }
    if event.result == Outcome::Failure { 5 } else { 6 }
}

/// What kind of message it is: the service and the operation, as far as there is room and ASCII.
fn message_id(event: &Event) -> String {
    let parts = [&event.service, &event.operation].map(|part| name(part));
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let mut id = parts.join("/");
    id.truncate(32);
    if id.is_empty() { "-".into() } else { id }
}

/// The text as printable ASCII without blanks: each stretch of other characters is one `_`.
fn name(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        match c {
            c if c.is_ascii_graphic() => name.push(c),
            _ if name.ends_with('_') || name.is_empty() => {}
            _ => name.push('_'),
        }
    }
    name.trim_end_matches('_').to_owned()
}

/// The name of this machine.
fn machine() -> String {
    let said = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"));
    let said =
        said.ok().or_else(|| ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok()));
    let mut name = name(said.unwrap_or_default().trim());
    name.truncate(255);
    if name.is_empty() { "-".into() } else { name }
}
