//! Sinks.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};

use super::{Context, body::Body, error::ApiError, params::Params};
use crate::{
    auth::Permission,
    operations::sinks::{RejectedEvents, ReplayAsked, ReplaySink, SinkList},
};

pub(super) async fn list(State(context): State<Context>, params: Params) -> Result<Json<SinkList>, ApiError> {
    params.none()?;
    Ok(Json(context.operations.sinks_list(&context.caller).await?))
}

pub(super) async fn rejected(
    State(context): State<Context>,
    Path(name): Path<String>,
    params: Params,
) -> Result<Json<RejectedEvents>, ApiError> {
    let after = params.after()?;
    Ok(Json(context.operations.sink_rejected(&context.caller, &name, after).await?))
}

/// It is only asked for here; whoever runs the sink does it.
pub(super) async fn replay(
    State(context): State<Context>,
    Path(name): Path<String>,
    body: Body,
) -> Result<(StatusCode, Json<ReplayAsked>), ApiError> {
    let request: ReplaySink = body.read(&context.caller, Permission::Manage)?;
    let asked = context.operations.sink_replay(&context.caller, &name, &request).await?;
    Ok((StatusCode::ACCEPTED, Json(asked)))
}
