//! The `aoc` command.
fn main() {}
