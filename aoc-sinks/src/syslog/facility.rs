//! Facilities of syslog.

use std::{borrow::Cow, fmt, str::FromStr};

use aoc_core::{Error, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// What kind of program a message is from, in the table of RFC 5424: a name or a number from 0 to 23.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Facility(u8);

const NAMES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];

impl Facility {
    /// The number in the table.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl Default for Facility {
    /// `local0`.
    fn default() -> Self {
        Self(16)
    }
}

impl FromStr for Facility {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let number = NAMES.iter().position(|name| *name == text).or_else(|| text.parse().ok());
        let number = number.and_then(|number| u8::try_from(number).ok()).filter(|number| *number < 24);
        number.map(Self).ok_or_else(|| {
            let names = NAMES.join(", ");
            Error::invalid(format!("no facility: `{text}`, expected a number from 0 to 23 or one of {names}"))
        })
    }
}

impl fmt::Debug for Facility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.get(usize::from(self.0)).unwrap_or(&"?"))
    }
}

impl<'de> Deserialize<'de> for Facility {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl de::Visitor<'_> for Visit {
            type Value = Facility;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a facility such as `local0`, or its number from 0 to 23")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Facility, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Facility, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Facility, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

impl JsonSchema for Facility {
    fn schema_name() -> Cow<'static, str> {
        "Facility".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "a facility of syslog: its name, or its number from 0 to 23",
            "anyOf": [{"enum": NAMES}, {"type": "integer", "minimum": 0, "maximum": 23}],
            "default": "local0",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facility_is_a_name_or_a_number() {
        for (json, number) in
            [("\"local0\"", 16), ("\"local7\"", 23), ("4", 4), ("\"4\"", 4), ("\"kern\"", 0)]
        {
            assert_eq!(serde_json::from_str::<Facility>(json).unwrap().number(), number, "{json}");
        }
        for json in ["24", "-1", "\"local8\"", "\"\"", "true", "1.5"] {
            assert!(serde_json::from_str::<Facility>(json).is_err(), "{json}");
        }
    }
}
