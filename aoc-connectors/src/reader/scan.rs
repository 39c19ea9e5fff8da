//! Finds where a JSON object or array ends, or at which byte it cannot be one, piece by piece as it is read.

/// What a scan found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scan {
    /// The value ends before this byte.
    Complete(usize),
    /// This byte cannot stand where it does.
    Broken(usize),
    /// It goes on behind what was read.
    More,
}

/// Records are never that deep; without a bound a run of opening brackets would be read again and again.
const DEEPEST: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expects {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    CommaOrEnd,
}

/// Where a scan stands.
///
/// It knows strings, brackets, commas and colons, and leaves it to the parser whether a number or an escape is one.
pub(super) struct Scanner {
    at: usize,
    open: Vec<u8>,
    expects: Expects,
    in_string: bool,
}

impl Scanner {
    /// At the first byte of a value.
    pub(super) fn new() -> Self {
        Self { at: 0, open: Vec::with_capacity(16), expects: Expects::Value, in_string: false }
    }

    /// Behind a member's value, in an object that is open.
    pub(super) fn behind_member() -> Self {
        Self { open: vec![b'{'], expects: Expects::CommaOrEnd, ..Self::new() }
    }

    /// Goes on in `data`, which starts where it did before and may be longer.
    pub(super) fn resume(&mut self, data: &[u8]) -> Scan {
        while self.at < data.len() {
            let found = if self.in_string { self.string(data) } else { self.token(data) };
            if let Some(found) = found {
                return found;
            }
        }
        Scan::More
    }

    fn string(&mut self, data: &[u8]) -> Option<Scan> {
        let Some(skip) = memchr::memchr3(b'"', b'\\', b'\n', &data[self.at..]) else {
            self.at = data.len();
            return Some(Scan::More);
        };
        self.at += skip;
        match data[self.at] {
            b'"' => {
                self.at += 1;
                self.in_string = false;
                self.behind_string()
            }
            b'\\' if self.at + 1 < data.len() => {
                self.at += 2;
                None
            }
            b'\\' => Some(Scan::More),
            _ => Some(Scan::Broken(self.at)),
        }
    }

    fn behind_string(&mut self) -> Option<Scan> {
        match self.expects {
            Expects::Name | Expects::NameOrEnd => {
                self.expects = Expects::Colon;
                None
            }
            _ => self.behind_value(),
        }
    }

    fn behind_value(&mut self) -> Option<Scan> {
        self.expects = Expects::CommaOrEnd;
        self.open.is_empty().then_some(Scan::Complete(self.at))
    }

    fn token(&mut self, data: &[u8]) -> Option<Scan> {
        use Expects::{Colon, CommaOrEnd, Name, NameOrEnd, Value, ValueOrEnd};
        let byte = data[self.at];
        match (byte, self.expects) {
            (b' ' | b'\t' | b'\n' | b'\r', _) => self.at += 1,
            (b'"', Value | ValueOrEnd | Name | NameOrEnd) => {
                self.in_string = true;
                self.at += 1;
            }
            (b'{' | b'[', Value | ValueOrEnd) if self.open.len() < DEEPEST => {
                self.open.push(byte);
                self.expects = if byte == b'{' { NameOrEnd } else { ValueOrEnd };
                self.at += 1;
            }
            (b'}', NameOrEnd | CommaOrEnd) if self.open.last() == Some(&b'{') => return self.close(),
            (b']', ValueOrEnd | CommaOrEnd) if self.open.last() == Some(&b'[') => return self.close(),
            (b',', CommaOrEnd) => {
                self.expects = if self.open.last() == Some(&b'{') { Name } else { Value };
                self.at += 1;
            }
            (b':', Colon) => {
                self.expects = Value;
                self.at += 1;
            }
            (b'-' | b'0'..=b'9' | b'a'..=b'z', Value | ValueOrEnd) => return self.word(data),
            _ => return Some(Scan::Broken(self.at)),
        }
        None
    }

    fn close(&mut self) -> Option<Scan> {
        self.open.pop();
        self.at += 1;
        self.behind_value()
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self, data: &[u8]) -> Option<Scan> {
        let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        let length = data[self.at..].iter().take_while(|byte| is_inside(byte)).count();
        if self.at + length == data.len() {
            return Some(Scan::More);
        }
        self.at += length;
        self.behind_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_finds_the_end_wherever_the_reading_stops() {
        for (text, expected) in [
            (r#"{"a":[1,{"b":"}"},null,-1.5e3]} {"#, Scan::Complete(31)),
            (r#"["\"",{}]"#, Scan::Complete(9)),
            (r#"{"a":1 {"b":2}"#, Scan::Broken(7)),
            ("{\"a\":\"x\n", Scan::Broken(7)),
            (r#"{"a":1,}"#, Scan::Broken(7)),
            (r#"{"a":[1}"#, Scan::Broken(7)),
            (r#"{"a":1"#, Scan::More),
        ] {
            assert_eq!(Scanner::new().resume(text.as_bytes()), expected, "{text}");
            let mut by_bytes = Scanner::new();
            let found = (1..=text.len())
                .map(|end| by_bytes.resume(&text.as_bytes()[..end]))
                .find(|found| *found != Scan::More);
            assert_eq!(found.unwrap_or(Scan::More), expected, "{text}");
        }
    }
}
