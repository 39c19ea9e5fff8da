//! Giving a full file another name, and deleting the oldest of these.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};

/// When a file is full.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rotation {
    /// So many bytes at most.
    pub(super) bytes: Option<u64>,
    /// Lines of one such stretch of time only.
    pub(super) every: Option<Duration>,
    /// How many full files are kept; 0 is all.
    pub(super) keep: usize,
}

impl Rotation {
    /// Whether the next lines, which have `more` bytes, go into a new file. The time of the last line is that of the
    /// file, so a restart changes nothing.
    pub(super) fn is_due(&self, length: u64, last_written: SystemTime, more: usize) -> bool {
        let too_large = |most: u64| length.saturating_add(more as u64) > most;
        let too_old = |every| stretch(last_written, every) < stretch(SystemTime::now(), every);
        length > 0 && (self.bytes.is_some_and(too_large) || self.every.is_some_and(too_old))
    }
}

/// How many whole stretches of time there were since 1970.
fn stretch(time: SystemTime, every: Duration) -> u128 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() / every.as_nanos().max(1)
}

/// Gives the file, which is locked and has whole lines only, a name with the time of its last one.
pub(super) fn rotate(path: &Path, file: &File, last_written: SystemTime, keep: usize) -> io::Result<()> {
    file.sync_all()?;
    let stamp = DateTime::<Utc>::from(last_written).format("%Y%m%dT%H%M%SZ");
    let stamp = stamp.to_string();
    // A number that became free again is not taken: the numbers are the order.
    let number =
        rotated(path)?.into_iter().filter(|((other, _), _)| *other == stamp).map(|((_, n), _)| n).max();
    let name = match number {
        Some(number) => with_suffix(path, &format!("{stamp}.{}", number + 1)),
        None => with_suffix(path, &stamp),
    };
    fs::rename(path, &name)?;
    sync_folder(path)?;
    if keep > 0
        && let Err(error) = delete_older(path, keep)
    {
        tracing::warn!(path = %path.display(), error = %error, "an old file cannot be deleted");
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn delete_older(path: &Path, keep: usize) -> io::Result<()> {
    let mut full = rotated(path)?;
    full.sort();
    let excess = full.len().saturating_sub(keep);
    full.into_iter().take(excess).try_for_each(|(_, old)| fs::remove_file(old))
}

/// The rotated files that are there, each with its place in their order.
fn rotated(path: &Path) -> io::Result<Vec<((String, u64), PathBuf)>> {
    let mut full = Vec::new();
    for entry in fs::read_dir(folder(path))? {
        let other = entry?.path();
        if let Some(order) = order_of(path, &other) {
            full.push((order, other));
        }
    }
    Ok(full)
}

/// The time and the number in the name of a rotated file; `None` for all other files.
fn order_of(path: &Path, other: &Path) -> Option<(String, u64)> {
    let (name, other) = (path.file_name()?.as_encoded_bytes(), other.file_name()?.as_encoded_bytes());
    let suffix = std::str::from_utf8(other.strip_prefix(name)?).ok()?.strip_prefix('.')?;
    let (stamp, number) = suffix.split_once('.').unwrap_or((suffix, "0"));
    let is_stamp = stamp.len() == 16
        && stamp.bytes().enumerate().all(|(place, byte)| match place {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    is_stamp.then_some((stamp.to_owned(), number.parse().ok()?))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Has the names in the file's folder on the disk.
#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
