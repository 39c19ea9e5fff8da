//! `aoc serve`.

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use aoc_core::Result;
use aoc_server::{
    Operations, ServerConfig,
    assemble::{Assembled, environment_remarks, registry},
    server,
};
use clap::Args;
use tokio::net::TcpListener;

use super::{Session, signals::Signals};

/// Serves the web page and the API, and runs sources and sinks, until SIGTERM or Ctrl-C.
#[derive(Args)]
pub(crate) struct Serve {
    /// Address to listen on, instead of `listen` in [server].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let config = session.config()?;
        let mut assembled = Assembled::of(&config, &registry()).await?;
        for remark in environment_remarks(&config) {
            tracing::warn!("{remark}");
        }
        if let Some(listen) = self.listen {
            assembled.server.listen = listen;
        }
        let config = assembled.server.clone();
        // Claims the right to write: two servers over one database are a mistake to be told at once.
        assembled.store.append(&[]).await?;
        let listener = server::listen(&config).await?;
        warn_if_open(&config);
        let signals = Signals::listen()?;
        let operations = assembled.start();
        if let Ok(address) = listener.local_addr() {
            tracing::info!("listening on http://{address}");
        }
        until_stopped(listener, operations, &config, signals).await?;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

/// Serves until a signal comes; then lets requests and loops finish.
pub(crate) async fn until_stopped(
    listener: TcpListener,
    operations: Arc<Operations>,
    config: &ServerConfig,
    signals: Signals,
) -> Result<()> {
    let router = server::router(operations.clone(), config);
    let shutdown = async move {
        signals.first_then_exit().await;
        tracing::info!("stopping; once more stops at once");
    };
    let served = server::serve(listener, router, shutdown).await;
    operations.stop().await?;
    served
}

/// Says so where others than programs of this machine can reach the server.
pub(super) fn warn_if_open(config: &ServerConfig) {
    if !config.is_loopback() {
        tracing::warn!(
            "NOBODY IS ASKED WHO THEY ARE: whoever can reach {} reads all events. Listen on 127.0.0.1, or let only \
             a proxy that signs people in reach this address",
            config.listen
        );
    }
}
