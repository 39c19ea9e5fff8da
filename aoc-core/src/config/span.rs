//! Lengths of time as people write them.

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

/// A length of time: a whole number and one of `s`, `m`, `h`, `d`, such as `5m` or `90d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Span {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// As the standard library has it.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(format!(
                "not a length of time: `{text}`, expected such as `30s`, `5m`, `12h` or `90d`"
            ))
        };
        let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit)).ok_or_else(wrong)?;
        let number = text.strip_suffix(unit).unwrap_or(text).trim();
        let number: u64 = number.parse().map_err(|_| wrong())?;
        // A thousand years are enough, and no sum with the present overflows.
        let total =
            number.checked_mul(seconds).filter(|total| *total <= 1_000 * 366 * 86_400).ok_or_else(wrong)?;
        Ok(Self::seconds(total))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.as_secs();
        let (unit, seconds) =
            UNITS.into_iter().find(|(_, s)| total > 0 && total.is_multiple_of(*s)).unwrap_or(('s', 1));
        write!(f, "{}{unit}", total / seconds)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "a length of time such as `30s`, `5m`, `12h` or `90d`", "type": "string", "pattern": "^[0-9]+ *[smhd]$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_print() {
        for (text, seconds) in [("5m", 300), ("90d", 7_776_000), ("36h", 129_600), ("1s", 1), ("0s", 0)] {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.duration().as_secs(), span.to_string()), (seconds, text.to_owned()));
        }
        for text in ["", "5", "m", "5 weeks", "-1d", "999999999999d", "5mm"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
