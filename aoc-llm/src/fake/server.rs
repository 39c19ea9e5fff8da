//! Connections and requests.

use std::{io, sync::Arc};

use http_body_util::{BodyExt, Limited};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch};

use super::{
    Reply, Seen, World,
    body::{self, Parts},
    lock,
    reply::What,
    route::{Dialect, route},
};

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
async fn answer(world: Arc<World>, request: Request<Incoming>) -> io::Result<Response<Parts>> {
    let seen = read(request).await?;
    lock(&world.seen).push(seen.clone());
    match route(&world, &seen) {
        Ok(dialect) => {
            let reply = next(&world, &seen);
            respond(world, &seen, &reply, dialect).await
        }
        Err(reply) => respond(world, &seen, &reply, Dialect::OpenAi).await,
    }
}

async fn read(request: Request<Incoming>) -> io::Result<Seen> {
    const MOST: usize = 16 * 1024 * 1024;
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MOST).collect().await.map_err(io::Error::other)?.to_bytes();
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = if json.is_null() { String::from_utf8_lossy(&body).into_owned() } else { String::new() };
    Ok(Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: json,
        text,
    })
}

fn next(world: &World, seen: &Seen) -> Reply {
    let scripted = lock(&world.script).pop_front();
    scripted.unwrap_or_else(|| {
        // Not under the lock: the answer is the test's own code.
        let answers = lock(&world.answers).clone();
        answers(seen)
    })
}

async fn respond(
    world: Arc<World>,
    seen: &Seen,
    reply: &Reply,
    dialect: Dialect,
) -> io::Result<Response<Parts>> {
    let (status, kind, pieces) = match &reply.what {
        What::Dropped => return Err(io::ErrorKind::ConnectionAborted.into()),
        What::Silent => return std::future::pending().await,
        What::Is { status, kind, body } => (*status, kind.as_str(), vec![body.clone()]),
        What::Says(_) if reply.is_streamed(seen) => {
            let events = body::chunks(reply, seen, dialect.is_azure());
            (200, "text/event-stream; charset=utf-8", events.into_iter().map(String::into_bytes).collect())
        }
        What::Says(_) => (200, "application/json", vec![body::whole(reply, seen).to_string().into_bytes()]),
    };
    let mut response = Response::builder().status(status).header("content-type", kind);
    for (name, value) in &reply.manner.headers {
        response = response.header(name, value);
    }
    response.body(body::send(world, reply, pieces)).map_err(io::Error::other)
}
