//! `$filter`: the little of OData that the audit interfaces understand.

use std::ops::Bound;

use aoc_core::prelude::*;

use crate::fake::log::{Kinds, kind_of};

/// What a filter lets through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Filter {
    pub(super) from: Bound<i64>,
    pub(super) to: Bound<i64>,
    /// The types of sign-ins, where it names some.
    pub(super) kinds: Option<Kinds>,
}

/// What fields there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    /// The one field with the time.
    pub(super) time: &'a str,
    /// The type of rows, as messages name it.
    pub(super) of: &'a str,
    /// Whether there is `signInEventTypes`.
    pub(super) event_types: bool,
}

impl Filter {
    pub(super) const ALL: Self = Self { from: Bound::Unbounded, to: Bound::Unbounded, kinds: None };

    /// Reads a decoded filter; else the message of the refusal.
    pub(super) fn parse(text: &str, fields: Fields<'_>) -> Result<Self, String> {
        let mut filter = Self::ALL;
        for clause in text.split(" and ") {
            let clause = clause.trim();
            let clause =
                clause.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(clause).trim();
            match clause.strip_prefix("signInEventTypes/any(") {
                Some(any) if fields.event_types => filter.kinds = Some(kinds(any)?),
                _ => filter.narrow(clause, fields)?,
            }
        }
        Ok(filter)
    }

    fn narrow(&mut self, clause: &str, fields: Fields<'_>) -> Result<(), String> {
        let field = clause.split([' ', '/', '(']).next().unwrap_or_default();
        if field != fields.time {
            return Err(format!(
                "Invalid filter clause: Could not find a property named '{field}' on type 'microsoft.graph.{}'.",
                fields.of
            ));
        }
        let [_, operator, value] = clause.split(' ').collect::<Vec<_>>()[..] else {
            return Err("Invalid filter clause".to_owned());
        };
        if value.starts_with('\'') {
            let message = "Invalid filter clause: A binary operator with incompatible types was detected. Found operand \
                           types 'Edm.DateTimeOffset' and 'Edm.String' for operator kind";
            return Err(format!("{message} '{operator}'."));
        }
        let ticks = time(value).ok_or("Invalid filter clause")?;
        match operator {
            "ge" => self.from = later(self.from, Bound::Included(ticks)),
            "gt" => self.from = later(self.from, Bound::Excluded(ticks)),
            "le" => self.to = earlier(self.to, Bound::Included(ticks)),
            "lt" => self.to = earlier(self.to, Bound::Excluded(ticks)),
            "eq" => {
                self.from = later(self.from, Bound::Included(ticks));
                self.to = earlier(self.to, Bound::Included(ticks));
            }
            _ => return Err(format!("Invalid filter clause: Syntax error at '{operator}'.")),
        }
        Ok(())
    }
}

/// A time with its zone, or a day.
fn time(text: &str) -> Option<i64> {
    let has_zone = text.ends_with(['Z', 'z']) || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let time = Timestamp::parse(&whole).ok()?;
    (has_zone || text.len() == 10).then(|| time.ticks())
}

/// `t: t eq 'servicePrincipal' or t eq 'managedIdentity')`.
fn kinds(any: &str) -> Result<Kinds, String> {
    let syntax = || "Invalid filter clause: Syntax error in 'signInEventTypes/any'.".to_owned();
    let (name, tests) = any.strip_suffix(')').and_then(|any| any.split_once(':')).ok_or_else(syntax)?;
    let mut kinds = 0;
    for test in tests.split(" or ") {
        let [left, "eq", value] = test.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(syntax());
        };
        let value = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
        kinds |= value.filter(|_| left == name.trim()).and_then(kind_of).ok_or_else(syntax)?;
    }
    Ok(kinds)
}

fn ticks(bound: Bound<i64>) -> Option<i64> {
    match bound {
        Bound::Included(ticks) | Bound::Excluded(ticks) => Some(ticks),
        Bound::Unbounded => None,
    }
}

pub(super) fn later(a: Bound<i64>, b: Bound<i64>) -> Bound<i64> {
    match (ticks(a), ticks(b)) {
        (Some(x), Some(y)) if x > y || (x == y && matches!(a, Bound::Excluded(_))) => a,
        (_, None) => a,
        _ => b,
    }
}

fn earlier(a: Bound<i64>, b: Bound<i64>) -> Bound<i64> {
    match (ticks(a), ticks(b)) {
        (Some(x), Some(y)) if x < y || (x == y && matches!(a, Bound::Excluded(_))) => a,
        (_, None) => a,
        _ => b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGN_INS: Fields<'_> = Fields { time: "createdDateTime", of: "signIn", event_types: true };

    fn at(text: &str) -> i64 {
        Timestamp::parse(text).unwrap().ticks()
    }

    #[test]
    fn windows_and_types_are_read() {
        let text = "createdDateTime ge 2026-01-05T00:00:00Z and (createdDateTime lt 2026-01-06) and \
                    signInEventTypes/any(t: t eq 'servicePrincipal' or t eq 'managedIdentity')";
        let filter = Filter::parse(text, SIGN_INS).unwrap();
        assert_eq!(filter.from, Bound::Included(at("2026-01-05T00:00:00Z")));
        assert_eq!(filter.to, Bound::Excluded(at("2026-01-06T00:00:00Z")));
        assert_eq!(filter.kinds, Some(0b1100));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "activityDateTime ge 2026-01-05T00:00:00Z",
            "createdDateTime ge 2026-01-05T00:00:00 00:00",
            "createdDateTime ge '2026-01-05T00:00:00Z'",
            "createdDateTime ge 2026-01-05T00:00:00",
            "createdDateTime in 2026-01-05T00:00:00Z",
            "createdDateTime",
            "",
            "signInEventTypes/any(t: x eq 'servicePrincipal')",
            "signInEventTypes/any(t: t eq 'robot')",
        ] {
            assert!(Filter::parse(text, SIGN_INS).is_err(), "{text}");
        }
    }
}
