//! Server-sent events, out of bytes that may be split anywhere.

use aoc_core::{Error, Result};

/// Takes the data of events out of a stream.
///
/// Invariant: what comes out does not depend on where the bytes were split.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The line that has not ended.
    line: Vec<u8>,
    /// The data of the event that has not ended.
    data: Option<Vec<u8>>,
    /// Whether the last byte was a carriage return, whose line feed may still come.
    after_return: bool,
    is_begun: bool,
}

/// How long an event may be.
const MOST: usize = 1024 * 1024;

impl Events {
    /// Takes more bytes; gives the data of the events that ended in them.
    ///
    /// # Errors
    /// [`Unavailable`](aoc_core::ErrorKind::Unavailable) when an event is longer than one may be.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>> {
        let mut ended = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' if self.after_return => {}
                b'\r' | b'\n' => ended.extend(self.end_line()),
                byte => self.line.push(*byte),
            }
            self.after_return = *byte == b'\r';
            if self.line.len() + self.data.as_ref().map_or(0, Vec::len) > MOST {
                return Err(Error::unavailable(format!("the model sent an event of more than {MOST} bytes")));
            }
        }
        Ok(ended)
    }

    /// The data of an event that was not ended before the stream was.
    pub(super) fn end(&mut self) -> Option<String> {
        self.end_line().or_else(|| self.end_line())
    }

    /// An empty line ends the event.
    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !std::mem::replace(&mut self.is_begun, true) {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.is_empty() {
            return self.data.take().map(|data| String::from_utf8_lossy(&data).into_owned());
        }
        let value = line.strip_prefix(b"data").and_then(|rest| match rest {
            [] => Some(rest),
            [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
            _ => None,
        });
        if let Some(value) = value {
            match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_vec()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of these pieces.
    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        let mut all: Vec<String> = pieces.iter().flat_map(|piece| events.push(piece).unwrap()).collect();
        all.extend(events.end());
        all
    }

    const STREAM: &str = "\u{feff}: ping\r\n\r\ndata: {\"a\":\"zwölf € 🦀\"}\n\nevent: x\rdata:b\r\rid: 1\ndata: c\ndata:  d\n\n\
        database: no\n\n\ndata\n\ndata: [DONE]";

    #[test]
    fn events_are_the_same_wherever_the_bytes_are_split() {
        let expected = ["{\"a\":\"zwölf € 🦀\"}", "b", "c\n d", "", "[DONE]"];
        let bytes = STREAM.as_bytes();
        assert_eq!(read(&[bytes]), expected);
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(read(&pieces), expected, "split at {first} and {second}");
            }
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read(&single), expected);
    }

    #[test]
    fn an_event_comes_out_as_soon_as_it_has_ended() {
        let mut events = Events::default();
        assert!(events.push(b"data: a\n").unwrap().is_empty());
        assert_eq!(events.push(b"\n").unwrap(), ["a"]);
        assert_eq!(events.push(b"data: b\r\n\r").unwrap(), ["b"]);
        assert_eq!(events.push(b"\ndata: c\n\ndata: d\n\nda").unwrap(), ["c", "d"]);
        assert_eq!(events.end(), None);
    }

    #[test]
    fn bytes_that_are_no_text_do_not_stop_the_stream() {
        assert_eq!(read(&[b"data: a\xff\xf0\x9f", b"b\n\ndata: c\n\n"]), ["a\u{fffd}\u{fffd}b", "c"]);
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut events = Events::default();
        let piece = vec![b'x'; 64 * 1024];
        let error = (0..100).find_map(|_| events.push(&piece).err()).unwrap();
        assert_eq!(error.kind(), aoc_core::ErrorKind::Unavailable);
    }
}
