//! Looking at events.

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};

use super::{Context, error::ApiError, params::Params};
use crate::operations::types::{
    CountOverTime, EventPage, ExportFormat, FilterOptions, Listed, Summary, TimelineAnswer,
};

type Answer<T> = Result<Json<T>, ApiError>;

pub(super) async fn search(State(context): State<Context>, params: Params) -> Answer<EventPage> {
    Ok(Json(context.operations.search(&context.caller, params.search()?).await?))
}

pub(super) async fn get(
    State(context): State<Context>,
    Path(id): Path<String>,
    params: Params,
) -> Answer<Listed> {
    let event = context.operations.get(&context.caller, &id, params.source()?).await?;
    Ok(Json(Listed::new(event, true)))
}

pub(super) async fn filter_options(State(context): State<Context>, params: Params) -> Answer<FilterOptions> {
    Ok(Json(context.operations.filter_options(&context.caller, &params.only_filter()?).await?))
}

pub(super) async fn timeline(State(context): State<Context>, params: Params) -> Answer<TimelineAnswer> {
    let (filter, bucket) = params.timeline()?;
    Ok(Json(context.operations.timeline(&context.caller, CountOverTime { filter, bucket }).await?))
}

pub(super) async fn summary(State(context): State<Context>, params: Params) -> Answer<Summary> {
    Ok(Json(context.operations.summary(&context.caller, params.days(7)?).await?))
}

pub(super) async fn export(State(context): State<Context>, params: Params) -> Result<Response, ApiError> {
    let (filter, format) = params.export()?;
    let exported = context.operations.export(&context.caller, filter, format).await?;
    let (kind, name) = match format {
        ExportFormat::Ndjson => ("application/x-ndjson", "attachment; filename=\"aoc-events.ndjson\""),
        ExportFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"aoc-events.csv\""),
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(exported.content)).into_response())
}
