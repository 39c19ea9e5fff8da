//! What the system says of this process.

use std::{
    fmt, fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// CPU seconds of all threads so far.
pub(crate) fn cpu_seconds() -> f64 {
    cpu_seconds_of("self")
}

/// The same of another process.
pub(crate) fn cpu_seconds_of(process: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may hold blanks; it ends with the last bracket. Times count hundredths of a second.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}

/// Time spent.
pub(crate) struct Clock {
    wall: Instant,
    cpu: f64,
}

/// What something took.
pub(crate) struct Spent {
    /// CPU µs per record.
    pub(crate) micros: f64,
    per_second: f64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), cpu: cpu_seconds() }
    }

    pub(crate) fn spent(&self, records: u64) -> Spent {
        let micros = (cpu_seconds() - self.cpu) * 1e6 / records as f64;
        Spent { micros, per_second: records as f64 / self.wall.elapsed().as_secs_f64() }
    }
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12.1} CPU µs per record, {:.0} records/s", self.micros, self.per_second)
    }
}

/// Memory of the process's own, without pages of files, in MiB.
pub(crate) fn own_memory_mib() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|text| text.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

/// Watches memory from a thread of its own, until it is dropped.
pub(crate) struct Memory {
    peak: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
}

impl Memory {
    pub(crate) fn watch() -> Self {
        let (peak, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let watcher = Self { peak: peak.clone(), ended: ended.clone() };
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                peak.fetch_max(own_memory_mib(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        watcher
    }

    pub(crate) fn peak_mib(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// Bytes of all files in a folder.
pub(crate) fn size(folder: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(sum)
}
