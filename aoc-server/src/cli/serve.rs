//! `aoc serve`.

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use aoc_core::{EventStore, Result, store::Lead};
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
        let store = assembled.store.clone();
        let served = serve(assembled).await;
        resign(&*store).await;
        served?;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve(assembled: Assembled) -> Result<()> {
    let config = assembled.server.clone();
    let is_alone = matches!(*assembled.store.lead().borrow(), Lead::Alone);
    if is_alone {
        // Claims the right to write: two servers over such a database are a mistake to be told at once.
        assembled.store.append(&[]).await?;
    }
    if !is_alone {
        // Whoever is refused now, or finds nobody, is told at once.
        assembled.store.head().await.map_err(|error| error.at("store"))?;
    }
    let listener = server::listen(&config).await?;
    warn_if_open(&config);
    let signals = Signals::listen()?;
    assembled.take_up().await?;
    let operations = assembled.start();
    if let Ok(address) = listener.local_addr() {
        tracing::info!("listening on http://{address}");
    }
    until_stopped(listener, operations, &config, signals).await
}

/// Gives the lead up where this process has it, so that nobody waits until it runs out.
pub(super) async fn resign(store: &dyn EventStore) {
    if let Err(error) = store.resign().await {
        tracing::warn!(error = error.chain(), "the lead could not be given up; it runs out by itself");
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
