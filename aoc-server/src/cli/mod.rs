//! The command line: what is asked for, and how the answer is printed.
//!
//! Data goes to standard output, all else to standard error. What a pipe no longer wants is no error.

mod ask;
mod check;
mod demo;
mod doctor;
mod explain;
mod export;
mod fetch;
mod filters;
mod gaps;
mod import;
mod log;
mod maintenance;
mod mcp;
mod output;
mod probe;
mod progress;
mod reconcile;
mod rules;
mod schema;
mod search;
mod serve;
mod signals;
mod sinks;
mod store;
mod table;

use std::{path::PathBuf, process::ExitCode};

use aoc_core::{Error, ErrorKind, Result, config::Config};
use aoc_server::assemble;
use clap::{Parser, Subcommand, ValueEnum};

use self::log::Causes;

/// Collects Microsoft 365 admin audit logs into a searchable store.
#[derive(Parser)]
#[command(name = "aoc", version, propagate_version = true)]
struct Arguments {
    /// Configuration file; else aoc.toml if it is there, else defaults (SQLite in aoc.db in this folder).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How data is printed: a table for people, or one JSON value per line; `export` writes ndjson or csv, and
    /// `reconcile` csv, too.
    #[arg(long, global = true, value_enum)]
    format: Option<Format>,
    #[command(subcommand)]
    command: Command,
}

/// How data is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs: one JSON value per line.
    Json,
    /// The same.
    Ndjson,
    /// For spreadsheets.
    Csv,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the web page and the API, and runs sources and sinks.
    Serve(serve::Serve),
    /// Shows AOC with the audit logs of an invented company; nothing is kept.
    Demo(demo::Demo),
    /// Fetches from the sources until all are caught up, and ends.
    Fetch(fetch::Fetch),
    /// Imports files of audit records of any known shape; importing again adds nothing.
    Import(import::Import),
    /// Searches the events, newest first.
    Search(search::Search),
    /// Writes all events of a search, newest first.
    Export(export::Export),
    /// Answers a question in plain English from what is stored.
    Ask(ask::Ask),
    /// Explains an event: what happened, whether it is usual, what it implies, how to undo it.
    Explain(explain::Explain),
    /// Says what is proven complete, and what is known to be missing.
    Gaps(gaps::Gaps),
    /// Compares an export of audit records with the store, event by event.
    Reconcile(reconcile::Reconcile),
    /// Lists alert rules, checks them, and tries them on what is stored and on files.
    Rules(rules::Rules),
    /// Says how far sinks have come, and has them deliver again.
    Sinks(sinks::Sinks),
    /// Keeps the store in order: normalises events again, removes repeats, checks that all is whole.
    Maintenance(maintenance::Maintenance),
    /// Moves what is stored to another store.
    Store(store::Store),
    /// Checks the configuration, and says what each part is and what the store holds.
    Check(check::Check),
    /// Finds out why sources work or do not, and says what would put it right.
    Doctor(doctor::Doctor),
    /// Speaks MCP over standard input and output, for language models on this machine.
    Mcp(mcp::Mcp),
    /// Prints the JSON Schema of the configuration, or of an event.
    Schema(schema::Schema),
}

/// What every command has at hand.
struct Session {
    file: Option<PathBuf>,
    format: Option<Format>,
    causes: Causes,
}

impl Session {
    /// Whether data is for programs.
    fn wants_json(&self) -> Result<bool> {
        match self.format {
            None | Some(Format::Table) => Ok(false),
            Some(Format::Json | Format::Ndjson) => Ok(true),
            Some(Format::Csv) => {
                let message =
                    "--format csv: only `aoc export` and `aoc reconcile` write it; here it is table or json";
                Err(Error::invalid(message))
            }
        }
    }

    fn config(&self) -> Result<Config> {
        assemble::configuration(self.file.as_deref())
    }
}

/// Runs the command that the arguments ask for.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let causes = log::to_stderr(usual_log_of(&arguments.command));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(arguments.run(causes)),
        Err(cause) => Err(Error::internal("cannot start the runtime").because(cause)),
    };
    outcome.unwrap_or_else(|error| {
        if output::is_closed(&error) {
            return ExitCode::SUCCESS;
        }
        eprintln!("error: {}", output::plain(&error.chain()));
        ExitCode::from(error.kind().meaning().exit)
    })
}

impl Arguments {
    async fn run(self, causes: Causes) -> Result<ExitCode> {
        let session = Session { file: self.config, format: self.format, causes };
        match self.command {
            Command::Serve(serve) => serve.run(&session).await,
            Command::Demo(demo) => demo.run().await,
            Command::Fetch(fetch) => fetch.run(&session).await,
            Command::Import(import) => import.run(&session).await,
            Command::Search(search) => search.run(&session).await,
            Command::Export(export) => export.run(&session).await,
            Command::Ask(ask) => ask.run(&session).await,
            Command::Explain(explain) => explain.run(&session).await,
            Command::Gaps(gaps) => gaps.run(&session).await,
            Command::Reconcile(reconcile) => reconcile.run(&session).await,
            Command::Rules(rules) => rules.run(&session).await,
            Command::Sinks(sinks) => sinks.run(&session).await,
            Command::Maintenance(maintenance) => maintenance.run(&session).await,
            Command::Store(store) => store.run(&session).await,
            Command::Check(check) => check.run(&session).await,
            Command::Doctor(doctor) => doctor.run(&session).await,
            Command::Mcp(mcp) => mcp.run(&session).await,
            Command::Schema(schema) => schema.run(),
        }
    }
}

/// Servers tell what they do; commands tell only what goes wrong.
fn usual_log_of(command: &Command) -> &'static str {
    match command {
        // The library tells every request, and what clients say; our own line for a call says what matters.
        Command::Serve(_) => "info,rmcp=error",
        // What fails is told at the end, once.
        Command::Fetch(_) => "error",
        // Beside a server it cannot be noted what was used; the guide says so.
        Command::Ask(_) | Command::Explain(_) => "warn,aoc_server::operations::ask=error",
        _ => "warn,rmcp=error",
    }
}

/// The exit code of a command that did only part of its work.
fn incomplete() -> ExitCode {
    ExitCode::from(ErrorKind::Unavailable.meaning().exit)
}
