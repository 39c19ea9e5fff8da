//! Files that are broken at random: never a panic, never a hang, and no record is lost for another.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use aoc_connectors::{AnyRecord, RecordReader};
use aoc_core::normalize;
use support::data;

/// Byte-mutated copies of the real files, through the reader and the normalizer: no panic, no hang.
#[test]
fn mutated_files_neither_panic_nor_hang() {
    let Some(data) = data() else { return };
    let seconds: f64 = std::env::var("AOC_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(3.0);
    let seed = std::env::var("AOC_FUZZ_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64
    });
    println!("AOC_FUZZ_SEED={seed}");
    let mut files: Vec<Vec<u8>> = Vec::new();
    let mut paths: Vec<_> = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.is_file() && !path.to_string_lossy().contains(".meta."))
    {
        files.push(std::fs::read(path).unwrap());
    }
    let mut random = Random(seed | 1);
    let started = std::time::Instant::now();
    let any = AnyRecord::new();
    let mut rounds = 0;
    while started.elapsed().as_secs_f64() < seconds {
        let mutated = mutated(&files, &mut random);
        let round = std::time::Instant::now();
        let mut size = 0;
        for record in RecordReader::new(&mutated[..]).map_while(Result::ok) {
            size += record.raw.text().len();
            let event = normalize(&any, record);
            serde_json::to_string(&event).unwrap();
        }
        rounds += 1;
        assert!(round.elapsed().as_secs() < 10, "slow: seed {seed}, round {rounds}");
        assert!(size <= mutated.len() * 8 + 1000, "seed {seed}, round {rounds}: {size} of {}", mutated.len());
    }
    println!("{rounds} mutated files");
}

/// One line that is broken in any way costs no other line, in a file of lines; in an array of one line at most its neighbours.
#[test]
fn a_broken_record_costs_no_other() {
    let Some(data) = data() else { return };
    let text = std::fs::read_to_string(data.join("o365_management_activity.ndjson")).unwrap();
    let lines: Vec<&str> = text.lines().step_by(40).take(60).collect();
    let mut random = Random(42);
    for round in 0..200 {
        let place = random.below(lines.len());
        let mut broken = lines[place].as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(broken.len().max(1)).min(broken.len().saturating_sub(1));
            match random.below(4) {
                0 => broken.truncate(at + 1),
                1 => broken.insert(at, b"{}[]\",:\\x"[random.below(9)]),
                2 => _ = broken.remove(at),
                _ => broken[at] = b"{}[]\",:\\x"[random.below(9)],
            }
            if broken.is_empty() {
                break;
            }
        }
        let whole = |separator: &[u8], start: &[u8], end: &[u8]| {
            let pieces: Vec<&[u8]> = lines
                .iter()
                .enumerate()
                .map(|(n, line)| if n == place { &broken[..] } else { line.as_bytes() })
                .collect();
            [start, &pieces.join(separator), end].concat()
        };
        let missing = |bytes: &[u8]| {
            let found: std::collections::HashSet<String> =
                RecordReader::new(bytes).map(|record| record.unwrap().raw.text().to_owned()).collect();
            lines.iter().enumerate().filter(|(n, line)| *n != place && !found.contains(**line)).count()
        };
        let broken_text = String::from_utf8_lossy(&broken).into_owned();
        assert_eq!(missing(&whole(b"\n", b"", b"\n")), 0, "round {round}, lines: {broken_text}");
        assert_eq!(missing(&whole(b",\n", b"[", b"]")), 0, "round {round}, array of lines: {broken_text}");
        assert!(missing(&whole(b",", b"[", b"]")) <= 2, "round {round}, array: {broken_text}");
    }
}

fn mutated(files: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let file = &files[random.below(files.len())];
    let start = random.below(file.len());
    let start = file[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |line| line + 1);
    let mut bytes = file[start..file.len().min(start + 20_000 + random.below(40_000))].to_vec();
    if start > 0 && random.below(2) == 0 {
        let header = file.iter().position(|byte| *byte == b'\n').unwrap_or(0) + 1;
        bytes.splice(0..0, file[..header].iter().copied());
    }
    for _ in 0..=random.below(12) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(7) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => _ = bytes.remove(at),
            2 => bytes.insert(at, b"{}[]\",:\\\n\x00\xff"[random.below(11)]),
            3 => bytes.truncate(at),
            4 => {
                let other = &files[random.below(files.len())];
                let from = random.below(other.len());
                let piece = other[from..other.len().min(from + random.below(3000))].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                let end = (at + random.below(500)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => bytes[at] = b"{}[]\",:\\\n\x00\xff"[random.below(11)],
        }
    }
    bytes
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}
