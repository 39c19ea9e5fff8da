//! HTTP: connections, requests, and answers that may go wrong.

use std::{convert::Infallible, io, sync::Arc};

use aoc_core::prelude::*;
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, Empty, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::{Bytes, Frame, Incoming},
    header::{HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::watch};

use super::{
    activity,
    clock::{http_date, lock},
    fault::Act,
    graph, identity, login,
    reply::{Answered, Body, Call, Outgoing, Seen, no_such_place},
    world::World,
};

type Sent = Response<UnsyncBoxBody<Bytes, io::Error>>;

/// Takes connections until told to stop.
pub(super) async fn serve(world: Arc<World>, listener: TcpListener, mut stop: watch::Receiver<()>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return,
        };
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        let (world, mut stop) = (world.clone(), stop.clone());
        tokio::spawn(async move {
            let answer = service_fn(|request| answer(world.clone(), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
            tokio::select! {
                _ = connection => {}
                _ = stop.changed() => {}
            }
        });
    }
}

/// Answers a request; an error closes the connection without an answer.
async fn answer(world: Arc<World>, request: Request<Incoming>) -> Result<Sent, io::Error> {
    let call = read(&world, request).await?;
    let number = lock(&world.seen).note(call.seen.clone());
    let acts = acts(&world, &call.seen);
    let mut answer = None;
    for act in &acts {
        match act {
            Act::Delay(by) => tokio::time::sleep(*by).await,
            Act::Drop => return Err(broken()),
            Act::Stall => std::future::pending::<()>().await,
            Act::Answer(make) if answer.is_none() => answer = Some(Outgoing::from(make(&call.seen))),
            _ => {}
        }
    }
    let mut answer = match answer {
        Some(answer) => answer,
        None => route(&world, &call).await.unwrap_or_else(|refused| refused),
    };
    for act in &acts {
        if let Act::Edit(edit) = act {
            let mut reply = answer.into_reply();
            edit(&call.seen, &mut reply);
            answer = reply.into();
        }
    }
    lock(&world.seen).answered(number, answer.status);
    let end = acts.iter().find_map(|act| match act {
        Act::Cut(bytes) => Some((*bytes, false)),
        Act::StallAfter(bytes) => Some((*bytes, true)),
        _ => None,
    });
    send(&world, answer, end)
}

async fn read(world: &World, request: Request<Incoming>) -> Result<Call, io::Error> {
    const MOST: usize = 4 * 1024 * 1024;
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MOST).collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let seen = Seen {
        at: world.clock.timestamp(),
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        host: header("host").unwrap_or_default().to_owned(),
        tenant: String::new(),
        authorization: header("authorization").is_some(),
        status: 0,
    };
    let mut call = Call { seen, headers: head.headers, body };
    call.seen.tenant = tenant_id(world, &call);
    Ok(call)
}

/// Whose request it is: by the token, else by a part of the path.
fn tenant_id(world: &World, call: &Call) -> String {
    let granted = world.grant(call).map(|grant| grant.tenant.id().to_owned());
    let named = || {
        let mut parts = call.seen.path.split('/').skip(1);
        let name = if call.seen.path.starts_with("/api/v1.0/") { parts.nth(2) } else { parts.next() };
        world.tenant_called(name?).map(|tenant| tenant.id().to_owned())
    };
    granted.or_else(named).unwrap_or_default()
}

fn acts(world: &World, seen: &Seen) -> Vec<Act> {
    let now = world.clock.ticks();
    // Not under the lock: conditions are the test's own code, which may script something.
    let scripts = lock(&world.scripts).clone();
    let acts = scripts.iter().filter_map(|script| script.meets(seen, now)).collect();
    lock(&world.scripts).retain(|script| !script.is_over(now));
    acts
}

async fn route(world: &World, call: &Call) -> Answered {
    let path = call.seen.path.trim_start_matches('/');
    let is_get = call.is("GET");
    match path {
        "metadata/identity/oauth2/token" if is_get => return identity::machine(world, call),
        "msi/token" if is_get => return identity::app_service(world, call),
        _ => {}
    }
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match (first, rest) {
        ("v1.0" | "beta", rest) => graph::answer(world, call, first, rest).await,
        ("api", rest) => {
            let feed = rest.strip_prefix("v1.0/").and_then(|rest| rest.split_once("/activity/feed/"));
            let (tenant, path) = feed.ok_or_else(no_such_place)?;
            activity::answer(world, call, tenant, path)
        }
        (tenant, "oauth2/v2.0/token") => login::token(world, call, tenant, true),
        (tenant, "oauth2/token") => login::token(world, call, tenant, false),
        _ => Err(no_such_place()),
    }
}

/// Makes the answer of HTTP; `end` says after how many bytes it breaks off, and whether it stalls instead.
fn send(world: &World, answer: Outgoing, end: Option<(usize, bool)>) -> Result<Sent, io::Error> {
    let mut response = Response::builder().status(answer.status);
    let has = |name: &str| answer.headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    if !has("date") {
        response = response.header("date", http_date(world.clock.now()));
    }
    if !has("content-length") && answer.status != 204 {
        response = response.header("content-length", answer.body.len());
    }
    for (name, value) in &answer.headers {
        let name = HeaderName::try_from(name.as_str()).map_err(io::Error::other)?;
        let value = HeaderValue::try_from(value.as_str()).map_err(io::Error::other)?;
        response = response.header(name, value);
    }
    let body = match (answer.body, end) {
        (Body::Bytes(bytes), None) if bytes.is_empty() => Empty::new().map_err(never).boxed_unsync(),
        (Body::Bytes(bytes), None) => Full::new(bytes).map_err(never).boxed_unsync(),
        (Body::Generated(blob), None) => {
            StreamBody::new(stream::iter(blob).map(|piece| Ok(Frame::data(piece)))).boxed_unsync()
        }
        (body, Some((bytes, stalls))) => broken_body(body, bytes, stalls),
    };
    response.body(body).map_err(io::Error::other)
}

/// The beginning of a body, then an error or nothing.
fn broken_body(body: Body, bytes: usize, stalls: bool) -> UnsyncBoxBody<Bytes, io::Error> {
    let mut left = bytes;
    let pieces: Box<dyn Iterator<Item = Bytes> + Send> = match body {
        Body::Bytes(bytes) => Box::new(std::iter::once(bytes)),
        Body::Generated(blob) => Box::new(blob),
    };
    let beginning = pieces.map_while(move |piece| {
        let piece = piece.slice(..piece.len().min(left));
        left -= piece.len();
        (!piece.is_empty()).then(|| Ok(Frame::data(piece)))
    });
    // What was sent must reach the other side before the connection breaks.
    let end = stream::once(async move {
        if stalls {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        Err(broken())
    });
    StreamBody::new(stream::iter(beginning).chain(end)).boxed_unsync()
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "as scripted")
}

fn never(never: Infallible) -> io::Error {
    match never {}
}
