//! One value of a rule, and what it is compared with.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use regex::Regex;
use serde_json::Value;

use super::{
    field::{Field, Seen},
    pattern::{Pattern, Piece, Place},
    text::{Case, Text},
};

/// One comparison.
#[derive(Debug)]
pub(super) enum Test {
    /// A text like this.
    Like(Pattern),
    /// A text in which this is found.
    Regex(Regex),
    /// An address in this network.
    Network(IpNet),
    /// A number that stands so to this one.
    Number(Order, f64),
    /// The text of another field, at this place of the text.
    Field(Field, Place, Case),
    /// Null or nothing.
    Null,
    /// Anything but null and nothing.
    Exists,
    /// Null or nothing, in other words.
    Missing,
}

/// How numbers stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    AtMost,
    More,
    AtLeast,
}

/// What was seen of a field.
#[derive(Default)]
struct Found {
    holds: bool,
    something: bool,
    null: bool,
}

/// Whether one of these holds for what a field has.
pub(super) fn one_holds(tests: &[Test], field: &Field, record: &Value) -> bool {
    let mut found = Found::default();
    field.each(record, &mut |seen| match seen {
        Seen::Null => found.null = true,
        Seen::Text(text) => {
            found.something = true;
            found.holds = found.holds || tests.iter().any(|test| test.takes(text, record));
        }
        Seen::Whole(value) => {
            found.something = true;
            found.holds = found.holds || one_takes_whole(tests, value, record);
        }
    });
    let absent = found.null || !found.something;
    found.holds
        || tests.iter().any(|test| match test {
            Test::Null => absent,
            Test::Exists => found.something,
            Test::Missing => !found.something,
            _ => false,
        })
}

/// An array or object is compared by its JSON, which is written only where it may matter.
fn one_takes_whole(tests: &[Test], value: &Value, record: &Value) -> bool {
    let mut tests = tests.iter().filter(|test| test.may_be_json()).peekable();
    if tests.peek().is_none() {
        return false;
    }
    let json = value.to_string();
    let text = Text::new(&json);
    tests.any(|test| test.takes(&text, record))
}

impl Test {
    /// Whether it holds for a text.
    pub(super) fn takes(&self, text: &Text<'_>, record: &Value) -> bool {
        match self {
            Self::Like(pattern) => pattern.matches(text),
            Self::Regex(regex) => regex.is_match(text.exact()),
            Self::Network(network) => address(text.exact()).is_some_and(|address| network.contains(&address)),
            Self::Number(order, number) => {
                text.exact().trim().parse().is_ok_and(|seen| order.holds(seen, *number))
            }
            Self::Field(other, place, case) => is_there(text, other, *place, *case, record),
            Self::Null | Self::Exists | Self::Missing => false,
        }
    }

    fn may_be_json(&self) -> bool {
        match self {
            Self::Like(pattern) => pattern.may_be_json(),
            Self::Regex(_) | Self::Field(..) => true,
            _ => false,
        }
    }

    /// A text without which no record can have what it wants.
    pub(super) fn needle(&self) -> Option<String> {
        match self {
            Self::Like(pattern) => pattern.needle(),
            _ => None,
        }
    }
}

impl Order {
    fn holds(self, seen: f64, number: f64) -> bool {
        match self {
            Self::Less => seen < number,
            Self::AtMost => seen <= number,
            Self::More => seen > number,
            Self::AtLeast => seen >= number,
        }
    }
}

/// Whether a text of the other field stands in this one.
fn is_there(text: &Text<'_>, other: &Field, place: Place, case: Case, record: &Value) -> bool {
    let mut there = false;
    other.each(record, &mut |seen| {
        if let Seen::Text(wanted) = seen {
            let pieces = vec![Piece::Text(wanted.exact().to_owned())];
            there = there || Pattern::new(pieces, place, case).matches(text);
        }
    });
    there
}

/// An address, also where a port stands behind it, as in records of the Management Activity API.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let parsed = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    parsed.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_a_port() {
        for text in
            ["192.0.2.7", "192.0.2.7:443", "::ffff:192.0.2.7", "[::ffff:192.0.2.7]:443", " 192.0.2.7 "]
        {
            assert_eq!(
                address(text).map(|address| address.to_string()).as_deref(),
                Some("192.0.2.7"),
                "{text}"
            );
        }
        assert_eq!(
            address("[2001:db8::1]").map(|address| address.to_string()).as_deref(),
            Some("2001:db8::1")
        );
        assert_eq!(address("nowhere"), None);
    }
}
