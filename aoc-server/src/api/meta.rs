//! What this program is.

use axum::{Json, extract::State};

use super::Context;
use crate::operations::types::{Features, Version};

pub(super) async fn version(State(context): State<Context>) -> Json<Version> {
    Json(context.operations.version())
}

pub(super) async fn features(State(context): State<Context>) -> Json<Features> {
    Json(context.operations.features())
}
