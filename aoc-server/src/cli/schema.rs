//! `aoc schema`.

use std::process::ExitCode;

use aoc_core::{Error, Event, Result};
use aoc_server::{assemble::registry, configuration_schema};
use clap::Args;
use serde_json::Value;

use super::output;

/// Prints the JSON Schema of the configuration, every component included.
#[derive(Args)]
pub(crate) struct Schema {
    /// Prints the schema of an event instead.
    #[arg(long)]
    event: bool,
}

impl Schema {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let schema: Value = match self.event {
            true => schemars::schema_for!(Event).to_value(),
            false => configuration_schema(&registry()),
        };
        let text = serde_json::to_string_pretty(&schema)
            .map_err(|cause| Error::internal("a schema has no JSON").because(cause))?;
        output::print(format!("{text}\n").as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
