//! Real servers of MongoDB for tests.
//!
//! They run the program that `.ci/mongod` fetches, or the one that `AOC_MONGOD` names, or one in `PATH`. Each has a
//! free port of 127.0.0.1 and a temporary folder. A shell beside each server takes it down and removes its folder
//! when the value is dropped, and when the test process ends, even if that is killed. Needs a Unix.
//!
//! A server starts in half a second, a replica set in some. Tests of one file may share one: the file holds it in a
//! static, which is never dropped, and every test works in a database of its own. A test that kills or stops a
//! server starts one for itself.
//!
//! ```no_run
//! use aoc_sinks::testkit::Mongod;
//! use tokio::sync::OnceCell;
//!
//! async fn mongod() -> &'static Mongod {
//!     static SHARED: OnceCell<Mongod> = OnceCell::const_new();
//!     SHARED.get_or_init(Mongod::start).await
//! }
//!
//! # async fn test() {
//! let (uri, database) = (mongod().await.uri(), mongod().await.fresh_database());
//! # }
//! ```
//!
//! Clients belong to the runtime of the test that made them: share the server, not a client.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "these are tests; they panic to fail")]

mod mongod;
mod replica_set;
mod server;
mod watchdog;

pub use self::{mongod::Mongod, replica_set::ReplicaSet};
