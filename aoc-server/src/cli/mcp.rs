//! `aoc mcp`.

use std::{io::IsTerminal, process::ExitCode};

use aoc_core::Result;
use aoc_server::{
    assemble::{Assembled, registry},
    mcp,
};
use clap::Args;

use super::Session;

/// Speaks MCP over standard input and output, for language models on this machine.
///
/// A client starts it, and ends it by closing standard input. It reads what is stored, beside a server if one runs, and
/// writes nothing; over HTTP, a server speaks MCP under `/mcp`.
#[derive(Args)]
pub(crate) struct Mcp {}

impl Mcp {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let assembled = Assembled::to_read(&session.config()?, &registry()).await?;
        if std::io::stdin().is_terminal() {
            eprintln!("a client of MCP is to start this: it waits for JSON-RPC on standard input");
        }
        assembled.rules.watch();
        mcp::serve_stdio(assembled.at_rest(), &assembled.server).await?;
        Ok(ExitCode::SUCCESS)
    }
}
