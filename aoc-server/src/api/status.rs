//! How the server is doing.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};

use super::{Context, error::ApiError, params::Params};
use crate::operations::types::{Health, SourceHealth};

pub(super) async fn health(State(context): State<Context>) -> (StatusCode, Json<Health>) {
    let health = context.operations.health().await;
    let status = if health.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health))
}

pub(super) async fn metrics(
    State(context): State<Context>,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    params.none()?;
    let text = context.operations.metrics(&context.caller).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

pub(super) async fn source_health(
    State(context): State<Context>,
    params: Params,
) -> Result<Json<SourceHealth>, ApiError> {
    params.none()?;
    Ok(Json(context.operations.source_health(&context.caller).await?))
}
