//! One condition.

use std::net::{IpAddr, SocketAddr};

use ipnet::{IpNet, Ipv4Net};
use serde_json::Value;

use super::{quoted, saw};
use crate::{
    Error, Result,
    alert::{
        detect::{Step, View},
        fields::Field,
        glob::Glob,
        path::Change,
        rule::{Condition, Op},
    },
    fold,
};

/// A condition that is ready to be asked.
pub(super) struct Test {
    field: Field,
    op: Op,
    wanted: Wanted,
    words: String,
}

/// With what a value is compared.
enum Wanted {
    /// Folded.
    Texts(Vec<String>),
    Globs(Vec<Glob>),
    Networks(Vec<IpNet>),
}

/// The most values of a condition, and the most characters of each.
const MOST_VALUES: usize = 1_000;
const MOST_CHARACTERS: usize = 1_000;

/// Checks a condition.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) naming the member that is wrong.
pub(crate) fn check_condition(condition: &Condition) -> Result<()> {
    Test::of(condition).map(|_| ())
}

impl Test {
    pub(super) fn of(condition: &Condition) -> Result<Self> {
        let field = Field::parse(&condition.field).map_err(|error| error.at("field"))?;
        let texts = texts_of(condition).map_err(|error| error.at("value"))?;
        let folded = texts.iter().map(|text| fold(text).into_owned());
        let wanted = match condition.op {
            Op::Like => Wanted::Globs(folded.map(|text| Glob::like(&text)).collect()),
            Op::InNetwork | Op::NotInNetwork => {
                let networks = texts.iter().map(|text| network(text)).collect::<Result<_>>();
                Wanted::Networks(networks.map_err(|error| error.at("value"))?)
            }
            _ => Wanted::Texts(folded.collect()),
        };
        let words = match words(condition.op) {
            (alone, "") => format!("{} {alone}", condition.field),
            (one, _) if texts.len() == 1 => format!("{} {one} {}", condition.field, quoted(&texts)),
            (_, many) => format!("{} {many} {}", condition.field, quoted(&texts)),
        };
        Ok(Self { field, op: condition.op, wanted, words })
    }

    /// Whether it looks into the record, which takes longer.
    pub(super) fn reads_the_record(&self) -> bool {
        matches!(self.field, Field::Raw(_))
    }

    pub(super) fn holds(&self, view: &View<'_>) -> bool {
        let (mut touched, mut comparable) = (false, false);
        self.field.visit(view, &mut |text| {
            if !touched {
                let (is_touched, is_comparable) = self.touches(text);
                (touched, comparable) = (is_touched, comparable || is_comparable);
            }
        });
        match self.op {
            Op::NotEquals | Op::NotContains | Op::Missing => !touched,
            Op::NotInNetwork => comparable && !touched,
            _ => touched,
        }
    }

    /// Whether one value is so, and whether it could be compared at all. Of negative conditions: as if they were not.
    fn touches(&self, text: &str) -> (bool, bool) {
        if matches!(self.op, Op::Exists | Op::Missing) {
            return (!text.trim().is_empty(), true);
        }
        match &self.wanted {
            Wanted::Networks(networks) => match address(text) {
                Some(address) => (networks.iter().any(|network| network.contains(&address)), true),
                None => (false, false),
            },
            Wanted::Globs(globs) => (globs.iter().any(|glob| glob.matches(&fold(text))), true),
            Wanted::Texts(wanted) => {
                let text = fold(text);
                let is_so = |wanted: &String| match self.op {
                    Op::Contains | Op::NotContains => text.contains(wanted.as_str()),
                    Op::StartsWith => text.starts_with(wanted.as_str()),
                    Op::EndsWith => text.ends_with(wanted.as_str()),
                    _ => text == wanted.as_str(),
                };
                (wanted.iter().any(is_so), true)
            }
        }
    }

    pub(super) fn explain(&self, view: &View<'_>) -> Step {
        Step::leaf(self.words.clone(), self.holds(view), saw(self.field.values(view)))
    }

    /// For each value a part of it that stands in the record as it stands in the condition.
    ///
    /// Only of what is compared in the record itself: members of the event may be worded anew. Only parts with a letter
    /// that no number has: numbers can be written in several ways.
    pub(super) fn needles(&self) -> Option<Vec<String>> {
        let Field::Raw(path) = &self.field else { return None };
        let Wanted::Texts(wanted) = &self.wanted else { return None };
        let in_it = matches!(self.op, Op::Equals | Op::Contains | Op::StartsWith | Op::EndsWith);
        if !in_it || path.change == Change::Outcome {
            return None;
        }
        wanted.iter().map(|text| needle(text)).collect()
    }
}

