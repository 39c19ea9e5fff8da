//! From an error to an answer: the status of its kind, and a sentence without internals.

use aoc_core::{Error, ErrorKind};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Problem, problem::INTERNAL};

/// An error on its way to the caller.
pub(crate) struct ApiError(Error);

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl ApiError {
    /// The error where an answer has begun already: as it would have been told at its beginning.
    pub(super) fn told(&self) -> Value {
        let Self(error) = self;
        let meaning = error.kind().meaning();
        if meaning.status >= 500 {
            tracing::error!(kind = ?error.kind(), error = error.chain(), "an answer could not be ended");
        }
        json!({ "title": meaning.title, "status": meaning.status, "detail": sentence(error) })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let meaning = error.kind().meaning();
        let status = StatusCode::from_u16(meaning.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::error!(kind = ?error.kind(), error = error.chain(), "a request failed");
        }
        let mut response = Problem::new(status, sentence(&error)).titled(meaning.title).into_response();
        if let Some(wait) = error.retry_after() {
            let seconds = wait.as_secs().max(1);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What the caller may know: the sentence, where the caller can do something about it.
pub(crate) fn sentence(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Rejected => {
            error.to_string()
        }
        ErrorKind::Unavailable | ErrorKind::RateLimited => {
            "the server cannot answer this now; try again in a moment".to_owned()
        }
        ErrorKind::Config | ErrorKind::Denied | ErrorKind::Internal => INTERNAL.to_owned(),
    }
}
