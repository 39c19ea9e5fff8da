//! One line of a selection: `field|modifiers: values`.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde_json::Value;

use super::{
    aliases::Pack,
    budget::Budget,
    encode::{Encoding, encode},
    expand::expand,
    field::{Field, text_of},
    leaf::{Leaf, Subject, shortened},
    modifiers::{How, Join, Modifiers},
    pattern::{Pattern, Piece, Place, pieces},
    test::Test,
};
use crate::{Error, Result};

/// What stands for `%name%` in values with `expand`.
pub(crate) type Placeholders = BTreeMap<String, Vec<String>>;

/// What is needed to read a rule.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) pack: Pack,
    pub(super) placeholders: &'a Placeholders,
    pub(super) budget: &'a Budget,
}

/// The most values of one line, after all spellings and placeholders.
const MOST_VALUES: usize = 20_000;

/// Reads a line of a selection.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) naming what it does not know.
pub(super) fn item(key: &str, value: &Value, words: Words<'_>) -> Result<Leaf> {
    let (name, modifiers) = Modifiers::of(key)?;
    let values = match value {
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    };
    let (subject, modifiers) = subject(name, modifiers, words.pack)?;
    let tests = all_tests(values, &modifiers, words)?;
    let tests = match modifiers.join {
        Join::All => tests,
        Join::Any | Join::None => vec![tests.into_iter().flatten().collect()],
    };
    let negated = modifiers.join == Join::None;
    Ok(Leaf { subject, tests, negated, words: in_words(name, &modifiers, values) })
}

/// What is looked at. Without a field a text may stand anywhere in a value.
fn subject(name: &str, modifiers: Modifiers, pack: Pack) -> Result<(Subject, Modifiers)> {
    if !name.is_empty() {
        return Ok((Subject::Field(Field::new(pack, name)), modifiers));
    }
    if modifiers.how == How::Exists {
        return Err(Error::invalid("`exists` needs a field before it"));
    }
    let place = if modifiers.place == Place::Whole { Place::Anywhere } else { modifiers.place };
    Ok((Subject::Anything, Modifiers { place, ..modifiers }))
}

/// The comparisons of every value.
fn all_tests(values: &[Value], modifiers: &Modifiers, words: Words<'_>) -> Result<Vec<Vec<Test>>> {
    if values.is_empty() {
        return Err(Error::invalid("an empty list matches nothing; give it values"));
    }
    let (mut tests, mut count) = (Vec::new(), 0);
    for value in values {
        let of_one = tests_of(value, modifiers, words)?;
        count += of_one.len();
        if count > MOST_VALUES {
            return Err(Error::invalid(format!("more than {MOST_VALUES} values")));
        }
        tests.push(of_one);
    }
    Ok(tests)
}

/// The comparisons of one value, of which one is enough.
fn tests_of(value: &Value, modifiers: &Modifiers, words: Words<'_>) -> Result<Vec<Test>> {
    if matches!(value, Value::Array(_) | Value::Object(_)) {
        return Err(Error::invalid("a value is a text, a number, yes and no, or null, no list or map"));
    }
    if value.is_null() && !modifiers.takes_null() {
        return Err(Error::invalid("null stands without modifiers"));
    }
    match modifiers.how {
        How::Exists => existence(value).map(|test| vec![test]),
        _ if value.is_null() => Ok(vec![Test::Null]),
        How::Number(order) => number(value).map(|number| vec![Test::Number(order, number)]),
        _ => {
            let mut tests = Vec::new();
            for text in texts(value, modifiers, words)? {
                tests.extend(tests_of_text(&text, value.is_string(), modifiers, words)?);
            }
            Ok(tests)
        }
    }
}

fn existence(value: &Value) -> Result<Test> {
    match value {
        Value::Bool(true) => Ok(Test::Exists),
        Value::Bool(false) => Ok(Test::Missing),
        _ => Err(Error::invalid("`exists` takes true or false")),
    }
}

fn number(value: &Value) -> Result<f64> {
    let number = text_of(value).and_then(|text| text.trim().parse::<f64>().ok());
    let number = number.filter(|number| number.is_finite());
    number.ok_or_else(|| Error::invalid(format!("{value} is no number to compare with")))
}

/// The texts of a value, its placeholders filled in.
fn texts(value: &Value, modifiers: &Modifiers, words: Words<'_>) -> Result<Vec<String>> {
    let text = text_of(value).unwrap_or_default();
    if modifiers.expand {
        expand(&text, words.placeholders, MOST_VALUES)
    } else {
        Ok(vec![text.into_owned()])
    }
}

fn tests_of_text(text: &str, wild: bool, modifiers: &Modifiers, words: Words<'_>) -> Result<Vec<Test>> {
    let (place, case) = (modifiers.place, modifiers.case);
    Ok(match modifiers.how {
        How::Regex => vec![Test::Regex(words.budget.regex(text, &modifiers.flags)?)],
        How::Network => vec![Test::Network(network(text)?)],
        How::Field => vec![Test::Field(Field::new(words.pack, text), place, case)],
        _ if !wild => {
            words.budget.text(text)?;
            vec![Test::Like(Pattern::new(vec![Piece::Text(text.to_owned())], place, case))]
        }
        _ => {
            let spellings = spellings(text, modifiers, words.budget)?;
            spellings.into_iter().map(|pieces| Test::Like(Pattern::new(pieces, place, case))).collect()
        }
    })
}

/// A text with wildcards in all the spellings that are asked for.
fn spellings(text: &str, modifiers: &Modifiers, budget: &Budget) -> Result<Vec<Vec<Piece>>> {
    let encodings = &modifiers.encodings;
    let encode = |text: &str| {
        let spellings = encode(text, encodings)?;
        spellings.iter().try_for_each(|spelling| budget.text(spelling))?;
        Ok::<_, Error>(spellings)
    };
    if encodings.iter().all(|encoding| *encoding == Encoding::Dashes) {
        return Ok(encode(text)?.iter().map(|text| pieces(text)).collect());
    }
    let plain = match pieces(text).as_slice() {
        [] => String::new(),
        [Piece::Text(text)] => text.clone(),
        _ => return Err(Error::invalid(format!("{text:?}: a text that is encoded cannot have wildcards"))),
    };
    Ok(encode(&plain)?.into_iter().map(|text| vec![Piece::Text(text)]).collect())
}

fn network(text: &str) -> Result<IpNet> {
    let single = || text.parse().ok().map(|address: std::net::IpAddr| IpNet::from(address));
    let network = text.parse().ok().or_else(single);
    network.ok_or_else(|| Error::invalid(format!("{text:?} is no network such as `10.0.0.0/8`")))
}

/// The most values that are named in words.
const NAMED: usize = 3;

fn in_words(name: &str, modifiers: &Modifiers, values: &[Value]) -> String {
    let named: Vec<String> = values.iter().take(NAMED).map(|value| shortened(&value.to_string())).collect();
    let more = match values.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let name = if name.is_empty() { "any value" } else { name };
    let which = match (values.len(), modifiers.join) {
        (1, _) => "",
        (_, Join::All) => "all of ",
        _ => "one of ",
    };
    format!("{name} {} {which}{}{more}", modifiers.verb(), named.join(", "))
}