/// The longest run of ASCII letters and digits, where it tells enough.
fn needle(text: &str) -> Option<String> {
    let runs = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let telling =
        runs.filter(|run| run.len() >= 3 && run.bytes().any(|b| b.is_ascii_alphabetic() && b != b'e'));
    telling.max_by_key(|run| run.len()).map(str::to_owned)
}

/// How a sentence says it of one value and of several; the second is empty where there is no value.
fn words(op: Op) -> (&'static str, &'static str) {
    match op {
        Op::Equals => ("is", "is one of"),
        Op::NotEquals => ("is not", "is none of"),
        Op::Contains => ("contains", "contains one of"),
        Op::NotContains => ("does not contain", "contains none of"),
        Op::StartsWith => ("starts with", "starts with one of"),
        Op::EndsWith => ("ends with", "ends with one of"),
        Op::Like => ("is like", "is like one of"),
        Op::InNetwork => ("is in", "is in one of"),
        Op::NotInNetwork => ("is an address outside of", "is an address outside of"),
        Op::Exists => ("exists", ""),
        Op::Missing => ("is missing", ""),
    }
}

/// The values as texts.
fn texts_of(condition: &Condition) -> Result<Vec<String>> {
    if matches!(condition.op, Op::Exists | Op::Missing) {
        return match condition.value {
            Value::Null => Ok(Vec::new()),
            _ => Err(Error::invalid("`exists` and `missing` take no value")),
        };
    }
    let texts = match &condition.value {
        Value::Null => {
            return Err(Error::invalid("there is none; expected a text, a number, true, false or a list"));
        }
        Value::Array(list) => list.iter().map(text_of).collect::<Result<Vec<_>>>()?,
        one => vec![text_of(one)?],
    };
    let takes_empty = matches!(condition.op, Op::Equals | Op::NotEquals);
    match texts.iter().find(|text| text.chars().count() > MOST_CHARACTERS) {
        Some(_) => Err(Error::invalid(format!("a text of more than {MOST_CHARACTERS} characters"))),
        None if texts.is_empty() => {
            Err(Error::invalid("an empty list is never met; expected one value at least"))
        }
        None if texts.len() > MOST_VALUES => Err(Error::invalid(format!("more than {MOST_VALUES} values"))),
        None if !takes_empty && texts.iter().any(String::is_empty) => {
            Err(Error::invalid("an empty text, which only `equals` and `not_equals` take"))
        }
        None => Ok(texts),
    }
}

fn text_of(value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(Error::invalid(format!("`{value}` is no text, number, true or false"))),
    }
}

/// An address or a network; one of IPv4 within IPv6 is one of IPv4.
fn network(text: &str) -> Result<IpNet> {
    let wrong = || {
        Error::invalid(format!("not a network: `{text}`, expected such as `10.0.0.0/8` or `2001:db8::/32`"))
    };
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => text.parse::<IpNet>().map_err(|_| wrong())?,
    };
    let IpNet::V6(six) = network else { return Ok(network) };
    let Some(four) = six.addr().to_ipv4_mapped().filter(|_| six.prefix_len() >= 96) else {
        return Ok(network);
    };
    Ipv4Net::new(four, six.prefix_len() - 96).map(IpNet::V4).map_err(|_| wrong())
}

/// An address as records write it: with a port, in brackets, with a zone.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return Some(socket.ip().to_canonical());
    }
    let inner = text.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(text);
    let inner = inner.split('%').next().unwrap_or(inner);
    inner.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needles_stand_in_records_whatever_they_are_written_like() {
        let needles = |op: &str, field: &str, value: Value| {
            let condition = serde_json::json!({"field": field, "op": op, "value": value});
            Test::of(&serde_json::from_value(condition).unwrap()).unwrap().needles()
        };
        let texts = serde_json::json!(["New-InboxRule", "ForwardTo"]);
        assert_eq!(
            needles("equals", "raw.Operation", texts.clone()),
            Some(vec!["inboxrule".into(), "forwardto".into()])
        );
        for (op, field, value) in [
            ("equals", "operation", texts.clone()),
            ("not_equals", "raw.Operation", texts.clone()),
            ("equals", "raw.Result|outcome", "success".into()),
            ("equals", "raw.Code", 50126.into()),
            ("contains", "raw.Code", "1e300".into()),
            ("equals", "raw.Operation", serde_json::json!(["New-InboxRule", "é"])),
        ] {
            assert_eq!(needles(op, field, value), None, "{op} {field}");
        }
    }
}
