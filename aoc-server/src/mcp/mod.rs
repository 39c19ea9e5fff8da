//! MCP: what the operations can tell, as tools of language models.
//!
//! Three ways lead in: Streamable HTTP at `/mcp`, in both eras of the protocol and without sessions; the older transport
//! at `/mcp/sse`; and standard input and output. All of them end in the same face, whose tools are one
//! operation each.
//!
//! Texts in events are written by whoever caused them. On their way out they lose what could hide or turn text, and what
//! is too long; nothing here changes anything.

mod answer;
mod arguments;
mod budget;
mod escape;
mod face;
pub(crate) mod http;
mod prompts;
mod resources;
pub(crate) mod sse;
mod stdio;
mod tools;

use std::sync::Arc;

pub use self::stdio::serve_stdio;
use self::{budget::Budget, sse::Sessions, tools::Entry};
use crate::{config::ServerConfig, operations::Operations};

/// What all who use MCP share.
#[derive(Clone)]
pub(crate) struct Mcp(Arc<Shared>);

struct Shared {
    operations: Arc<Operations>,
    tools: Vec<Entry>,
    budget: Budget,
    sessions: Sessions,
    /// Whether the older transport is on.
    legacy_sse: bool,
    /// Whether calls become events.
    audit: bool,
}

impl Mcp {
    /// Over these operations, as `[server]` says.
    pub(crate) fn over(operations: Arc<Operations>, server: &ServerConfig) -> Self {
        Self(Arc::new(Shared {
            operations,
            tools: tools::all(),
            budget: Budget::new(server.mcp_calls_per_minute),
            sessions: Sessions::default(),
            legacy_sse: server.mcp_legacy_sse,
            audit: server.mcp_audit,
        }))
    }
}
