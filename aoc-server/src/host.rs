//! Keeps web pages elsewhere from reaching a local server under a name of their own (DNS rebinding).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    api::Problem,
    config::{ServerConfig, host_of},
};

/// The hosts a request may be for.
#[derive(Clone)]
pub(crate) struct Hosts(Option<Arc<[String]>>);

impl Hosts {
    /// Any host, where others than this machine can reach the server anyway; else this machine's own names and
    /// that of `public_url`.
    pub(crate) fn of(server: &ServerConfig) -> Self {
        let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter();
        let listen = server.listen.ip().to_string();
        let all = own.chain([listen]).chain(server.public_host());
        Self(server.is_loopback().then(|| all.collect()))
    }

    fn allow(&self, host: &str) -> bool {
        self.0.as_ref().is_none_or(|hosts| hosts.contains(&host_of(host)))
    }
}

/// Refuses requests for other hosts.
pub(crate) async fn guard(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = named.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    if hosts.allow(host.unwrap_or_default()) {
        return next.run(request).await;
    }
    let detail = "this server answers only under the name of this machine; \
                  set `public_url` in [server] to the address under which people reach it";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, detail).into_response()
}
