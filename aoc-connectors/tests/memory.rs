//! The reader's memory, in a process of its own.
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{self, Read};

use aoc_connectors::read_records;

#[test]
fn memory_is_bounded_by_the_largest_record() {
    /// An array of a million records that is never there as a whole.
    struct Endless {
        left: usize,
        rest: Vec<u8>,
    }
    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.rest.is_empty() && self.left > 0 {
                self.left -= 1;
                self.rest =
                    format!("{{\"Id\":\"{}\",\"pad\":\"{}\"}},", self.left, "x".repeat(100)).into_bytes();
            }
            let count = self.rest.len().min(into.len());
            into[..count].copy_from_slice(&self.rest[..count]);
            self.rest.drain(..count);
            Ok(count)
        }
    }
    let before = resident();
    let endless = Endless { left: 300_000, rest: Vec::new() };
    let mut most = 0;
    let mut count = 0;
    for record in read_records((&b"{\"value\":["[..]).chain(endless)) {
        record.unwrap();
        count += 1;
        if count % 10_000 == 0 {
            most = most.max(resident());
        }
    }
    assert_eq!(count, 300_000);
    assert!(most.saturating_sub(before) < 8 << 20, "{before} → {most}");
}

/// Bytes in memory, where the system says.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}
