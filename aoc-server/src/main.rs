//! The `aoc` command: the command line over the operations.

mod cli;

use std::process::ExitCode;

/// Events are made on one thread and dropped on another; the system's allocator spends a fifth of an import on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
