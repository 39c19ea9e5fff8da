//! The errors of models, as their makers document them.

use serde_json::json;

use super::{Reply, reply::What};

impl Reply {
    /// An error in OpenAI's shape. Its message must never be shown to anybody.
    pub fn error(status: u16, kind: &str, code: &str) -> Self {
        let message = format!("{UPSTREAM} ({code})");
        Self::json(status, &json!({"error": {"message": message, "type": kind, "param": null, "code": code}}))
            .header("x-request-id", "req_0123456789abcdef")
    }

    /// 401: no such key. The message shows a part of it, as OpenAI's does.
    pub fn invalid_key() -> Self {
        Self::error(401, "invalid_request_error", "invalid_api_key")
    }

    /// 403: from here it may not be used.
    pub fn forbidden() -> Self {
        Self::error(403, "request_forbidden", "unsupported_country_region_territory")
    }

    /// 404: no such model.
    pub fn model_not_found() -> Self {
        Self::error(404, "invalid_request_error", "model_not_found")
    }

    /// 404 of Azure: no such deployment.
    pub fn deployment_not_found() -> Self {
        Self::json(404, &json!({"error": {"code": "DeploymentNotFound", "message": UPSTREAM}}))
    }

    /// 400: the prompt is too long.
    pub fn context_length_exceeded() -> Self {
        Self::error(400, "invalid_request_error", "context_length_exceeded")
    }

    /// 400 of Azure: its filter does not let the prompt through.
    pub fn content_filter() -> Self {
        let inner = json!({"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"jailbreak": {"filtered": true}}});
        let error = json!({"message": UPSTREAM, "type": null, "param": "prompt", "code": "content_filter", "status": 400, "innererror": inner});
        Self::json(400, &json!({"error": error}))
    }

    /// 400: a member of the request that the server or the model does not know.
    pub fn unsupported_parameter(name: &str) -> Self {
        let message = format!("Unsupported parameter: '{name}' is not supported with this model.");
        let error = json!({"message": message, "type": "invalid_request_error", "param": name, "code": "unsupported_parameter"});
        Self::json(400, &json!({"error": error}))
    }

    /// 429: too fast. The time to wait is a header's value: `Retry-After` in seconds, or `retry-after-ms`.
    pub fn rate_limited(header: &str, value: &str) -> Self {
        Self::error(429, "requests", "rate_limit_exceeded").header(header, value)
    }

    /// 429: nothing left to spend.
    pub fn insufficient_quota() -> Self {
        Self::error(429, "insufficient_quota", "insufficient_quota")
    }

    /// 500, 503, 529: not now.
    pub fn unavailable(status: u16) -> Self {
        Self::error(status, "server_error", "server_error")
    }

    /// 307: to another address.
    pub fn redirect(location: &str) -> Self {
        Self::raw(307, "text/plain", "").header("location", location)
    }

    /// 200, but no answer of a model.
    pub fn garbage() -> Self {
        Self::raw(200, "text/html", "<html>\u{0}{]")
    }

    /// A body of so many bytes.
    pub fn huge(bytes: usize) -> Self {
        Self::of_size("application/json", "{\"choices\":[{\"message\":{\"content\":\"", bytes)
    }

    /// A stream of so many bytes without the end of an event.
    pub fn huge_stream(bytes: usize) -> Self {
        Self::of_size("text/event-stream", "data: ", bytes)
    }

    fn of_size(kind: &str, beginning: &str, bytes: usize) -> Self {
        let mut body = beginning.as_bytes().to_vec();
        body.resize(bytes.max(body.len()), b'x');
        Self::raw(200, kind, body)
    }

    /// The status, where it is known before a request.
    pub fn status(&self) -> Option<u16> {
        match &self.what {
            What::Says(_) => Some(200),
            What::Is { status, .. } => Some(*status),
            What::Dropped | What::Silent => None,
        }
    }
}

/// What the messages of all errors hold: nobody may be shown it.
pub const UPSTREAM: &str = "UPSTREAM-WORDS: Incorrect key sk-fake-0123****";
