//! The older transport: answers as server-sent events at `/mcp/sse`, messages posted to `/mcp/messages/`.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use aoc_core::{Error, Result};
use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{SinkExt, Stream, StreamExt, channel::mpsc, stream};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};

use super::{
    Mcp,
    face::Face,
    http::{MOST_BYTES, admit},
};
use crate::{
    api::{Context, Problem, error::ApiError, params::Params},
    auth::Caller,
    headers::Origins,
    server::Stopping,
};

/// How many sessions there are at most.
const MOST_SESSIONS: usize = 100;
/// How long a session may rest.
const REST: Duration = Duration::from_secs(15 * 60);
/// How long a session lasts, however busy: who may read is asked anew then.
const LIFE: Duration = Duration::from_secs(8 * 60 * 60);
/// How many messages wait.
const WAITING: usize = 16;

/// The sessions that are open, by id.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Session>>);

/// An open session, which only who opened it can use.
struct Session {
    caller: Caller,
    messages: mpsc::Sender<ClientJsonRpcMessage>,
    opened: Instant,
    used: Instant,
}

impl Session {
    fn is_alive(&self, now: Instant) -> bool {
        now.duration_since(self.used) < REST && now.duration_since(self.opened) < LIFE
    }
}

impl Sessions {
    /// Opens one; nothing where there are too many. Those that rested too long end here.
    fn open(
        &self,
        caller: Caller,
        now: Instant,
    ) -> Result<Option<(String, mpsc::Receiver<ClientJsonRpcMessage>)>> {
        let id = new_id()?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, session| session.is_alive(now));
        if all.len() >= MOST_SESSIONS {
            return Ok(None);
        }
        let (messages, received) = mpsc::channel(WAITING);
        all.insert(id.clone(), Session { caller, messages, opened: now, used: now });
        Ok(Some((id, received)))
    }

    /// Where messages of a caller's session go.
    fn find(&self, id: &str, caller: &Caller, now: Instant) -> Option<mpsc::Sender<ClientJsonRpcMessage>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = all.get_mut(id).filter(|session| session.caller == *caller && session.is_alive(now))?;
        session.used = now;
        Some(session.messages.clone())
    }

    fn close(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// 128 random bits.
fn new_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::internal("the system has no random numbers for a session"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Closes a session when the client is gone.
struct Leave {
    mcp: Mcp,
    id: String,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.mcp.0.sessions.close(&self.id);
    }
}

/// `GET /mcp/sse`.
pub(crate) async fn open(
    State(context): State<Context>,
    Extension(origins): Extension<Origins>,
    stopping: Option<Extension<Stopping>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    admit(&context, &origins, &headers)?;
    params.none()?;
    let Context { mcp, caller, .. } = context;
    if !mcp.0.legacy_sse {
        return Ok(switched_off());
    }
    let Some((id, received)) = mcp.0.sessions.open(caller.clone(), Instant::now())? else {
        let sentence = "too many sessions of MCP are open; close one, or use `/mcp`, which has none";
        return Ok(Problem::new(StatusCode::SERVICE_UNAVAILABLE, sentence).into_response());
    };
    let (answers, sent) = mpsc::channel(WAITING);
    let leave = Leave { mcp: mcp.clone(), id };
    let address = format!("/mcp/messages/?session_id={}", leave.id);
    tokio::spawn(serve(Face::new(mcp, caller, "sse"), answers, received));
    let stopped = async {
        match stopping {
            Some(Extension(stopping)) => stopping.begun().await,
            None => std::future::pending().await,
        }
    };
    let events = events(address, sent, leave).take_until(Box::pin(stopped));
    let events = Sse::new(events).keep_alive(KeepAlive::new());
    // Proxies that gather answers would keep them from the client.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], events).into_response())
}

/// Answers a session's messages until either side ends it.
pub(super) async fn serve(
    face: Face,
    answers: mpsc::Sender<ServerJsonRpcMessage>,
    received: mpsc::Receiver<ClientJsonRpcMessage>,
) {
    match rmcp::serve_server(face, (answers, received)).await {
        Ok(running) => drop(running.waiting().await),
        Err(error) => tracing::debug!(%error, "a session of MCP did not begin"),
    }
}

/// First where to post, then every answer.
fn events(
    address: String,
    sent: mpsc::Receiver<ServerJsonRpcMessage>,
    leave: Leave,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let first = Event::default().event("endpoint").data(address);
    let answers = sent.filter_map(move |message| {
        let _open = &leave;
        let text = serde_json::to_string(&message).ok();
        std::future::ready(text.map(|text| Event::default().event("message").data(text)))
    });
    stream::once(std::future::ready(first)).chain(answers).map(Ok)
}

/// Other methods, also `HEAD`: what only wants to know whether something is there opens no session.
pub(crate) async fn refuse() -> (StatusCode, [(HeaderName, &'static str); 1]) {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")])
}

/// `POST /mcp/messages/`.
pub(crate) async fn take(
    State(context): State<Context>,
    Extension(origins): Extension<Origins>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    admit(&context, &origins, &headers)?;
    let Context { mcp, caller, .. } = context;
    if !mcp.0.legacy_sse {
        return Ok(switched_off());
    }
    let query = query.unwrap_or_default();
    let id = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "session_id");
    let session = id.and_then(|(_, id)| mcp.0.sessions.find(&id, &caller, Instant::now()));
    let Some(mut session) = session else {
        return Ok(Problem::new(StatusCode::NOT_FOUND, "there is no such session; `/mcp/sse` opens one")
            .into_response());
    };
    let Ok(body) = to_bytes(body, MOST_BYTES).await else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    let Ok(message) = serde_json::from_slice::<ClientJsonRpcMessage>(&body) else {
        return Err(Error::invalid("the body is no message of MCP").into());
    };
    if session.send(message).await.is_err() {
        return Ok(Problem::new(StatusCode::NOT_FOUND, "the session has ended; `/mcp/sse` opens one")
            .into_response());
    }
    Ok((StatusCode::ACCEPTED, "Accepted").into_response())
}

fn switched_off() -> Response {
    let sentence = "this transport is switched off; use `/mcp`, or set `mcp_legacy_sse = true` in [server]";
    Problem::new(StatusCode::NOT_FOUND, sentence).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_rests_too_long_and_is_nobody_elses() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (id, _received) = sessions.open(Caller::local(), now).unwrap().unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(sessions.find(&id, &Caller::open(), now).is_none());
        let later = now + REST - Duration::from_secs(1);
        assert!(sessions.find(&id, &Caller::local(), later).is_some());
        assert!(sessions.find(&id, &Caller::local(), later + REST).is_none());
    }

    #[test]
    fn sessions_are_bounded_and_make_room_when_they_have_rested() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let opened: Vec<_> =
            (0..MOST_SESSIONS).map(|_| sessions.open(Caller::local(), now).unwrap()).collect();
        assert!(opened.iter().all(Option::is_some));
        assert!(sessions.open(Caller::local(), now).unwrap().is_none());
        assert!(sessions.open(Caller::local(), now + REST).unwrap().is_some());
    }
}
