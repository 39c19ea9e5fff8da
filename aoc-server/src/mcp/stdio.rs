//! Standard input and output: for a client on this machine that starts the program itself.

use std::sync::Arc;

use aoc_core::{Error, Result};
use rmcp::{service::ServerInitializeError, transport};

use super::{Mcp, face::Face};
use crate::{auth::Caller, config::ServerConfig, operations::Operations};

/// Speaks MCP over standard input and output until the client closes it. Calls are logged but make no events: whoever
/// reads a store beside its server must not write to it.
///
/// # Errors
/// [`Invalid`](aoc_core::ErrorKind::Invalid) when what comes is not MCP.
pub async fn serve_stdio(operations: Arc<Operations>, server: &ServerConfig) -> Result<()> {
    let face = Face::new(Mcp::over(operations, server), Caller::local(), "stdio");
    match rmcp::serve_server(face, transport::stdio()).await {
        Ok(running) => {
            let ended = running.waiting().await;
            ended.map(drop).map_err(|cause| Error::internal("the MCP service panicked").because(cause))
        }
        // Whoever has nothing to say is no error.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(cause) => {
            Err(Error::invalid("what came on standard input does not begin as MCP does").because(cause))
        }
    }
}
