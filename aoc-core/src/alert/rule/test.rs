//! Records that a rule carries to be tried on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Result, Timestamp, config::Span};

/// Records that a rule is tried on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTest {
    /// What it shows.
    pub name: String,
    /// The records, in the shape of their API, in the order in which they come.
    pub records: Vec<Value>,
    /// How many alerts they make.
    pub alerts: usize,
    /// How often the records come; at most 10,000 times. In their texts `{n}` is the number of the time, from 0, and
    /// `{time}` the time: noon of Monday, 5 January 2026, and so much later each time as `every` says.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub repeat: usize,
    /// How long after one another they come.
    #[serde(default = "second", skip_serializing_if = "is_second")]
    pub every: Span,
}

impl RuleTest {
    /// How often records can come.
    pub const MOST: usize = 10_000;

    /// Checks how often the records come.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when it is too often, or not at all.
    pub fn check(&self) -> Result<()> {
        if (1..=Self::MOST).contains(&self.repeat) {
            return Ok(());
        }
        let message = format!("{} is not between 1 and {}", self.repeat, Self::MOST);
        Err(Error::invalid(message).at("repeat"))
    }

    /// All records, as often as they come, but no more than [`MOST`](Self::MOST) times.
    pub fn each_record(&self) -> impl Iterator<Item = Value> {
        (0..self.repeat.min(Self::MOST)).flat_map(|number| {
            let (n, time) = (number.to_string(), self.time(number));
            self.records.iter().map(move |record| filled(record, &n, &time))
        })
    }

    fn time(&self, number: usize) -> String {
        let every = i64::try_from(self.every.duration().as_secs()).unwrap_or(i64::MAX / 10_000_000);
        let later =
            every.saturating_mul(10_000_000).saturating_mul(i64::try_from(number).unwrap_or(i64::MAX));
        Timestamp::from_ticks(NOON.saturating_add(later)).to_string()
    }
}

/// Noon of 5 January 2026, in ticks.
const NOON: i64 = 1_767_614_400 * 10_000_000;

fn once() -> usize {
    1
}

fn is_once(repeat: &usize) -> bool {
    *repeat == once()
}

fn second() -> Span {
    Span::seconds(1)
}

fn is_second(every: &Span) -> bool {
    *every == second()
}

/// The record with number and time filled in.
fn filled(record: &Value, n: &str, time: &str) -> Value {
    match record {
        Value::String(text) => Value::String(text.replace("{n}", n).replace("{time}", time)),
        Value::Array(items) => items.iter().map(|item| filled(item, n, time)).collect(),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (name.clone(), filled(value, n, time))).collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_come_as_often_as_asked_each_later_than_the_one_before() {
        let test = json!({"name": "a", "alerts": 0, "repeat": 3, "every": "1h",
            "records": [{"Id": "x-{n}", "At": ["{time}"], "Size": 5}]});
        let test: RuleTest = serde_json::from_value(test).unwrap();
        let records: Vec<Value> = test.each_record().collect();
        assert_eq!(records.len(), 3);
        assert_eq!(records[2], json!({"Id": "x-2", "At": ["2026-01-05T14:00:00Z"], "Size": 5}));
        let too_often = RuleTest { repeat: 1 << 40, ..test };
        assert_eq!(
            too_often.check().unwrap_err().to_string(),
            "repeat: 1099511627776 is not between 1 and 10000"
        );
    }
}
