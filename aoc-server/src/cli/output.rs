//! What is printed, and that it does no harm there.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};

use aoc_core::{Error, Result, json_line};
use serde::Serialize;

/// The marker of an error that only says that nobody reads any more.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nobody reads any more")
    }
}

impl std::error::Error for Closed {}

/// Whether the error only says that nobody reads any more, as after `| head`.
pub(crate) fn is_closed(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<Closed>())
}

/// An error of writing output.
pub(crate) fn unwritten(cause: io::Error) -> Error {
    let error = Error::unavailable("cannot write the output");
    match cause.kind() {
        io::ErrorKind::BrokenPipe => error.because(Closed),
        _ => error.because(cause),
    }
}

/// Prints bytes.
pub(crate) fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = match out.is_terminal() {
        // Records are not to be trusted with a terminal; files and pipes get every byte.
        true => String::from_utf8_lossy(bytes).lines().try_for_each(|line| writeln!(out, "{}", plain(line))),
        false => out.write_all(bytes),
    };
    written.and_then(|()| out.flush()).map_err(unwritten)
}

/// Prints a value as one line of JSON.
pub(crate) fn print_json(value: &(impl Serialize + ?Sized)) -> Result<()> {
    print(&json_line(value)?)
}

/// The text without characters that do something to a terminal: control characters, and those that turn the
/// direction of writing, are shown as `�`; blanks of all kinds become a blank.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| !c.is_control() && !turns(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| match c {
        '\t' | '\n' | '\r' => ' ',
        c if harmless(c) => c,
        _ => char::REPLACEMENT_CHARACTER,
    };
    Cow::Owned(text.chars().map(shown).collect())
}

fn turns(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_an_event_can_drive_the_terminal() {
        assert_eq!(plain("\u{1b}[2Jgone\u{7}\u{9b}31m"), "\u{fffd}[2Jgone\u{fffd}\u{fffd}31m");
        assert_eq!(plain("a\tb\r\nc"), "a b  c");
        assert_eq!(plain("exe\u{202e}fdp"), "exe\u{fffd}fdp");
        assert_eq!(plain("Zoë 北京"), "Zoë 北京");
    }
}
