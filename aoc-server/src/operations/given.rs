//! What people and programs write for the members of a request: more than one way, with one meaning.

use aoc_core::{Error, Result};
use serde_json::{Map, Value, json};

use super::read_time;

/// Members that are times, and may be dates.
pub(crate) const TIMES: [&str; 4] = ["start", "end", "from", "until"];
/// Members that are lists of names, and may be one text divided by commas, as in addresses.
const LISTS: [&str; 6] = ["service", "services", "source", "tenant", "include_tags", "exclude_tags"];

/// The members that say something, each in the form that its type has.
///
/// # Errors
/// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the time that is none.
pub(crate) fn plain(given: Map<String, Value>) -> Result<Map<String, Value>> {
    let said = given.into_iter().filter(|(_, value)| !value.is_null());
    said.map(|(name, value)| Ok((name.clone(), member(&name, value)?))).collect()
}

fn member(name: &str, value: Value) -> Result<Value> {
    match value {
        Value::String(text) if TIMES.contains(&name) => {
            Ok(json!(read_time(&text).map_err(|error: Error| error.at(name))?))
        }
        Value::String(text) if LISTS.contains(&name) && text.contains(',') => {
            Ok(text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect())
        }
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_may_be_texts_and_times_dates_and_null_says_nothing() {
        let given = json!({"services": "Exchange, Teams,", "tenant": ["a,b"], "start": "2026-11-02", "actor": null, "n": 1});
        let Value::Object(given) = given else { return };
        let expected = json!({"services": ["Exchange", "Teams"], "tenant": ["a,b"], "start": "2026-11-02T00:00:00Z", "n": 1});
        assert_eq!(Value::Object(plain(given).unwrap()), expected);
        let Value::Object(wrong) = json!({"end": "soon"}) else { return };
        assert!(plain(wrong).unwrap_err().to_string().starts_with("end: "));
    }
}
