//! Whom a rule keeps quiet about.

use std::collections::{BTreeSet, HashMap};

use crate::Key;

/// The alerts that a rule keeps quiet after.
///
/// Invariant: of alerts that were stored too long ago none counts, so that one that begins anew with what was stored since
/// decides alike.
#[derive(Debug, Default)]
pub(crate) struct Hush {
    /// In ticks of event time.
    time: i64,
    /// In ticks of stored time.
    keep: i64,
    /// By the subject of the alert.
    told: HashMap<String, Told>,
    /// Times and subjects by entity.
    entities: HashMap<String, BTreeSet<(i64, String)>>,
    /// The longest stored first.
    order: BTreeSet<(i64, String)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) entity: String,
    /// When what it is about happened, in ticks.
    pub(crate) time: i64,
    /// When the event that made it was stored, in ticks.
    pub(crate) stored: i64,
}

/// The most alerts that are remembered.
const MOST: usize = 200_000;

impl Hush {
    /// For so many ticks of event time after an alert; alerts count for `keep` ticks after their event was stored.
    pub(crate) fn new(time: i64, keep: i64) -> Self {
        Self { time, keep, ..Self::default() }
    }

    /// Whether there was an alert about the entity shortly before or after this time, as one sees it who was stored then.
    pub(crate) fn is_quiet(&self, entity: &str, time: i64, stored: i64) -> bool {
        let Some(alerts) = self.entities.get(entity).filter(|_| self.time > 0) else { return false };
        let (from, until) = (time.saturating_sub(self.time), time.saturating_add(self.time));
        let near = alerts.range((from.saturating_add(1), String::new())..(until, String::new()));
        near.map(|(_, subject)| subject)
            .filter_map(|subject| self.told.get(subject))
            .any(|told| told.stored.saturating_add(self.keep) >= stored)
    }

    /// Remembers an alert; one that is known already is the same.
    pub(crate) fn tell(&mut self, subject: &str, told: Told) {
        if self.told.contains_key(subject) {
            return;
        }
        self.entities.entry(told.entity.clone()).or_default().insert((told.time, subject.to_owned()));
        self.order.insert((told.stored, subject.to_owned()));
        self.told.insert(subject.to_owned(), told);
        while self.told.len() > MOST {
            self.forget_first();
        }
    }

    /// The event of an alert comes by: now it is known when it was stored.
    pub(crate) fn stored(&mut self, subject: &str, stored: i64) {
        let Some(told) = self.told.get_mut(subject) else { return };
        self.order.remove(&(told.stored, subject.to_owned()));
        told.stored = stored;
        self.order.insert((stored, subject.to_owned()));
    }

    /// Forgets what does not count any more for what is stored now.
    pub(crate) fn forget(&mut self, now: i64) {
        while self.order.first().is_some_and(|(stored, _)| stored.saturating_add(self.keep) < now) {
            self.forget_first();
        }
    }

    /// How many alerts are remembered.
    pub(crate) fn len(&self) -> usize {
        self.told.len()
    }

    fn forget_first(&mut self) {
        let Some((_, subject)) = self.order.pop_first() else { return };
        let Some(told) = self.told.remove(&subject) else { return };
        if let Some(alerts) = self.entities.get_mut(&told.entity) {
            alerts.remove(&(told.time, subject));
            if alerts.is_empty() {
                self.entities.remove(&told.entity);
            }
        }
    }
}

/// Values of fields as one text that can be read and not be mistaken: `ana@contoso.com, 203.0.113.7`.
pub(crate) fn entity_of(fields: &[Vec<String>]) -> String {
    let one = |values: &Vec<String>| {
        let values: Vec<String> = values.iter().map(|value| plain_or_quoted(value)).collect();
        if values.is_empty() { "-".to_owned() } else { values.join("; ") }
    };
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Sixteen digits that stand for a text.
pub(crate) fn short_hash(text: &str) -> String {
    Key::from(text.to_owned()).digest()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The most characters of a value that are named.
const LONGEST: usize = 200;

fn plain_or_quoted(value: &str) -> String {
    if value.chars().count() > LONGEST {
        let head: String = value.chars().take(LONGEST).collect();
        return plain_or_quoted(&head) + "… #" + &short_hash(value);
    }
    let is_plain =
        !value.is_empty() && value != "-" && !value.contains(['"', ',', ';']) && value.trim() == value;
    if is_plain { value.to_owned() } else { serde_json::Value::from(value).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(entity: &str, time: i64, stored: i64) -> Told {
        Told { entity: entity.into(), time, stored }
    }

    #[test]
    fn it_is_quiet_about_one_entity_before_and_after() {
        let mut hush = Hush::new(10, 100);
        hush.tell("a", told("ana", 50, 60));
        for (entity, time, stored, expected) in [
            ("ana", 59, 70, true),
            ("ana", 60, 70, false),
            ("ana", 41, 70, true),
            ("ana", 40, 70, false),
            ("ana", 50, 160, true),
            ("ana", 50, 161, false),
            ("ben", 50, 70, false),
        ] {
            assert_eq!(hush.is_quiet(entity, time, stored), expected, "{entity} {time} {stored}");
        }
        hush.tell("a", told("ben", 50, 60));
        hush.stored("a", 65);
        assert!(hush.is_quiet("ana", 50, 165) && !hush.is_quiet("ben", 50, 70));
        hush.forget(165);
        assert_eq!(hush.len(), 1);
        hush.forget(166);
        assert_eq!((hush.len(), hush.entities.len(), hush.order.len()), (0, 0, 0));
    }

    #[test]
    fn entities_are_not_mistaken() {
        let text = |fields: &[&[&str]]| {
            entity_of(&fields.iter().map(|f| f.iter().map(|v| (*v).to_owned()).collect()).collect::<Vec<_>>())
        };
        assert_eq!(text(&[&["ana@contoso.com"], &["203.0.113.7"]]), "ana@contoso.com, 203.0.113.7");
        assert_eq!(text(&[&["a, b"], &[], &["x", "y"]]), r#""a, b", -, x; y"#);
        assert_ne!(text(&[&["a", "b"]]), text(&[&["a"], &["b"]]));
        assert_ne!(text(&[&["-"]]), text(&[&[]]));
    }
}
