//! The reference server of AOC: operations, HTTP API, web page and command line over any store and index.
//!
//! [`Operations`] is what people and machines can do; [`router`] puts HTTP over it, ready to be mounted in another
//! program; [`assemble`] is the only place that names concrete components.
//!
//! ```
//! use std::sync::Arc;
//!
//! use aoc_core::{MemoryStore, Pipeline};
//! use aoc_server::{Caller, Operations, ServerConfig, operations::types::SearchEvents};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> aoc_core::Result<()> {
//! let store = Arc::new(MemoryStore::new());
//! let running = Pipeline::over(store.clone()).start();
//! let operations = Arc::new(Operations::new(store.clone(), store).with(running));
//! let page = operations.search(&Caller::local(), SearchEvents::default()).await?;
//! assert_eq!(page.total, 0);
//! let router = aoc_server::router(operations.clone(), &ServerConfig::default()); // serve it, or mount it
//! # drop(router);
//! operations.stop().await
//! # }
//! ```

pub mod api;
pub mod assemble;
pub mod auth;
pub mod config;
pub mod demo;
pub mod headers;
mod host;
pub mod import;
pub mod mcp;
pub mod operations;
mod original;
pub mod rules;
mod schema;
pub mod server;
mod ui;
mod words;

pub use self::{
    auth::{Caller, Permission},
    config::ServerConfig,
    operations::Operations,
    schema::configuration_schema,
    server::{router, serve},
};
