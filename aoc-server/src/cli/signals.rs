//! When somebody wants the program to end.

use aoc_core::{Error, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for SIGINT, SIGTERM or SIGHUP.
pub(crate) struct Signals([Signal; 3]);

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// [`Internal`](aoc_core::ErrorKind::Internal) when the system does not let us.
    pub(crate) fn listen() -> Result<Self> {
        let on =
            |kind| signal(kind).map_err(|cause| Error::internal("cannot listen for signals").because(cause));
        Ok(Self([on(SignalKind::interrupt())?, on(SignalKind::terminate())?, on(SignalKind::hangup())?]))
    }

    /// The next one.
    pub(crate) async fn next(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    /// Waits for the first; the second ends the program at once.
    pub(crate) async fn first_then_exit(mut self) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            // 128 + SIGINT, as a shell tells it.
            std::process::exit(130);
        });
    }
}
