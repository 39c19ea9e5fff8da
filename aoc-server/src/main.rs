//! The `aoc` command: the command line over the operations.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
