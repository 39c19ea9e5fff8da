//! One error type; its kind decides everything: what the loops do, the HTTP status, the exit code.

use std::{fmt, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What an error means to whoever has to go on after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Cannot work as configured.
    Config,
    /// The other side refuses our credentials or rights.
    Denied,
    /// Not now.
    Unavailable,
    /// Not so fast; [`Error::retry_after`] says how long to wait, if the other side said.
    RateLimited,
    /// Refuses this very data for good.
    Rejected,
    /// There is no such thing.
    NotFound,
    /// The caller asked for something that makes no sense.
    Invalid,
    /// The caller may not.
    Forbidden,
    /// A bug of ours.
    Internal,
}

/// What a loop does after an error of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Stops the component and shows why.
    Stop,
    /// Waits long, keeps everything, says so loudly.
    WaitLong,
    /// Backs off, then offers the same again.
    BackOff,
    /// Sets the one event aside and goes on.
    SetAside,
}

/// One row of the table of meanings.
#[derive(Clone, Copy, Debug)]
pub struct Meaning {
    /// The kind the row is about.
    pub kind: ErrorKind,
    /// What the loops do.
    pub reaction: Reaction,
    /// HTTP status of an answer.
    pub status: u16,
    /// Exit code of the command line.
    pub exit: u8,
    /// Short title of a problem document.
    pub title: &'static str,
}

/// The one table of what each kind means.
pub const MEANINGS: [Meaning; 9] = [
    meaning(ErrorKind::Config, Reaction::Stop, 500, 2, "configuration error"),
    meaning(ErrorKind::Denied, Reaction::WaitLong, 502, 3, "refused by the other side"),
    meaning(ErrorKind::Unavailable, Reaction::BackOff, 503, 1, "unavailable"),
    meaning(ErrorKind::RateLimited, Reaction::BackOff, 503, 1, "too many requests"),
    meaning(ErrorKind::Rejected, Reaction::SetAside, 422, 1, "rejected"),
    meaning(ErrorKind::NotFound, Reaction::BackOff, 404, 1, "not found"),
    meaning(ErrorKind::Invalid, Reaction::BackOff, 400, 1, "invalid request"),
    meaning(ErrorKind::Forbidden, Reaction::BackOff, 403, 1, "forbidden"),
    meaning(ErrorKind::Internal, Reaction::BackOff, 500, 70, "internal error"),
];

const fn meaning(kind: ErrorKind, reaction: Reaction, status: u16, exit: u8, title: &'static str) -> Meaning {
    Meaning { kind, reaction, status, exit, title }
}

impl ErrorKind {
    /// The row of [`MEANINGS`] about this kind.
    pub fn meaning(self) -> &'static Meaning {
        // The table is in the order of the enum; a test holds that.
        &MEANINGS[self as usize]
    }
}

/// What went wrong: a kind, a place, a sentence, and the cause.
///
/// `Display` is the place and the sentence, lower case and without a full stop. The cause is in
/// [`source`](std::error::Error::source), never in the sentence; [`Error::chain`] prints both for a log.
pub struct Error {
    kind: ErrorKind,
    message: String,
    place: Option<String>,
    retry_after: Option<Duration>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

macro_rules! constructors {
    ($($name:ident $kind:ident),*) => {$(
        #[doc = concat!("Makes an error of kind [`ErrorKind::", stringify!($kind), "`].")]
        pub fn $name(message: impl fmt::Display) -> Self {
            Self::new(ErrorKind::$kind, message)
        }
    )*};
}

impl Error {
    /// Makes an error.
    pub fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self { kind, message: message.to_string(), place: None, retry_after: None, cause: None }
    }

    constructors!(config Config, denied Denied, unavailable Unavailable, rate_limited RateLimited,
        rejected Rejected, not_found NotFound, invalid Invalid, forbidden Forbidden, internal Internal);

    /// Says where: `sources.entra`, a file's name and line. Places nest: the outer one comes first.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(match self.place {
            Some(inner) => format!("{place}: {inner}"),
            None => place.to_string(),
        });
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Says how long to wait before trying again.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// What the error means.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// How long the other side asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The same for somebody else; its causes become one text.
    pub(crate) fn copy(&self) -> Self {
        Self {
            kind: self.kind,
            message: self.message.clone(),
            place: self.place.clone(),
            retry_after: self.retry_after,
            cause: self.cause.as_ref().map(|cause| cause.to_string().into()),
        }
    }

    /// The sentence and all its causes, for a log; a client sees only the sentence.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.chain())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// How an error crosses a JSON boundary.
#[derive(Serialize, Deserialize)]
struct Wire {
    kind: ErrorKind,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Wire {
            kind: self.kind,
            message: self.to_string(),
            retry_after_ms: self.retry_after.map(millis),
            cause: self.cause.as_ref().map(|cause| cause.to_string()),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let mut error = Self::new(wire.kind, wire.message);
        error.retry_after = wire.retry_after_ms.map(Duration::from_millis);
        error.cause = wire.cause.map(Into::into);
        Ok(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_one_row_per_kind_in_order() {
        for row in MEANINGS {
            assert_eq!(row.kind.meaning().kind, row.kind);
        }
    }

    #[test]
    fn the_cause_is_in_the_chain_and_not_in_the_sentence() {
        let error = Error::unavailable("cannot read the file")
            .at("line 3")
            .at("a.json")
            .because(std::io::Error::other("disk gone"));
        assert_eq!(error.to_string(), "a.json: line 3: cannot read the file");
        assert_eq!(error.chain(), "a.json: line 3: cannot read the file: disk gone");
    }

    #[test]
    fn an_error_crosses_json() {
        let error = Error::rate_limited("slow down").wait(Duration::from_secs(3));
        let text = serde_json::to_string(&error).unwrap();
        let back: Error = serde_json::from_str(&text).unwrap();
        assert_eq!((back.kind(), back.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(3))));
    }
}
