//! Embeds AOC.
fn main() {}
