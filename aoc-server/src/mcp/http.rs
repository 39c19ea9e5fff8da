//! Streamable HTTP at `/mcp`: one request, one answer, no sessions.
//!
//! What was agreed on in an `initialize` is not remembered: each request says what it needs, as the newer protocol has
//! it, and an older client loses nothing by it, as the server never asks back. So any process can answer any request.

use std::sync::Arc;

use aoc_core::{Error, Result};
use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::HeaderMap,
    response::Response,
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};

use super::face::{Face, HTTP};
use crate::{
    api::{Context, error::ApiError, fetch::comes_from_elsewhere},
    auth::Permission,
    headers::Origins,
};

/// The largest message.
pub(super) const MOST_BYTES: usize = 256 << 10;

/// `POST /mcp`.
pub(crate) async fn exchange(
    State(context): State<Context>,
    Extension(origins): Extension<Origins>,
    request: Request,
) -> Result<Response, ApiError> {
    admit(&context, &origins, request.headers())?;
    let face = Face::new(context.mcp, context.caller, HTTP);
    // Hosts and origins are looked at before: by the layer around all routes, and above.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MOST_BYTES);
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(face.clone()), sessions, config);
    Ok(service.handle(request).await.map(Body::new))
}

/// Lets through who may read, and no page of another site.
pub(super) fn admit(context: &Context, origins: &Origins, headers: &HeaderMap) -> Result<()> {
    context.caller.require(Permission::Read)?;
    if comes_from_elsewhere(headers, origins) {
        let sentence = "a page of another site asked for this; add its origin to `cors_origins` in [server]";
        return Err(Error::forbidden(sentence));
    }
    Ok(())
}
