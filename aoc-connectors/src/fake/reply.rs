//! Questions and answers: what was asked, what is sent back.

use aoc_core::prelude::*;
use hyper::{HeaderMap, body::Bytes};
use serde_json::{Value, json};

use super::generated::GeneratedBlob;

/// A request that the fake has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When, by the fake's clock.
    pub at: Timestamp,
    /// Such as `GET`.
    pub method: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// The query as it was sent, without the question mark.
    pub query: String,
    /// The `Host` header.
    pub host: String,
    /// The tenant's id, out of the token or the path; empty where there is none.
    pub tenant: String,
    /// Whether there was an `Authorization` header.
    pub authorization: bool,
    /// The status of the answer; 0 while and where there is none.
    pub status: u16,
}

impl Seen {
    /// The address that was asked, as the client wrote it.
    pub fn url(&self) -> String {
        let question = if self.query.is_empty() { "" } else { "?" };
        format!("http://{}{}{question}{}", self.host, self.path, self.query)
    }

    /// The first value of a parameter of the query, decoded.
    pub fn param(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The address with another parameter: for links that lead to the same thing once more.
    pub(super) fn url_with(&self, param: &str) -> String {
        let joint = if self.query.is_empty() { '?' } else { '&' };
        format!("{}{joint}{param}", self.url())
    }
}

/// A request with all there is to know of it.
pub(super) struct Call {
    pub(super) seen: Seen,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn bearer(&self) -> Option<&str> {
        let value = self.header("authorization")?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    pub(super) fn is(&self, method: &str) -> bool {
        self.seen.method == method
    }
}

/// An answer. Faults replace or edit it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of headers. `Date` and `Content-Length` are added where they are missing.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An empty answer.
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// An answer of JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json; charset=utf-8", body.to_string())
    }

    /// An answer of any type.
    pub fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }.header("content-type", content_type)
    }

    /// With another header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The value of a header, whatever the case of its name.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Sets a header, in the place of one of this name.
    pub fn set_header(&mut self, name: &str, value: impl Into<String>) {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
    }

    /// The body as JSON, changed, and written again. Nothing happens where it is none.
    pub fn edit_json(&mut self, edit: impl FnOnce(&mut Value)) {
        if let Ok(mut value) = serde_json::from_slice(&self.body) {
            edit(&mut value);
            self.body = value.to_string().into_bytes();
        }
    }
}

/// An answer whose body may not have been made yet.
pub(super) struct Outgoing {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
}

pub(super) enum Body {
    Bytes(Bytes),
    Generated(GeneratedBlob),
}

impl Body {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Generated(blob) => blob.len(),
        }
    }
}

impl From<Reply> for Outgoing {
    fn from(reply: Reply) -> Self {
        Self { status: reply.status, headers: reply.headers, body: Body::Bytes(reply.body.into()) }
    }
}

impl Outgoing {
    /// JSON that is there already.
    pub(super) fn of_bytes(body: Body) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
        Self { status: 200, headers, body }
    }

    /// The answer with its whole body, to be edited.
    pub(super) fn into_reply(self) -> Reply {
        let body = match self.body {
            Body::Bytes(bytes) => bytes.into(),
            Body::Generated(blob) => blob.flat_map(Vec::from).collect(),
        };
        Reply { status: self.status, headers: self.headers, body }
    }
}

/// What a handler gives: an answer, or a refusal.
pub(super) type Answered = Result<Outgoing, Outgoing>;

/// There is no such place.
pub(super) fn no_such_place() -> Outgoing {
    Reply::json(404, &json!({"error": {"code": "NotFound", "message": "FakeMicrosoft has no such place."}}))
        .into()
}
