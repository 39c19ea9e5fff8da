//! Events as lines.

use aoc_core::{Error, Event, Result, json_line};

use crate::format::Format;

/// The lines of these events, each without its end, and those events that have none in this format.
pub(crate) struct Lines {
    /// The lines.
    pub(crate) lines: Vec<Vec<u8>>,
    /// Which events were refused, and why.
    pub(crate) refused: Vec<(usize, Error)>,
}

impl Lines {
    /// Writes the events. One that cannot be written can never be: it is refused, so that it does not keep the others.
    pub(crate) fn of(events: &[Event], write: impl Fn(&Event) -> Result<Vec<u8>>) -> Self {
        let (mut lines, mut refused) = (Vec::with_capacity(events.len()), Vec::new());
        for (index, event) in events.iter().enumerate() {
            match write(event) {
                Ok(line) => lines.push(line),
                Err(reason) => refused.push((index, reason)),
            }
        }
        Self { lines, refused }
    }
}

/// The event as one line without its end.
///
/// # Errors
/// [`Rejected`](aoc_core::ErrorKind::Rejected) when it has none in this format.
pub(crate) fn line(format: Format, event: &Event) -> Result<Vec<u8>> {
    let line = match format {
        // The record as it came: not every record survives being read and written again.
        Format::Aoc => json_line(event),
        _ => format.line(event).map(String::into_bytes),
    };
    let mut line = line.map_err(|cause| {
        let format = format!("{format:?}").to_lowercase();
        Error::rejected(format!("the event cannot be written as `{format}`")).because(cause)
    })?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    Ok(line)
}
