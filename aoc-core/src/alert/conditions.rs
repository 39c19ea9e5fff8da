//! Conditions of our own rules, ready to be asked.

mod filter;
mod test;

use serde_json::Value;
use sha2::{Digest, Sha256};

use self::{filter::FilterTest, test::Test};
use super::{
    detect::{Matcher, Step, View},
    fields::Field,
    rule::Rule,
    schedule::Times,
};
use crate::{Result, fold};

pub(super) use self::test::check_condition;

/// What an event must be for one of our own rules.
pub(crate) struct Native {
    name: String,
    filter: FilterTest,
    /// Folded.
    exclude_services: Vec<String>,
    schedule: Option<Times>,
    /// Those that need no record come first.
    tests: Vec<Test>,
    fingerprint: [u8; 16],
}

impl Native {
    /// Of a rule.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) naming the member that is wrong.
    pub(crate) fn of(rule: &Rule) -> Result<Self> {
        let mut tests = Vec::new();
        for (index, condition) in rule.conditions.iter().enumerate() {
            tests.push(Test::of(condition).map_err(|error| error.at(format!("conditions[{index}]")))?);
        }
        tests.sort_by_key(Test::reads_the_record);
        let schedule = rule.schedule.as_ref().map(Times::of).transpose();
        Ok(Self {
            name: rule.name.clone(),
            filter: FilterTest::of(&rule.filter),
            exclude_services: rule.exclude_services.iter().map(|name| fold(name).into_owned()).collect(),
            schedule: schedule.map_err(|error| error.at("schedule"))?,
            tests,
            fingerprint: fingerprint(rule),
        })
    }

    fn is_excluded(&self, view: &View<'_>) -> bool {
        self.exclude_services.iter().any(|name| name == view.service())
    }
}

/// Of what decides which events it is about.
fn fingerprint(rule: &Rule) -> [u8; 16] {
    let parts = (&rule.filter, &rule.conditions, &rule.exclude_services, &rule.schedule);
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(serde_json::to_vec(&parts).unwrap_or_default())[..16]);
    short
}

impl Matcher for Native {
    fn matches(&self, view: &View<'_>) -> bool {
        self.filter.matches(view)
            && !self.is_excluded(view)
            && self.schedule.as_ref().is_none_or(|times| times.holds(view.event.timestamp))
            && self.tests.iter().all(|test| test.holds(view))
    }

    fn explain(&self, view: &View<'_>) -> Step {
        let mut steps = self.filter.explain(view);
        if !self.exclude_services.is_empty() {
            let condition = format!("service is none of {}", quoted(&self.exclude_services));
            steps.push(Step::leaf(condition, !self.is_excluded(view), saw([view.event.service.as_str()])));
        }
        if let Some(times) = &self.schedule {
            let time = view.event.timestamp;
            steps.push(Step::leaf(times.words(), times.holds(time), saw([time.to_string()])));
        }
        steps.extend(self.tests.iter().map(|test| test.explain(view)));
        if steps.is_empty() {
            return Step::leaf("every event", true, Vec::new());
        }
        let holds = steps.iter().all(|step| step.holds);
        Step::of(format!("all conditions of {}", self.name), holds, steps)
    }

    fn values(&self, view: &View<'_>, field: &str) -> Vec<String> {
        let mut values = Field::parse(field).map(|field| field.values(view)).unwrap_or_default();
        values.retain(|value| !value.is_empty());
        values
    }

    fn needles(&self) -> Option<Vec<String>> {
        self.tests.iter().filter_map(Test::needles).min_by_key(Vec::len)
    }

    fn fingerprint(&self) -> Option<[u8; 16]> {
        Some(self.fingerprint)
    }
}

/// How many values and characters of each a step shows.
const MOST_SEEN: usize = 5;
const MOST_CHARACTERS: usize = 100;

/// Values as a step shows them.
fn saw<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().take(MOST_SEEN).map(|value| shortened(value.as_ref())).collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Texts in a sentence.
fn quoted<T: AsRef<str>>(texts: &[T]) -> String {
    let shown: Vec<String> =
        texts.iter().take(MOST_SEEN).map(|text| Value::from(shortened(text.as_ref())).to_string()).collect();
    let more = texts.len().saturating_sub(MOST_SEEN);
    let more = if more > 0 { format!(" or {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
