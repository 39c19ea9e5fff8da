//! Questions in plain language, and explaining an event.

use std::{convert::Infallible, time::Duration};

use aoc_core::Error;
use aoc_llm::analyst::Explanation;
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tracing::Instrument;

use super::{Context, body::Body, error::ApiError, params::Params};
use crate::{
    auth::Permission,
    operations::{AskAnswer, AskQuestion},
};

/// How long a model may take for an answer that is sent as a whole; less than any answer may take to begin.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How long it may take for an answer that is sent as it is made.
const PATIENCE_WHILE_TOLD: Duration = Duration::from_secs(180);

/// `POST /api/ask`: the answer as a whole or, for those who accept `text/event-stream`, as it is made.
pub(super) async fn ask(
    State(context): State<Context>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let request: AskQuestion = body.read_given(&context.caller, Permission::Read)?;
    context.operations.check_question(&context.caller, &request)?;
    if wants_events(&headers) {
        return Ok(told(begin(context, request)));
    }
    let answered = async move {
        let Context { operations, caller, .. } = context;
        operations.ask(&caller, &request, PATIENCE, &|_| {}).await
    };
    Ok(Json(to_its_end(answered).await?).into_response())
}

/// Does something in a task of its own. What a model was asked costs and is recorded also where the client goes away, so it goes
/// on to its end then.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = aoc_core::Result<T>> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::spawn(work.in_current_span()).await;
    Ok(done.unwrap_or_else(|cause| Err(broken_off().because(cause)))?)
}

fn broken_off() -> Error {
    Error::internal("an answer was broken off")
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

/// What becomes known: a piece of the answer, or how it ended.
enum Known {
    Piece(String),
    Answer(Box<AskAnswer>),
    Problem(ApiError),
}

/// Begins an answer in a task of its own, as [`to_its_end`]; a client that reads slowly does not keep a place with the model.
fn begin(context: Context, request: AskQuestion) -> UnboundedReceiver<Known> {
    let (tell, known) = mpsc::unbounded_channel();
    let answered = async move {
        let Context { operations, caller, .. } = context;
        // Nobody hears it only when the client is gone.
        let say = |what: Known| drop(tell.send(what));
        let on_text = |piece: &str| say(Known::Piece(piece.to_owned()));
        let asked = operations.ask(&caller, &request, PATIENCE_WHILE_TOLD, &on_text).await;
        let answer = asked.map(|answer| Known::Answer(Box::new(answer)));
        say(answer.unwrap_or_else(|error| Known::Problem(error.into())));
    };
    tokio::spawn(answered.in_current_span());
    known
}

/// The answer as server-sent events: `text` for each piece, then `answer`, or `problem`.
fn told(known: UnboundedReceiver<Known>) -> Response {
    let events = Sse::new(events(known)).keep_alive(KeepAlive::new());
    // Proxies that gather answers would keep them from the client.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    let unkept = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ([unbuffered, unkept], events).into_response()
}

fn events(known: UnboundedReceiver<Known>) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let known = stream::unfold(Some(known), |known| async {
        let mut known = known?;
        match known.recv().await {
            Some(Known::Piece(piece)) => Some((Known::Piece(piece), Some(known))),
            Some(ended) => Some((ended, None)),
            None => Some((Known::Problem(broken_off().into()), None)),
        }
    });
    known.map(|known| {
        let (name, data) = match known {
            Known::Piece(text) => ("text", json!({ "text": text })),
            Known::Answer(answer) => ("answer", serde_json::to_value(answer).unwrap_or(Value::Null)),
            Known::Problem(error) => ("problem", error.told()),
        };
        Ok(Event::default().event(name).data(data.to_string()))
    })
}

/// On which clocks an event is explained.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ExplainEvent {
    utc_offset_minutes: i32,
}

/// `POST /api/events/{id}/explain`.
pub(super) async fn explain(
    State(context): State<Context>,
    Path(id): Path<String>,
    params: Params,
    body: Body,
) -> Result<Json<Explanation>, ApiError> {
    let ExplainEvent { utc_offset_minutes } = body.read_if_any(&context.caller, Permission::Read)?;
    let source = params.source()?.map(str::to_owned);
    let explained = async move {
        let Context { operations, caller, .. } = context;
        operations.explain(&caller, (&id, source.as_deref()), utc_offset_minutes, PATIENCE).await
    };
    Ok(Json(to_its_end(explained).await?))
}
