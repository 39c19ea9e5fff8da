//! Appending to a file that others may append to, rotate or move away.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use super::rotate::{self, Rotation};

/// Appends whole lines, all or none, and has them on the disk. Without lines it only finds out whether it could.
pub(super) fn append(path: &Path, rotation: &Rotation, lines: &[u8]) -> io::Result<()> {
    let mut file = open(path)?;
    if lines.is_empty() {
        return Ok(());
    }
    let last_written = file.metadata()?.modified()?;
    mend(&mut file, lines)?;
    if rotation.is_due(file.metadata()?.len(), last_written, lines.len()) {
        rotate::rotate(path, &file, last_written, rotation.keep)?;
        // Who waits for the old file looks at the name again.
        file.unlock()?;
        file = open(path)?;
    }
    let whole = file.seek(SeekFrom::End(0))?;
    let written = file.write_all(lines).and_then(|()| file.sync_data());
    if written.is_err() {
        // The batch comes again as a whole.
        file.set_len(whole)?;
    } else if whole == 0 {
        rotate::sync_folder(path)?;
    }
    written
}

/// Opens the file of this name and locks it. Others who write to it through AOC wait; the system lets go when the file
/// is closed.
fn open(path: &Path) -> io::Result<File> {
    loop {
        let file = File::options().read(true).append(true).create(true).open(path)?;
        file.lock()?;
        // While we waited, it may have been given another name.
        if is_still_called(&file, path)? {
            return Ok(file);
        }
    }
}

#[cfg(unix)]
fn is_still_called(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match std::fs::metadata(path) {
        Ok(named) => Ok(identity(named) == identity(file.metadata()?)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(cause),
    }
}

#[cfg(not(unix))]
fn is_still_called(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// How each line of our own JSON begins.
const OURS: &[u8] = b"{\"id\":";
/// No line of ours is longer.
const LONGEST: u64 = 64 << 20;

/// Cuts off what a crash left of one of our lines; whatever else has no end is left alone, and gets one.
///
/// A line without an end was never called delivered, so it comes again: now, where it is the beginning of a line that
/// is to be written.
fn mend(file: &mut File, lines: &[u8]) -> io::Result<()> {
    let end = file.seek(SeekFrom::End(0))?;
    if end == 0 || ends_a_line(file, end)? {
        return Ok(());
    }
    let start = end.saturating_sub(LONGEST);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.read_to_end(&mut tail)?;
    let last = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    if is_torn(&tail[last..], lines) {
        return file.set_len(start + last as u64);
    }
    file.write_all(b"\n")
}

fn ends_a_line(file: &mut File, end: u64) -> io::Result<bool> {
    let mut byte = [0];
    file.seek(SeekFrom::Start(end - 1))?;
    file.read_exact(&mut byte)?;
    Ok(byte == *b"\n")
}

fn is_torn(rest: &[u8], lines: &[u8]) -> bool {
    if lines.split(|byte| *byte == b'\n').any(|line| line.starts_with(rest)) {
        return true;
    }
    // Events may be written a little differently the second time: with other tags.
    let begins_so = |beginning: &[u8]| rest.starts_with(&beginning[..beginning.len().min(rest.len())]);
    let begins_like_ours = begins_so(OURS) || (lines.starts_with(b"{\"") && begins_so(first_member(lines)));
    begins_like_ours && serde_json::from_slice::<serde::de::IgnoredAny>(rest).is_err()
}

/// The line up to the end of its first member's name.
fn first_member(lines: &[u8]) -> &[u8] {
    let colon = lines.iter().position(|byte| *byte == b':');
    colon.map_or(lines, |colon| &lines[..=colon])
}

#[cfg(test)]
mod tests {
    use super::*;

    const CEF: &str = "CEF:0|AOC|AOC|1|Add|Add|3|msg=a b\nCEF:0|AOC|AOC|1|Remove|Remove|3|msg=c\n";
    const ECS: &str =
        "{\"@timestamp\":\"2026\",\"event\":{\"id\":\"1\"}}\n{\"@timestamp\":\"2027\",\"event\":{}}\n";

    fn written_over(before: &str, lines: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), before).unwrap();
        append(file.path(), &Rotation::default(), lines.as_bytes()).unwrap();
        std::fs::read_to_string(file.path()).unwrap()
    }

    #[test]
    fn a_batch_torn_at_any_byte_is_whole_after_it_came_again() {
        for lines in [CEF, ECS] {
            for torn in 0..=lines.len() {
                let text = written_over(&format!("before\n{}", &lines[..torn]), lines);
                let again = text.strip_suffix(lines).unwrap();
                let first = &lines[..=lines.find('\n').unwrap()];
                let whole = ["before\n".to_owned(), format!("before\n{first}"), format!("before\n{lines}")];
                assert!(whole.iter().any(|whole| whole == again), "{torn}: {again}");
            }
        }
    }

    #[test]
    fn a_torn_document_is_cut_off_when_its_event_has_another_tag_now() {
        let text = written_over("before\n{\"@timestamp\":\"2026\",\"event\":{\"id\":\"one", ECS);
        assert_eq!(text, format!("before\n{ECS}"));
    }

    #[test]
    fn what_only_looks_like_ours_is_left_alone() {
        for (theirs, lines) in [("CEF:0|Other|x", CEF), ("{\"@timestamp\":1}", ECS), ("{\"name\":", ECS)] {
            assert_eq!(written_over(theirs, lines), format!("{theirs}\n{lines}"));
        }
    }
}
