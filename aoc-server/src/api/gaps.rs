//! What is proven complete.

use axum::{Json, extract::State};

use super::{Context, error::ApiError, params::Params};
use crate::operations::types::GapsAnswer;

pub(super) async fn gaps(
    State(context): State<Context>,
    params: Params,
) -> Result<Json<GapsAnswer>, ApiError> {
    let request = params.gaps()?;
    Ok(Json(context.operations.gaps(&context.caller, &request).await?))
}
