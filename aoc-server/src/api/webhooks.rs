//! What other services call: notifications of changes.

use axum::{
    body::Bytes,
    extract::{RawQuery, State, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Context, Problem};

/// The longest token that is repeated.
const MOST_TOKEN: usize = 8 * 1024;

/// Microsoft Graph: the handshake repeats a token; notifications are taken, whatever they are, and looked at afterwards.
pub(super) async fn graph(
    State(context): State<Context>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if let Some(token) = validation_token(query.as_deref().unwrap_or_default()) {
        return repeat(token);
    }
    match body {
        Ok(body) => context.operations.notify(body.into()),
        Err(_) => context.operations.note_malformed_notification(),
    }
    StatusCode::ACCEPTED.into_response()
}

fn validation_token(query: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "validationToken").map(|(_, token)| token.into_owned())
}

/// Anybody can have any text repeated here: it must never be taken for a page.
fn repeat(token: String) -> Response {
    if token.is_empty() || token.len() > MOST_TOKEN {
        let sentence = format!("validationToken: expected 1 to {MOST_TOKEN} bytes");
        return Problem::new(StatusCode::BAD_REQUEST, sentence).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, token).into_response()
}
