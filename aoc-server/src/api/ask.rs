//! Questions in plain language, and explaining an event.

use std::{convert::Infallible, time::Duration};

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
    let request: AskQuestion = body.read(&context.caller, Permission::Read)?;
    if wants_events(&headers) {
        return Ok(told(context, request));
    }
    let answer = context.operations.ask(&context.caller, &request, PATIENCE, &|_| {}).await?;
    Ok(Json(answer).into_response())
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

/// The answer as server-sent events: `text` for each piece, then `answer`, or `problem`. What is not yet done when the client
/// goes away is not done.
fn told(context: Context, request: AskQuestion) -> Response {
    let (pieces, received) = mpsc::unbounded_channel::<String>();
    let answered = async move {
        let on_text = |piece: &str| {
            // Nobody hears it only when the client is gone.
            let _ = pieces.send(piece.to_owned());
        };
        let asked = context.operations.ask(&context.caller, &request, PATIENCE_WHILE_TOLD, &on_text).await;
        asked.map_err(ApiError::from)
    };
    let events = Sse::new(events(Box::pin(answered), received)).keep_alive(KeepAlive::new());
    // Proxies that gather answers would keep them from the client.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    ([unbuffered], events).into_response()
}

/// What becomes known: a piece of the answer, or how it ended.
enum Known {
    Piece(String),
    Answer(Box<AskAnswer>),
    Problem(ApiError),
}

fn events(
    answered: impl Future<Output = Result<AskAnswer, ApiError>> + Send + Unpin,
    received: UnboundedReceiver<String>,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let known = stream::unfold(Some((answered, received)), |state| async {
        let (mut answered, mut received) = state?;
        tokio::select! {
            biased;
            Some(piece) = received.recv() => Some((vec![Known::Piece(piece)], Some((answered, received)))),
            answer = &mut answered => {
                let left = std::iter::from_fn(|| received.try_recv().ok()).map(Known::Piece);
                let ended = answer.map_or_else(Known::Problem, |answer| Known::Answer(Box::new(answer)));
                Some((left.chain([ended]).collect(), None))
            }
        }
    });
    known.flat_map(stream::iter).map(|known| {
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
    let which = (id.as_str(), params.source()?);
    Ok(Json(context.operations.explain(&context.caller, which, utc_offset_minutes, PATIENCE).await?))
}
