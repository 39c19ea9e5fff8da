//! A server that stands alone.

use std::{
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::server::Server;

/// A server that stands alone; taken down when it is dropped.
#[derive(Debug)]
pub struct Mongod {
    server: Server,
    databases: Databases,
}

impl Mongod {
    /// Starts a server; it takes connections when this is done.
    pub async fn start() -> Self {
        Self { server: Server::start(&[]).await, databases: Databases::default() }
    }

    /// Where it is; without a database.
    pub fn uri(&self) -> String {
        format!("mongodb://{}/?directConnection=true", self.server.address())
    }

    /// The name of a database that no other test has.
    pub fn fresh_database(&self) -> String {
        self.databases.fresh()
    }

    /// Kills the process with SIGKILL and waits for its end. Its data stay.
    pub fn kill(&self) {
        self.server.kill();
    }

    /// Starts it again with its data on its port; kills it before where it runs.
    pub async fn restart(&self) {
        self.server.restart().await;
    }

    /// Halts the process with SIGSTOP: connections stay open, nothing is answered.
    pub fn stop(&self) {
        self.server.stop();
    }

    /// Goes on after [`stop`](Self::stop).
    pub fn cont(&self) {
        self.server.cont();
    }
}

/// Gives names of databases.
#[derive(Debug, Default)]
pub(super) struct Databases(AtomicUsize);

impl Databases {
    pub(super) fn fresh(&self) -> String {
        format!("test_{}_{}", process::id(), self.0.fetch_add(1, Ordering::Relaxed))
    }
}
