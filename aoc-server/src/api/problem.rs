//! Answers that say what went wrong: `application/problem+json` (RFC 9457).

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What went wrong, on its way to the caller.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    title: String,
    detail: String,
}

impl Problem {
    /// Named after its status.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("error").to_lowercase();
        Self { status, title, detail: detail.into() }
    }

    /// With a title of its own.
    #[must_use]
    pub(crate) fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    fn of_status(status: StatusCode) -> Self {
        let detail = match status {
            StatusCode::NOT_FOUND => "there is nothing at this address",
            StatusCode::METHOD_NOT_ALLOWED => {
                "this address does not take this method; `Allow` says which it takes"
            }
            StatusCode::PAYLOAD_TOO_LARGE => "the request is too large",
            StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => "the answer took too long",
            status if status.is_server_error() => INTERNAL,
            _ => "the request cannot be understood",
        };
        Self::new(status, detail)
    }

    fn render(&self, request_id: &str) -> Body {
        let Self { status, title, detail } = self;
        let document = Document { title, status: status.as_u16(), detail, request_id };
        Body::from(serde_json::to_vec(&document).unwrap_or_default())
    }
}

/// A problem as it is written (RFC 9457), with the request's id.
#[derive(Serialize)]
struct Document<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
    request_id: &'a str,
}

/// What a caller learns of errors that are none of their business.
pub(crate) const INTERNAL: &str =
    "something went wrong inside the server; its log says more under the request id";

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every request an id, and every answer that failed the form of a problem.
pub(crate) async fn render_problems(request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let started = std::time::Instant::now();
    let span = tracing::info_span!("request", id, %method, path);
    let response = tracing::Instrument::instrument(next.run(request), span).await;
    let status = response.status();
    tracing::debug!(id, %method, path, status = status.as_u16(), took = ?started.elapsed(), "answered");
    let mut response = as_problem(response, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn as_problem(mut response: Response, id: &str) -> Response {
    let failed = response.status().is_client_error() || response.status().is_server_error();
    let own = response.extensions_mut().remove::<Problem>();
    let says_it_itself =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !failed || (own.is_none() && says_it_itself) {
        return response;
    }
    let problem = own.unwrap_or_else(|| Problem::of_status(response.status()));
    *response.body_mut() = problem.render(id);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// The id the request brings, where a proxy in front gave it one, else a new one.
fn request_id(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    given.filter(plain).map_or_else(new_id, str::to_owned)
}

fn new_id() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
