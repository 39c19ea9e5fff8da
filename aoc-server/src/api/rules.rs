//! Alert rules.

use std::time::Duration;

use aoc_core::{
    Result as Outcome,
    alert::{rule::Rule, why_not::WhyNot},
};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::schema_for;
use serde::Deserialize;

use super::{Context, body::Body, error::ApiError, params::Params};
use crate::{
    auth::Permission,
    operations::rules::{BacktestAnswer, ListedRule, RuleList, RunBacktest},
};

type Answer<T> = Result<Json<T>, ApiError>;

/// How long a backtest may take; less than any answer may take to begin.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn list(State(context): State<Context>, params: Params) -> Answer<RuleList> {
    params.none()?;
    Ok(Json(context.operations.rules_list(&context.caller).await?))
}

pub(super) async fn get(
    State(context): State<Context>,
    Path(id): Path<String>,
    params: Params,
) -> Answer<ListedRule> {
    params.none()?;
    Ok(Json(context.operations.rule_get(&context.caller, &id).await?))
}

/// The JSON Schema of a rule, for those who write one.
pub(super) async fn schema(State(context): State<Context>, params: Params) -> Result<Response, ApiError> {
    params.none()?;
    context.caller.require(Permission::Read)?;
    let kind = [(header::CONTENT_TYPE, "application/schema+json")];
    Ok((kind, schema_for!(Rule).to_value().to_string()).into_response())
}

pub(super) async fn create(State(context): State<Context>, body: Body) -> Result<Response, ApiError> {
    let rule = rule_of(&context, &body)?;
    let created = context.operations.rule_create(&context.caller, rule).await?;
    let place = [(header::LOCATION, format!("/api/rules/{}", created.rule.id))];
    Ok((StatusCode::CREATED, place, Json(created)).into_response())
}

pub(super) async fn update(
    State(context): State<Context>,
    Path(id): Path<String>,
    body: Body,
) -> Answer<ListedRule> {
    let rule = rule_of(&context, &body)?;
    Ok(Json(context.operations.rule_update(&context.caller, &id, rule).await?))
}

pub(super) async fn delete(
    State(context): State<Context>,
    Path(id): Path<String>,
    body: Body,
) -> Result<StatusCode, ApiError> {
    body.none(&context.caller, Permission::Manage)?;
    context.operations.rule_delete(&context.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn backtest(State(context): State<Context>, body: Body) -> Answer<BacktestAnswer> {
    let request: RunBacktest = body.read(&context.caller, Permission::Read)?;
    let answer = context.operations.backtest(&context.caller, &request, PATIENCE, |_| ()).await?;
    Ok(Json(answer))
}

/// An event that a rule should have found, or not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskWhyNot {
    event_id: String,
}

pub(super) async fn why_not(
    State(context): State<Context>,
    Path(id): Path<String>,
    body: Body,
) -> Answer<WhyNot> {
    let AskWhyNot { event_id } = body.read(&context.caller, Permission::Read)?;
    Ok(Json(context.operations.why_not(&context.caller, &id, &event_id).await?))
}

pub(super) async fn why_not_of(
    State(context): State<Context>,
    Path(id): Path<String>,
    params: Params,
) -> Answer<WhyNot> {
    context.caller.require(Permission::Read)?;
    let event = params.event()?;
    Ok(Json(context.operations.why_not(&context.caller, &id, event).await?))
}

/// What a rule was told with may come back with it: that tells nothing new.
fn rule_of(context: &Context, body: &Body) -> Outcome<Rule> {
    body.read_without(&context.caller, Permission::Manage, &ListedRule::ABOUT)
}
