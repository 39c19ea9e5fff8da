//! What rules must be, beyond their types; and what becomes of them.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{Rule, Threshold};
use crate::{
    Error, Result,
    alert::{
        conditions::{Native, check_condition},
        detect::{CountIs, Detection, Part, Quiet, Window, WindowKind},
        fields::Field,
        schedule::Times,
    },
    config,
};

/// The largest rule, in bytes of JSON.
const MOST_BYTES: usize = 64 << 10;
const MOST_CONDITIONS: usize = 100;
const MOST_SERVICES: usize = 100;
const MOST_LABELS: usize = 50;
const MOST_TESTS: usize = 100;
const MOST_FIELDS: usize = 10;
const MOST_COUNTED: u64 = 1_000_000;
/// The longest stretch that is looked back over.
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

impl Rule {
    /// Reads a rule, and checks it.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with the member's path and what may have been meant.
    pub fn read(value: Value) -> Result<Self> {
        let rule: Self = config::read(value).map_err(|error| Error::invalid(error.to_string()))?;
        rule.check()?;
        Ok(rule)
    }

    /// Checks what the types do not.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with the path of the member that is wrong.
    pub fn check(&self) -> Result<()> {
        self.check_texts()?;
        self.check_filter().map_err(|error| error.at("filter"))?;
        most("conditions", self.conditions.len(), MOST_CONDITIONS)?;
        for (index, condition) in self.conditions.iter().enumerate() {
            check_condition(condition).map_err(|error| error.at(format!("conditions[{index}]")).flat())?;
        }
        if let Some(schedule) = &self.schedule {
            Times::of(schedule).map_err(|error| error.at("schedule").flat())?;
        }
        if let Some(threshold) = &self.threshold {
            threshold.check().map_err(|error| error.at("threshold").flat())?;
        }
        if let Some(suppress) = &self.suppress {
            length("suppress.for", suppress.r#for.duration(), Duration::ZERO)?;
            check_fields("suppress.by", &suppress.by)?;
        }
        let bytes = serde_json::to_vec(self).map(|json| json.len()).unwrap_or(usize::MAX);
        most("the rule", bytes, MOST_BYTES)
    }

    fn check_texts(&self) -> Result<()> {
        let is_fine = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if self.id.len() > 100 || !self.id.chars().all(is_fine) {
            let sentence = "expected letters, digits, `-`, `_` and `.`, at most 100";
            return Err(Error::invalid(format!("`{}`: {sentence}", self.id.escape_debug())).at("id"));
        }
        if self.name.trim().is_empty() {
            return Err(Error::invalid("it is empty").at("name"));
        }
        most("name", self.name.chars().count(), 200)?;
        most("message", self.message.chars().count(), 1_000)?;
        most("description", self.description.chars().count(), 10_000)?;
        most("exclude_services", self.exclude_services.len(), MOST_SERVICES)?;
        most("labels", self.labels.len(), MOST_LABELS)?;
        most("tests", self.tests.len(), MOST_TESTS)?;
        for (index, test) in self.tests.iter().enumerate() {
            test.check().map_err(|error| error.at(format!("tests[{index}]")))?;
        }
        self.labels.iter().try_for_each(|label| most("labels", label.chars().count(), 100))
    }

    fn check_filter(&self) -> Result<()> {
        let tags = [("include_tags", &self.filter.include_tags), ("exclude_tags", &self.filter.exclude_tags)];
        if let Some((member, _)) = tags.into_iter().find(|(_, tags)| !tags.is_empty()) {
            return Err(Error::invalid(format!("{member}: an event has no tags yet when rules look at it")));
        }
        self.filter.check()
    }

    /// The rule, ready to be evaluated.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid), as [`check`](Self::check) has them.
    pub fn detection(&self) -> Result<Detection> {
        self.check()?;
        let group_by = self.threshold.as_ref().map(|threshold| threshold.group_by.clone());
        let part = Part {
            name: self.name.clone(),
            matcher: Arc::new(Native::of(self)?),
            group_by: group_by.unwrap_or_default(),
        };
        Ok(Detection {
            id: self.id.clone(),
            title: if self.message.is_empty() { self.name.clone() } else { self.message.clone() },
            description: self.description.clone(),
            severity: self.severity,
            labels: self.labels.clone(),
            enabled: self.enabled,
            parts: vec![part],
            window: self.threshold.as_ref().map(Threshold::window),
            quiet: self
                .suppress
                .as_ref()
                .map(|suppress| Quiet { by: suppress.by.clone(), time: suppress.r#for.duration() }),
        })
    }
}

impl Threshold {
    fn check(&self) -> Result<()> {
        if !(1..=MOST_COUNTED).contains(&self.count) {
            let sentence = format!("{} is not between 1 and {MOST_COUNTED}", self.count);
            return Err(Error::invalid(sentence).at("count"));
        }
        length("within", self.within.duration(), Duration::from_secs(1))?;
        check_fields("group_by", &self.group_by)?;
        let distinct = self.distinct.as_deref().map(Field::parse).transpose();
        distinct.map(|_| ()).map_err(|error| error.at("distinct"))
    }

    fn window(&self) -> Window {
        let count = CountIs::AtLeast(self.count);
        let kind = match &self.distinct {
            Some(field) => WindowKind::Distinct(field.clone(), count),
            None => WindowKind::Count(count),
        };
        Window { kind, within: self.within.duration() }
    }
}

fn most(place: &str, has: usize, most: usize) -> Result<()> {
    if has <= most {
        return Ok(());
    }
    Err(Error::invalid(format!("{has} are too many or too long; {most} are the most")).at(place))
}

fn length(place: &str, time: Duration, shortest: Duration) -> Result<()> {
    if (shortest..=LONGEST).contains(&time) {
        return Ok(());
    }
    let sentence = format!("{}s is not between {}s and 31d", time.as_secs(), shortest.as_secs());
    Err(Error::invalid(sentence).at(place))
}

fn check_fields(place: &str, fields: &[String]) -> Result<()> {
    most(place, fields.len(), MOST_FIELDS)?;
    for (index, field) in fields.iter().enumerate() {
        Field::parse(field).map_err(|error| error.at(format!("{place}[{index}]")))?;
    }
    Ok(())
}

/// Joins nested places to one path.
trait Flat {
    fn flat(self) -> Self;
}

impl Flat for Error {
    /// `conditions[1]: field: unknown` becomes `conditions[1].field: unknown`.
    fn flat(self) -> Self {
        let text = self.to_string();
        let is_step = |step: &str| !step.contains(' ') && !step.contains('`');
        match text.split_once(": ") {
            Some((place, rest)) => match rest.split_once(": ") {
                Some((inner, rest)) if is_step(inner) => Self::invalid(rest).at(format!("{place}.{inner}")),
                _ => self,
            },
            None => self,
        }
    }
}
