//! Rules tried on records that are not stored.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use aoc_connectors::AnyRecord;
use aoc_core::{
    Alert, AlertEvaluator, Error, Evaluation, Event, Key, RawJson, Record, Result, Timestamp,
    alert::{
        book::{RuleBook, RuleSet},
        detect::{Detection, Reader, View},
        rule::RuleTest,
    },
    normalize,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{KnownRule, reader};

/// A test of a rule, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tried {
    /// The rule's id.
    pub rule: String,
    /// The file it stands in.
    pub file: String,
    /// What the test shows.
    pub test: String,
    /// How many alerts its records should make.
    pub expected: usize,
    /// How many they made.
    pub found: usize,
}

impl Tried {
    /// Whether the rule does what it should.
    pub fn is_ok(&self) -> bool {
        self.expected == self.found
    }
}

/// Tries a rule on the records of a test; also one that is switched off.
pub(super) fn try_rule(rule: &KnownRule, test: &RuleTest, lateness: Duration) -> Tried {
    let mut detection = Detection::clone(&rule.detection);
    detection.enabled = true;
    let mut evaluation = evaluation_of(vec![Arc::new(detection)], lateness);
    let mut records = Records::default();
    let found = test.each_record().filter_map(|record| {
        let record = Record::new(RawJson::of(&record).ok()?);
        Some(evaluation.evaluate(&records.event_of(record)).len())
    });
    Tried {
        rule: rule.detection.id.clone(),
        file: rule.file.clone(),
        test: test.name.clone(),
        expected: test.alerts,
        found: found.sum(),
    }
}

fn evaluation_of(rules: Vec<Arc<Detection>>, lateness: Duration) -> Box<dyn Evaluation> {
    let book = RuleBook::new().reading(reader()).lateness(lateness);
    book.replace(RuleSet::new(rules));
    book.begin()
}

/// Records as events that are stored when they happened, one after the other.
#[derive(Default)]
struct Records {
    normalizer: AnyRecord,
    stored: Option<Timestamp>,
}

impl Records {
    fn event_of(&mut self, record: Record) -> Event {
        let mut event = normalize(&self.normalizer, record);
        let stored = self.stored.map_or(event.timestamp, |before| before.max(event.timestamp));
        self.stored = Some(stored);
        event.ingested_at = Some(stored);
        event
    }
}

/// Says of each of many records whether rules find it: those that look at events one by one do where it is one of those
/// that they look for, those that count where an alert names it.
pub struct RecordMatcher {
    single: Vec<Arc<Detection>>,
    counting: Box<dyn Evaluation>,
    reader: Arc<Reader>,
    records: Records,
    seen: Vec<(String, Key, bool)>,
    named: BTreeSet<Key>,
}

impl RecordMatcher {
    /// With these rules, but for those that are switched off.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) when there are none.
    pub fn new(rules: &[KnownRule], lateness: Duration) -> Result<Self> {
        let enabled = rules.iter().map(|rule| rule.detection.clone()).filter(|rule| rule.enabled);
        let (counting, single): (Vec<_>, Vec<_>) = enabled.partition(|rule| rule.counts());
        if counting.is_empty() && single.is_empty() {
            return Err(Error::invalid("there is no rule that is switched on"));
        }
        Ok(Self {
            single,
            counting: evaluation_of(counting, lateness),
            reader: reader(),
            records: Records::default(),
            seen: Vec::new(),
            named: BTreeSet::new(),
        })
    }

    /// Looks at the next record; one that cannot be read is looked at as it is.
    pub fn look(&mut self, record: Record) {
        let event = self.records.event_of(record);
        let view = View::new(&event, &*self.reader);
        let matched = self.single.iter().any(|rule| rule.matches(&view));
        for Alert { events, .. } in self.counting.evaluate(&event) {
            self.named.extend(events);
        }
        self.seen.push((event.id, event.dedupe_key, matched));
    }

    /// The records' ids in order, and whether each was found.
    pub fn finish(self) -> impl Iterator<Item = (String, bool)> {
        let Self { seen, named, .. } = self;
        seen.into_iter().map(move |(id, key, matched)| (id, matched || named.contains(&key)))
    }
}
