//! The faults that Microsoft's services are known for.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use super::{
    clock::http_date,
    fault::Fault,
    limits::RetryAfter,
    reply::{Reply, Seen},
};

impl Fault {
    /// Graph has had too many requests: 429.
    pub fn throttled(wait: RetryAfter) -> Self {
        Self::answer_with(move |seen| throttled(seen, wait))
    }

    /// Management Activity has had too many requests: 403 with AF429 in what is nearly JSON.
    pub fn af429() -> Self {
        Self::answer_with(|_| af429())
    }

    /// A refusal of Management Activity with a code such as `AF50000`, in what is nearly JSON.
    pub fn activity_error(status: u16, code: &str) -> Self {
        let body = format!(
            "{{'error':{{'code':'{code}','message':'An internal error occurred. Retry the request.'}}}}"
        );
        Self::answer(Reply::text(status, "application/json; charset=utf-8", body))
    }

    /// A refusal of Graph.
    pub fn graph_error(status: u16, code: &str, message: &str) -> Self {
        Self::answer(Reply::json(status, &json!({"error": {"code": code, "message": message}})))
    }

    /// A page of HTML from some gateway: 500, 502, 504, or also 403.
    pub fn gateway(status: u16) -> Self {
        let body = format!(
            "<html><head><title>{status}</title></head><body><h2>Our services aren't available right now</h2></body></html>"
        );
        Self::answer(Reply::text(status, "text/html", body))
    }

    /// 503, wanting us to wait so many seconds.
    pub fn unavailable(retry_after: u64) -> Self {
        let body = json!({"error": {"code": "ServiceUnavailable", "message": "The service is temporarily unavailable."}});
        Self::answer(Reply::json(503, &body).header("retry-after", retry_after.to_string()))
    }

    /// The token is refused although it is good.
    pub fn unauthorized() -> Self {
        let body = json!({"error": {"code": "InvalidAuthenticationToken", "message": "Access token validation failure."}});
        Self::answer(Reply::json(401, &body))
    }

    /// The login service refuses with this `error` and number of an AADSTS code.
    pub fn login_error(status: u16, error: &str, code: u32) -> Self {
        let body = json!({
            "error": error,
            "error_description": format!("AADSTS{code}: As scripted."),
            "error_codes": [code],
        });
        Self::answer(Reply::json(status, &body)).path("/oauth2/")
    }

    /// A whole answer of HTTP whose body ends after so many bytes.
    pub fn short_body(bytes: usize) -> Self {
        Self::edit(move |_, reply| reply.body.truncate(bytes))
    }

    /// A whole answer that is no JSON at all, not even text.
    pub fn garbage() -> Self {
        Self::edit(|_, reply| reply.body = b"\x00\xff\xfe{]\x80 not JSON \xc3\x28".to_vec())
    }

    /// An empty page comes before the right one.
    pub fn empty_page() -> Self {
        Self::edit(|seen, reply| {
            match members(&reply.body) {
                Some(mut body) => {
                    body.insert("value".to_owned(), raw(&json!([])));
                    write(reply, &body);
                }
                None => reply.body = b"[]".to_vec(),
            }
            set_next(reply, &seen.url_with("again=1"));
        })
    }

    /// The page comes a second time after itself.
    pub fn page_twice() -> Self {
        Self::edit(|seen, reply| set_next(reply, &seen.url_with("again=1")))
    }

    /// The next page is this page, for ever.
    pub fn link_to_itself() -> Self {
        Self::edit(|seen, reply| set_next(reply, &seen.url())).always()
    }

    /// The next page is at this address.
    pub fn next_page_at(url: impl Into<String>) -> Self {
        let url = url.into();
        Self::edit(move |_, reply| set_next(reply, &url))
    }

    /// The first content of a listing is at this address.
    pub fn content_at(url: impl Into<String>) -> Self {
        let url = url.into();
        Self::edit(move |_, reply| {
            reply.edit_json(|body| {
                if let Some(row) = body.get_mut(0) {
                    row["contentUri"] = json!(url);
                }
            });
        })
    }

    /// The skip token of the next page asked for is not known any more.
    pub fn skip_token_expired() -> Self {
        let body = json!({"error": {"code": "BadRequest", "message": "Invalid Skip Token."}});
        Self::answer(Reply::json(400, &body)).query("skiptoken")
    }

    /// Another record stands first on the page or in the blob: this text, byte for byte.
    pub fn extra_record(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::edit(move |_, reply| insert_record(&mut reply.body, text.as_bytes()))
    }

    /// Another record stands first on the page or in the blob: with half of a surrogate pair in a text, which most JSON
    /// readers refuse.
    pub fn lone_surrogate(id: &str) -> Self {
        Self::extra_record(format!(
            r#"{{"id":"{id}","Id":"{id}","activityDateTime":"2026-01-05T09:00:00Z","createdDateTime":"2026-01-05T09:00:00Z","CreationTime":"2026-01-05T09:00:00","activityDisplayName":"Cut \ud83d","Operation":"Cut \ud83d"}}"#
        ))
    }
}

pub(super) fn throttled(seen: &Seen, wait: RetryAfter) -> Reply {
    let body = json!({"error": {
        "code": "TooManyRequests",
        "message": "Too many requests from this tenant. Retry later.",
        "innerError": {"date": seen.at.instant().format("%Y-%m-%dT%H:%M:%S").to_string(), "request-id": ""},
    }});
    let reply = Reply::json(429, &body);
    match wait {
        RetryAfter::Silent => reply,
        RetryAfter::Seconds(seconds) => reply.header("retry-after", seconds.to_string()),
        RetryAfter::Date(seconds) => {
            let ahead = TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1_000));
            reply.header("retry-after", http_date(seen.at.instant() + ahead))
        }
    }
}

pub(super) fn af429() -> Reply {
    let body = "{'error':{'code':'AF429','message':'Too many requests. Method=GetBlob, PublisherId=00000000-0000-0000-0000-000000000000'}}";
    Reply::text(403, "application/json; charset=utf-8", body)
}

/// Sets the link to the next page: in the body for Graph, in the header for Management Activity.
fn set_next(reply: &mut Reply, url: &str) {
    if let Some(mut body) = members(&reply.body) {
        body.insert("@odata.nextLink".to_owned(), raw(&json!(url)));
        return write(reply, &body);
    }
    let name = ["NextPageUri", "NextPageUrl"].into_iter().find(|name| reply.header_value(name).is_some());
    reply.set_header(name.unwrap_or("NextPageUri"), url);
}

/// The members of a page of Graph, its records as they are.
type Members = BTreeMap<String, Box<RawValue>>;

fn members(body: &[u8]) -> Option<Members> {
    serde_json::from_slice(body).ok()
}

fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_default()
}

fn write(reply: &mut Reply, members: &Members) {
    reply.body = serde_json::to_vec(members).unwrap_or_default();
}

fn insert_record(body: &mut Vec<u8>, text: &[u8]) {
    let value = br#""value":["#;
    let start = match body.first() {
        Some(b'[') => Some(1),
        _ => body.windows(value.len()).position(|part| part == value).map(|at| at + value.len()),
    };
    let Some(start) = start else { return };
    let is_alone = body.get(start) == Some(&b']');
    let comma: &[u8] = if is_alone { b"" } else { b"," };
    body.splice(start..start, [text, comma].concat());
}
