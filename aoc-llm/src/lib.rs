//! AOC.
