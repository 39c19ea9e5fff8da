//! The server: all layers around the routes, and how it starts and stops.

use std::{future::Future, sync::Arc, time::Duration};

use aoc_core::{Error, Result};
use axum::{Extension, Router, http::StatusCode, middleware};
use tokio::{net::TcpListener, sync::watch};
use tower_http::{compression::CompressionLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

use crate::{
    api,
    auth::Caller,
    config::ServerConfig,
    headers::{self, Origins},
    host::{self, Hosts},
    mcp::Mcp,
    operations::Operations,
};

/// The largest body of a request.
const MOST_BYTES: usize = 1 << 20;
/// How long an answer may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);
const _: () = assert!(api::fetch::PATIENCE.as_secs() < PATIENCE.as_secs(), "fetching must answer in time");
const _: () = assert!(api::ask::PATIENCE.as_secs() < PATIENCE.as_secs(), "answers must come in time");
const _: () = assert!(api::rules::PATIENCE.as_secs() < PATIENCE.as_secs(), "backtests must answer in time");
/// How long open requests may go on once the server is to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// The API and the web page as a router, to be served or mounted in another program.
///
/// Nobody is asked who they are: this build has no authentication. Where the configuration listens on this machine
/// only (the default), requests under other host names than this machine's and `public_url`'s are refused.
pub fn router(operations: Arc<Operations>, server: &ServerConfig) -> Router {
    router_for(operations, server, Caller::open())
}

/// The same, in which every request comes from this caller.
pub fn router_for(operations: Arc<Operations>, server: &ServerConfig, caller: Caller) -> Router {
    let origins = Origins(server.cors_origins.clone().into());
    let mcp = Mcp::over(operations.clone(), server);
    api::router(operations, caller, mcp)
        .layer(RequestBodyLimitLayer::new(MOST_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(Extension(origins.clone()))
        .layer(middleware::from_fn_with_state(origins, headers::share))
        .layer(middleware::from_fn_with_state(Hosts::of(server), host::guard))
        .layer(middleware::from_fn(api::render_problems))
        .layer(middleware::from_fn(headers::protect))
        .layer(CompressionLayer::new())
}

/// Tells those who go on by themselves that the server is to stop.
#[derive(Clone)]
pub(crate) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Resolves when the server is to stop.
    pub(crate) async fn begun(mut self) {
        if self.0.wait_for(|is_stopping| *is_stopping).await.is_err() {
            std::future::pending().await
        }
    }
}

/// Serves until `shutdown` resolves; then open requests may finish, ten seconds at most. Sessions that last as long as
/// their clients like end at once.
///
/// # Errors
/// [`Unavailable`](aoc_core::ErrorKind::Unavailable) when the network fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let (stop, stopping) = watch::channel(false);
    let stopping = Stopping(stopping);
    let signal = async move {
        shutdown.await;
        stop.send_replace(true);
    };
    let router = router.layer(Extension(stopping.clone()));
    let serving = axum::serve(listener, router).with_graceful_shutdown(signal);
    let too_long = async {
        stopping.begun().await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        ended = async { serving.await } => {
            ended.map_err(|cause| Error::unavailable("the server cannot go on").because(cause))
        }
        () = too_long => {
            tracing::warn!(seconds = FAREWELL.as_secs(), "some requests did not finish in time");
            Ok(())
        }
    }
}

/// Listens on an address.
///
/// # Errors
/// [`Config`](aoc_core::ErrorKind::Config) when the address cannot be had.
pub async fn listen(server: &ServerConfig) -> Result<TcpListener> {
    let address = server.listen;
    let listener = TcpListener::bind(address).await;
    listener.map_err(|cause| {
        Error::config(format!("cannot listen on {address}")).at("server.listen").because(cause)
    })
}
